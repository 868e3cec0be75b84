"""Which columns each column comes from, as Dagster and the catalogues that read it know it.

Belongs here: the lineage of a stored expression and of a view, and when it is reported.
Keep out: finding it (`warehouse.lineage`).
"""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import dagster as dg
import ibis
import ibis.expr.types as ir

from wan_perf.schema.declaration import Table, View
from wan_perf.warehouse import views
from wan_perf.warehouse.lineage import Origins, origins
from wan_perf.warehouse.naming import declared_name
from wan_perf.warehouse.patterns import Pattern
from wan_perf.warehouse.text_cache import cached_text, code

LINEAGE = "dagster/column_lineage"
CODE = "wan_perf/code"
"""Digest of the code whose lineage it is."""
_FOUND: dict[str, dg.TableColumnLineage] = {}


def report_lineage(context: dg.OutputContext, table: Table, rows: ir.Table | Pattern) -> None:
    """Observe the asset with its lineage, where the newest observation is not of this code.

    Not with each materialization: it is many times larger than all other events of a run, and the
    same in each of 168 hours and every five minutes.
    """
    newest = context.step_context.instance.fetch_observations(context.asset_key, limit=1).records
    observed = newest[0].asset_observation if newest else None
    if observed and observed.metadata.get(CODE) == dg.MetadataValue.text(code()):
        return
    # Found once a process: the expressions of two windows differ in instants only.
    lineage = _FOUND.get(table.name) or _FOUND.setdefault(table.name, _lineage(origins_of(rows)))
    metadata: dict[str, dg.MetadataValue[Any]] = {
        LINEAGE: dg.MetadataValue.column_lineage(lineage),
        CODE: dg.MetadataValue.text(code()),
    }
    context.log_event(dg.AssetObservation(context.asset_key, metadata=metadata))


@cache
def lineage_of_view(view: View) -> dg.TableColumnLineage:
    """What the columns of the view are computed from."""
    sources = views.sources(view)
    name = declared_name(view, *sources)

    def made() -> ir.Table:
        return view.expression(*(ibis.table(t.schema, name=t.name) for t in sources))

    return _lineage(_stored_origins(name and f"lineage of view {name}", made))


def origins_of(rows: ir.Table | Pattern) -> dict[str, Origins]:
    """The stored columns that each column is computed from; those of a pattern are cached."""
    if isinstance(rows, Pattern):
        return _stored_origins(rows.shape.name("lineage"), lambda: rows.rows)
    return origins(rows)


def _stored_origins(name: str | None, rows: Callable[[], ir.Table]) -> dict[str, Origins]:
    """Stored as SQL is, since to find them the expression has to be made."""

    def made() -> str:
        return json.dumps({name: sorted(of) for name, of in origins(rows()).items()})

    found = json.loads(cached_text(name, made))
    return {name: frozenset((table, column) for table, column in of) for name, of in found.items()}


def _lineage(columns: dict[str, Origins]) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        {
            name: [dg.TableColumnDep(dg.AssetKey(table), column) for table, column in sorted(of)]
            for name, of in columns.items()
            if of
        }
    )
