"""Bars: how many circuits lie in each range of values, and a ranking of named values."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from wan_perf.web.charts.svg import drawing, rect, text


def distribution(
    bins: Sequence[tuple[str, int, str]],
    unknown: int,
    *,
    label: str,
    width: float = 560.0,
    height: float = 180.0,
) -> Markup:
    """A bar for each bin (its range, how many, its tone) on a logarithmic axis, counts above.

    What is not known stands at the end, hatched, and is in no bin.
    """
    columns = [*bins, ("unknown", unknown, "hatch")]
    highest = max((count for _, count, _ in columns), default=0)
    step, floor, top = width / len(columns), height - 20, 18.0
    parts: list[str] = [rect(0, floor, width, 1, "axis")]
    for place, (words, count, tone) in enumerate(columns):
        x = place * step
        high = math.log10(count + 1) / math.log10(highest + 1) * (floor - top) if highest else 0.0
        hint = f"{words}: {count:,}"
        if count:
            parts.append(rect(x + 3, floor - high, step - 6, high, f"bin {tone}", hint))
        parts.append(text(x + step / 2, floor - high - 4, f"{count:,}", "value", "middle"))
        parts.append(text(x + step / 2, height - 5, words, "tick", "middle"))
    return drawing(parts, width, height, "chart bins", label)


@dataclass(frozen=True)
class Bar:
    """A named value of a ranking; `words` is the value as text, `hint` is what hovering shows."""

    name: str
    value: float | None
    words: str
    hint: str


_LINE = 22.0
_NAME_CHARS = 44
_UNKNOWN_WIDTH = 60.0


def ranked(bars: Sequence[Bar], *, label: str, width: float = 1340.0) -> Markup:
    """A horizontal bar for each value, in the given order; an unknown one is hatched."""
    left, right = 290.0, 190.0
    highest = max((bar.value or 0.0 for bar in bars), default=0.0)
    parts: list[str] = []
    for place, bar in enumerate(bars):
        y = place * _LINE
        name = bar.name if len(bar.name) <= _NAME_CHARS else f"{bar.name[: _NAME_CHARS - 1]}…"
        long, css = _UNKNOWN_WIDTH, "bin hatch"
        if bar.value is not None:
            share = bar.value / highest if highest else 0.0
            long, css = max(1.0, share * (width - left - right)), "bin"
        parts += [
            text(left - 8, y + 15, name, "value", "end"),
            rect(left, y + 4, long, _LINE - 8, css, bar.hint),
            text(left + long + 8, y + 15, bar.words, "tick"),
        ]
    return drawing(parts, width, max(len(bars), 1) * _LINE, "chart ranked", label)
