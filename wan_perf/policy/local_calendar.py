"""The calendar at a site: which hour, day and week a UTC hour is there, and its trading day.

Belongs here: the rows of `dim_hour`.
Keep out: when a store trades (`trading_hours`), calendar periods (`schema.periods`).
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from wan_perf.policy.trading_hours import TradingHours, trading_day

_FIRST_WEEKEND_DAY = 6
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_HOURS_AROUND_LOCAL_DAY = range(-14, 62)
"""Hours from midnight UTC in which a trading day of that date can lie: zones are at most 14 hours
ahead and 12 behind, and a trading day ends less than 48 hours after its own midnight. [h]"""


def local_hours(
    start: datetime, end: datetime, time_zones: Iterable[Any], schedule: Sequence[TradingHours]
) -> list[dict[str, Any]]:
    """Rows of dim_hour: each UTC hour of [start, end) as it is in each time zone.

    UTC is always among them, so that an hour exists where no site's zone is known. A name that is
    no IANA time zone gives no rows: what is local is unknown at its sites. An hour is a trading
    hour where it begins in the trading hours; it has the trading day that it belongs to.

    Args:
        start: The first hour.
        end: The first instant after the last hour.
        time_zones: Names of time zones, in any order and number; missing ones are left out.
        schedule: Trading hours by date (`trading_hours.in_order`).
    """
    rows = []
    for name in sorted({"UTC", *(zone for zone in time_zones if zone)}):
        if (zone := _known_zone(name)) is None:
            continue
        lengths: dict[date | None, int | None] = {None: None}
        hour = start
        while hour < end:
            day = trading_day(schedule, _local(hour, zone).replace(tzinfo=None))
            if day and day not in lengths:
                lengths[day] = _trading_hour_count(day, zone, schedule)
            rows.append(
                {
                    "hour": hour,
                    "time_zone": name,
                    **_local_calendar(_local(hour, zone)),
                    "is_trading_hour": day is not None,
                    "trading_day": day,
                    "trading_hour_count": lengths[day],
                }
            )
            hour += _HOUR
    return rows


def _known_zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _local(hour: datetime, zone: ZoneInfo) -> datetime:
    return hour.replace(tzinfo=UTC).astimezone(zone)


def _trading_hour_count(day: date, zone: ZoneInfo, schedule: Sequence[TradingHours]) -> int:
    """UTC hours that begin in the trading day: one more or less where clocks change in it."""
    midnight = datetime.combine(day, time())
    hours = (
        _local(midnight + n * _HOUR, zone).replace(tzinfo=None) for n in _HOURS_AROUND_LOCAL_DAY
    )
    return sum(trading_day(schedule, local) == day for local in hours)


def _local_calendar(local: datetime) -> dict[str, Any]:
    year, week, weekday = local.isocalendar()
    offset = local.utcoffset() or timedelta()
    return {
        "utc_offset_minutes": offset // _MINUTE,
        "local_day": local.date(),
        "local_hour": local.hour,
        "local_iso_week": f"{year}-W{week:02}",
        "local_month": f"{local:%Y-%m}",
        "local_quarter": f"{local.year}-Q{(local.month + 2) // 3}",
        "is_weekend": weekday >= _FIRST_WEEKEND_DAY,
    }
