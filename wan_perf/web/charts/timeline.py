"""Charts over hours: state ribbons and panels of lines, bands and levels on one time axis.

An hour's value is drawn in the middle of the hour. What is not known is not drawn, and no line goes
across it.
"""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from wan_perf.web.charts.axis import nice_top, short, ticks
from wan_perf.web.charts.svg import Values, band, drawing, line, number, path, rect, steps, text
from wan_perf.web.words import look

HOUR = timedelta(hours=1)
_Scale = Callable[[datetime], float]
_Height = Callable[[float], float]
_LEFT, _RIGHT, _RIBBON, _GAP, _AXIS = 64.0, 30.0, 14.0, 10.0, 20.0


@dataclass(frozen=True)
class Series:
    """A line by hours. `low` makes it the upper edge of a band, `is_area` fills it down to 0."""

    label: str
    values: Values
    css: str
    low: Values | None = None
    is_area: bool = False
    is_line: bool = True


@dataclass(frozen=True)
class Panel:
    """Series with one vertical axis; those of `below` go down from 0, as the other direction.

    `levels` are the levels in force by hour: of a severity its values.
    """

    title: str
    unit: str
    series: Sequence[Series]
    below: Sequence[Series] = ()
    levels: Sequence[tuple[str, Values]] = ()
    height: float = 130.0
    top: float = 0.0


@dataclass(frozen=True)
class Span:
    """A state from one instant to another, and what hovering over it says beside."""

    start: datetime
    end: datetime
    state: str
    note: str = ""


@dataclass(frozen=True)
class Ribbon:
    """States over time in one row; between spans nothing is drawn."""

    label: str
    spans: Sequence[Span]


def timeline(
    times: Sequence[datetime],
    panels: Sequence[Panel],
    ribbons: Sequence[Ribbon] = (),
    *,
    label: str,
    width: float = 1400.0,
    step: timedelta = HOUR,
    is_zoomed: bool = False,
) -> Markup:
    """The picture, with its values for the pointer; nothing to draw is an empty frame.

    Args:
        times: The consecutive hours of every series; days where `step` is a day.
        panels: From top to bottom.
        ribbons: Above the panels.
        label: What the picture shows, for who cannot see it.
        width: Of its own units; it is scaled to the place that it has.
        step: From one time to the next.
        is_zoomed: Dragging over it chooses the range of the page.
    """
    start, end = times[0], times[-1] + step
    scale = (width - _LEFT - _RIGHT) / ((end - start) / step)

    def x(at: datetime) -> float:
        return _LEFT + (min(max(at, start), end) - start) / step * scale

    parts: list[str] = []
    y = 2.0
    for ribbon in ribbons:
        parts += _ribbon(ribbon, x, start, end, y)
        y += _RIBBON + 4
    first = y = y + (18.0 if ribbons else 14.0)
    for panel in panels:
        parts += _grid(x, start, end, y, y + panel.height)
        parts += _panel(panel, scale, y, width)
        y += panel.height + _GAP + 12
    bottom = y - _GAP - 12
    parts += _labels(list(ticks(start, end)), x, bottom + 14, width - _RIGHT)
    parts.append(
        f'<path class="cursor" data-top="{number(first)}" data-bottom="{number(bottom)}"/>'
    )
    data = _hover(len(times), panels, scale, step)
    drawn = drawing(parts, width, bottom + _AXIS, "chart", label)
    zoom = " data-zoom" if is_zoomed else ""
    return Markup(  # noqa: S704 - every text is escaped where it is written
        f'<figure class="timeline" data-start="{start.isoformat()}Z"{zoom}>{drawn}'
        f'<script type="application/json">{data}</script></figure>'
    )


def _labels(
    marks: Sequence[tuple[datetime, str]], x: _Scale, y: float, right: float
) -> Iterator[str]:
    """The words below the axis; of two that would touch the one of the day stays."""
    taken: list[tuple[float, float]] = []
    for at, words in sorted(marks, key=lambda mark: (mark[0].hour != 0, mark[0])):
        half = 3.4 * len(words) + 4
        left, end = x(at) - half, x(at) + half
        if words and end < right + 30 and all(end < a or left > b for a, b in taken):
            taken.append((left, end))
            yield text(x(at), y, words, "tick", "middle")


