"""What a check found, and what it advises.

Belongs here: the form of a finding.
Keep out: checks, and how a finding is shown (`cli.doctor`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

Verdict = Literal["ok", "warning", "FAILED", "skipped"]


@dataclass(frozen=True)
class Finding:
    """One check: what it looked at, its verdict, what it found, and what to do where that is bad.

    A sentence of ours that says both, what is wrong and what to do, needs no further advice.
    """

    name: str
    verdict: Verdict
    found: str
    advice: str = ""

    def without(self, secrets: Iterable[str]) -> "Finding":
        """The finding with every secret struck out: words of other software may repeat one."""
        found, advice = self.found, self.advice
        for secret in filter(None, secrets):
            found, advice = found.replace(secret, "***"), advice.replace(secret, "***")
        return replace(self, found=found, advice=advice)


def skip(names: Iterable[str], why: str) -> Iterator[Finding]:
    """Findings of checks that cannot be made, for the same reason."""
    for name in names:
        yield Finding(name, "skipped", f"not checked, because {why}.")


def join_names(names: Iterable[str], most: int = 4) -> str:
    """Names in a row, the first of many."""
    known = list(names)
    more = len(known) - most
    return ", ".join(known[:most]) + (f" and {more} more" if more > 0 else "")


def first_line(error: Exception) -> str:
    """What other software says, without the rest of it."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
