"""How a terminal shows rows: a grid, and each value as a person reads it.

Belongs here: digits, width, the words for unknown and for yes and no.
Keep out: which rows are shown (`answers`, `top`).
"""

from datetime import datetime

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.table import Table as Grid

from wan_perf.columns import COLUMNS

WIDEST = 14
"""A circuit without contract has a long id; its end, the port, tells more than its start."""
WHOLE = 100


def grid(title: str, headings: dict[str, str], rows: pd.DataFrame) -> Grid:
    """The rows' columns under their headings; without rows it says none."""
    grid = Grid(title=title, title_justify="left", title_style="bold")
    grid.box, grid.pad_edge, grid.collapse_padding = SIMPLE_HEAD, False, True
    for column, heading in headings.items():
        numeric = column in COLUMNS and COLUMNS[column].type in ("real", "integer")
        grid.add_column(heading, justify="right" if numeric else "left", no_wrap=True)
    for _, row in rows.iterrows():
        grid.add_row(*(shown(row[column], decimals(column)) for column in headings))
    if rows.empty:
        grid.caption = "none"
    return grid


def decimals(column: str) -> int:
    """Digits that a person can use: whole megabits, tenths of load, hundredths of availability."""
    if column.endswith("_mbps"):
        return 0
    return 1 if column.startswith(("utilization", "value")) else 2


def shown(value: object, digits: int = 2) -> str:
    """A value for a person; unknown is said, and 100 is not reached by rounding.

    An instant is told by its month, day and minute.
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
