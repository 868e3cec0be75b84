"""What became of the faults of each kind, and the table of it."""

from dataclasses import dataclass, field
from statistics import median
from typing import Any

from wan_perf_tests.proofs.faults.findings import Outage

Fault = dict[str, Any]


@dataclass
class Tally:
    """What became of the faults of one kind."""

    planted: int = 0
    observable: int = 0
    found: int = 0
    missed: list[Fault] = field(default_factory=list)
    invented: list[tuple[str, Outage]] = field(default_factory=list)
    errors_s: list[float] = field(default_factory=list)


def print_table(tallies: dict[str, Tally]) -> None:
    """The table as it stands in docs/verification.md."""
    head = ("kind", "planted", "observable", "found", "missed", "invented", "error median, worst")
    print("| " + " | ".join(head) + " |")  # noqa: T201 - the command's output
    print("|" + " --- |" * len(head))  # noqa: T201
    for kind, tally in sorted(tallies.items()):
        error = "-"
        if tally.errors_s:
            error = f"{median(tally.errors_s):.0f} s, {max(tally.errors_s):.0f} s"
        figures = (tally.planted, tally.observable, tally.found, len(tally.missed))
        figures = (*figures, len(tally.invented))
        print(f"| {kind} | " + " | ".join(map(str, figures)) + f" | {error} |")  # noqa: T201
