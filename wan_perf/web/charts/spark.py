"""A small line without axes: how a figure went over the last hours."""

from markupsafe import Markup

from wan_perf.web.charts.svg import Values, band, drawing, line, number, path


def spark(
    values: Values, width: int = 110, height: int = 30, tone: str = "", top: float | None = None
) -> Markup:
    """A line from the lowest (0) to the highest value, gaps as gaps; nothing known draws nothing.

    `top` is the value at the upper edge; None takes the highest.
    """
    known = [v for v in values if v is not None]
    peak = max((*known, top or 0.0), default=0.0) or 1.0
    step = width / max(len(values) - 1, 1)
    xs = [i * step for i in range(len(values))]
    ys = [None if v is None else height - 1.5 - v / peak * (height - 3) for v in values]
    floor = [None if y is None else float(height) for y in ys]
    parts = [path(band(xs, floor, ys), "area"), path(line(xs, ys), "line")]
    if ys and ys[-1] is not None:
        parts.append(f'<circle cx="{number(xs[-1] - 1.5)}" cy="{number(ys[-1])}" r="2"/>')
    return drawing(parts, width, height, f"spark {tone}".strip(), "")


def bar(share: float | None, tone: str = "", width: int = 90, height: int = 8) -> Markup:
    """A bar of a share from 0 to 1 (more is drawn full); a hatch where it is unknown."""
    if share is None:
        return drawing(
            [f'<rect class="hatch" width="{width}" height="{height}" rx="2"/>'],
            width,
            height,
            "bar",
            "",
        )
    filled = max(0.0, min(share, 1.0)) * width
    parts = [
        f'<rect class="back" width="{width}" height="{height}" rx="2"/>',
        f'<rect class="fill {tone}" width="{number(filled)}" height="{height}" rx="2"/>',
    ]
    return drawing(parts, width, height, "bar", "")
