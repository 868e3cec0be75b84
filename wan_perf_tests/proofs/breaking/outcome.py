"""What became of a case, and of all cases of an attack.

Belongs here: what counts as lost, invented, a traceback; the table that is printed.
Keep out: the attacks.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from wan_perf_tests.proofs.breaking.forked import TIMED_OUT, Ended
from wan_perf_tests.proofs.breaking.lab import SECRET, Lab
from wan_perf_tests.proofs.breaking.rows import Difference

_UNKNOWN = "has no sentence for"
"""How `cli.failures` begins where it does not know what failed: a traceback, in a file."""
_TRACEBACK = re.compile(r"^Traceback \(most recent call last\)|^  File \".+\", line \d+", re.M)


@dataclass(frozen=True)
class Outcome:
    """What became of one case; `fault` is whatever else should not be."""

    lost: int = 0
    invented: int = 0
    tracebacks: int = 0
    sentence: str = ""
    fault: str = ""

    @property
    def is_good(self) -> bool:
        """Nothing lost, nothing invented, no traceback, no other fault."""
        return not (self.lost or self.invented or self.tracebacks or self.fault)


@dataclass(frozen=True)
class Case:
    """One attack on one home; `run` does it and returns what became of it."""

    name: str
    run: Callable[[Lab], Outcome]


def outcome(
    *ended: Ended, rows: Difference | None = None, codes: tuple[int, ...] = (), fault: str = ""
) -> Outcome:
    """What the commands' ends and the rows that are left say; `codes` are those of the first.

    The sentence is the first command's last line on standard error, else of its output.
    """
    rows = rows or Difference()
    tracebacks = sum(bool(_TRACEBACK.search(e.out + e.err)) or _UNKNOWN in e.err for e in ended)
    return Outcome(
        rows.lost,
        rows.invented,
        tracebacks,
        _last_line(ended[0]),
        "; ".join(filter(None, (fault, rows.where, *_faults(ended, codes)))),
    )


def _faults(ended: tuple[Ended, ...], codes: tuple[int, ...]) -> Iterator[str]:
    for nth, end in enumerate(ended):
        if end.code == TIMED_OUT:
            yield "it did not end"
        elif codes and not nth and end.code not in codes:
            yield f"exit code {end.code}: {_last_line(end)}"
        if SECRET in end.out + end.err:
            yield "the token is printed"
        if re.search(r"\x1b|\x07|\u202e", end.out + end.err):
            yield "control characters reach the terminal"


def _last_line(end: Ended) -> str:
    lines = [line.strip() for line in (end.err or end.out).splitlines() if line.strip()]
    return lines[-1] if lines else ""


@dataclass
class Tally:
    """All cases of an attack."""

    attack: str
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def bad(self) -> dict[str, Outcome]:
        """The cases that showed a fault."""
        return {name: one for name, one in self.outcomes.items() if not one.is_good}

    def line(self) -> tuple[str, ...]:
        """A line of the table: counts, and the first sentence."""
        of = self.outcomes.values()
        sums = (
            sum(getattr(one, name) for one in of) for name in ("lost", "invented", "tracebacks")
        )
        other = sum(bool(one.fault) for one in of)
        sentence = next((one.sentence for one in of if one.sentence), "")
        took = f"{self.seconds:.0f} s"
        return (self.attack, str(len(of)), *map(str, sums), str(other), took, sentence)
