"""`wan-perf status`: how fresh the data is, what is missing, what failed, what waits.

Belongs here: reading that, and showing it; no run is started and nothing is requested from Mist.
Keep out: whether this installation can work at all (`doctor`).
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import pandas as pd
from rich.console import Console

from wan_perf.cli.extent import extent
from wan_perf.cli.gaps import MISSING, NO_TELEMETRY, NOT_COMPUTED, Gap, gaps
from wan_perf.cli.machine_readable import print_json
from wan_perf.cli.read_source import readable
from wan_perf.cli.recorded_runs import RecordedRuns, Run, recorded_runs
from wan_perf.cli.terminal import bold, warning
from wan_perf.defs.resources import clock_for
from wan_perf.errors import WanPerfError
from wan_perf.kpi.reports.report_date import newest_whole_day
from wan_perf.mist.collect.clock import floored
from wan_perf.published.replacement import utc_now
from wan_perf.schema.tables import CIRCUIT_DAY, CIRCUIT_HOUR, RAW_PORT_SAMPLE
from wan_perf.settings import Settings
from wan_perf.warehouse import Warehouse
from wan_perf.wording import counted

_HOUR = timedelta(hours=1)
_FAILED_WITHIN = timedelta(days=7)
_MOST_FAILED = 5
_WORDS = {
    NOT_COMPUTED: "samples are stored, circuit-hours are not",
    MISSING: "no circuit-hours",
    NO_TELEMETRY: "no state of any circuit is known",
}


@dataclass(frozen=True)
class Freshness:
    """The newest of what is stored, naive UTC; None where there is none.

    `newest_hour` and the days are the start of theirs. A whole day is one whose last hour is
    closed; reports are of the newest. `published_at` is when the published copy was written.
    """

    newest_poll_at: datetime | None
    newest_hour: datetime | None
    newest_day: datetime | None
    newest_whole_day: datetime | None
    published_at: datetime | None


@dataclass(frozen=True)
class Status:
    """The state of a home at `now`, with the gaps of the last `days` days."""

    now: datetime
    days: int
    fresh: Freshness
    gaps: tuple[Gap, ...]
    runs: RecordedRuns

    @property
    def has_data(self) -> bool:
        """Whether a poll or an hour is stored."""
        return bool(self.fresh.newest_poll_at or self.fresh.newest_hour)

    @property
    def calls_left(self) -> int | None:
        """Mist's calls that were left after the newest poll, where that was in this hour."""
        # Dagster records by the real clock, also where polls follow a simulator's.
        this_hour, found = floored(utc_now(), _HOUR), self.runs.calls_left
        return found[0] if found and floored(found[1], _HOUR) == this_hour else None


def read_status(settings: Settings, days: int) -> Status:
    """Read the state of the home.

    Raises:
        WanPerfError: neither the published copy nor the warehouse can be read.
    """
    now = clock_for(settings).now()
    source = readable(settings)
    tables = source.tables
    runs = recorded_runs(settings.dagster_home, _FAILED_WITHIN, _MOST_FAILED)
    oldest_poll, newest_poll = extent(tables, RAW_PORT_SAMPLE, "pass_at")
    oldest_hour, newest_hour = extent(tables, CIRCUIT_HOUR, "hour")
    newest_day = extent(tables, CIRCUIT_DAY, "day")[1]
    fresh = Freshness(
        newest_poll, newest_hour, newest_day, _newest_whole_day(tables), source.published_at
    )
    end = floored(now, _HOUR)
    oldest = [at for at in (oldest_poll, oldest_hour) if at is not None]
    found: list[Gap] = []
    if oldest:
        first = max(floored(min(oldest), _HOUR), end - timedelta(days=days))
        found = gaps(tables, first, end)
    return Status(now, days, fresh, tuple(found), runs)


def _newest_whole_day(tables: Warehouse) -> datetime | None:
    if not tables.holds(CIRCUIT_DAY):
        return None
    [day] = tables.query(newest_whole_day(tables.lazy(CIRCUIT_DAY)))["as_of_day"]
    return None if pd.isna(day) else pd.Timestamp(day).to_pydatetime()


