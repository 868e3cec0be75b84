"""How figures, instants and states are written: one place for all pages and charts.

Belongs here: text of a value by its unit; the word, shape and colour class of a state.
Keep out: markup (`cells`, `charts`).
"""

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

UNKNOWN = "–"
"""What stands where nothing is known; never 0."""


@dataclass(frozen=True)
class Look:
    """A state as a person sees it: its word, the symbol of its shape, its colour class."""

    word: str
    shape: str
    tone: str


LOOKS = {
    "critical": Look("critical", "triangle", "critical"),
    "high": Look("high", "diamond", "high"),
    "warning": Look("warning", "disc", "warning"),
    "info": Look("info", "level", "planned"),
    "normal": Look("normal", "check", "ok"),
    "up": Look("up", "check", "ok"),
    "down": Look("down", "triangle", "critical"),
    "standby": Look("standby", "pause", "planned"),
    "disabled": Look("disabled", "off", "planned"),
    "no_telemetry": Look("no telemetry", "hatch", "unknown"),
    "unknown": Look("unknown", "hatch", "unknown"),
    "on backup": Look("on backup", "swap", "failover"),
    "site dark": Look("site dark", "triangle", "critical"),
    "site unreachable": Look("unreachable", "hatch", "critical"),
    "active": Look("active", "check", "ok"),
    "inferred": Look("active (inferred)", "swap", "failover"),
    "inactive": Look("idle", "pause", "planned"),
    "rising": Look("rising", "rise", "high"),
    "falling": Look("falling", "fall", "ok"),
    "steady": Look("steady", "level", "ok"),
    "too_short": Look("too little history", "hatch", "unknown"),
    "stale": Look("stale", "clock", "warning"),
}
"""By the word of the tables, in lower case."""


def look(word: str | None) -> Look:
    """How a state is shown; one that is not listed is shown by its own word, as unknown."""
    if word is None:
        return LOOKS["unknown"]
    return LOOKS.get(word.lower(), Look(word.replace("_", " "), "hatch", "unknown"))


def figure(value: Any, unit: str = "") -> str:
    """A value with the digits that its unit deserves, without the unit.

    >>> figure(None, "%"), figure(99.9996, "%"), figure(1234.0), figure(0.0412, "%")
    ('–', '99.999', '1,234', '0.0412')
    """
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}".removesuffix(":00")
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, int | float | Decimal):
        return _number(float(value), unit)
    return str(value)


def with_unit(value: Any, unit: str) -> str:
    """A value with its unit: minutes as hours and minutes, bytes in the unit that fits.

    >>> with_unit(75.0, "min"), with_unit(2.5e9, "B"), with_unit(None, "%"), with_unit(80.0, "%")
    ('1 h 15 min', '2.5 GB', '–', '80 %')
    """
    if value is None:
        return UNKNOWN
    if unit == "min":
        return minutes(float(value))
    if unit == "B":
        return _scale(float(value), ("B", "kB", "MB", "GB", "TB", "PB"))
    if unit == "Mbit/s":
        return _scale(float(value) * 1e6, ("bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"))
    if unit == "bit/s":
        return _scale(float(value), ("bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"))
    text = figure(value, unit)
    return f"{text} {unit}" if unit else text


def minutes(value: float) -> str:
    """A number of minutes as a person says it.

    >>> minutes(0.4), minutes(12), minutes(75), minutes(3000)
    ('0.4 min', '12 min', '1 h 15 min', '2 d 2 h')
    """
    if value < 60:
        return f"{_number(value, 'min')} min"
    return duration(timedelta(minutes=value))


def duration(length: timedelta) -> str:
    """Days and hours, hours and minutes, or minutes.

    >>> duration(timedelta(hours=50)), duration(timedelta(seconds=30))
    ('2 d 2 h', '0 min')
    """
    whole = int(length / timedelta(minutes=1))
    days, hours, rest = whole // 1440, whole // 60 % 24, whole % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{rest} min"


def since(at: datetime | None, now: datetime | None) -> str:
    """How long ago; unknown where either is."""
    return duration(now - at) if at and now else UNKNOWN


def change(value: float | None, unit: str = "") -> str:
    """A difference with its sign.

    >>> change(3), change(-2.5, "%"), change(None), change(0)
    ('+3', '-2.5', '–', '±0')
    """
    if value is None:
        return UNKNOWN
    return "±0" if value == 0 else ("+" if value > 0 else "-") + _number(abs(float(value)), unit)


def _number(value: float, unit: str) -> str:
    size = abs(value)
    if value == int(value) and size < 1e15:
        return f"{int(value):,}"
    if unit == "%" and 99 < value < 100:
        return _trim(f"{math.floor(value * 1000) / 1000:.3f}")  # 99.9996 is not 100
    digits = 0 if size >= 1000 else 1 if size >= 10 else 2 if size >= 0.1 else 4
    text = _trim(f"{value:,.{digits}f}")
    return text if text.strip("-") != "0" else "<0.0001"


def _trim(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scale(value: float, units: tuple[str, ...]) -> str:
    place = 0
    while abs(value) >= 1000 and place < len(units) - 1:
        value, place = value / 1000, place + 1
    return f"{_number(round(value, 2), '')} {units[place]}"
