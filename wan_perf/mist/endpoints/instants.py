"""Instants as Mist writes them: seconds since 1970, in a header the date of an HTTP answer.

Belongs here: turning them into naive UTC and back.
Keep out: what happened at an instant.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - instants are naive UTC in the whole system


def instant(seconds: float | None) -> datetime | None:
    """Naive UTC instant of seconds since 1970, to the microsecond; 0 and None are unknown."""
    if not seconds:
        return None
    return EPOCH + timedelta(microseconds=round(seconds * 1e6))


def epoch(at: datetime) -> float:
    """Seconds [s] from 1970 to a naive UTC instant."""
    return (at - EPOCH).total_seconds()


def http_date(header: str | None) -> datetime | None:
    """Naive UTC instant of a Date header, to the second; None where it is absent or invalid.

    >>> http_date("Sun, 08 Mar 2026 12:00:00 GMT")
    datetime.datetime(2026, 3, 8, 12, 0)
    """
    try:
        at = parsedate_to_datetime(header or "")
    except ValueError:
        return None
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
