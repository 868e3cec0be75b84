"""Rows that are stored through both warehouses, and compared."""

from collections.abc import Callable

import pandas as pd

from wan_perf.schema.declaration import Table
from wan_perf.warehouse import SnowflakeWarehouse, Warehouse, Window
from wan_perf_tests.support.kpi.rows import HOUR, H, Row
from wan_perf_tests.support.warehouse.snowflake import stand_in

A_DAY = Window(HOUR.replace(hour=0), HOUR.replace(hour=0) + 24 * H)
A_WEEK = Window(A_DAY.start - 72 * H, A_DAY.end + 72 * H)
Contents = dict[str, list[Row]]


def on_snowflake() -> SnowflakeWarehouse:
    return stand_in()


def content(warehouse: Warehouse, table: Table) -> list[Row]:
    rows = warehouse.query(warehouse.lazy(table)).to_dict("records")
    plain = [{k: None if pd.isna(v) else v for k, v in row.items()} for row in rows]
    return sorted(plain, key=lambda row: [str(row[name]) for name in table.key])


def assert_equal_on_both(
    warehouses: tuple[Warehouse, Warehouse], table: Table, fill: Callable[[Warehouse], object]
) -> list[Row]:
    for warehouse in warehouses:
        fill(warehouse)
    first, second = (content(warehouse, table) for warehouse in warehouses)
    assert first == second
    return first
