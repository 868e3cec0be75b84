"""Instants as Mist writes them: seconds since 1970.

Belongs here: turning them into naive UTC and back.
Keep out: what happened at an instant.
"""

from datetime import datetime, timedelta

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - instants are naive UTC in the whole system


def instant(seconds: float | None) -> datetime | None:
    """Naive UTC instant of seconds since 1970, to the microsecond; 0 and None are unknown."""
    if not seconds:
        return None
    return EPOCH + timedelta(microseconds=round(seconds * 1e6))


def epoch(at: datetime) -> float:
    """Seconds [s] from 1970 to a naive UTC instant."""
    return (at - EPOCH).total_seconds()
