"""A past day from history alone, against what physically happened; and history beside samples."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from wan_perf.definitions import HOURLY_JOB, INVENTORY_JOB
from wan_perf.errors import UsageError
from wan_perf.schema.tables import CIRCUIT_HOUR, DIM_HOUR, RAW_PORT_HISTORY, RAW_PORT_SAMPLE
from wan_perf.simulator import Fleet
from wan_perf_tests.proofs.graph.test_truth import epoch
from wan_perf_tests.support.graph.cells import BUCKETS, QUALITY
from wan_perf_tests.support.graph.staged import (
    HOUR,
    START,
    Collecting,
    Stage,
    UpToFacts,
    copied,
    staged,
)

pytestmark = pytest.mark.proof

NOW = START + 8 * 24 * HOUR
PAST = NOW - 48 * HOUR
"""Older than the retention of ten-minute buckets."""


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return Fleet.seeded(7, 20, START, NOW + 12 * HOUR)


@pytest.fixture(scope="module")
def stage(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The clock stands at NOW; a day that is past was collected."""
    with staged(fleet, tmp_path_factory.mktemp("history"), now=NOW, kind=UpToFacts) as stage:
        stage.runs.collect(PAST, PAST + 24 * HOUR)
        yield stage


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The inventory of three sites was taken at NOW."""
    fleet = Fleet.seeded(7, 3, START, NOW + 12 * HOUR)
    with staged(fleet, tmp_path_factory.mktemp("small"), now=NOW, kind=UpToFacts) as small:
        small.runs._run(INVENTORY_JOB)
        yield small


@pytest.fixture(scope="module")
def small_day(small: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """And a day that is past was collected."""
    with copied(small, tmp_path_factory.mktemp("day")) as stage:
        stage.runs.collect(PAST, PAST + 24 * HOUR)
        yield stage


def fetch_history(stage: Stage, start: datetime, end: datetime) -> None:
    """The step of a range that requests history, without those that follow."""
    keys = [f"{at:%Y-%m-%d-%H:00}" for at in (start, end - HOUR)]
    with stage.runs._report.passes(start, 1):
        stage.runs._run(HOURLY_JOB, keys, only=(DIM_HOUR, RAW_PORT_HISTORY))


@pytest.fixture(scope="module")
def judged(fleet: Fleet, stage: Stage) -> list[tuple]:
    """Each circuit-hour of the day with its truth and whether the cloud received all of it."""
    rows = stage.rows(CIRCUIT_HOUR)
    stored = {(r.gateway_mac, r.port_id, epoch(r.hour)): r for r in rows.itertuples()}
    truth = fleet.truth(PAST, PAST + 24 * HOUR)
    gaps = {gateway["mac"]: gateway["telemetry_gaps"] for gateway in truth["gateways"]}
    found = []
    for circuit in truth["circuits"]:
        for hour in circuit["hours"]:
            row = stored.get((circuit["gateway_mac"], circuit["port_id"], hour["hour"]))
            begin, end = hour["hour"], hour["hour"] + 3600
            received = not any(a < end and b > begin for a, b in gaps[circuit["gateway_mac"]])
            if row is not None:
                found.append((row, hour, received))
    return found


def test_a_past_day_has_every_hour_from_history(judged: list[tuple]):
    received = [row for row, _, received in judged if received]
    assert len(received) > 20 * 24
    assert {row.source for row in received} == {"history"}
    assert {row.observed_minutes for row in received} == {60}
    assert sum(row.sample_count for row in received) == 0


@pytest.mark.parametrize("direction", ["rx_bytes", "tx_bytes"])
def test_bytes_are_within_a_thousandth_where_the_cloud_received_all(judged, direction: str):
    """And within what a whole bit a second is in an hour: rates have no decimals."""
    wrong = [
        (row.circuit_id, row.hour, getattr(row, direction), hour[direction])
        for row, hour, received in judged
        if received
        and abs(getattr(row, direction) - hour[direction]) > 0.001 * hour[direction] + 450
    ]
    assert wrong == []


def test_no_time_is_called_up_that_was_down_where_the_cloud_received_all(judged: list[tuple]):
    wrong = [
        (row.circuit_id, row.hour, row.up_minutes * 60, 3600 - hour["down_seconds"])
        for row, hour, received in judged
        if received and row.up_minutes * 60 > 3600 - hour["down_seconds"] + 0.005
    ]
    assert wrong == []


def test_nearly_all_time_is_settled(judged: list[tuple]):
    unknown = sum(row.unknown_minutes for row, _, _ in judged)
    assert unknown < 0.02 * 60 * len(judged)


def test_a_day_costs_two_calls_a_port_and_a_week_no_more(small: Stage, tmp_path: Path):
    for hours in (24, 7 * 24):
        with copied(small, tmp_path / str(hours)) as stage:
            fetch_history(stage, NOW - hours * HOUR, NOW)
            rows = stage.rows(RAW_PORT_HISTORY)
            ports = rows[["gateway_mac", "port_id"]].drop_duplicates()
            assert len(rows) == hours * len(ports) > 0
            calls = stage.cloud.calls()
            assert (calls[BUCKETS], calls[QUALITY]) == (len(ports), len(ports))


def test_what_was_requested_once_is_not_requested_again(stage: Stage):
    before = stage.rows(RAW_PORT_HISTORY)
    calls = stage.cloud.calls()
    fetch_history(stage, PAST, PAST + 24 * HOUR)
    after = stage.cloud.calls()
    assert (after[BUCKETS], after[QUALITY]) == (calls[BUCKETS], calls[QUALITY])
    pd.testing.assert_frame_equal(stage.rows(RAW_PORT_HISTORY), before)


def test_ports_that_failed_are_requested_by_the_next_run(
    small: Stage, small_day: Stage, tmp_path: Path
):
    with copied(small, tmp_path) as ill:
        ill.cloud.misbehave(BUCKETS, "404", times=3)
        ill.runs.collect(PAST, PAST + 24 * HOUR)
        assert "History of 3 ports is left" in ill.printed.getvalue()
        assert 0 < len(ill.rows(RAW_PORT_HISTORY)) < len(small_day.rows(RAW_PORT_HISTORY))
        ill.runs.collect(PAST, PAST + 24 * HOUR)
        pd.testing.assert_frame_equal(ill.rows(CIRCUIT_HOUR), small_day.rows(CIRCUIT_HOUR))


def test_older_than_mist_keeps_is_refused_and_names_the_limit(tmp_path: Path):
    late = START + 20 * 24 * HOUR
    fleet = Fleet.seeded(7, 1, START, late)
    with staged(fleet, tmp_path / "late", now=late, kind=UpToFacts) as stage:
        with pytest.raises(UsageError, match=r"keeps 14 days of .* before 2026-03-13 00:00 UTC"):
            stage.runs.collect(START, START + 24 * HOUR)
        assert len(stage.rows(CIRCUIT_HOUR)) == 0


def test_history_then_samples_is_samples_then_history(small: Stage, tmp_path: Path):
    behind, ahead = (NOW - 36 * HOUR, NOW - 33 * HOUR), (NOW, NOW + 3 * HOUR)
    found = []
    for nth, order in enumerate([(behind, ahead), (ahead, behind)]):
        with copied(small, tmp_path / str(nth)) as stage:
            for start, end in order:
                stage.runs.collect(start, end)
            rows = stage.rows(CIRCUIT_HOUR)
            found.append(rows[(rows["hour"] < behind[1]) | (rows["hour"] >= NOW)])
    pd.testing.assert_frame_equal(*(frame.reset_index(drop=True) for frame in found))
    assert set(found[0]["source"].dropna()) == {"history", "samples"}


def test_hours_behind_the_clock_are_history_and_those_ahead_are_passes(
    small: Stage, tmp_path: Path
):
    with copied(small, tmp_path) as stage:
        stage.runs.collect(NOW - 2 * HOUR, NOW + 2 * HOUR)
        rows = stage.rows(CIRCUIT_HOUR)
        sources = rows.groupby(rows["hour"] < NOW)["source"].agg(lambda s: s.mode()[0])
        assert sources.to_dict() == {True: "history", False: "samples"}
        assert stage.rows(RAW_PORT_SAMPLE)["pass_at"].min() >= NOW


def test_a_backfill_stops_before_the_reserve_and_goes_on_in_the_next_hour(
    small: Stage, small_day: Stage, tmp_path: Path
):
    """Seven ports cost 14 calls; 40 an hour are allowed and 30 reserved."""
    with copied(small, tmp_path, Collecting, hourly_limit=40, call_reserve=30) as stage:
        stage.runs.collect(PAST, PAST + 24 * HOUR)
        spent = sum(stage.cloud.calls().values())
        printed = " ".join(stage.printed.getvalue().split())
        assert "is left: The hour's calls for what can wait are used up" in printed
        assert "30 are reserved for live polls; go on at 01:00 UTC" in printed
        assert 10 <= spent < 14
        whole = len(small_day.rows(RAW_PORT_HISTORY))
        assert 0 < len(stage.rows(RAW_PORT_HISTORY)) < whole
        for hour in range(1, 4):
            stage.cloud.clock.advance_to(NOW + hour * HOUR)
            stage.runs.collect(PAST, PAST + 24 * HOUR)
        assert len(stage.rows(RAW_PORT_HISTORY)) == whole
        assert "429" not in stage.printed.getvalue()
