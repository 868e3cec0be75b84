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
    """The result of one check: its name, its status, what it found, and the advice.

    `verdict` is the status. An error message that includes the advice needs no further one.
    """

    name: str
    verdict: Verdict
    found: str
    advice: str = ""

    def without(self, secrets: Iterable[str]) -> "Finding":
        """The finding with every secret masked: messages of other software may repeat one."""
        found, advice = self.found, self.advice
        for secret in filter(None, secrets):
            found, advice = found.replace(secret, "***"), advice.replace(secret, "***")
        return replace(self, found=found, advice=advice)


class WrongSetting(Finding):
    """A failure that goes only with another value of a setting."""


def skip(names: Iterable[str], why: str) -> Iterator[Finding]:
    """Findings of checks that are skipped for one reason."""
    for name in names:
        yield Finding(name, "skipped", f"not checked, because {why}.")


def join_names(names: Iterable[str], most: int = 4) -> str:
    """The first names, and how many more there are."""
    known = list(names)
    more = len(known) - most
    return ", ".join(known[:most]) + (f" and {more} more" if more > 0 else "")


def first_line(error: Exception) -> str:
    """The first line of an error message of other software."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
