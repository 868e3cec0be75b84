"""Attacks on an installation, and what became of its rows.

    python -m wan_perf_tests.proofs.breaking                            every attack
    python -m wan_perf_tests.proofs.breaking kills --cases 20           some cases of one
    python -m wan_perf_tests.proofs.breaking --seed 8                   other instants and moments
    python -m wan_perf_tests.proofs.breaking --homes h --results r --within 500
                                                                        in portions: call again

Each case works on a copy of a home that was collected once from a simulated cloud, in a forked
child (POSIX only). After it, or after the next undisturbed command, all tables are compared with
those of a home that nobody attacked. `lost` and `invented` are rows, `tracebacks` are commands that
ended with one or with a failure that has no sentence, `other` are cases with any other fault: a
wrong exit code, a printed token, a command that did not end. Exit code 1 where anything is not 0.
"""

import argparse
import os
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

from rich.console import Console
from rich.table import Table

from wan_perf_tests.proofs.breaking.attacks import ATTACKS, tallies
from wan_perf_tests.proofs.breaking.lab import Lab, import_all
from wan_perf_tests.proofs.breaking.results import Results


def main() -> int:
    """Read the command line, attack, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("attack", nargs="*", help=f"of {', '.join(ATTACKS)}; default: all")
    parser.add_argument("--cases", type=int, help="at most so many of each attack")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--homes", type=Path, help="folder of collected homes, for the next call")
    parser.add_argument("--results", type=Path, help="file of outcomes; what is in it is not rerun")
    parser.add_argument("--within", type=float, default=float("inf"), help="seconds of this call")
    given = parser.parse_args()
    if unknown := set(given.attack) - set(ATTACKS):
        parser.error(f"no such attack: {', '.join(sorted(unknown))}")
    if not hasattr(os, "fork"):
        parser.error("cases are forked, which this system cannot; run it on Linux or macOS")
    console = Console(width=max(120, Console().width), markup=False, highlight=False)
    table = Table("attack", "cases", "lost", "invented", "tracebacks", "other", "took", "sentence")
    import_all()
    results = Results(given.results, given.within)
    with (
        tempfile.TemporaryDirectory() if given.homes is None else nullcontext(given.homes) as folder
    ):
        Path(folder).mkdir(parents=True, exist_ok=True)
        lab = Lab(Path(folder).resolve())
        found = tallies(given.attack, lab, given.seed, given.cases, results, console.print)
    for tally in found:
        table.add_row(*tally.line())
    console.print(table)
    console.print(f"{sum(len(tally.outcomes) for tally in found)} cases")
    return int(any(tally.bad for tally in found))


if __name__ == "__main__":
    sys.exit(main())
