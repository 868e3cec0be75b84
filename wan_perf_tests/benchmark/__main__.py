"""What the system costs, measured.

    python -m wan_perf_tests.benchmark circuit-hour --hours 24     raw to facts and events
    python -m wan_perf_tests.benchmark threshold-runs --days 31    runs, pieces and hours above
    python -m wan_perf_tests.benchmark live-hour --sites 5000      calls to the Mist Cloud

The first two fill a DuckDB file with a synthetic estate and store what the graph stores. For
live-hour a simulated cloud counts what an hour of `wan-perf collect` asks of it. Every figure is of
this one run.
"""

import argparse
import tempfile
from pathlib import Path

from rich.console import Console

from wan_perf_tests.benchmark.circuit_hour import circuit_hour
from wan_perf_tests.benchmark.threshold_runs import threshold_runs
from wan_perf_tests.live_hour import counted, told


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["circuit-hour", "threshold-runs", "live-hour"])
    parser.add_argument("--circuits", type=int, default=10_000)
    parser.add_argument("--hours", type=int, default=1, help="of circuit-hour")
    parser.add_argument("--days", type=int, default=31, help="of threshold-runs")
    parser.add_argument("--sites", type=int, default=5000, help="of live-hour")
    given = parser.parse_args()
    if given.what == "circuit-hour":
        result = circuit_hour(given.circuits, given.hours)
    elif given.what == "threshold-runs":
        result = threshold_runs(given.circuits, given.days)
    else:
        with tempfile.TemporaryDirectory() as folder:
            calls = counted(given.sites, Path(folder), Console(stderr=True))
        result = told(calls, given.sites)
    print(result)  # noqa: T201 - what a benchmark is for


if __name__ == "__main__":
    main()
