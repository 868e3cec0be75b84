"""Showing what the doctor finds: a line a check.

Belongs here: the mark, its colour, the last line.
Keep out: checks (`doctor`).
"""

from collections import Counter

from rich.console import Console
from rich.text import Text

from wan_perf.cli.terminal import printable
from wan_perf.doctor import examine
from wan_perf.doctor.files import FILES

_COLOURS = {"ok": "green", "warning": "yellow", "FAILED": "bold red", "skipped": "dim"}


def print_findings(console: Console) -> int:
    """Examine and print; the exit code: 2 where a setting or a file is wrong, 1 where else."""
    verdicts, code = Counter[str](), 0
    for finding in examine():
        verdicts[finding.verdict] += 1
        if finding.verdict == "FAILED":
            code = max(code, 2 if finding.name in ("settings", *FILES) else 1)
        line = Text(f"{finding.verdict:<8} ", style=_COLOURS[finding.verdict])
        line.append(f"{finding.name:<13}", style="bold not dim").append(" ")
        words = " ".join(filter(None, (finding.found, finding.advice)))
        line.append(printable(words), style="not bold")
        console.print(line, soft_wrap=True)
    counted = (f"{verdicts[verdict]} {verdict}" for verdict in _COLOURS if verdicts[verdict])
    console.print(f"{', '.join(counted)}.", highlight=False)
    return code
