"""Columns by month: a bar a month, its value above; an unknown month is hatched.

Thirteen months have a place each. Of fewer the newest is at the right end, and the months before
the first one have only their names.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

from wan_perf.web.charts.svg import drawing, number, rect, text
from wan_perf.web.words import figure

MONTHS_SHOWN = 13


@dataclass(frozen=True)
class Months:
    """A value a month, in order; None where it is unknown."""

    months: Sequence[date]
    values: Sequence[float | None]


def monthly(
    shown: Months,
    *,
    label: str,
    target: float | None = None,
    is_from_top: bool = False,
    width: float = 460.0,
    height: float = 120.0,
) -> Markup:
    """The columns. `is_from_top` draws what is missing to 100 %, downwards, so that it is seen."""
    values = [100 - v if is_from_top and v is not None else v for v in shown.values]
    limit = 100 - target if target is not None and is_from_top else target
    top = max((*(v for v in values if v is not None), limit or 0.0), default=0.0) or 1.0
    empty = max(MONTHS_SHOWN - len(shown.months), 0)
    step, floor, above = width / (empty + len(shown.months)), height - 18, 16.0
    parts = [*_names(shown.months, empty, step, height - 4)]
    for place, (month, value) in enumerate(zip(shown.months, values, strict=True)):
        x, original = (empty + place) * step, shown.values[place]
        hint = f"{month:%B %Y}: {figure(original, '%')}"
        if value is None:
            parts.append(rect(x + 2, above, step - 4, floor - above, "hatch", f"{hint} (unknown)"))
        else:
            y = floor - value / top * (floor - above)
            tone = "missed" if limit is not None and value > limit else "plain"
            parts.append(rect(x + 2, y, step - 4, max(floor - y, 1), f"column {tone}", hint))
            parts.append(text(x + step / 2, y - 4, _short(original), "value", "middle"))
    if limit is not None:
        y = floor - limit / top * (floor - above)
        parts.append(f'<path class="target" d="M0 {number(y)}H{number(width)}"/>')
    return drawing(parts, width, height, "chart months", label)


def _names(months: Sequence[date], empty: int, step: float, y: float) -> Iterator[str]:
    """The name of each month below its place; of the empty places those before the first one."""
    named = list(months)
    for _ in range(empty if named else 0):
        named.insert(0, (named[0] - timedelta(days=1)).replace(day=1))
    for place, month in enumerate(named):
        yield text((place + 0.5) * step, y, f"{month:%b}", "tick", "middle")


def _short(value: float | None) -> str:
    """Two decimals, cut and not rounded up: 99.996 is not 100.

    >>> _short(99.996), _short(0.5), _short(12.0)
    ('99.99', '0.5', '12')
    """
    return f"{math.floor((value or 0.0) * 100 + 1e-9) / 100:g}"
