"""How far a page can be trusted: newest poll, closed hour, coverage, calls left, failed runs."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from wan_perf.published.collection import Collection, FailedRun
from wan_perf.web.data import Data

STALE_AFTER = timedelta(minutes=15)
"""Live polls are taken every 5 minutes: after three missed ones the page says so."""
LOW_COVERAGE_PCT = 95.0
FEW_CALLS = 300
"""An hour of live polls of 5,000 sites takes so many."""
SCORES_LATE_AFTER = timedelta(hours=3)
"""Scores are requested once an hour, and an hour's come some minutes after its end."""
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Trust:
    """What stands in the bar above every page; None where nothing is known."""

    as_of_at: datetime | None
    published_at: datetime
    newest_hour: datetime | None
    circuit_count: int
    stale_count: int
    coverage_pct: float | None
    scored_hour: datetime | None = None
    collection: Collection = field(default_factory=Collection)

    @property
    def calls_left(self) -> int | None:
        """Calls of the hour that are left to the token; None where no poll of the hour says so."""
        found = self.collection
        if found.calls_left_at is None or _hour(found.calls_left_at) != _hour(self.published_at):
            return None
        return found.calls_left

    @property
    def has_few_calls(self) -> bool:
        """True where an hour of polls may need more calls than are left."""
        return self.calls_left is not None and self.calls_left < FEW_CALLS

    @property
    def failed_runs(self) -> tuple[FailedRun, ...]:
        """The newest runs that failed within a day, the newest first."""
        return self.collection.failed

    @property
    def is_simulated(self) -> bool:
        """True where the polls follow a simulator's virtual clock: their age is no delay."""
        return self.collection.is_simulated

    @property
    def newest_end(self) -> datetime:
        """End of the newest hour with rows; of an empty warehouse the instant of publication."""
        if self.newest_hour is None:
            return self.published_at.replace(minute=0, second=0, microsecond=0)
        return self.newest_hour + timedelta(hours=1)

    @property
    def is_empty(self) -> bool:
        """True where nothing was collected yet."""
        return self.newest_hour is None and self.as_of_at is None

    @property
    def last_closed_hour(self) -> datetime | None:
        """The newest hour that was over at the newest poll."""
        if self.newest_hour is None:
            return None
        in_progress = self.as_of_at is not None and self.newest_end > self.as_of_at
        return self.newest_hour - timedelta(hours=1) if in_progress else self.newest_hour

    def is_late(self, now: datetime) -> bool:
        """True where the newest poll is older than it may be; never by a simulator's clock."""
        if self.as_of_at is None or self.is_simulated:
            return False
        return now - self.as_of_at > STALE_AFTER

    @property
    def has_late_scores(self) -> bool:
        """True where Mist's scores end hours before our figures."""
        end = self.scores_end
        return end is not None and self.newest_end - end > SCORES_LATE_AFTER

    @property
    def scores_end(self) -> datetime | None:
        """End of the newest hour of which Mist's scores are stored."""
        return self.scored_hour + _HOUR if self.scored_hour else None

    @property
    def is_thin(self) -> bool:
        """True where too little of the last 24 hours is known."""
        return self.coverage_pct is not None and self.coverage_pct < LOW_COVERAGE_PCT


def trust(data: Data) -> Trust:
    """The state of the data, whatever the page."""
    now = data.first(
        "SELECT max(as_of_at) AS as_of_at, count(*) AS circuit_count, "
        "count_if(is_stale) AS stale_count FROM @current_state"
    )
    newest_hour = _newest_hour(data, "circuit_hour")
    window = data.first(
        "SELECT 100.0 * sum(up_minutes + known_down_minutes) / "
        "nullif(sum(up_minutes + down_minutes), 0) AS coverage_pct FROM @region_window:newest "
        "WHERE window_hours = 24 AND hour = (SELECT max(hour) FROM @region_window:newest)"
    )
    scored_hour = _newest_hour(data, "raw_site_sle")
    return Trust(
        as_of_at=now.get("as_of_at"),
        published_at=data.published.published_at,
        newest_hour=newest_hour,
        circuit_count=now.get("circuit_count") or 0,
        stale_count=now.get("stale_count") or 0,
        coverage_pct=window.get("coverage_pct"),
        scored_hour=scored_hour,
        collection=_seen(data),
    )


def _newest_hour(data: Data, table: str) -> datetime | None:
    found = data.first(f"SELECT max(hour) AS hour FROM @{table}:newest")
    hour: datetime | None = found.get("hour")
    return hour


def _seen(data: Data) -> Collection:
    """How collecting went, for who may see all regions with the reasons, which can name sites."""
    found = data.published.collection
    if data.regions is None:
        return found
    return replace(found, failed=tuple(replace(run, why=None) for run in found.failed))


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
