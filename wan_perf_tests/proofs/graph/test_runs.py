"""Runs above a level through the graph: the daily job over stored circuit-hours, in any order."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from wan_perf.definitions import DAILY_JOB
from wan_perf.schema.declaration import Table
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import CIRCUIT_DAY, CIRCUIT_HOUR, THRESHOLD_PIECE, THRESHOLD_RUN
from wan_perf.simulator import Fleet
from wan_perf_tests.proofs.kpi.test_runs_stored import LOADED, RANGE, instant
from wan_perf_tests.support.graph.staged import HOUR, START, Stage, WithoutChecks, staged
from wan_perf_tests.support.kpi import runs_reference
from wan_perf_tests.support.kpi.loads import MIDNIGHT, ragged
from wan_perf_tests.support.kpi.rows import Row

HOURS = ragged(3)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    fleet = Fleet.seeded(7, 1, START, START + HOUR, faults=False)
    with staged(fleet, tmp_path_factory.mktemp("runs"), kind=WithoutChecks) as stage:
        stage.runs.warehouse.store(LOADED, conform(HOURS, CIRCUIT_HOUR), RANGE)
        run_days(stage, MIDNIGHT, MIDNIGHT + 3 * DAY)
        yield stage


def run_days(stage: Stage, first: datetime, last: datetime) -> None:
    """The tables that rest on runs above a level alone."""
    keys = [f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}"]
    assert stage.runs._run(DAILY_JOB, keys, only=[THRESHOLD_PIECE, CIRCUIT_DAY]).success


def plain(stage: Stage, table: Table) -> list[Row]:
    rows: list[dict[Any, Any]] = stage.rows(table).to_dict("records")
    return [{k: None if pd.isna(v) else instant(v) for k, v in row.items()} for row in rows]


def assert_as_the_reference_says(stage: Stage) -> None:
    pieces, runs = plain(stage, THRESHOLD_PIECE), plain(stage, THRESHOLD_RUN)
    assert runs_reference.in_order(pieces) == runs_reference.pieces(HOURS)
    assert runs_reference.in_order(runs) == runs_reference.runs(HOURS)
    for row in plain(stage, CIRCUIT_DAY):
        day = datetime.combine(row["day"], datetime.min.time())
        expected = runs_reference.time_above(HOURS, row["circuit_id"], day)
        assert {name: row[name] for name in expected} == expected


@pytest.mark.proof
def test_a_range_of_days(stage: Stage):
    assert_as_the_reference_says(stage)
    assert len(plain(stage, CIRCUIT_DAY)) == len(
        {(row["circuit_id"], row["hour"].date()) for row in HOURS}
    )


@pytest.mark.proof
@pytest.mark.parametrize("nth", [2, 0, 3])
def test_a_day_again_alone(stage: Stage, nth: int):
    day = MIDNIGHT + nth * DAY
    with stage.runs.warehouse.session() as session:
        session.run(f"DELETE FROM threshold_piece WHERE day = '{day:%Y-%m-%d}'")
    run_days(stage, day, day)
    assert_as_the_reference_says(stage)
