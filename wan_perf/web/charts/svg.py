"""Pieces of SVG: paths over values with gaps, text and rectangles."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup, escape

Values = Sequence[float | None]


def number(value: float) -> str:
    """A coordinate with one decimal at most.

    >>> number(3.0), number(2.55)
    ('3', '2.5')
    """
    return f"{value:.1f}".removesuffix(".0")


def segments(values: Values) -> Iterator[range]:
    """Runs of places without a gap.

    >>> list(segments([1, 2, None, 3]))
    [range(0, 2), range(3, 4)]
    """
    start = None
    for place, value in enumerate((*values, None)):
        if value is not None and start is None:
            start = place
        elif value is None and start is not None:
            yield range(start, place)
            start = None


def line(xs: Sequence[float], ys: Values) -> str:
    """Path data of a line; a value that stands alone is a short dash.

    >>> line([0, 10, 20, 30], [5, 6, None, 7])
    'M0 5L10 6M29 7h2'
    """
    parts = []
    for run in segments(ys):
        if len(run) == 1:
            parts.append(f"M{number(xs[run[0]] - 1)} {number(_require_value(ys[run[0]]))}h2")
            continue
        parts.append(
            "M" + "L".join(f"{number(xs[i])} {number(_require_value(ys[i]))}" for i in run)
        )
    return "".join(parts)


def steps(edges: Sequence[float], ys: Values) -> str:
    """Path data of a line of steps: value i from edge i to edge i + 1.

    >>> steps([0, 10, 20], [5, None])
    'M0 5H10'
    """
    parts = []
    for run in segments(ys):
        parts.append(f"M{number(edges[run[0]])} {number(_require_value(ys[run[0]]))}")
        parts.append(f"H{number(edges[run[0] + 1])}")
        before = ys[run[0]]
        for i in run[1:]:
            if ys[i] != before:
                parts.append(f"V{number(_require_value(ys[i]))}")
                before = ys[i]
            else:
                parts.pop()
            parts.append(f"H{number(edges[i + 1])}")
    return "".join(parts)


def band(xs: Sequence[float], low: Values, high: Values) -> str:
    """Path data of the area between two lines, where both are known.

    >>> band([0, 10], [0, 0], [5, 6])
    'M0 5L10 6L10 0L0 0Z'
    """
    both = [None if a is None or b is None else 1.0 for a, b in zip(low, high, strict=True)]
    parts = []
    for run in segments(both):
        there = "L".join(f"{number(xs[i])} {number(_require_value(high[i]))}" for i in run)
        back = "L".join(f"{number(xs[i])} {number(_require_value(low[i]))}" for i in reversed(run))
        parts.append(f"M{there}L{back}Z")
    return "".join(parts)


def path(data: str, css: str) -> str:
    """A path of a class; nothing without data."""
    return f'<path class="{css}" d="{data}"/>' if data else ""


def text(x: float, y: float, content: object, css: str = "", anchor: str = "") -> str:
    """A text; `anchor` is middle or end."""
    of_class = f' class="{css}"' if css else ""
    anchored = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text{of_class} x="{number(x)}" y="{number(y)}"{anchored}>{escape(content)}</text>'


def rect(x: float, y: float, width: float, height: float, css: str, title: str = "") -> str:
    """A rectangle of a class, with what hovering shows."""
    place = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    return f'<rect class="{css}" {place}>{title_element(title)}</rect>'


def title_element(title: str) -> str:
    """What hovering over a shape shows."""
    return f"<title>{escape(title)}</title>" if title else ""


def drawing(
    parts: Sequence[str],
    width: float,
    height: float,
    css: str,
    label: str,
    *,
    has_links: bool = False,
) -> Markup:
    """The parts as one picture with its name for who cannot see it; none where it says nothing."""
    size = f"{number(width)} {number(height)}"
    role = "group" if has_links else "img"
    named = f'role="{role}" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    inner = "".join(parts)
    return Markup(f'<svg class="{css}" viewBox="0 0 {size}" {named}>{inner}</svg>')  # noqa: S704 - every text is escaped above


def _require_value(value: float | None) -> float:
    assert value is not None  # noqa: S101 - places of a run have values
    return value
