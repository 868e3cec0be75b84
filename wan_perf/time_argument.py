"""Instants as a person writes them: ISO 8601, with or without a zone, or relative to now.

Belongs here: the one reading of every option and setting that is an instant.
Keep out: rounding to hours or days, and ranges (`cli.ranges`).
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EXAMPLES = "2026-03-01, 2026-03-01T14:00, 2026-03-01T14:00:00Z, 2026-03-01T14:00+02:00, -1d, now"
_RELATIVE = re.compile(r"-\s*(\d{1,6})\s*([dhm])", re.IGNORECASE)
_FIRST, _AFTER = datetime(1971, 1, 1), datetime(3000, 1, 1)  # noqa: DTZ001 - naive UTC
"""Instants between which ranges are rounded and moved without leaving the calendar."""
_LONGEST = timedelta(days=36_525)
_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}


@dataclass(frozen=True)
class TimeArgument:
    """An instant, or a time before now.

    Attributes:
        text: What the person wrote.
        at: The instant, naive UTC; None for a relative one.
        before_now: How long before now, for a relative one.
    """

    text: str
    at: datetime | None
    before_now: timedelta = timedelta(0)

    def resolved(self, now: datetime) -> datetime:
        """The instant, naive UTC; `now` is the present of the clock in use, naive UTC."""
        return now - self.before_now if self.at is None else self.at


def time_argument(text: str) -> TimeArgument:
    """Read an instant: without a zone it is UTC, a date is its first instant.

    >>> time_argument("2025-01-25T00:00:00Z").at
    datetime.datetime(2025, 1, 25, 0, 0)
    >>> time_argument("2025-01-25 01:30+02:00").at
    datetime.datetime(2025, 1, 24, 23, 30)
    >>> time_argument("-36h").resolved(datetime(2025, 1, 25))
    datetime.datetime(2025, 1, 23, 12, 0)

    Raises:
        ValueError: It is no instant, or before 1971, after 2999, or more than a century before
            now; the message names what is accepted.
    """
    words = text.strip()
    if words.lower() == "now":
        return TimeArgument(text, None)
    at = None
    length = timedelta(0)
    try:
        if relative := _RELATIVE.fullmatch(words):
            length = int(relative[1]) * _UNITS[relative[2].lower()]
        else:
            at = datetime.fromisoformat(words)
        if at is not None and at.tzinfo is not None:
            at = at.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no instant; give one such as {EXAMPLES} (UTC)") from None
    return _within_calendar(TimeArgument(text, at, length))


def _within_calendar(argument: TimeArgument) -> TimeArgument:
    if argument.before_now > _LONGEST or not _FIRST <= (argument.at or _FIRST) < _AFTER:
        raise ValueError(
            f"{argument.text!r} is not between 1971 and 2999 or up to a century ago; give an "
            f"instant such as {EXAMPLES} (UTC)"
        )
    return argument


def months_back(now: datetime, months: int) -> datetime:
    """First instant of the month that many months before `now`, naive.

    >>> months_back(datetime(2026, 3, 8), 13)
    datetime.datetime(2025, 2, 1, 0, 0)
    """
    month = now.year * 12 + now.month - 1 - months
    return datetime(month // 12, month % 12 + 1, 1)  # noqa: DTZ001 - naive UTC by rule
