"""Hours of live runs and conditions under the virtual clock, with a cloud that fails now and then.

It begins with an empty warehouse, twelve hours after the fleet did. The first hour is calm but for
a storm of refusals; in the second nothing runs at all; in the third the second poll meets a cloud
that is down; the next one is taken when the last of these hours is settled. Whole days are run by
`python -m wan_perf_tests.benchmarks week`.
"""

from collections.abc import Iterator

import pandas as pd
import pytest
from dagster import DagsterEventType, EventLogEntry

from wan_perf.mist.collect.cadence import PASS_EVERY
from wan_perf.schema.tables import (
    CIRCUIT_DAY,
    CIRCUIT_HOUR,
    CIRCUIT_WINDOW,
    CURRENT_STATE,
    RAW_PORT_HISTORY,
    RAW_PORT_SAMPLE,
)
from wan_perf.simulator import Fleet
from wan_perf.simulator.incidents import KINDS
from wan_perf_tests.support.automation.ticking import Ticking, ticking
from wan_perf_tests.support.graph.cells import GATEWAYS, LASTING, PATHS
from wan_perf_tests.support.graph.staged import HOUR, START, Stage, UpToFacts, staged

pytestmark = pytest.mark.proof

NOW = START + 12 * HOUR
EVERY = 2 * PASS_EVERY
"""Each second slot is left out: its polls are gaps, and the hours are covered all the same."""
CALM, UNPOLLED, BROKEN, END = NOW, NOW + HOUR, NOW + 2 * HOUR, NOW + 7 * HOUR
DOWN = BROKEN + 2 * EVERY
"""The poll that meets a cloud that is down."""


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return Fleet.whole(11, 2, START, END + HOUR, KINDS - {"api_outage", "replaced_gateway"})


@pytest.fixture(scope="module")
def alive(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ticking]:
    begin = NOW - 2 * PASS_EVERY
    with ticking(fleet, tmp_path_factory.mktemp("alive"), begin, START) as alive:
        cloud = alive.stage.cloud
        alive.follow()  # what sensors see first causes nothing
        cloud.clock.advance_to(NOW)
        alive.follow(rounds=2)
        cloud.misbehave(GATEWAYS, "429", times=2)
        cloud.misbehave(PATHS, "slow", seconds=0.5)
        alive.until(UNPOLLED, every=EVERY)
        cloud.clock.advance_to(BROKEN)
        alive.live()
        cloud.clock.advance_to(DOWN)
        cloud.misbehave(GATEWAYS, "503", times=2 * LASTING)
        alive.live()
        cloud.clock.advance_to(END)
        alive.live()
        alive.follow(rounds=5)
        yield alive


@pytest.fixture(scope="module")
def hours(alive: Ticking) -> pd.DataFrame:
    return alive.stage.rows(CIRCUIT_HOUR)


def test_no_hour_is_missing(alive: Ticking, hours: pd.DataFrame):
    """A row for each circuit in service, whatever was received."""
    circuits = hours["circuit_id"].nunique()
    counted = hours.groupby("hour")["circuit_id"].nunique()
    assert set(counted) == {circuits}
    assert list(counted.index) == list(pd.date_range(START, END, freq="h"))


def test_what_mist_could_still_give_was_fetched(hours: pd.DataFrame):
    sources = hours.groupby("hour")["source"].agg(lambda s: set(s.dropna()))
    past = sources[sources.index < CALM]
    assert all("history" in found for found in past)
    assert "samples" in sources[CALM]
    assert sources[UNPOLLED] == {"history"}
    assert sources[BROKEN] <= {"samples", "history"}
    settled = hours[hours["hour"] <= BROKEN]
    assert settled["source"].isna().mean() < 0.1
    assert settled["unknown_minutes"].sum() / (60 * len(settled)) < 0.2


def test_no_sample_is_double_and_none_is_of_the_hour_without_polls(alive: Ticking):
    samples = alive.stage.rows(RAW_PORT_SAMPLE)
    assert not samples.duplicated(list(RAW_PORT_SAMPLE.key)).any()
    passes = samples["pass_at"].drop_duplicates()
    assert ((passes - pd.Timestamp(START)) % PASS_EVERY == pd.Timedelta(0)).all()
    assert passes.between(CALM, UNPOLLED, inclusive="left").sum() == 6
    assert passes.between(UNPOLLED, BROKEN, inclusive="left").sum() == 0
    assert list(passes[passes.between(BROKEN, END, inclusive="left")]) == [BROKEN]


def test_history_is_that_of_one_backfill(
    alive: Ticking, hours: pd.DataFrame, fleet: Fleet, tmp_path_factory: pytest.TempPathFactory
):
    """Hours that stand on history are the same, however it was fetched."""

    def backfilled() -> Iterator[Stage]:
        with staged(fleet, tmp_path_factory.mktemp("once"), END, kind=UpToFacts) as stage:
            stage.runs.collect(START, BROKEN + HOUR)
            yield stage

    figures = ["hour", "circuit_id", "rx_bytes", "tx_bytes", "utilization_pct"]
    [once] = [stage.rows(CIRCUIT_HOUR) for stage in backfilled()]
    ours = hours[(hours["source"] == "history") & (hours["hour"] <= BROKEN)][figures]
    theirs = once.merge(ours[["hour", "circuit_id"]])[figures]
    pd.testing.assert_frame_equal(ours.reset_index(drop=True), theirs)
    assert len(ours) > 6 * 4


def test_what_follows_is_up_to_date(alive: Ticking, hours: pd.DataFrame):
    """Days add up to their hours, windows end with the newest, the state is of the newest poll."""
    days = alive.stage.rows(CIRCUIT_DAY).set_index("circuit_id")["up_minutes"]
    added = hours.groupby("circuit_id")["up_minutes"].sum()
    assert days.to_dict() == pytest.approx(added.to_dict(), abs=0.01)
    windows = alive.stage.rows(CIRCUIT_WINDOW)
    assert windows["hour"].max() == hours["hour"].max()
    assert len(alive.stage.rows(CURRENT_STATE)) == hours["circuit_id"].nunique()
    assert len(alive.stage.rows(RAW_PORT_HISTORY)) > 0


def test_rules_of_an_hour_are_checked_when_live_runs_have_left_it(alive: Ticking):
    before = {run.run_id for run in alive.instance.get_runs()}
    alive.check()
    [run] = [r for r in alive.instance.get_runs() if r.run_id not in before]
    closed = alive.now - 5 * HOUR
    assert run.tags["dagster/asset_partition_range_start"] == f"{closed:%Y-%m-%d-%H:00}"
    events = alive.instance.all_logs(run.run_id)
    evaluations = [e.dagster_event.asset_check_evaluation_data for e in events if _evaluated(e)]
    failed = [f"{t.asset_key} {t.check_name}" for t in evaluations if not t.passed and t.blocking]
    assert failed == []
    names = {t.check_name for t in evaluations if t.asset_key.to_user_string() == CIRCUIT_HOUR.name}
    assert names >= {"minutes_are_0_to_60", "utilization_follows_its_formula"}


def test_runs_failed_only_where_the_cloud_did(alive: Ticking):
    assert set(alive.failed) <= {DOWN}


def _evaluated(entry: EventLogEntry) -> bool:
    event = entry.dagster_event
    return event is not None and event.event_type is DagsterEventType.ASSET_CHECK_EVALUATION
