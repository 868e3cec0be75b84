"""The real system: webserver and daemon against a simulated cloud, driven through GraphQL."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise

import pandas as pd
import pytest

from wan_perf.definitions import HOURLY_ASSETS, INVENTORY_JOB
from wan_perf.mist.collect.clock import floored
from wan_perf.schema.declaration import View
from wan_perf.schema.tables import (
    CIRCUIT_DAY,
    CIRCUIT_HOUR,
    CIRCUIT_STATE,
    RAW_GATEWAY_EVENT,
    TABLES,
)
from wan_perf.simulator import Fleet
from wan_perf_tests.proofs.graph.test_truth import epoch
from wan_perf_tests.support.automation.daemon import Dagster, keys, running, until
from wan_perf_tests.support.graph.staged import HOUR, Stage, WithoutChecks, staged

pytestmark = pytest.mark.proof

NOW = floored(datetime.now(UTC).replace(tzinfo=None), HOUR)
"""Conditions look at the latest partitions of the world's clock."""
HOURS = 48
BEGIN = NOW - HOURS * HOUR


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    """The first from seed 7 on whose cloud has no outage while it is polled.

    Faults lie where the world's clock puts them: at some hours of it a seed has one just then.
    """
    fleets = (Fleet.seeded(seed, 4, BEGIN - 24 * HOUR, NOW + 12 * HOUR) for seed in count(7))
    polled = (epoch(NOW - HOUR), epoch(NOW + 2 * HOUR))
    return next(f for f in fleets if not any(overlap(*outage, *polled) for outage in f.api_outages))


def overlap(start: int, end: int, first: int, last: int) -> bool:
    """True where the two intervals have an instant in common."""
    return start < last and first < end


