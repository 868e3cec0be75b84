"""What an asset computes, as SQL that is made once for every window that is alike.

Belongs here: a function and its inputs over placeholders of their instants, and the SQL of both.
Keep out: how an expression becomes text (`sql_text`), what it computes (`kpi`).
"""

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir

from wan_perf.schema.declaration import Table
from wan_perf.warehouse import sql_text
from wan_perf.warehouse.naming import declared_name, expression_name, function_name
from wan_perf.warehouse.rule_queries import refuse_other_columns
from wan_perf.warehouse.text_cache import cached_text
from wan_perf.warehouse.window import AnyWindow, Window, within


@dataclass(frozen=True)
class Shape:
    """A function of lazy tables and its inputs over placeholders: alike for all windows.

    With a table the rows are cut to its declared columns, and, `is_cut`, to a window.
    """

    made: Callable[..., ir.Table]
    inputs: tuple[tuple[str, ops.Node], ...]
    table: Table | None = None
    is_cut: bool = False

    def name(self, kind: str) -> str | None:
        """What distinguishes its text of a kind, such as a dialect, from any other.

        None where it has no name.
        """
        parts = [function_name(self.made), *(expression_name(op) for _, op in self.inputs)]
        if self.table is not None:
            parts.append(declared_name(self.table))
        if None in parts:
            return None
        return repr((kind, parts, [name for name, _ in self.inputs], self.is_cut))


@dataclass(frozen=True)
class Pattern:
    """The rows of a shape, and the instant of each of its placeholders.

    To make a fact's expression takes seconds of a processor, more than to compute an hour of a
    small fleet. So it is made only where no process made its SQL before.
    """

    shape: Shape
    instants: sql_text.Given

    @property
    def rows(self) -> ir.Table:
        """The rows as an expression over placeholders, made once a process."""
        return _rows(self.shape)

    @property
    def expression(self) -> ir.Table:
        """The rows over the instants themselves."""
        return self.rows.op().replace(dict(self.instants)).to_expr()

    @property
    def sources(self) -> set[str]:
        """Names of the tables that it reads, in lower case."""
        tables = (op.find(ops.UnboundTable) for _, op in self.shape.inputs)
        return {table.name.lower() for found in tables for table in found}

    def schema(self, dialect: str) -> dict[str, dt.DataType]:
        """Columns of the rows and their types."""
        return {name: dt.dtype(kind) for name, kind in _made(self.shape, dialect).columns}

    def sql(self, dialect: str) -> str:
        """The rows in the engine's dialect."""
        return sql_text.filled(_made(self.shape, dialect).sql, self.instants, dialect)


def sql_asset(made: Callable[..., ir.Table]) -> Callable[..., Pattern]:
    """Decorator of a function of lazy tables: calls return the pattern of its rows.

    The function runs at most once a process for inputs that differ only in instants, so it must
    depend on the tables alone.
    """

    @functools.wraps(made)
    def pattern(**tables: ir.Table) -> Pattern:
        return pattern_of(made, {name: table.op() for name, table in tables.items()})

    pattern.__annotations__ = {**made.__annotations__, "return": Pattern}
    return pattern


def pattern_of(made: Callable[..., ir.Table], inputs: Mapping[str, ops.Node]) -> Pattern:
    """The pattern of a function for its inputs by name.

    Each input has placeholders of its own, so windows that end together have no other pattern than
    those that do not, as at the first hour of a warehouse.
    """
    inputs = dict(sorted(inputs.items()))  # whatever the order in which they are given
    found = {name: sql_text.placeholders(op, f"{name}_") for name, op in inputs.items()}
    alike = tuple((name, op.replace(found[name])) for name, op in inputs.items())
    instants = {ours: at for of_input in found.values() for at, ours in of_input.items()}
    return Pattern(Shape(made, alike), instants)


def cut(rows: ir.Table | Pattern, table: Table, window: Window | None) -> ir.Table | Pattern:
    """The rows as the table declares them, those of the window.

    Rows without a partition value stay, so that the store refuses them instead of dropping them.

    Raises:
        RefusedRowsError: the rows have other columns. Of a pattern that is seen as it is made.
    """
    if isinstance(rows, ir.Table):
        return _cut(rows, table, window)
    shape = Shape(rows.shape.made, rows.shape.inputs, table, window is not None)
    return Pattern(shape, {**rows.instants, **ends(table, window)})


def ends(table: Table, window: Window | None) -> dict[sql_text.Placeholder, ops.Literal]:
    """The ends of the window on the table's partition column, for their placeholders."""
    if window is None or table.partition is None:
        return {}
    kind = table.schema[table.partition]
    pairs = zip(AnyWindow().ends(kind), window.ends(kind), strict=True)
    return {ours.op(): at.op() for ours, at in pairs}


@dataclass(frozen=True)
class _Made:
    """SQL with placeholders, and the columns of its rows with their types."""

    sql: str
    columns: tuple[tuple[str, str], ...]


@functools.lru_cache(maxsize=512)
def _made(shape: Shape, dialect: str) -> _Made:
    def made() -> str:
        rows = _rows(shape)
        columns = [(name, str(kind)) for name, kind in rows.schema().items()]
        sql = sql_text.plain(rows.op(), dialect, reads_again=True)
        return json.dumps([sql, columns])

    sql, columns = json.loads(cached_text(shape.name(dialect), made))
    return _Made(sql, tuple((name, kind) for name, kind in columns))


@functools.lru_cache(maxsize=512)
def _rows(shape: Shape) -> ir.Table:
    if shape.table is None:
        made = shape.made(**{name: op.to_expr() for name, op in shape.inputs})
        return made.op().to_expr()  # no join that still takes columns
    rows = _rows(Shape(shape.made, shape.inputs))
    return _cut(rows, shape.table, AnyWindow() if shape.is_cut else None)


def _cut(rows: ir.Table, table: Table, window: Window | AnyWindow | None) -> ir.Table:
    refuse_other_columns(table, rows.columns)
    declared = rows.select(*table.columns).cast(table.schema)
    return declared.filter(within(declared, table, window).fill_null(True))
