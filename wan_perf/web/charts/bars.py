"""Bars: how many circuits lie in each range of values."""

import math
from collections.abc import Sequence

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