def print_status(found: Status, console: Console) -> None:
    """Print it for a person.

    Raises:
        WanPerfError: there is no data yet.
    """
    for name, value in _lines(found).items():
        console.print(bold(f"{name:<13}"), value, soft_wrap=True)
    for gap in found.gaps:
        console.print(_gap_line(gap), soft_wrap=True)
    console.print(bold(f"{'failures':<13}"), _failures(found), soft_wrap=True)
    for failed in found.runs.failed:
        lead = f"  {_minute(failed.ended_at)}  {failed.job}"
        over = f" ({failed.partitions})" if failed.partitions else ""
        console.print(
            warning(f"{lead}{over}:", failed.why or "its log was removed"), soft_wrap=True
        )
    refuse_no_data(found)


def print_status_json(found: Status) -> None:
    """Print it for a program: one object.

    Raises:
        WanPerfError: there is no data yet.
    """
    print_json(
        {
            "now": found.now,
            **asdict(found.fresh),
            "calls_left": found.calls_left,
            "daemon_seen_at": found.runs.daemon_seen_at,
            "gap_days": found.days,
            "gaps": [{**asdict(gap), "hours": gap.hours} for gap in found.gaps],
            "running": [asdict(run) for run in found.runs.running],
            "queued": [asdict(run) for run in found.runs.queued],
            "failures": [asdict(run) for run in found.runs.failed],
        }
    )
    refuse_no_data(found)


def refuse_no_data(found: Status) -> None:
    """End with exit code 1 where nothing is stored.

    Raises:
        WanPerfError: there is no data yet.
    """
    if not found.has_data:
        raise WanPerfError("There is no data yet; run wan-perf collect.")


def _lines(found: Status) -> dict[str, str]:
    fresh, runs = found.fresh, found.runs
    left = found.calls_left
    running = f"{len(runs.running)} running, {len(runs.queued)} queued"
    if runs.running:
        running += f"; {_oldest(runs.running)}"
    hours = sum(gap.hours for gap in found.gaps)
    where = f" in {counted(len(found.gaps), 'range')}" if found.gaps else ""
    looked = counted(found.days, "day")
    return {
        "newest poll": _with_age(fresh.newest_poll_at, found.now),
        "newest hour": _minute(fresh.newest_hour),
        "newest day": _days(fresh),
        "published": _with_age(fresh.published_at, found.now),
        "calls left": "unknown" if left is None else f"{left:,} of this hour after the newest poll",
        "runs": running,
        "daemon": _with_age(runs.daemon_seen_at, found.now),
        "gaps": f"{counted(hours, 'hour')}{where}, of the last {looked}",
    }


def _days(fresh: Freshness) -> str:
    """The newest day, and the newest whole one, of which the reports are."""
    if not fresh.newest_day:
        return "none"
    whole = f"{fresh.newest_whole_day:%Y-%m-%d}" if fresh.newest_whole_day else "none yet"
    return f"{fresh.newest_day:%Y-%m-%d}; newest whole day: {whole}"


def _oldest(runs: tuple[Run, ...]) -> str:
    return f"{runs[0].job} since {_minute(runs[0].since)}"


def _gap_line(gap: Gap) -> str:
    hours = counted(gap.hours, "hour")
    return f"  {_minute(gap.start)} to {gap.end:%m-%d %H:%M}  {hours}: {_WORDS[gap.kind]}"


def _failures(found: Status) -> str:
    many = len(found.runs.failed)
    shown = f"the newest {many}" if many == _MOST_FAILED else str(many or "none")
    return f"{shown}, of the last {_FAILED_WITHIN.days} days"


def _minute(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "none"


def _with_age(at: datetime | None, now: datetime) -> str:
    if at is None or at > now:
        return _minute(at)
    minutes = int((now - at).total_seconds() // 60)
    age = f"{minutes} min" if minutes < 180 else f"{minutes // 60} h"
    return f"{_minute(at)}, {age} ago"
