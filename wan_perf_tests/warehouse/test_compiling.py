"""SQL of an asset is made once, whatever the window; it is what would be made for that window."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pytest

from wan_perf.kpi.trend import trends
from wan_perf.kpi.windows import circuit_windows
from wan_perf.tables import CIRCUIT_HOUR, CIRCUIT_POLL, CIRCUIT_TRADING_DAY, DIM_HOUR, DIM_SITE
from wan_perf.thresholds import TrendRule
from wan_perf.warehouse import DuckDBWarehouse, Warehouse, Window
from wan_perf.warehouse.compiling import _kept, _pattern
from wan_perf_tests.snowflake import stand_in

FIRST = datetime(2026, 3, 7)
DAY = timedelta(days=1)
ENGINES = [
    pytest.param(DuckDBWarehouse(Path("of nothing.duckdb")), id="duckdb"),
    pytest.param(
        stand_in(),
        id="snowflake",
    ),
]


def of_hours(warehouse: Warehouse, window: Window) -> ir.Table:
    """Windows are instants; the hours that there are begin where the others end."""
    after = Window(window.end, window.end + DAY)
    hours, polls = (warehouse.lazy(table, window) for table in (CIRCUIT_HOUR, CIRCUIT_POLL))
    return circuit_windows(hours, polls, warehouse.lazy(DIM_HOUR, after))


def of_days(warehouse: Warehouse, window: Window) -> ir.Table:
    """Windows are dates, and the days are joined with themselves."""
    days = warehouse.lazy(CIRCUIT_TRADING_DAY, window)
    return trends(days, warehouse.lazy(DIM_SITE), TrendRule())


def plain(warehouse: Warehouse, expression: ir.Table) -> str:
    return str(ibis.to_sql(_kept(expression), dialect=warehouse.dialect))


@pytest.mark.parametrize("warehouse", ENGINES)
@pytest.mark.parametrize("expression", [of_hours, of_days])
def test_each_window_has_its_own_text_and_only_the_first_is_compiled(
    warehouse: Warehouse, expression: Callable[[Warehouse, Window], ir.Table]
):
    windows = [
        Window(FIRST, FIRST + DAY),
        Window(FIRST + timedelta(hours=7, seconds=5), FIRST + 12 * DAY),
        Window(FIRST, FIRST),
    ]
    for n, window in enumerate(windows):
        made = _pattern.cache_info().misses
        asked = expression(warehouse, window)
        assert warehouse.sql(asked) == plain(warehouse, asked)
        # Where both ends are one instant, there is an instant less to stand for.
        assert n != 1 or _pattern.cache_info().misses == made
    texts = {warehouse.sql(expression(warehouse, window)) for window in windows}
    assert len(texts) == len(windows)


@pytest.mark.parametrize("warehouse", ENGINES)
def test_windows_of_one_length_that_follow_each_other_are_told_apart(warehouse: Warehouse):
    """The day of one is the day after the other's: no instant is taken for another's stand-in."""
    for nth in range(3):
        window = Window(FIRST + nth * DAY, FIRST + (nth + 1) * DAY)
        asked = of_hours(warehouse, window)
        assert warehouse.sql(asked) == plain(warehouse, asked)
