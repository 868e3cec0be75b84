"""All sites as cells by region: what is normal is faint, what is not has its colour and shape.

The left half of a cell is the primary circuit, the right half the others; the shape is the worst.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from wan_perf.web.charts.svg import drawing, number, rect, text
from wan_perf.web.words import Look

_LABEL, _GAP = 128.0, 8.0
_SMALLEST, _LARGEST, _SHAPE_FROM = 5.0, 24.0, 11.0


@dataclass(frozen=True)
class Cell:
    """A site that is not normal: its place in its region, counted from 0, and how it is shown."""

    place: int
    name: str
    link: str
    primary: str
    others: str
    worst: Look
    words: str


@dataclass(frozen=True)
class Region:
    """A region: how many sites it has, and those that are not normal."""

    name: str
    link: str
    site_count: int
    cells: Sequence[Cell]


def cell_size(counts: Sequence[int], width: float, height: float) -> float:
    """The largest size at which all regions fit, at least 5.

    >>> cell_size([10, 10], 500, 400), cell_size([5000], 860, 400)
    (24.0, 7.5)
    """
    size = _LARGEST
    while size > _SMALLEST and _height(counts, width, size) > height:
        size -= 0.5
    return size


def _columns(width: float, size: float) -> int:
    return max(1, int((width - _LABEL) // size))


def _height(counts: Sequence[int], width: float, size: float) -> float:
    rows = (math.ceil(count / _columns(width, size)) for count in counts)
    return sum(max(row * size, 17.0) + _GAP for row in rows)


def density(regions: Sequence[Region], width: float = 860.0, height: float = 420.0) -> Markup:
    """The picture: a row of cells for each region."""
    counts = [region.site_count for region in regions]
    size = cell_size(counts, width, height)
    columns = _columns(width, size)
    parts = [_pattern(size)]
    y = 0.0
    for region in regions:
        parts += _region(region, y, size, columns)
        y += max(math.ceil(region.site_count / columns) * size, 17.0) + _GAP
    bad = sum(len(region.cells) for region in regions)
    label = f"{sum(counts)} sites by region, {bad} of them not normal"
    return drawing(parts, width, max(y, 1.0), "density", label, has_links=True)


def _pattern(size: float) -> str:
    """Cells of what is normal, as the fill of one shape however many there are."""
    inner = size - 1
    side = number(size)
    return (
        f'<defs><pattern id="cells" width="{side}" height="{side}" patternUnits="userSpaceOnUse" '
        f'patternTransform="translate({number(_LABEL)} 0)"><rect class="cell" '
        f'width="{number(inner)}" height="{number(inner)}" rx="1"/></pattern></defs>'
    )


def _region(region: Region, y: float, size: float, columns: int) -> Iterator[str]:
    yield f'<a href="{escape(region.link)}">{text(0, y + 12, _cut(region.name), "name")}</a>'
    full, rest = divmod(region.site_count, columns)
    yield f'<g transform="translate(0 {number(y)})">'
    if full:
        yield rect(_LABEL, 0, columns * size, full * size, "cells")
    if rest:
        yield rect(_LABEL, full * size, rest * size, size, "cells")
    for cell in region.cells:
        row, column = divmod(cell.place, columns)
        yield _cell(cell, _LABEL + column * size, row * size, size)
    yield "</g>"


def _cell(cell: Cell, x: float, y: float, size: float) -> str:
    half = (size - 1) / 2
    inner = rect(x, y, half, size - 1, f"half {cell.primary}")
    inner += rect(x + half, y, half, size - 1, f"half {cell.others}")
    if size >= _SHAPE_FROM:
        side = size * 0.56
        at = (size - 1 - side) / 2
        inner += (
            f'<use class="mark" href="#i-{cell.worst.shape}" x="{number(x + at)}" '
            f'y="{number(y + at)}" width="{number(side)}" height="{number(side)}"/>'
        )
    title = f"<title>{escape(cell.name)}: {escape(cell.words)}</title>"
    return f'<a class="{cell.worst.tone}" href="{escape(cell.link)}">{inner}{title}</a>'


def _cut(name: str, most: int = 18) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
