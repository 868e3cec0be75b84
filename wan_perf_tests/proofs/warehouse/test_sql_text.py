"""SQL of an asset is made once, whatever the window; it is what would be made for that window."""

import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pytest

from wan_perf.kpi.reports.trend import trends
from wan_perf.policy.thresholds import TrendRule
from wan_perf.schema.tables import (
    CIRCUIT_HOUR,
    CIRCUIT_POLL,
    CIRCUIT_TRADING_DAY,
    DIM_HOUR,
    DIM_SITE,
    FLAP_EVENT,
)
from wan_perf.warehouse import DuckDBWarehouse, Warehouse, Window, sql_asset
from wan_perf.warehouse.sql_text import _compiled, _pattern, _snowflake_without_arrays, plain
from wan_perf_tests.support.warehouse.snowflake import stand_in

pytestmark = pytest.mark.proof

FIRST = datetime(2026, 3, 7)
DAY = timedelta(days=1)
DUCKDB = DuckDBWarehouse(Path("of nothing.duckdb"))
ENGINES = [pytest.param(DUCKDB, id="duckdb"), pytest.param(stand_in(), id="snowflake")]


def of_hours(warehouse: Warehouse, window: Window) -> ir.Table:
    """Windows are instants; the hours that there are begin where the others end."""
    after = Window(window.end, window.end + DAY)
    hours, polls = (warehouse.lazy(table, window) for table in (CIRCUIT_HOUR, CIRCUIT_POLL))
    polled = hours.semi_join(polls, "circuit_id")
    return polled.inner_join(warehouse.lazy(DIM_HOUR, after), "hour")


def of_days(warehouse: Warehouse, window: Window) -> ir.Table:
    """Windows are dates, and the days are joined with themselves."""
    days = warehouse.lazy(CIRCUIT_TRADING_DAY, window)
    return trends(days, warehouse.lazy(DIM_SITE), TrendRule())


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
        query = expression(warehouse, window)
        assert warehouse.sql(query) == plain(query.op(), warehouse.dialect)
        # Where both ends are one instant, there is a placeholder less.
        assert n != 1 or _pattern.cache_info().misses == made
    texts = {warehouse.sql(expression(warehouse, window)) for window in windows}
    assert len(texts) == len(windows)


@pytest.mark.parametrize("warehouse", ENGINES)
def test_windows_of_one_length_that_follow_each_other_are_distinguished(warehouse: Warehouse):
    """The day of one is the day after the other's: no instant is taken for another."""
    for nth in range(3):
        window = Window(FIRST + nth * DAY, FIRST + (nth + 1) * DAY)
        query = of_hours(warehouse, window)
        assert warehouse.sql(query) == plain(query.op(), warehouse.dialect)


