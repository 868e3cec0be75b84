"""Which columns each column comes from, as Dagster and the catalogues that read it know it.

Belongs here: the lineage of a stored expression and of a view, and when it is told.
Keep out: finding it (`warehouse.lineage`).
"""

from functools import cache

import dagster as dg
import ibis
import ibis.expr.types as ir

from wan_perf.declaration import Table, View
from wan_perf.tables import TABLES
from wan_perf.warehouse.lineage import origins

LINEAGE = "dagster/column_lineage"
_FOUND: dict[str, dg.TableColumnLineage] = {}


def tell_lineage(context: dg.OutputContext, table: Table, rows: ir.Table) -> None:
    """Observe the asset with its lineage, where the newest observation has none or another.

    Not with each materialization: it is many times larger than all else that a run says, and the
    same in each of 168 hours and every five minutes.
    """
    # Found once a process: the expressions of two windows differ in instants only.
    lineage = _FOUND.get(table.name) or _FOUND.setdefault(table.name, _lineage(rows))
    newest = context.step_context.instance.fetch_observations(context.asset_key, limit=1).records
    told = newest[0].asset_observation if newest else None
    if told is None or told.metadata.get(LINEAGE) != dg.MetadataValue.column_lineage(lineage):
        context.log_event(dg.AssetObservation(context.asset_key, metadata={LINEAGE: lineage}))


@cache
def lineage_of_view(view: View) -> dg.TableColumnLineage:
    """What the columns of the view are computed from."""
    sources = (TABLES[name] for name in view.sources)
    return _lineage(view.expression(*(ibis.table(t.schema, name=t.name) for t in sources)))


def _lineage(rows: ir.Table) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        {
            name: [dg.TableColumnDep(dg.AssetKey(table), column) for table, column in sorted(of)]
            for name, of in origins(rows).items()
            if of
        }
    )
