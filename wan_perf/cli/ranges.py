"""Requested ranges of time: rounded to whole slices, and refused where there is none.

Belongs here: rounding and bounds of --start and --end, the partitions of hours.
Keep out: what is done with a range (`runs`).
"""

from datetime import datetime, timedelta

from wan_perf.errors import UsageError
from wan_perf.mist.collect.clock import floored

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def hour_keys(begin: datetime, end: datetime) -> list[str]:
    """Keys of the first and the last hourly partition of [begin, end)."""
    return [f"{at:%Y-%m-%d-%H:00}" for at in (begin, end - HOUR)]


def ceiled(instant: datetime, step: timedelta) -> datetime:
    """The earliest multiple of a step since 1970 that is not before the instant."""
    return floored(instant + step - timedelta(microseconds=1), step)


def check_range(
    start: datetime,
    end: datetime,
    step: timedelta,
    opening: datetime,
    latest: datetime | None = None,
) -> tuple[datetime, datetime]:
    """The whole slices that [start, end) touches, between the first there is and the latest.

    Raises:
        UsageError: the range is empty, begins before the opening or ends after the latest.
    """
    if end <= start:
        raise UsageError(
            f"The range ends at {end:%Y-%m-%d %H:%M}, which is not after its start "
            f"{start:%Y-%m-%d %H:%M}; give an --end after --start."
        )
    first, last, opening = floored(start, step), ceiled(end, step), floored(opening, step)
    if first < opening:
        raise UsageError(
            f"The range starts at {first:%Y-%m-%d %H:%M}, before WAN_PERF_START "
            f"{opening:%Y-%m-%d %H:%M}; give a later --start, or set WAN_PERF_START."
        )
    if latest is not None and last > ceiled(latest, step):
        raise UsageError(
            f"The range ends at {last:%Y-%m-%d %H:%M} UTC, in the future; give an --end of "
            f"{ceiled(latest, step):%Y-%m-%d %H:%M} at the latest."
        )
    return first, last
