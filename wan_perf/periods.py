"""Windows and calendar periods, once: their names, their starts, and the calendar at a site.

Belongs here: when a period starts; which hour, day and week a UTC hour is at a place.
Keep out: what is summed over a period (`kpi.rollup`).

Periods are UTC: days start at midnight UTC. Local time serves trading hours only.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import ibis
import ibis.expr.types as ir


@dataclass(frozen=True)
class Period:
    """A calendar period: its column and the start of the one that an hour or a day lies in."""

    column: str
    unit: str

    @property
    def length(self) -> ir.IntervalScalar:
        """How long it is, from its start to its end."""
        return ibis.interval(1, unit=self.unit)

    def start(self, at: ir.TimestampValue | ir.DateValue) -> ir.DateValue:
        """First day of the period."""
        return at.cast("timestamp").truncate(self.unit).cast("date")

    def begun(self, at: datetime) -> datetime:
        """Midnight with which the period of an instant begins."""
        midnight = datetime.combine(at, time())
        back = {"D": 0, "W": at.weekday(), "M": at.day - 1}[self.unit]
        return midnight - timedelta(days=back)


DAY = Period("day", "D")
WEEK = Period("week", "W")
"""ISO weeks, named by their Monday."""
MONTH = Period("month", "M")
ROLLING = "13_month"
ROLLING_MONTHS = 13
"""The month and the twelve before it; named by the last."""
PERIODS = {"day": DAY, "week": WEEK, "month": MONTH, ROLLING: MONTH}
"""The periods that are kept, by name, each with the one that its column tells."""

WINDOWS_H = (3, 12, 24)
"""Trailing windows; that of hour h covers as many hours as it is long, up to the end of h. [h]"""

_FIRST_WEEKEND_DAY = 6
_MINUTE = timedelta(minutes=1)


def local_hours(
    start: datetime, end: datetime, time_zones: Iterable[Any], opens: time, closes: time
) -> list[dict[str, Any]]:
    """Rows of dim_hour: each UTC hour of [start, end) as it is in each time zone.

    UTC is always among them, so that an hour exists where no site's zone is known. A name that is
    no IANA time zone gives no rows: its sites have no local time, and everything else. An hour is a
    trading hour where it begins in [opens, closes) local time.
    """
    rows = []
    for name in sorted({"UTC", *(zone for zone in time_zones if zone)}):
        try:
            zone = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            continue
        hour = start
        while hour < end:
            rows.append(_local_hour(hour, name, zone, opens, closes))
            hour += timedelta(hours=1)
    return rows


def _local_hour(
    hour: datetime, name: str, zone: ZoneInfo, opens: time, closes: time
) -> dict[str, Any]:
    local = hour.replace(tzinfo=UTC).astimezone(zone)
    year, week, weekday = local.isocalendar()
    offset = local.utcoffset() or timedelta()
    return {
        "hour": hour,
        "time_zone": name,
        "utc_offset_minutes": offset // _MINUTE,
        "local_day": local.date(),
        "local_hour": local.hour,
        "local_iso_week": f"{year}-W{week:02}",
        "local_month": f"{local:%Y-%m}",
        "local_quarter": f"{local.year}-Q{(local.month + 2) // 3}",
        "is_weekend": weekday >= _FIRST_WEEKEND_DAY,
        "is_trading_hour": opens <= local.time() < closes,
    }
