"""Reading a warehouse as it exists: nothing is created, altered or replaced for a reader.

Belongs here: an expression over declared tables, restated over those that exist.
Keep out: how a writer brings a table to its declaration (`store`).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir

from wan_perf.schema.declaration import Table, View
from wan_perf.schema.tables import TABLES
from wan_perf.warehouse import migrations, views
from wan_perf.warehouse.patterns import Pattern

if TYPE_CHECKING:
    from wan_perf.warehouse.creating import CreatingEngine
    from wan_perf.warehouse.engine import Engine, Session


def as_stored(
    engine: CreatingEngine, session: Session, expression: ir.Table | Pattern
) -> ir.Table | Pattern:
    """The expression over the tables as they exist; itself where all are as declared.

    A declared table that does not exist has no rows, a column that an older table lacks is NULL, a
    renamed one is read under its old name, and a view that is not the declared one is computed from
    its tables.

    Raises:
        WanPerfError: a column of a table has another type than the declared one.
    """
    if isinstance(expression, Pattern):
        tables = (TABLES[name] for name in sorted(expression.sources) if name in TABLES)
        if all(_existing_rows(engine, session, table) is None for table in tables):
            return expression
        expression = expression.expression
    existing: dict[ops.Node, ops.Node] = {}
    for op in expression.op().find(ops.UnboundTable):
        table = TABLES.get(op.name.lower())
        rows = _existing_rows(engine, session, table) if table else None
        if rows is not None:
            names = {name: rows[name.lower()].cast(kind) for name, kind in op.schema.items()}
            existing[op] = rows.select(**names).op()
    return expression.op().replace(existing).to_expr() if existing else expression


@cache
def declared_rows(engine: Engine, view: View, sources: tuple[Table, ...]) -> ir.Table:
    """The rows of a declared view over its declared sources."""
    return view.expression(*map(engine.unbound, sources))


def _existing_rows(engine: CreatingEngine, session: Session, table: Table) -> ir.Table | None:
    """The declared columns of the table as it exists; None where it is as declared."""
    if isinstance(table, View):
        sources = views.sources(table)
        are_as_declared = (_existing_rows(engine, session, t) is None for t in sources)
        if all(are_as_declared) and engine.is_as_declared(session, table):
            return None
        return as_stored(engine, session, declared_rows(engine, table, sources))
    existing = engine.existing_columns(session, table)
    if not existing:
        return _no_rows(table)
    renames = migrations.pending(table.name, existing)
    columns = migrations.apply_renames(existing, renames)
    engine.refuse_other_types(table, columns)
    if not renames and set(table.columns) <= set(columns):
        return None
    # Declared name to the name under which the values are stored.
    stored = migrations.apply_renames({name: name for name in existing}, renames)
    names = table.schema.items()
    rows = engine.rows_of(table.name, {stored[n]: kind for n, kind in names if n in stored})
    words = migrations.renamed_words(renames)

    def value(name: str, kind: str) -> ir.Value:
        if name not in stored:
            return ibis.null(kind)
        found = rows[stored[name]]
        return found.substitute(words[name]) if name in words else found

    return rows.select(**{name: value(name, kind) for name, kind in names})


def _no_rows(table: Table) -> ir.Table:
    row = ibis.literal(1).name("one").as_table()
    nulls = {name: ibis.null(kind) for name, kind in table.schema.items()}
    return row.filter(row.one == 0).select(**nulls)
