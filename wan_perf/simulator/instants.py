"""Instants and intervals: epoch seconds on the wire and inside, naive UTC in callers' hands.

Belongs here: the conversions, and arithmetic on half-open intervals [start, end).
Keep out: which clock says what time it is.
"""

from datetime import datetime, timedelta

Interval = tuple[int, int]
"""Half-open [start, end) in whole epoch seconds."""

MINUTE = 60
HOUR = 3600
DAY = 86400

_EPOCH = datetime.fromisoformat("1970-01-01")


def epoch(instant: datetime) -> float:
    """Convert a naive UTC datetime to epoch seconds [s]."""
    return (instant - _EPOCH) / timedelta(seconds=1)


def naive_utc(seconds: float) -> datetime:
    """Convert epoch seconds to a naive UTC datetime."""
    return _EPOCH + timedelta(seconds=seconds)


def overlap_seconds(intervals: tuple[Interval, ...], start: float, end: float) -> float:
    """Sum the seconds of `intervals` that lie inside [start, end) [s]."""
    return sum(max(0.0, min(end, b) - max(start, a)) for a, b in intervals)


def holds(intervals: tuple[Interval, ...], at: float) -> bool:
    """Say whether an instant lies in one of the intervals."""
    return any(start <= at < end for start, end in intervals)


def hours_touching(start: float, end: float) -> range:
    """Give the starts of the whole UTC hours that [start, end) touches [epoch s]."""
    return range(int(start // HOUR) * HOUR, int(-(-end // 1)), HOUR)
