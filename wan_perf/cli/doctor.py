"""Showing what the doctor finds: a line a check.

Belongs here: the mark, its colour, the last line.
Keep out: checks (`doctor`).
"""

from collections import Counter

from rich.console import Console
from rich.text import Text

from wan_perf.doctor import examine

_COLOURS = {"ok": "green", "warning": "yellow", "FAILED": "bold red", "skipped": "dim"}


def print_findings(console: Console) -> bool:
    """Examine and print; True where nothing failed."""
    verdicts: Counter[str] = Counter()
    for finding in examine():
        verdicts[finding.verdict] += 1
        line = Text(f"{finding.verdict:<8} ", style=_COLOURS[finding.verdict])
        line.append(f"{finding.name:<13}", style="bold not dim").append(" ")
        line.append(" ".join(filter(None, (finding.found, finding.advice))), style="not bold")
        console.print(line, soft_wrap=True)
    counted = (f"{verdicts[verdict]} {verdict}" for verdict in _COLOURS if verdicts[verdict])
    console.print(f"{', '.join(counted)}.", highlight=False)
    return not verdicts["FAILED"]
