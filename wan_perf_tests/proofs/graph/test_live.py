"""Live runs, one each time a scheduler calls: what each requests, stores, and leaves as it is."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from wan_perf.definitions import INVENTORY_JOB
from wan_perf.mist.endpoints.instants import epoch
from wan_perf.published.reader import open_published
from wan_perf.schema.tables import (
    CIRCUIT_HOUR,
    RAW_ALARM,
    RAW_GATEWAY_EVENT,
    RAW_GATEWAY_STATUS,
    RAW_PATH_SAMPLE,
    RAW_PORT_SAMPLE,
    RAW_SITE_SLE,
)
from wan_perf.simulator import Fleet
from wan_perf.simulator.api import alarms as of_alarms
from wan_perf.simulator.api.events import events
from wan_perf.simulator.api.sle import site_row
from wan_perf.simulator.incidents import KINDS
from wan_perf_tests.support.graph.cells import ALARMS, EVENTS, LASTING, PATHS, SCORES
from wan_perf_tests.support.graph.staged import (
    HOUR,
    START,
    Collecting,
    OfAlarms,
    OfEvents,
    OfScores,
    Stage,
    copied,
    staged,
)

pytestmark = pytest.mark.proof

MINUTE = timedelta(minutes=1)
NOON = START + 12 * HOUR


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return Fleet.whole(6, 8, START, START + 24 * HOUR, KINDS - {"api_outage"})


@pytest.fixture(scope="module")
def inventoried(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The inventory was taken at noon."""
    with staged(fleet, tmp_path_factory.mktemp("live"), now=NOON, kind=Collecting) as stage:
        stage.runs._run(INVENTORY_JOB)
        yield stage