@pytest.mark.parametrize("installed", ["as tests are", "as wan_perf is"])
def test_text_for_snowflake_is_that_of_ibis(installed: str):
    """Without passes for arrays where there is none; wan_perf itself needs no compiled sqlglot."""
    code = [
        "from wan_perf_tests.support.warehouse.interpreted_sqlglot import interpret_sqlglot",
        *(["interpret_sqlglot()"] if installed == "as wan_perf is" else []),
        "from wan_perf_tests.proofs.warehouse import test_sql_text",
        "print(test_sql_text.dialect_of_texts_as_those_of_ibis())",
    ]
    made = subprocess.run([sys.executable, "-c", "\n".join(code)], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    assert installed == "as tests are" or made.stdout == "WithoutArrays\n"


def dialect_of_texts_as_those_of_ibis() -> str:
    """The name of the dialect in which ours are written, after they were compared.

    Ibis itself cannot write bits where sqlglot is compiled: the text is what it writes elsewhere.
    """
    window = Window(FIRST, FIRST + DAY)
    arrays = ibis.table({"of": "array<int64>"}, name="ARRAYS")
    each = arrays.select(each=arrays.of.unnest())
    for expression in (of_hours(stand_in(), window), of_days(stand_in(), window), each):
        texts = (_compiled(expression, "snowflake"), ibis.to_sql(expression, dialect="snowflake"))
        # Without line breaks, and without the separator that Ibis draws for each array.
        ours, expected = (re.sub(r"[0-9a-f]{32}|\s", "", str(text)) for text in texts)
        assert ours == expected
    numbers = ibis.table({"a": "int64", "b": "int64"}, name="N")
    bits = _compiled(numbers.select(both=numbers.a & (numbers.a >> numbers.b)), "snowflake")
    assert 'BITAND("t0"."a", BITSHIFTRIGHT("t0"."a", "t0"."b"))' in bits
    return _snowflake_without_arrays().__name__


def test_whole_numbers_are_divided_as_floats_where_the_engine_would_cut_them():
    """Snowflake's NUMBER / NUMBER has six decimals: one third of 100 would be 33.333300."""
    counts = ibis.table({"n": "int64", "of": "int64"}, name="COUNTS")
    query = counts.aggregate(
        share=counts.n.sum() * 100.0 / counts.of.sum(),
        hours=counts.n.sum() // 3600,
        mean=counts.n.mean(),
        middle=counts.n.median(),
        p95=counts.n.quantile(0.95),
    )
    sql = " ".join(stand_in().sql(query).split())
    n = 'CAST("t0"."n" AS DOUBLE)'
    for figure in (
        'CAST(SUM("t0"."n") * 100.0 AS DOUBLE) / NULLIF(SUM("t0"."of"), 0) AS "share"',
        'CAST(FLOOR((CAST(SUM("t0"."n") AS DOUBLE)) / (3600)) AS BIGINT) AS "hours"',
        f'AVG({n}) AS "mean"',
        f'MEDIAN({n}) AS "middle"',
        f'PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY {n}) AS "p95"',
    ):
        assert figure in sql
    assert "DOUBLE" not in DUCKDB.sql(query)


def test_a_text_that_looks_like_a_placeholder_stays():
    hours = DUCKDB.lazy(CIRCUIT_HOUR, Window(FIRST, FIRST + DAY))
    sql = DUCKDB.sql(hours.filter(hours.site_id == "at :given_name"))
    assert "'at :given_name'" in sql


def twice(rows: ir.Table) -> ir.Table:
    """Rows that two others read: what they are becomes a common table expression."""
    counted = rows.group_by("site_id").aggregate(rows=rows.count())
    return rows.inner_join(counted, "site_id").select("site_id", "rows")


@pytest.mark.parametrize(
    ("rows", "is_read_again"),
    [
        pytest.param(lambda t: t.filter(t.up_minutes > 30), True, id="rows of a stored table"),
        pytest.param(lambda t: t.select(t.site_id, at=t.hour.date()), True, id="its columns"),
        pytest.param(
            lambda t: t.filter(t.up_minutes == t.up_minutes.max()), False, id="beside all others"
        ),
        pytest.param(lambda t: t.distinct(), False, id="each once"),
        pytest.param(lambda t: t.limit(3), False, id="some of them"),
        pytest.param(lambda t: t.mutate(n=ibis.row_number()), False, id="numbered"),
        pytest.param(lambda t: t.group_by("site_id").aggregate(n=t.count()), False, id="counted"),
    ],
)
def test_duckdb_reads_a_stored_table_again_and_computes_nothing_twice(
    rows: Callable[[ir.Table], ir.Table], is_read_again: bool
):
    asset = sql_asset(lambda hours: twice(rows(hours)))
    sql = DUCKDB.sql(asset(hours=DUCKDB.lazy(CIRCUIT_HOUR)))
    assert ("AS NOT MATERIALIZED" in sql) == is_read_again
    assert "MATERIALIZED" not in stand_in().sql(asset(hours=stand_in().lazy(CIRCUIT_HOUR)))


def test_a_view_is_computed_once():
    asset = sql_asset(lambda flaps: twice(flaps.filter(flaps.circuit_id == "a")))
    assert "MATERIALIZED" not in DUCKDB.sql(asset(flaps=DUCKDB.lazy(FLAP_EVENT)))


def test_a_query_that_no_asset_stores_is_left_to_the_engine():
    hours = DUCKDB.lazy(CIRCUIT_HOUR)
    assert "MATERIALIZED" not in DUCKDB.sql(twice(hours.filter(hours.up_minutes > 30)))
