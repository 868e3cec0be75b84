"""Which columns each column comes from, as Dagster and the catalogues that read it know it.

Belongs here: the lineage of a stored expression and of a view.
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
_FOUND: dict[str, dict[str, dg.TableColumnLineage]] = {}


def column_lineage(table: Table, rows: ir.Table) -> dict[str, dg.TableColumnLineage]:
    """Metadata: what the columns of the table's rows are computed from.

    Found once a process: the expressions of two windows differ in instants only.
    """
    if table.name not in _FOUND:
        _FOUND[table.name] = _told(rows)
    return _FOUND[table.name]


@cache
def lineage_of_view(view: View) -> dict[str, dg.TableColumnLineage]:
    """Metadata: what the columns of the view are computed from."""
    sources = (TABLES[name] for name in view.sources)
    return _told(view.expression(*(ibis.table(t.schema, name=t.name) for t in sources)))


def _told(rows: ir.Table) -> dict[str, dg.TableColumnLineage]:
    return {
        LINEAGE: dg.TableColumnLineage(
            {
                name: [
                    dg.TableColumnDep(dg.AssetKey(table), column) for table, column in sorted(of)
                ]
                for name, of in origins(rows).items()
                if of
            }
        )
    }
