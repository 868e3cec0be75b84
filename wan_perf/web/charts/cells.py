"""Cells coloured by a value: weekday and hour, and a calendar of days. Unknown is a hatched cell.

The scale is Cividis in ten steps, which grows brighter also for who sees few colours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup, escape

from wan_perf.web.charts.svg import drawing, number, text, title_element

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_STEPS = 10


def tone(value: float | None, top: float) -> str:
    """The class of a value between 0 and `top`.

    >>> tone(None, 100), tone(0, 100), tone(55, 100), tone(130, 100)
    ('cx', 'c0', 'c5', 'c9')
    """
    if value is None:
        return "cx"
    return f"c{max(0, min(_STEPS - 1, int(value / top * _STEPS)))}"


def heat(
    values: Mapping[tuple[int, int], float | None],
    *,
    label: str,
    unit: str,
    top: float,
    width: float = 560.0,
) -> Markup:
    """Weekday (0 is Monday) by hour of the day."""
    left, above, height = 34.0, 4.0, 16.0
    wide = (width - left) / 24
    parts = []
    for day, name in enumerate(WEEKDAYS):
        y = above + day * height
        parts.append(text(left - 6, y + 12, name, "", "end"))
        for hour in range(24):
            value = values.get((day, hour))
            hint = "unknown" if value is None else f"{value:.3g} {unit}"
            parts.append(
                _rect(
                    left + hour * wide,
                    y,
                    wide - 1,
                    height - 1,
                    tone(value, top),
                    f"{name} {hour:02d}:00 UTC: {hint}",
                )
            )
    bottom = above + 7 * height
    parts += [text(left + h * wide, bottom + 12, f"{h:02d}", "") for h in range(0, 24, 3)]
    return drawing(parts, width, bottom + 18, "heat", label)


@dataclass(frozen=True)
class Day:
    """A day of the calendar: its value, what hovering says, and where it leads."""

    day: date
    value: float | None
    words: str
    link: str = ""


def calendar(days: Sequence[Day], *, label: str, top: float, width: float = 1200.0) -> Markup:
    """Days in columns of weeks from Monday, months named above; days without a row are empty."""
    if not days:
        return drawing([], width, 1, "calendar", label)
    left, above, height = 34.0, 18.0, 15.0
    first = days[0].day - timedelta(days=days[0].day.weekday())
    weeks = (days[-1].day - first).days // 7 + 1
    wide = min((width - left) / max(weeks, 1), 26.0)
    parts = [
        text(left - 6, above + n * height + 11, name, "", "end")
        for n, name in enumerate(WEEKDAYS)
        if n % 2 == 0
    ]
    month = None
    for found in days:
        week, weekday = divmod((found.day - first).days, 7)
        x, y = left + week * wide, above + weekday * height
        if (found.day.year, found.day.month) != month and found.day.day <= 7:
            month = (found.day.year, found.day.month)
            parts.append(text(x, 11, f"{found.day:%b %y}"))
        words = f"{found.day:%a} {found.day.day} {found.day:%b %Y}: {found.words}"
        cell = _rect(x, y, wide - 1.5, height - 1.5, tone(found.value, top), words)
        parts.append(f'<a href="{escape(found.link)}">{cell}</a>' if found.link else cell)
    linked = any(found.link for found in days)
    return drawing(parts, width, above + 7 * height + 2, "calendar", label, has_links=linked)


def _rect(x: float, y: float, width: float, height: float, css: str, title: str) -> str:
    place = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    return f'<rect class="{css}" {place}>{title_element(title)}</rect>'
