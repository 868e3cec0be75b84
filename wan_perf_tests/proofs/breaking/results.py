"""Outcomes of earlier calls, so that many cases can be run in portions.

Belongs here: the file of outcomes, which cases are done, when a portion ends.
Keep out: what an outcome means (`outcome`).
"""

import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from wan_perf_tests.proofs.breaking.outcome import Outcome


@dataclass
class Results:
    """A file with a line a case, or none; and the seconds in which cases may begin."""

    file: Path | None = None
    within_s: float = float("inf")
    _began: float = field(default_factory=time.monotonic)

    @property
    def is_over(self) -> bool:
        """Whether no further case of this call may begin."""
        return time.monotonic() - self._began > self.within_s

    def done(self, attack: str) -> dict[str, tuple[Outcome, float]]:
        """Outcome and seconds of the cases of an attack that earlier calls ran, by name."""
        return {
            line["case"]: (Outcome(**line["outcome"]), line["seconds"])
            for line in self._lines()
            if line["attack"] == attack
        }

    def add(self, attack: str, case: str, outcome: Outcome, seconds: float) -> None:
        """Append a case; a call that is killed later has lost none that ended before."""
        if self.file is None:
            return
        line = {"attack": attack, "case": case, "seconds": seconds, "outcome": asdict(outcome)}
        with self.file.open("a", encoding="utf-8") as lines:
            lines.write(f"{json.dumps(line)}\n")

    def _lines(self) -> list[dict[str, Any]]:
        if self.file is None or not self.file.exists():
            return []
        return [json.loads(line) for line in self.file.read_text(encoding="utf-8").splitlines()]
