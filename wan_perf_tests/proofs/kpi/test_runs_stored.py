"""Pieces and the view of runs as both warehouses store them, day by day in any order."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest

from wan_perf.kpi.events.threshold_runs import threshold_pieces
from wan_perf.kpi.rollups.period_sums import circuit_days
from wan_perf.schema.declaration import Table
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import (
    CIRCUIT_DAY,
    CIRCUIT_HOUR,
    CIRCUIT_POLL,
    FAILOVER_PIECE,
    THRESHOLD_PIECE,
    THRESHOLD_RUN,
)
from wan_perf.warehouse import DuckDBWarehouse, Warehouse, Window, rule_queries
from wan_perf_tests.support.kpi import runs_reference
from wan_perf_tests.support.kpi.loads import MIDNIGHT, loaded, ragged
from wan_perf_tests.support.kpi.rows import H, Row
from wan_perf_tests.support.warehouse.snowflake import in_process, stand_in

# The stand-in copies every answer, and DuckDB warns of that.
pytestmark = [
    pytest.mark.proof,
    pytest.mark.filterwarnings("ignore:Arrow output on a DB-API result:UserWarning"),
]

DAYS = range(4)
RANGE = Window(MIDNIGHT, MIDNIGHT + 96 * H)
LOADED = replace(CIRCUIT_HOUR, required=(), own_rules=())
"""The fact without what the rows of these cases leave out."""


@pytest.fixture(params=["duckdb", pytest.param("snowflake", marks=pytest.mark.proof)])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Warehouse]:
    if request.param == "duckdb":
        yield DuckDBWarehouse(tmp_path / "wan.duckdb")
        return
    with in_process():
        yield stand_in()


def stored(warehouse: Warehouse, table: Table) -> list[Row]:
    rows: list[dict[Any, Any]] = warehouse.query(warehouse.lazy(table)).to_dict("records")
    plain = [{k: None if pd.isna(v) else v for k, v in row.items()} for row in rows]
    return [{k: instant(v) for k, v in row.items()} for row in plain]


def instant(value: Any) -> Any:
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value


def aggregate(warehouse: Warehouse, first: int, last: int) -> None:
    """What the daily run of the days from the first up to the last does."""
    window = Window(MIDNIGHT + 24 * first * H, MIDNIGHT + 24 * (last + 1) * H)
    fact = warehouse.lazy(CIRCUIT_HOUR, window)
    warehouse.store(THRESHOLD_PIECE, threshold_pieces(fact), window)
    pieces = warehouse.lazy(THRESHOLD_PIECE, window)
    others = map(warehouse.lazy, (FAILOVER_PIECE, CIRCUIT_POLL))
    warehouse.store(CIRCUIT_DAY, circuit_days(fact, pieces, *others), window)


@pytest.mark.proof
@pytest.mark.parametrize(
    ("warehouse", "seed"),
    [("duckdb", 0), ("duckdb", 1), ("snowflake", 0)],
    indirect=["warehouse"],
)
def test_days_in_any_order_are_the_reference(warehouse: Warehouse, seed: int):
    hours = ragged(seed)
    warehouse.store(LOADED, conform(hours, CIRCUIT_HOUR), RANGE)
    expected = runs_reference.pieces(hours), runs_reference.runs(hours)
    for days in ([(0, 3)], [(n, n) for n in Random(seed).sample(DAYS, 4)]):
        for first, last in days:
            aggregate(warehouse, first, last)
        pieces, runs = stored(warehouse, THRESHOLD_PIECE), stored(warehouse, THRESHOLD_RUN)
        assert runs_reference.in_order(pieces) == expected[0]
        assert runs_reference.in_order(runs) == expected[1]
    for row in stored(warehouse, CIRCUIT_DAY):
        day = datetime.combine(row["day"], datetime.min.time())
        known = runs_reference.time_above(hours, row["circuit_id"], day)
        assert {name: row[name] for name in known} == known


@pytest.mark.proof
def test_every_row_of_the_view_keeps_the_declared_rules(warehouse: Warehouse):
    warehouse.store(LOADED, conform(ragged(5), CIRCUIT_HOUR), RANGE)
    aggregate(warehouse, 0, 3)
    view = warehouse.lazy(THRESHOLD_RUN)
    [found] = warehouse.query(
        rule_queries.counts(view, THRESHOLD_RUN, THRESHOLD_RUN.rules)
    ).to_dict("records")
    assert found.pop(rule_queries.ROWS) > 100
    assert set(found.values()) == {0}


def test_an_hour_that_comes_late_joins_two_runs_into_one(warehouse: Warehouse):
    """23:00 is unknown at first; received later, the runs of both days become one of four hours."""
    hours = [loaded(n, 85.0 if n != 23 else None) for n in range(21, 25)]
    lengths = []
    for pct in (None, 85.0):
        hours[2] = loaded(23, pct)
        warehouse.store(LOADED, conform(hours, CIRCUIT_HOUR), RANGE)
        aggregate(warehouse, 0, 1)
        high = [row for row in stored(warehouse, THRESHOLD_RUN) if row["severity"] == "high"]
        lengths.append([row["above_hours"] for row in runs_reference.in_order(high)])
    assert lengths == [[2, 1], [4]]
