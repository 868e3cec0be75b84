"""When stores trade: opening and closing time of a local day, each from a date on.

Belongs here: how trading hours are written in the policy file; the trading day of a local time.
Keep out: UTC hours at a place (`local_calendar`), figures of a trading day
(`kpi.rollups.trading_days`).

A trading day has the local date on which the store opens, also for the hours after midnight: with
22:00 to 02:00 the hour at 01:00 on the 11th belongs to the trading day of the 10th. A store that
never closes (opening and closing at the same time) has the local day, from midnight to midnight.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_HOURS_OF_DAY = 24
_CLOCK = re.compile(r"(\d{1,2})(?::(\d\d)(?::(\d\d))?)?")
_ALWAYS = date(1970, 1, 1)


def _as_local_time(value: Any) -> time:
    """A time of day; whole numbers are hours, and 24 is midnight.

    >>> _as_local_time(8), _as_local_time("21:30"), _as_local_time(24)
    (datetime.time(8, 0), datetime.time(21, 30), datetime.time(0, 0))
    """
    if isinstance(value, time) and value.tzinfo is None:
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    text = f"{value:g}" if is_number else value if isinstance(value, str) else ""
    if match := _CLOCK.fullmatch(text.strip()):
        hour, minute, second = (int(part or 0) for part in match.groups())
        is_midnight = (hour, minute, second) == (_HOURS_OF_DAY, 0, 0)
        if is_midnight or (hour < _HOURS_OF_DAY and max(minute, second) < 60):
            return time(hour % _HOURS_OF_DAY, minute, second)
    raise ValueError(
        f"{value} is not a time of day; write the store's local time without a zone, "
        "such as 08:00:00"
    )


def _as_date(value: Any) -> date:
    """A date; midnight without a zone and ISO text stand for theirs."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            value = None if value is None else f'"{value}"'
    if isinstance(value, datetime) and value.tzinfo is None and value.time() == time():
        return value.date()
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError(
        f"{value} is not a date; trading hours hold from a local trading day on, such as 2026-06-01"
    )


class TradingHours(BaseModel):
    """Opening and closing in the store's local time, [opens, closes), from a trading day on.

    Closing at or before opening is on the next day; equal times mean that the store never closes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    opens: Annotated[time, BeforeValidator(_as_local_time)] = time(8)
    closes: Annotated[time, BeforeValidator(_as_local_time)] = time(21)
    since: Annotated[date, BeforeValidator(_as_date)] = Field(_ALWAYS, alias="from")

    @model_validator(mode="after")
    def _has_an_hour(self) -> "TradingHours":
        opening, closing = self._on(_ALWAYS)
        if closing - opening < _HOUR:
            raise ValueError(
                f"opens {self.opens:%H:%M} and closes {self.closes:%H:%M} are less than an hour "
                "apart, and figures are by the hour"
            )
        return self

    def _on(self, day: date) -> tuple[datetime, datetime]:
        """Opening and closing of the trading day, local time."""
        if self.opens == self.closes:
            midnight = datetime.combine(day, time())
            return midnight, midnight + _DAY
        opening, closing = (datetime.combine(day, at) for at in (self.opens, self.closes))
        return opening, closing + _DAY if closing < opening else closing

    def is_open(self, day: date, local: datetime) -> bool:
        """Whether the trading day covers the local time."""
        opening, closing = self._on(day)
        return opening <= local < closing


def in_order(entries: Sequence[TradingHours]) -> tuple[TradingHours, ...]:
    """The entries by date; before the first one the default hours hold.

    Raises:
        ValueError: two entries have the same date.
    """
    dates = [entry.since for entry in entries]
    for since in dates:
        if dates.count(since) > 1:
            when = "without from" if since == _ALWAYS else f"from {since}"
            raise ValueError(f"two entries {when}; one date has one entry")
    first = () if _ALWAYS in dates else (TradingHours(),)
    return (*first, *sorted(entries, key=lambda entry: entry.since))


def trading_day(schedule: Sequence[TradingHours], local: datetime) -> date | None:
    """The trading day that a local time belongs to; None while the store is closed.

    The hours in force are those of the day on which the store opens.

    Args:
        schedule: Trading hours by date (`in_order`).
        local: Local time, without its zone.
    """
    today = local.date()
    for day in (today, today - _DAY):
        if in_force_on(schedule, day).is_open(day, local):
            return day
    return None


def in_force_on(schedule: Sequence[TradingHours], day: date) -> TradingHours:
    """The trading hours of a local trading day.

    Args:
        schedule: Trading hours by date (`in_order`).
        day: The local date on which the store opens.
    """
    return next(entry for entry in reversed(schedule) if entry.since <= day)