def _hover(count: int, panels: Sequence[Panel], scale: float, step: timedelta) -> str:
    series = [
        [s.label, panel.unit, [None if v is None else float(f"{v:.4g}") for v in s.values]]
        for panel in panels
        for s in (*panel.series, *panel.below)
    ]
    found = {"x": _LEFT, "dx": round(scale, 4), "n": count, "step": step // HOUR, "s": series}
    return json.dumps(found, separators=(",", ":")).replace("<", "\\u003c")


def _ribbon(ribbon: Ribbon, x: _Scale, start: datetime, end: datetime, y: float) -> Iterator[str]:
    yield text(_LEFT - 6, y + 11, ribbon.label, "tick", "end")
    yield rect(_LEFT, y, x(end) - _LEFT, _RIBBON, "nothing")
    for span in ribbon.spans:
        if span.end <= start or span.start >= end:
            continue
        seen = look(span.state)
        hint = f"{seen.word}{': ' + span.note if span.note else ''}\n"
        hint += f"{span.start:%a %d %b %H:%M} to {span.end:%a %d %b %H:%M} UTC"
        wide = max(x(span.end) - x(span.start), 1.0)
        yield rect(x(span.start), y, wide, _RIBBON, f"span {seen.tone} {span.state}", hint)


def _grid(x: _Scale, start: datetime, end: datetime, top: float, bottom: float) -> Iterator[str]:
    lines = "".join(
        f"M{number(x(at))} {number(top)}V{number(bottom)}" for at, _ in ticks(start, end)
    )
    yield path(lines, "grid")


def _panel(panel: Panel, scale: float, top: float, width: float) -> Iterator[str]:
    """Axis, levels and series between `top` and `top` plus its height."""
    values = [v for s in (*panel.series, *panel.below) for v in s.values if v is not None]
    peak = nice_top(max(values, default=0.0), panel.top)
    parts = 2 if panel.below else 1
    zero, high = top + panel.height / parts, panel.height / parts
    right = width - _RIGHT

    def y(value: float) -> float:
        return zero - min(value, peak) / peak * high

    yield text(_LEFT, top - 4, panel.title, "title")
    yield from _axis(peak, y, right, is_mirrored=bool(panel.below))
    count = max((len(s.values) for s in panel.series), default=0)
    middles = [_LEFT + (i + 0.5) * scale for i in range(count)]
    for sign, group in ((1.0, panel.series), (-1.0, panel.below)):
        for series in group:
            yield from _series(series, middles, sign, y)
    edges = [_LEFT + i * scale for i in range(count + 1)]
    labelled = -math.inf
    for severity, level in reversed(panel.levels):
        shown = [None if v is None or v > peak else v for v in level]
        for sign in (1.0, -1.0) if panel.below else (1.0,):
            ys = [None if v is None else y(sign * v) for v in shown]
            yield path(steps(edges, ys), f"level {severity}")
        last = next((v for v in reversed(shown) if v is not None), None)
        if last is not None and y(last) - labelled > 9:
            labelled = y(last)
            yield text(right + 4, labelled + 4, f"{last:g}", f"tick {severity}")


def _axis(peak: float, y: _Height, right: float, *, is_mirrored: bool) -> Iterator[str]:
    for value in (0.0, peak / 2, peak):
        for sign in (1, -1) if is_mirrored and value else (1,):
            yield path(f"M{number(_LEFT)} {number(y(value * sign))}H{number(right)}", "grid")
            yield text(_LEFT - 6, y(value * sign) + 4, short(value), "tick", "end")


def _series(series: Series, xs: Sequence[float], sign: float, y: _Height) -> Iterator[str]:
    ys = [None if v is None else y(sign * v) for v in series.values]
    if series.low is not None:
        low = [None if v is None else y(sign * v) for v in series.low]
        yield path(band(xs, low, ys), f"band {series.css}")
    elif series.is_area:
        floor = [None if v is None else y(0.0) for v in series.values]
        yield path(band(xs, floor, ys), f"band {series.css}")
    if series.is_line:
        yield path(line(xs, ys), f"line {series.css}")
