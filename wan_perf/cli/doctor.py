"""Showing what the doctor finds: a line a check, or for programs JSON and CSV.

Belongs here: the mark, its colour, the last line, the exit code.
Keep out: checks (`doctor`).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd
from rich.console import Console
from rich.text import Text

from wan_perf.cli.machine_readable import print_csv, print_json
from wan_perf.cli.terminal import printable
from wan_perf.doctor import Finding, examine
from wan_perf.doctor.files import FILES
from wan_perf.doctor.finding import WrongSetting

_COLOURS = {"ok": "green", "warning": "yellow", "FAILED": "bold red", "skipped": "dim"}


def print_findings(console: Console, form: str | None = None) -> int:
    """Examine and print; the exit code: 2 where a setting or a file is wrong, 1 where else.

    `form` is json or csv for programs; None: a line as soon as each check is made.
    """
    if form is None:
        findings = [_print_finding(console, finding) for finding in examine()]
        counts: Counter[str] = Counter(finding.verdict for finding in findings)
        counted = (f"{counts[verdict]} {verdict}" for verdict in _COLOURS if counts[verdict])
        console.print(f"{', '.join(counted)}.", highlight=False)
        return _exit_code(findings)
    findings = list(examine())
    rows = [asdict(finding) for finding in findings]
    if form == "json":
        print_json(rows)
    else:
        print_csv(pd.DataFrame(rows))
    return _exit_code(findings)


def _exit_code(findings: Sequence[Finding]) -> int:
    """2 where a setting or a file is wrong, 1 where anything else failed, else 0."""
    failed = [finding for finding in findings if finding.verdict == "FAILED"]
    is_usage = (isinstance(f, WrongSetting) or f.name in ("settings", *FILES) for f in failed)
    return max((2 if usage else 1 for usage in is_usage), default=0)


def _print_finding(console: Console, finding: Finding) -> Finding:
    line = Text(f"{finding.verdict:<8} ", style=_COLOURS[finding.verdict])
    line.append(f"{finding.name:<13}", style="bold not dim").append(" ")
    words = " ".join(filter(None, (finding.found, finding.advice)))
    line.append(printable(words), style="not bold")
    console.print(line, soft_wrap=True)
    return finding
