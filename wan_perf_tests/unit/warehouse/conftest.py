"""The fixtures of `support.warehouse.fixtures`."""

from wan_perf_tests.support.warehouse.fixtures import on_duckdb, on_snowflake, statements, warehouse

__all__ = ["on_duckdb", "on_snowflake", "statements", "warehouse"]
