"""How a terminal shows rows: a grid that fits, and each value as a person reads it.

Belongs here: digits, width, which columns give way, the words for unknown and for yes and no.
Keep out: which rows are shown (`answers`, `top`).
"""

from copy import copy
from datetime import datetime

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table as Grid

from wan_perf.schema.columns import COLUMNS

WIDEST = 14
"""A circuit without contract has a long id; its end, the port, says more than its start."""
WHOLE = 100
_UNLIMITED = 10_000
_FIRST_TO_GO = ("region", "as_of_at")
"""Columns that a narrow terminal does without first; then those from the right."""
_ALWAYS = 2
"""The first columns: whose row it is."""


def print_grid(
    console: Console,
    title: str,
    headings: dict[str, str],
    rows: pd.DataFrame,
    unknown: str | None = None,
) -> None:
    """Print the rows with as many columns as fit the console's width; headings are never cut.

    What is `unknown`, and what is left out, stands below. Where the output is no terminal the
    width is 80.
    """
    columns_shown = dict(headings)
    shown_grid = grid(title, columns_shown, rows, unknown)
    while _width(console, shown_grid) > console.width and len(columns_shown) > _ALWAYS:
        optional = [name for name in list(columns_shown)[_ALWAYS:] if name not in _FIRST_TO_GO]
        first = [name for name in list(columns_shown)[1:] if name in _FIRST_TO_GO]
        columns_shown.pop(first[0] if first else optional[-1])
        shown_grid = grid(title, columns_shown, rows, unknown)
        left_out = [heading for name, heading in headings.items() if name not in columns_shown]
        shown_grid.caption = "; ".join(
            filter(None, (str(shown_grid.caption or ""), f"not shown: {', '.join(left_out)}"))
        )
        shown_grid.caption_justify = "left"
    console.print(shown_grid)


def _width(console: Console, shown_grid: Grid) -> int:
    """Width of the table itself, without title and caption. [columns]"""
    bare = copy(shown_grid)
    bare.title = bare.caption = None
    options = console.options.update(max_width=_UNLIMITED)
    return Measurement.get(console, options, bare).maximum


def grid(
    title: str, headings: dict[str, str], rows: pd.DataFrame, unknown: str | None = None
) -> Grid:
    """The rows' columns under their headings; without rows and without unknown ones, none."""
    grid = Grid(title=title, title_justify="left", title_style="bold")
    grid.box, grid.pad_edge, grid.collapse_padding = SIMPLE_HEAD, False, True
    for column, heading in headings.items():
        numeric = column in COLUMNS and COLUMNS[column].type in ("real", "integer")
        grid.add_column(heading, justify="right" if numeric else "left", no_wrap=True)
    for _, row in rows.iterrows():
        grid.add_row(*(shown(row[column], decimals(column)) for column in headings))
    grid.caption = unknown or ("none" if rows.empty else None)
    if unknown:
        grid.caption_justify = "left"
    return grid


def decimals(column: str) -> int:
    """Digits that a person can use: whole megabits, tenths of load, hundredths of availability."""
    if column.endswith("_mbps"):
        return 0
    return 1 if column.startswith(("utilization", "value")) else 2


def shown(value: object, digits: int = 2) -> str:
    """A value for a person: NULL is "unknown", and rounding never reaches 100.

    An instant is shown as month, day and minute.
    """
    if pd.isna(value):  # type: ignore[call-overload]
        return "unknown"
    if isinstance(value, float):
        rounded = f"{value:,.{digits}f}"
        if float(rounded.replace(",", "")) == WHOLE and value < WHOLE:
            return f"{WHOLE - 10**-digits:.{digits}f}"
        return rounded
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%m-%d %H:%M}"
    words = " ".join(str(value).split())
    return words if len(words) <= WIDEST else f"…{words[1 - WIDEST :]}"
