"""The slice of a table that a run replaces or reads: a window on its partition column.

Belongs here: the half-open window and its condition, as an expression and as SQL.
Keep out: what is done to the slice (`store`).
"""

from dataclasses import dataclass
from datetime import date, datetime

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from wan_perf.schema.declaration import Table
from wan_perf.warehouse.sql_text import Placeholder


@dataclass(frozen=True)
class Window:
    """The instants [start, end), naive UTC."""

    start: datetime
    end: datetime

    def __str__(self) -> str:
        return f"[{self.start}, {self.end})"

    def ends(self, kind: str) -> tuple[ir.Value, ir.Value]:
        """Start and end as values to compare a partition column of the type with."""
        start, end = limits(kind, self)
        return ibis.literal(start, kind), ibis.literal(end, kind)


class AnyWindow:
    """Stands for each window, so that the SQL of a table's rows is the same for all of them."""

    def ends(self, kind: str) -> tuple[ir.Value, ir.Value]:
        """Placeholders of start and end."""
        start, end = (Placeholder(key, dt.dtype(kind)).to_expr() for key in ("start", "end"))
        return start, end


def within(rows: ir.Table, table: Table, window: Window | AnyWindow | None) -> ir.BooleanValue:
    """True where the row's partition column lies in the window, NULL where it is NULL.

    True for every row of a table without a partition column, and where there is no window.
    """
    if window is None or table.partition is None:
        return ibis.literal(True)
    start, end = window.ends(table.schema[table.partition])
    column = rows[table.partition]
    return (column >= start) & (column < end)


def where(table: Table, window: Window | None) -> str:
    """The same condition for a DELETE; empty for a table that is replaced whole."""
    if window is None or table.partition is None:
        return ""
    start, end = limits(table.schema[table.partition], window)
    return f" WHERE {table.partition} >= '{start}' AND {table.partition} < '{end}'"


def limits(kind: str, window: Window) -> tuple[date, date]:
    """Start and end of the window in the type of a partition column, the end not included."""
    if kind == "date":
        return window.start.date(), window.end.date()
    return window.start, window.end
