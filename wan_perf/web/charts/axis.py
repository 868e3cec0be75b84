"""Axes: where a scale ends, where its lines stand, and their words."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)


def nice_top(highest: float, least: float = 0.0) -> float:
    """The upper end of an axis: 1, 2, 2.5 or 5 times a power of ten, at least so high.

    >>> nice_top(87), nice_top(0.3), nice_top(0), nice_top(40, 100), nice_top(101)
    (100.0, 0.5, 1.0, 100.0, 200.0)
    """
    value = max(highest, least)
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(f * power for f in (1.0, 2.0, 2.5, 5.0, 10.0) if f * power >= value * 0.9999)


def short(value: float) -> str:
    """A number of an axis.

    >>> short(0.5), short(250), short(12500), short(2e6)
    ('0.5', '250', '12.5k', '2M')
    """
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def ticks(start: datetime, end: datetime) -> Iterator[tuple[datetime, str]]:
    """Instants of grid lines and their labels, empty where a line has none: about ten labels."""
    hours = (end - start) / HOUR
    step = next((s for most, s in ((14, 1), (26, 2), (50, 6), (98, 12)) if hours <= most), 24)
    at = start.replace(hour=0, minute=0, second=0, microsecond=0)
    days = max(1, math.ceil(hours / 24 / 12))
    while at <= end:
        if at >= start:
            if at.hour:
                yield at, f"{at:%H:%M}"
            else:
                labelled = days == 1 or at.weekday() == 0 if days <= 7 else at.day == 1
                yield at, f"{at:%a} {at.day} {at:%b}" if labelled else ""
        at += step * HOUR