@pytest.fixture(scope="module")
def in_process(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The same hours as the command line collects them."""
    home = tmp_path_factory.mktemp("in_process")
    with staged(fleet, home, NOW, BEGIN, kind=WithoutChecks) as stage:
        stage.runs.collect(BEGIN, NOW + HOUR)
        yield stage


@pytest.fixture(scope="module")
def stage(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A cloud and a home that nobody collected into."""
    with staged(fleet, tmp_path_factory.mktemp("daemon"), now=NOW, start=BEGIN) as stage:
        yield stage


@pytest.fixture(scope="module")
def dagster(stage: Stage) -> Iterator[Dagster]:
    with running(stage.runs.settings) as dagster:
        yield dagster


def names(assets: list) -> list[str]:
    return [key.to_user_string() for asset in assets for key in asset.keys]


@pytest.fixture(scope="module")
def backfilled(dagster: Dagster, stage: Stage) -> Stage:
    """48 hours of every hourly asset and the one in progress, launched as the UI launches them.

    With it all assets have the same hours and are one run; else what follows has more than what it
    follows, and a run of its own.
    """
    dagster.wait_for_run(dagster.launch(INVENTORY_JOB), 120)
    dagster.wait_for_backfill(dagster.backfill(names(HOURLY_ASSETS), keys(BEGIN, HOURS + 1)), 600)
    return stage


def instants(hours: set[str | None]) -> set[datetime]:
    return {datetime.strptime(key, "%Y-%m-%d-%H:%M") for key in hours if key}  # noqa: DTZ007 - naive UTC by rule


def hourly_tables() -> list:
    return [table for name, table in TABLES.items() if name in names(HOURLY_ASSETS)]


def test_a_backfill_of_48_hours_fills_every_table_as_in_process(
    backfilled: Stage, in_process: Stage
):
    compared = 0
    for table in hourly_tables():
        found, expected = backfilled.rows(table), in_process.rows(table)
        if table.partition is None or isinstance(table, View):
            continue
        pd.testing.assert_frame_equal(
            *(frame.drop(columns="fetched_at", errors="ignore") for frame in (found, expected))
        )
        compared += len(found)
    assert compared > 48 * 3


def test_a_backfill_stores_what_happened(backfilled: Stage, fleet: Fleet):
    """Bytes within a thousandth, where the cloud received all: rates have no decimals."""
    rows = backfilled.rows(CIRCUIT_HOUR)
    stored = {(r.gateway_mac, r.port_id, epoch(r.hour)): r for r in rows.itertuples()}
    truth = fleet.truth(BEGIN, NOW)
    gaps = {gateway["mac"]: gateway["telemetry_gaps"] for gateway in truth["gateways"]}
    wrong, judged = [], 0
    for circuit in truth["circuits"]:
        for hour in circuit["hours"]:
            row = stored.get((circuit["gateway_mac"], circuit["port_id"], hour["hour"]))
            begin, end = hour["hour"], hour["hour"] + 3600
            if row is None or any(a < end and b > begin for a, b in gaps[circuit["gateway_mac"]]):
                continue
            judged += 1
            if abs(row.rx_bytes - hour["rx_bytes"]) > 0.001 * hour["rx_bytes"] + 450:
                wrong.append((row.circuit_id, row.hour, row.rx_bytes, hour["rx_bytes"]))
    assert judged > 100
    assert wrong == []


def test_two_backfills_of_the_same_hours_take_turns_and_change_nothing(
    dagster: Dagster, backfilled: Stage, in_process: Stage
):
    since = time.time()
    assets, hours = names(HOURLY_ASSETS), keys(NOW - HOUR, 2)
    launched = [dagster.backfill(assets, hours) for _ in range(2)]
    for backfill in launched:
        dagster.wait_for_backfill(backfill, 300)
    runs = sorted(dagster.runs(since))
    assert len(runs) >= 2
    assert all(ended <= begins for (_, ended), (begins, _) in pairwise(runs))
    assert dagster.materialized(CIRCUIT_HOUR.name, since) >= set(hours)
    for table in (RAW_GATEWAY_EVENT, CIRCUIT_STATE, CIRCUIT_HOUR):
        pd.testing.assert_frame_equal(backfilled.rows(table), in_process.rows(table))


def test_a_late_event_refreshes_exactly_what_it_can_have_changed(
    dagster: Dagster, backfilled: Stage, in_process: Stage
):
    """An event of one hour comes late: its hour is collected again, the states of the day around it
    and what stands on them are computed again, and all is as if it had come in time."""
    event_times = in_process.rows(RAW_GATEWAY_EVENT)["event_at"]
    late = floored(event_times[event_times < NOW - 4 * HOUR].max().to_pydatetime(), HOUR)
    assert late > NOW - 24 * HOUR, "no event in the last day: another seed has some"
    with backfilled.runs.warehouse.session() as session:
        session.run(
            f"DELETE FROM raw_gateway_event WHERE event_at >= '{late}' "
            f"AND event_at < '{late + HOUR}'"
        )
    assert len(backfilled.rows(RAW_GATEWAY_EVENT)) < len(in_process.rows(RAW_GATEWAY_EVENT))
    since = time.time()
    dagster.switch_on("late_events", "facts", "events", "aggregates")

    def days_of_hours(*near: timedelta) -> set[str]:
        hours = instants(dagster.materialized(CIRCUIT_HOUR.name, since))
        return {f"{at + apart:%Y-%m-%d}" for at in hours for apart in (timedelta(), *near)}

    def followed() -> bool:
        days = days_of_hours()
        has_begun = f"{late:%Y-%m-%d}" in days
        return has_begun and days <= dagster.materialized(CIRCUIT_DAY.name, since)

    # Between two ticks nothing is on its way either.
    until(lambda: followed() and dagster.is_quiet(), 900)
    after = (NOW - late) // HOUR - 1  # the two newest hours are the live lane's
    newly_over = set(keys(NOW - HOUR, 1))  # where an hour of the world ended meanwhile
    assert dagster.materialized("raw_gateway_event", since) == set(keys(late, 1))
    # A telemetry gap can have begun in it, and one that ends settles the 24 hours before.
    gaps = dagster.materialized("gateway_silence", since)
    assert gaps - newly_over == set(keys(late, after))
    before = min(24, (late - BEGIN) // HOUR)
    states = dagster.materialized(CIRCUIT_STATE.name, since)
    assert states - newly_over == set(keys(late - before * HOUR, before + after))
    assert dagster.materialized("raw_port_history", since) == set()
    for table in (RAW_GATEWAY_EVENT, CIRCUIT_STATE, CIRCUIT_HOUR):
        pd.testing.assert_frame_equal(backfilled.rows(table), in_process.rows(table))
    # Dagster counts in days how far beside its own hours a day sees.
    day = timedelta(days=1)
    assert dagster.materialized(CIRCUIT_DAY.name, since) <= days_of_hours(-day, day)
