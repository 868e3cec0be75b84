"""A partition is a pure function of its inputs: any order, any range, any number of times."""

from collections.abc import Iterator

import pandas as pd
import pytest

from wan_perf.definitions import DAILY_JOB, HOURLY_JOB
from wan_perf.schema.tables import (
    CIRCUIT_DAY,
    CIRCUIT_HOUR,
    CIRCUIT_POLL,
    CIRCUIT_WINDOW,
    RAW_ALARM,
    RAW_GATEWAY_EVENT,
    RAW_GATEWAY_STATUS,
    RAW_PATH_SAMPLE,
    RAW_PORT_HISTORY,
    RAW_PORT_SAMPLE,
    RAW_SITE_SLE,
    RAW_SLE_CLASSIFIER,
    RAW_SLE_GATEWAY,
    RAW_SLE_INTERFACE,
    RAW_SLE_METRIC,
    THRESHOLD_PIECE,
    THRESHOLD_RUN,
)
from wan_perf.simulator import Fleet
from wan_perf_tests.graph.staged import HOUR, START, Stage, WithoutChecks, staged

pytestmark = pytest.mark.proof

HOURS = 26
TABLES_OF_HOURS = (
    *(RAW_PORT_SAMPLE, RAW_PORT_HISTORY, RAW_GATEWAY_EVENT),
    *(CIRCUIT_POLL, CIRCUIT_HOUR, CIRCUIT_WINDOW, THRESHOLD_PIECE, THRESHOLD_RUN, CIRCUIT_DAY),
    *(RAW_PORT_SAMPLE, RAW_PATH_SAMPLE, RAW_PORT_HISTORY, RAW_GATEWAY_EVENT, RAW_SITE_SLE),
    *(RAW_GATEWAY_STATUS, RAW_ALARM),
    *(RAW_SLE_METRIC, RAW_SLE_CLASSIFIER, RAW_SLE_GATEWAY, RAW_SLE_INTERFACE),
)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    fleet = Fleet.whole(11, 5, START, START + HOURS * HOUR)
    with staged(fleet, tmp_path_factory.mktemp("purity"), kind=WithoutChecks) as stage:
        stage.runs.collect(START, START + HOURS * HOUR)
        # Hours whose polls were missed are past now, and their history is requested once.
        stage.runs.collect(START, START + HOURS * HOUR)
        stage.runs.aggregate_daily(START, START + 24 * HOUR)
        yield stage


def content(stage: Stage) -> dict[str, int]:
    """A hash of each table's rows."""
    return {
        table.name: int(pd.util.hash_pandas_object(stage.rows(table)).sum())
        for table in TABLES_OF_HOURS
    }


def key(nth: int) -> str:
    return f"{START + nth * HOUR:%Y-%m-%d-%H:00}"


def run_hours(stage: Stage, first: int, last: int) -> None:
    result = stage.runs._run(HOURLY_JOB, [key(first), key(last)])
    assert result.success


def test_an_hour_run_again_changes_nothing(stage: Stage):
    before = content(stage)
    run_hours(stage, 7, 7)
    assert content(stage) == before


def test_hours_in_reverse_order_give_the_same_as_one_range(stage: Stage):
    before = content(stage)
    for nth in (20, 12, 11, 0):
        run_hours(stage, nth, nth)
    assert content(stage) == before


def test_a_range_gives_the_same_as_its_hours(stage: Stage):
    before = content(stage)
    run_hours(stage, 3, 18)
    assert content(stage) == before


def test_an_hour_emptied_by_hand_comes_back(stage: Stage):
    before = content(stage)
    with stage.runs.warehouse.session() as session:
        session.run(f"DELETE FROM circuit_hour WHERE hour = '{START + 9 * HOUR}'")
    assert content(stage) != before
    run_hours(stage, 9, 9)
    assert content(stage) == before


def test_a_day_run_again_changes_nothing(stage: Stage):
    before = content(stage)
    stage.runs._run(DAILY_JOB, [f"{START:%Y-%m-%d}"] * 2)
    assert content(stage) == before


def test_a_past_hour_run_again_takes_no_pass_and_deletes_none(stage: Stage):
    before = stage.rows(RAW_PORT_SAMPLE)
    run_hours(stage, 2, 4)
    pd.testing.assert_frame_equal(stage.rows(RAW_PORT_SAMPLE), before)


def test_the_inventory_taken_twice_in_one_pass_is_one_snapshot(stage: Stage):
    stage.runs.collect(None, None, inventory=True)
    once = content(stage), len(stage.rows(RAW_PORT_SAMPLE))
    stage.runs.collect(None, None, inventory=True)
    assert (content(stage), len(stage.rows(RAW_PORT_SAMPLE))) == once
