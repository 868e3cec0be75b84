"""Where rows are stored: one interface, two engines.

Belongs here: connecting, creating what is declared, replacing a slice, answering a query.
Keep out: what rows mean (`kpi`), when they are computed (`defs`). Imports no dagster.
"""

from wan_perf.warehouse.on_duckdb import DuckDBWarehouse
from wan_perf.warehouse.on_snowflake import SnowflakeWarehouse
from wan_perf.warehouse.patterns import Pattern, sql_asset
from wan_perf.warehouse.rule_queries import RefusedRowsError
from wan_perf.warehouse.staged_rows import Stored
from wan_perf.warehouse.store import Warehouse
from wan_perf.warehouse.window import Window

__all__ = [
    "DuckDBWarehouse",
    "Pattern",
    "RefusedRowsError",
    "SnowflakeWarehouse",
    "Stored",
    "Warehouse",
    "Window",
    "sql_asset",
]
