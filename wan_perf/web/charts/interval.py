"""Availability as an interval: the value between its bounds, against a target."""

from markupsafe import Markup

from wan_perf.web.charts.svg import drawing, number, rect


def interval(
    low: float | None,
    value: float | None,
    high: float | None,
    target: float,
    *,
    label: str,
    width: float = 260.0,
) -> Markup:
    """Bounds as a bar, the value as a mark, the target as a line, from `least` to 100 %.

    The scale begins at 100 minus four times what the target allows, or below the lower bound.
    """
    if low is None or value is None or high is None:
        return drawing([rect(0, 5, width, 8, "hatch")], width, 18, "interval", f"{label}: unknown")
    least = min(100 - 4 * (100 - target), low)

    def x(at: float) -> float:
        return (at - least) / (100 - least or 1) * (width - 4) + 2

    tone = "met" if value >= target else "missed"
    parts = [
        rect(0, 8, width, 2, "axis"),
        rect(x(low), 4, max(x(high) - x(low), 2), 10, f"bounds {tone}"),
        f'<path class="target" d="M{number(x(target))} 0V18"/>',
        f'<circle class="point {tone}" cx="{number(x(value))}" cy="9" r="4"/>',
    ]
    return drawing(parts, width, 18, "interval", label)
