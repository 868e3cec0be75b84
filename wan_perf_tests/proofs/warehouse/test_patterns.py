"""What an asset computes is made once, whatever the window, and is what would be made for it."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import ibis.expr.types as ir
import pytest

from wan_perf import definitions
from wan_perf.schema.tables import CIRCUIT_HOUR, TABLES
from wan_perf.warehouse import DuckDBWarehouse, Pattern, Warehouse, Window, sql_asset
from wan_perf.warehouse.patterns import cut
from wan_perf.warehouse.sql_text import plain

pytestmark = pytest.mark.proof

WAREHOUSE = DuckDBWarehouse(Path("of nothing.duckdb"))
FIRST = datetime(2026, 3, 7)
HOUR = timedelta(hours=1)
ASSETS = {
    asset.key.to_user_string(): asset
    for asset in (
        *definitions.FACTS,
        *definitions.DAILY_ASSETS,
        *definitions.WEEKLY_ASSETS,
        *definitions.MONTHLY_ASSETS,
        *definitions.REPORTS,
    )
    if hasattr(asset.op.compute_fn.decorated_fn, "__wrapped__")
}


def inputs(
    asset: dg.AssetsDefinition, warehouse: Warehouse, window: Window | None
) -> dict[str, ir.Table]:
    """Each input cut to a window of its own, as the mappings of partitions do."""
    found = {}
    for nth, (name, key) in enumerate(sorted(asset.keys_by_input_name.items())):
        table = TABLES[key.to_user_string()]
        own = window and Window(window.start - nth % 3 * HOUR, window.end + nth % 2 * HOUR)
        found[name] = warehouse.lazy(table, own if table.partition else None)
    return found


def test_most_assets_are_patterns():
    assert len(ASSETS) > 25


@pytest.mark.parametrize("name", sorted(ASSETS))
def test_the_text_of_a_pattern_is_that_of_the_expression(name: str):
    """Made for one window it is that of another, but for line breaks, which follow the length."""
    function = ASSETS[name].op.compute_fn.decorated_fn
    sql = ""
    for start in (FIRST, FIRST + 31 * HOUR):
        window = Window(start, start + 24 * HOUR)
        given = inputs(ASSETS[name], WAREHOUSE, window)
        sql = WAREHOUSE.sql(cut(function(**given), TABLES[name], window))
    rows = function.__wrapped__(**given).op().to_expr()  # no join that still takes columns
    expected: Any = cut(rows, TABLES[name], window)
    made = plain(expected.op(), WAREHOUSE.dialect, reads_again=True)
    assert "".join(sql.split()) == "".join(made.split())


def test_it_is_made_once_for_windows_that_are_alike():
    calls = []

    @sql_asset
    def counted(rows: ir.Table, beside: ir.Table) -> ir.Table:
        calls.append(rows)
        return rows.filter(rows.hour < beside.hour.max())

    def pattern_of(start: datetime, hours: int, after: int) -> Pattern:
        window = Window(start, start + hours * HOUR)
        later = Window(window.end + after * HOUR, window.end + 2 * HOUR)
        rows, beside = (WAREHOUSE.lazy(CIRCUIT_HOUR, w) for w in (window, later))
        return counted(rows=rows, beside=beside)

    one, other = pattern_of(FIRST, 2, 1), pattern_of(FIRST + 5 * HOUR, 3, 1)
    # The first input's window ends where the second's starts, as no other does.
    adjacent = pattern_of(FIRST, 2, 0)
    assert calls == []
    assert one.rows.equals(other.rows)
    assert one.rows.equals(adjacent.rows)
    assert len(calls) == 1
    assert one.instants != other.instants
    assert sorted(at.value.hour for at in adjacent.instants.values()) == [0, 2, 2, 4]
