"""Where rows are kept: one face, two engines.

Belongs here: connecting, creating what is declared, replacing a slice, answering a query.
Keep out: what rows mean (`kpi`), when they are computed (`defs`). Imports no dagster.
"""

from wan_perf.warehouse.face import RefusedRowsError, Stored, Warehouse, Window
from wan_perf.warehouse.on_duckdb import DuckDBWarehouse

__all__ = ["DuckDBWarehouse", "RefusedRowsError", "Stored", "Warehouse", "Window"]
