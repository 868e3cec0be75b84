"""A partition is a pure function of its inputs: any order, any range, any number of times."""

from collections.abc import Iterator
from typing import ClassVar

import ibis
import pandas as pd
import pytest

from wan_perf.definitions import DAILY_JOB, HOURLY_JOB
from wan_perf.kpi.state import circuit_states
from wan_perf.kpi.state.quiet_circuits import quiet_circuits
from wan_perf.schema.tables import (
    CIRCUIT_DAY,
    CIRCUIT_HOUR,
    CIRCUIT_POLL,
    CIRCUIT_STATE,
    CIRCUIT_WINDOW,
    DIM_HOUR,
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
from wan_perf.warehouse import Window
from wan_perf_tests.support.graph.staged import HOUR, START, Stage, UpToFacts, staged
from wan_perf_tests.support.kpi.engine import STATE_SOURCES

pytestmark = pytest.mark.proof

HOURS = 26
OF_DAYS = (THRESHOLD_PIECE, CIRCUIT_DAY)
TABLES_OF_HOURS = (
    *(CIRCUIT_POLL, CIRCUIT_HOUR, CIRCUIT_WINDOW, THRESHOLD_PIECE, THRESHOLD_RUN, CIRCUIT_DAY),
    *(RAW_PORT_SAMPLE, RAW_PATH_SAMPLE, RAW_PORT_HISTORY, RAW_GATEWAY_EVENT, RAW_SITE_SLE),
    *(RAW_GATEWAY_STATUS, RAW_ALARM),
    *(RAW_SLE_METRIC, RAW_SLE_CLASSIFIER, RAW_SLE_GATEWAY, RAW_SLE_INTERFACE),
)


class UpToWindows(UpToFacts):
    """Runs of the tables that are compared, and what they depend on."""

    tables: ClassVar = [*UpToFacts.tables, CIRCUIT_WINDOW]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    fleet = Fleet.whole(11, 3, START, START + HOURS * HOUR)
    with staged(fleet, tmp_path_factory.mktemp("purity"), kind=UpToWindows) as stage:
        stage.runs.collect(START, START + HOURS * HOUR)
        # Hours whose polls were missed are past now, and their history is requested once.
        stage.runs.collect(START, START + HOURS * HOUR)
        run_day(stage)
        assert [table.name for table in TABLES_OF_HOURS if stage.rows(table).empty] == []
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


def run_day(stage: Stage) -> None:
    assert stage.runs._run(DAILY_JOB, [f"{START:%Y-%m-%d}"] * 2, only=OF_DAYS).success


def test_hours_in_reverse_order_give_the_same_as_one_range(stage: Stage):
    """So an hour that is run again changes nothing either."""
    before = content(stage)
    for nth in (12, 11, 0):
        run_hours(stage, nth, nth)
    assert content(stage) == before


def test_a_range_gives_the_same_as_its_hours(stage: Stage):
    """Its polls are over: none is taken, and none that is stored is deleted."""
    before = content(stage)
    run_hours(stage, 3, 18)
    assert content(stage) == before


def test_states_of_quiet_circuits_are_what_the_overlays_give(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    """Over a whole organisation: clusters, aggregates, hubs, missed polls, lost gateways."""
    found = stage.rows(CIRCUIT_STATE)
    assert ((found.ended_at - found.started_at == HOUR) & (found.state == "up")).mean() > 0.4
    none = lambda *given: quiet_circuits(*given).filter(ibis.literal(False))  # noqa: E731
    monkeypatch.setattr(circuit_states, "quiet_circuits", none)
    warehouse = stage.runs.warehouse
    hours = Window(START, START + HOURS * HOUR)
    sources = (warehouse.lazy(t, hours if t is DIM_HOUR else None) for t in STATE_SOURCES)
    expected = warehouse.query(circuit_states.circuit_states(*sources))
    key = list(CIRCUIT_STATE.key)
    pd.testing.assert_frame_equal(
        found[expected.columns], expected.sort_values(key, ignore_index=True), check_dtype=False
    )


def test_an_hour_emptied_by_hand_comes_back(stage: Stage):
    before = content(stage)
    with stage.runs.warehouse.session() as session:
        session.run(f"DELETE FROM circuit_hour WHERE hour = '{START + 9 * HOUR}'")
    assert content(stage) != before
    stage.runs._run(HOURLY_JOB, [key(9), key(9)], only=[CIRCUIT_HOUR])
    assert content(stage) == before


def test_a_day_run_again_changes_nothing(stage: Stage):
    before = content(stage)
    run_day(stage)
    assert content(stage) == before


def test_the_inventory_taken_twice_in_one_pass_is_one_snapshot(stage: Stage):
    stage.runs.collect(None, None, inventory=True)
    once = content(stage), len(stage.rows(RAW_PORT_SAMPLE))
    stage.runs.collect(None, None, inventory=True)
    assert (content(stage), len(stage.rows(RAW_PORT_SAMPLE))) == once
