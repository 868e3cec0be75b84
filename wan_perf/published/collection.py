"""How collecting goes, as the run that published knew it: calls that are left, runs that failed.

Belongs here: what the manifest says of it.
Keep out: where it is recorded (`defs.run_records`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

FAILED_WITHIN = timedelta(hours=24)
"""So long a failed run is counted."""


@dataclass(frozen=True)
class FailedRun:
    """A run that failed: when it ended, and the sentence; None where its log is gone."""

    run_id: str
    job: str
    partitions: str | None
    ended_at: datetime
    why: str | None


@dataclass(frozen=True)
class Collection:
    """The state of collecting when a copy was published; instants are naive UTC.

    Attributes:
        calls_left: Calls that were left to the token after the newest poll; None: unknown.
        calls_left_at: When that poll was stored.
        failed_count: Runs that failed within `FAILED_WITHIN`; None: unknown.
        failed: The newest of them, the newest first.
        is_simulated: The time of the data is that of a simulator's virtual clock.
    """

    calls_left: int | None = None
    calls_left_at: datetime | None = None
    failed_count: int | None = None
    failed: tuple[FailedRun, ...] = ()
    is_simulated: bool = False

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Collection":
        """The state that a manifest names; of an earlier release's manifest nothing is known."""
        at = datetime.fromisoformat
        left_at = values.get("calls_left_at")
        return cls(
            calls_left=values.get("calls_left"),
            calls_left_at=at(left_at) if left_at else None,
            failed_count=values.get("failed_count"),
            failed=tuple(
                FailedRun(**{**run, "ended_at": at(run["ended_at"])})
                for run in values.get("failed", ())
            ),
            is_simulated=values.get("is_simulated", False),
        )
