"""What was planted in a simulated fleet, and what of it the platform finds.

    python -m wan_perf_tests.proofs.faults --sites 200 --days 14

Every poll, event and history of a fleet with all kinds of faults goes through the real chain; then
the outages that follow from it are laid beside what physically happened. Belongs here: the command
and its options. Keep out: which finding answers which fault (`kinds`), any rule of measuring.
"""

import argparse
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from wan_perf.simulator import Fleet
from wan_perf_tests.proofs.faults.findings import collected, findings
from wan_perf_tests.proofs.faults.tally import print_table
from wan_perf_tests.proofs.faults.yardstick import Yardstick
from wan_perf_tests.support.graph.staged import HOUR, START, staged


def main() -> None:
    """Plant, collect, compare, print."""
    parser = argparse.ArgumentParser(description="Planted faults and what is found of them.")
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--days", type=float, default=14)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--show", type=int, default=0, help="Print so many that were missed or invented."
    )
    options = parser.parse_args()
    began = time.perf_counter()
    end = START + timedelta(days=options.days)
    fleet = Fleet.whole(options.seed, options.sites, START, end + HOUR)
    with (
        tempfile.TemporaryDirectory() as home,
        staged(fleet, Path(home)) as stage,
    ):
        collected(stage, options.days)
        found = findings(stage.runs.warehouse)
    tallies = Yardstick(fleet, found, START, end).judge()
    print_table(tallies)
    for kind, tally in sorted(tallies.items()):
        for fault in tally.missed[: options.show]:
            print(f"missed {kind}: {fault}")  # noqa: T201
        for circuit_id, outage in tally.invented[: options.show]:
            print(f"invented {kind}: {circuit_id} {outage}")  # noqa: T201
    print(f"{options.sites} sites, {options.days:g} days: {time.perf_counter() - began:.0f} s")  # noqa: T201


if __name__ == "__main__":
    main()