@pytest.fixture(scope="module")
def polled(inventoried: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """And the poll of noon."""
    with copied(inventoried, tmp_path_factory.mktemp("polled")) as stage:
        live(stage, NOON)
        yield stage


@pytest.fixture
def raw(inventoried: Stage, tmp_path: Path) -> Iterator[Stage]:
    """A copy before the first poll."""
    with copied(inventoried, tmp_path) as stage:
        yield stage


@pytest.fixture
def after_noon(polled: Stage, tmp_path: Path) -> Iterator[Stage]:
    """A copy after the first poll."""
    with copied(polled, tmp_path) as stage:
        yield stage


@pytest.fixture
def scores(fleet: Fleet, tmp_path: Path) -> Iterator[Stage]:
    """An empty home whose runs request scores alone."""
    with staged(fleet, tmp_path, now=NOON, kind=OfScores) as stage:
        yield stage


@pytest.fixture
def alarms(fleet: Fleet, tmp_path: Path) -> Iterator[Stage]:
    """An empty home whose runs request alarms alone."""
    with staged(fleet, tmp_path, now=NOON, kind=OfAlarms) as stage:
        yield stage


def live(stage: Stage, at: Any) -> dict[str, int]:
    """One live run; the calls that it made, by the end of their address."""
    stage.cloud.clock.advance_to(at)
    before = stage.cloud.calls()
    stage.runs.collect(None, None)
    made = {path: n - before.get(path, 0) for path, n in stage.cloud.calls().items()}
    return {path.rpartition("}/")[2]: n for path, n in made.items() if n}


def of_pass(stage: Stage, table: Any, at: Any) -> int:
    return int((stage.rows(table)["pass_at"] == at).sum())


def test_each_run_requests_what_is_due_and_leaves_the_rest(after_noon: Stage):
    stored = after_noon.rows(RAW_GATEWAY_EVENT)
    assert len(stored) > 0
    use = {"/api/v1/self/usage": 1}
    assert live(after_noon, NOON + 5 * MINUTE) == {**use, "stats/devices": 1}
    pd.testing.assert_frame_equal(after_noon.rows(RAW_GATEWAY_EVENT), stored)
    due = {"stats/devices": 1, "stats/vpn_peers/search": 1, "devices/events/search": 1}
    late = NOON + 12 * MINUTE + timedelta(seconds=40)
    assert live(after_noon, late) == {**use, **due}
    tables = (RAW_PORT_SAMPLE, RAW_PATH_SAMPLE, RAW_GATEWAY_STATUS)
    of_passes = {table: after_noon.rows(table) for table in tables}
    for rows in of_passes.values():
        assert (rows["pass_at"] == NOON + 10 * MINUTE).any()
    live(after_noon, late)
    for table, rows in of_passes.items():
        pd.testing.assert_frame_equal(after_noon.rows(table), rows)
    assert "calls left this hour" in after_noon.printed.getvalue()


def test_calls_left_after_a_poll_are_published(polled: Stage):
    went = open_published(polled.runs.settings.published_path).collection
    assert f"{went.calls_left:,} calls left this hour" in polled.printed.getvalue()
    assert went.failed_count == 0


def test_paths_that_fail_lose_nothing_else_and_the_next_run_has_them(raw: Stage):
    raw.cloud.misbehave(PATHS, "503", times=LASTING)
    live(raw, NOON)
    assert of_pass(raw, RAW_PATH_SAMPLE, NOON) == 0
    ports = raw.rows(RAW_PORT_SAMPLE).query("pass_at == @at", local_dict={"at": NOON})
    assert set(ports["counter_source"]) == {"device", "port"}
    assert (raw.rows(CIRCUIT_HOUR)["hour"] == NOON).any()
    output = raw.printed.getvalue()
    assert output.count("was missed") == 1
    assert "The pass of paths at 2026-03-07 12:00 UTC was missed: Mist failed" in output
    live(raw, NOON + 10 * MINUTE)
    assert of_pass(raw, RAW_PATH_SAMPLE, NOON + 10 * MINUTE) > 0


def test_events_that_fail_stay_as_they_are_and_the_next_run_has_them(after_noon: Stage):
    """Whether they fail for the time being or for good."""
    stored = after_noon.rows(RAW_GATEWAY_EVENT)
    assert len(stored) > 0
    for minutes, how, times in ((50, "503", LASTING), (60, "403", 1)):
        after_noon.cloud.misbehave(EVENTS, how, times=times)
        live(after_noon, NOON + minutes * MINUTE)
        pd.testing.assert_frame_equal(after_noon.rows(RAW_GATEWAY_EVENT), stored)
        printed = after_noon.printed.getvalue().rpartition("Events stay as they are: ")[2]
        assert f"status {how}" in printed
    assert (after_noon.rows(CIRCUIT_HOUR)["hour"] == NOON + HOUR).any()
    live(after_noon, NOON + 70 * MINUTE)
    assert len(after_noon.rows(RAW_GATEWAY_EVENT)) > len(stored)


def test_an_event_received_three_hours_late_is_stored_once(tmp_path: Path):
    """A port goes down at 17:40 and the cloud receives it at 20:46; nothing else requests 17:00."""
    fleet = Fleet.whole(8, 8, START, START + 24 * HOUR, KINDS - {"api_outage"})
    [late] = [
        event
        for event in events(fleet)
        if event.row["device_type"] == "gateway"
        and event.received_at - event.row["timestamp"] > 3 * 3600
    ]
    counts = []
    with staged(fleet, tmp_path, START + 20 * HOUR, kind=OfEvents) as stage:
        for hour in (20, 21, 22):
            live(stage, START + hour * HOUR)
            stored = stage.rows(RAW_GATEWAY_EVENT)
            of_name = stored[stored["event_name"] == late.row["type"]]
            counts.append(sum(epoch(at) == late.row["timestamp"] for at in of_name["event_at"]))
    assert counts == [0, 1, 1]
    assert not stored.duplicated(list(RAW_GATEWAY_EVENT.key)).any()


def test_scores_are_requested_until_they_no_longer_change_and_then_no_more(
    scores: Stage, fleet: Fleet
):
    made = [live(scores, NOON + n * HOUR).get("insights/sites-sle") for n in (0, 3, 4)]
    assert made == [4, 4, 4]
    rows = scores.rows(RAW_SITE_SLE)
    fetched = rows.groupby("hour")["fetched_at"].agg(["min", "max"])
    assert fetched["min"].equals(fetched["max"])
    assert [(at - NOON) // HOUR for at in fetched["max"]] == [0, 0, 0, 3, 4, 4, 4, 4]
    calls = scores.cloud.calls()[SCORES]
    scores.runs.collect(NOON, NOON + HOUR)  # and the hour before: both are final
    assert scores.cloud.calls()[SCORES] == calls
    for row in rows[rows["hour"] == NOON].itertuples():
        answer = site_row(fleet, row.site_id, epoch(NOON), epoch(NOON + HOUR))
        stored = None if pd.isna(row.wan_link_health) else row.wan_link_health
        assert stored == answer.get("wan-link-health")
    assert len(rows[rows["hour"] == NOON]) == len(fleet.sites)


def test_scores_of_past_hours_come_with_a_range(scores: Stage, fleet: Fleet):
    scores.runs.collect(START + HOUR, START + 5 * HOUR)
    hours = scores.rows(RAW_SITE_SLE).groupby("hour").size()
    assert [hours[START + n * HOUR] for n in range(5)] == [len(fleet.sites)] * 5


def test_alarms_are_requested_once_an_hour_and_followed_to_their_end(alarms: Stage, fleet: Fleet):
    calls = [live(alarms, NOON + n * MINUTE).get("alarms/search", 0) for n in (0, 10, 60)]
    assert calls == [1, 0, 1]
    live(alarms, NOON + 12 * HOUR)
    rows = alarms.rows(RAW_ALARM)
    assert set(rows["hour"]) == {NOON, NOON + HOUR, NOON + 12 * HOUR}
    end = epoch(NOON + 12 * HOUR)
    newest = rows.sort_values("hour").drop_duplicates("alarm_id", keep="last").set_index("alarm_id")
    expected = {
        one["id"]: of_alarms.as_known(one, end)
        for one in of_alarms.alarms(fleet)
        if one["timestamp"] <= end
    }
    assert set(newest.index) == set(expected)
    assert {name: one["status"] == "resolved" for name, one in expected.items()} == dict(
        newest["is_resolved"]
    )
    assert newest["is_resolved"].any()


def test_alarms_that_fail_lose_nothing_else_and_the_next_hour_has_them(raw: Stage):
    raw.cloud.misbehave(ALARMS, "503", times=LASTING)
    live(raw, NOON)
    assert raw.printed.getvalue().count("Alarms are left for the next hour: Mist failed") == 1
    assert raw.rows(RAW_ALARM).empty
    assert of_pass(raw, RAW_PORT_SAMPLE, NOON) > 0
    assert (raw.rows(RAW_SITE_SLE)["hour"] == NOON - HOUR).any()
    live(raw, NOON + HOUR)
    assert len(raw.rows(RAW_ALARM)) > 0


def test_scores_that_fail_are_left_for_the_next_run(raw: Stage):
    raw.cloud.misbehave(SCORES, "503", times=2 * LASTING)
    live(raw, NOON)
    assert "Scores of 2 hours are left: Mist failed" in raw.printed.getvalue()
    assert set(raw.rows(RAW_SITE_SLE)["hour"]) == {NOON - 2 * HOUR, NOON - HOUR}
    live(raw, NOON + HOUR)
    assert set(raw.rows(RAW_SITE_SLE)["hour"]) == {NOON - n * HOUR for n in range(4)}
