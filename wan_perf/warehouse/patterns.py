"""An expression made once a process, for every window that is alike.

Belongs here: making it over stand-ins of the instants, and its SQL with the instants in it.
Keep out: how an expression becomes text (`compiling`), what it computes (`kpi`).
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir

from wan_perf.declaration import Table
from wan_perf.warehouse import compiling
from wan_perf.warehouse.window import Window, limits, within

ANY_WINDOW = Window(*(compiling.stand_in_at(nth) for nth in (900, 901)))
"""Stands for the window of what is stored."""


@dataclass(frozen=True)
class Pattern:
    """Rows over stand-ins, and the instant that each of these stands for."""

    rows: ir.Table
    instants: Mapping[ops.Literal, ops.Literal]


def patterned(made: Callable[..., ir.Table]) -> Callable[..., Pattern]:
    """A function of lazy tables that gives the pattern of what it makes of them.

    It is called once a process for inputs that differ in nothing but instants, so it has to be a
    function of the tables alone. To make a fact's expression takes seconds of a processor, more
    than to compute an hour of a small fleet.
    """

    @functools.wraps(made)
    def pattern(**tables: ir.Table) -> Pattern:
        inputs = {name: table.op() for name, table in tables.items()}
        instants = compiling.instants(*inputs.values())
        alike = tuple((name, op.replace(instants)) for name, op in inputs.items())
        return Pattern(_rows(made, alike), {ours: given for given, ours in instants.items()})

    pattern.__annotations__ = {**made.__annotations__, "return": Pattern}
    return pattern


@functools.lru_cache(maxsize=512)
def _rows(made: Callable[..., ir.Table], inputs: tuple[tuple[str, ops.Node], ...]) -> ir.Table:
    return made(**{name: op.to_expr() for name, op in inputs})


def cut(rows: ir.Table | Pattern, table: Table, window: Window | None) -> ir.Table | Pattern:
    """The rows as the table declares them, those of the window.

    A row without its partition value is kept, so that it is refused and not silently lost.
    """
    if isinstance(rows, ir.Table):
        return _cut(rows, table, window)
    made = _cut_once(rows.rows.op(), table, window is not None)
    return Pattern(made, {**rows.instants, **ends(table, window)})


def _cut(rows: ir.Table, table: Table, window: Window | None) -> ir.Table:
    declared = rows.select(*table.columns).cast(table.schema)
    return declared.filter(within(declared, table, window).fill_null(True))


@functools.lru_cache(maxsize=512)
def _cut_once(op: ops.Node, table: Table, is_cut: bool) -> ir.Table:
    return _cut(op.to_expr(), table, ANY_WINDOW if is_cut else None)


def ends(table: Table, window: Window | None) -> dict[ops.Literal, ops.Literal]:
    """The ends of `ANY_WINDOW` on the table's partition column, and what they stand for."""
    if window is None or table.partition is None:
        return {}
    kind = table.schema[table.partition]

    def literals(of: Window) -> list[Any]:
        return [_literal(at, kind) for at in limits(kind, of)]

    return dict(zip(literals(ANY_WINDOW), literals(window), strict=True))


def _literal(at: date, kind: str) -> Any:
    return ibis.literal(at, kind).op()
