"""What requests closed hours: late events, ended telemetry gaps, corrected contracts."""

import csv
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from wan_perf.definitions import FACTS_JOB, INVENTORY_JOB, build_definitions
from wan_perf.defs.automation.conditions import live_run
from wan_perf.defs.automation.late_data import hours_of_ended_gaps
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import CIRCUIT_HOUR, DIM_CIRCUIT, RAW_GATEWAY_EVENT, TELEMETRY_GAP
from wan_perf.simulator import Fleet
from wan_perf.warehouse import DuckDBWarehouse, Window
from wan_perf_tests.support.graph.staged import (
    HOUR,
    START,
    Stage,
    UpToFacts,
    staged,
    without_checks,
)

HOURS = 12
H = START.fromisoformat


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    fleet = Fleet.seeded(7, 2, START, START + (HOURS + 6) * HOUR)
    now = START + HOURS * HOUR
    with staged(fleet, tmp_path_factory.mktemp("late"), now=now, kind=UpToFacts) as stage:
        stage.runs.collect(START, now)
        yield stage


def definitions_of(stage: Stage, **given: Any) -> dg.Definitions:
    """The code location of the stage's settings, some given otherwise."""
    settings = stage.runs.settings.model_copy(update=given)
    return build_definitions(settings, warehouse=stage.runs.warehouse, clock=stage.runs.clock)


@pytest.fixture(scope="module")
def definitions(stage: Stage) -> dg.Definitions:
    return definitions_of(stage)


def requested_by(definitions: dg.Definitions, name: str) -> list[Any]:
    """What the sensor requests: tags of runs, or why there are none."""
    [sensor] = [sensor for sensor in definitions.sensors or () if sensor.name == name]
    needed = {key: definitions.resources[key] for key in sensor.required_resource_keys}
    result = sensor.evaluate_tick(dg.build_sensor_context(resources=needed))
    return [dict(request.tags) for request in result.run_requests or ()] or [result.skip_message]


def ends(tags: dict[str, str]) -> tuple[str, str]:
    start, end = (tags[f"dagster/asset_partition_range_{end}"] for end in ("start", "end"))
    assert tags["wan_perf/lane"] == "history"
    return start, end


@pytest.mark.proof
def test_events_that_all_are_stored_request_nothing(definitions: dg.Definitions):
    assert requested_by(definitions, "late_events") == ["No event came late."]


@pytest.mark.proof
def test_an_event_that_is_not_stored_requests_its_hour(stage: Stage, definitions: dg.Definitions):
    """Of the 24 hours before the last three: the others may still be received by a live run."""
    until = START + (HOURS - 3) * HOUR
    times = stage.rows(RAW_GATEWAY_EVENT)["event_at"]
    late = times[(times >= until - 24 * HOUR) & (times < until)].max().floor("h").to_pydatetime()
    with stage.runs.warehouse.session() as session:
        session.run(f"DELETE FROM raw_gateway_event WHERE event_at >= '{late}'")
    requested = [ends(tags) for tags in requested_by(definitions, "late_events")]
    assert requested == [(f"{late:%Y-%m-%d-%H:00}",) * 2]
    after = late + HOUR  # no partition holds the hour, and nobody can run it
    later = definitions_of(stage, start_given=f"{after:%Y-%m-%dT%H:%M}")
    assert requested_by(later, "late_events") == ["No event came late."]
    stage.runs.collect(late, START + HOURS * HOUR, again=True)  # else what is final stays
    assert requested_by(definitions, "late_events") == ["No event came late."]


@pytest.mark.proof
def test_a_corrected_contract_requests_its_hours_and_is_done(
    stage: Stage, definitions: dg.Definitions
):
    """From the fifth hour on a circuit has 37 Mbit/s; before it what it had."""
    corrected = START + 5 * HOUR
    assert requested_by(definitions, "corrections") == [
        "Every hour has the bandwidth, ranks, levels and trading hours in force."
    ]
    described = stage.rows(DIM_CIRCUIT).query("bandwidth_source == 'contract'")
    circuit = described["circuit_id"].iloc[0]
    correct(Path(str(stage.runs.settings.circuits_path)), circuit, 37, corrected)
    stage.cloud.clock.advance_to(stage.cloud.clock.now() + HOUR)  # another snapshot
    stage.runs._run(INVENTORY_JOB)
    [tags] = requested_by(definitions, "corrections")
    assert ends(tags)[0] == f"{corrected:%Y-%m-%d-%H:00}"
    job = without_checks(definitions.resolve_job_def(FACTS_JOB))
    assert job.execute_in_process(tags=tags).success
    assert requested_by(definitions, "corrections") == [
        "Every hour has the bandwidth, ranks, levels and trading hours in force."
    ]
    rows = stage.rows(CIRCUIT_HOUR).query("circuit_id == @circuit")
    assert set(rows[rows["hour"] >= corrected]["bandwidth_mbps"]) == {37}
    assert 37 not in set(rows[rows["hour"] < corrected]["bandwidth_mbps"])


def correct(path: Path, circuit: str, mbps: int, since: datetime) -> None:
    """End the circuit's row at the instant and add one with another rate from then on."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    [row] = [row for row in rows if row["circuit_id"] == circuit]
    at = f"{since:%Y-%m-%dT%H:%M}"
    later = row | {"bandwidth_down_mbps": str(mbps), "bandwidth_up_mbps": str(mbps)}
    later |= {"valid_from": at, "valid_to": ""}
    names = list(dict.fromkeys([*rows[0], "valid_from", "valid_to"]))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        writer.writerows([*(r | ({"valid_to": at} if r is row else {}) for r in rows), later])


GAP = {"gateway_mac": "aa0000000001", "port_id": None, "outcome": "restarted"}


@pytest.mark.parametrize(
    ("since", "found"),
    [
        pytest.param("2026-03-07T09:00", [6, 7, 8], id="ended since then: its hours but live ones"),
        pytest.param("2026-03-07T10:30", [], id="ended before then"),
    ],
)
def test_a_gap_that_has_ended_requests_its_hours(tmp_path: Path, since: str, found: list[int]):
    """From 6:40 to 10:20; at half past ten the hours from 9 on are live."""
    warehouse = DuckDBWarehouse(tmp_path / "wan.duckdb")
    row = GAP | {"started_at": H("2026-03-07T06:40"), "ended_at": H("2026-03-07T10:20")}
    window = Window(START, START + timedelta(days=1))
    warehouse.store(TELEMETRY_GAP, conform([row], TELEMETRY_GAP), window)
    hours, newest = hours_of_ended_gaps(warehouse, H(since), H("2026-03-07T09:00"))
    assert [hour.hour for hour in hours] == found
    assert newest == (row["ended_at"] if found else H(since))


@pytest.mark.parametrize(
    ("due", "first", "last"),
    [
        pytest.param("2026-03-07T05:05", "2026-03-07-04:00", "2026-03-07-05:00", id="any pass"),
        pytest.param("2026-03-07T05:00", "2026-03-07-01:00", "2026-03-07-05:00", id="the first"),
        pytest.param("2026-03-07T02:00", "2026-03-07-00:00", "2026-03-07-02:00", id="none before"),
    ],
)
def test_a_live_run_covers_its_hour_and_those_that_may_still_change(
    due: str, first: str, last: str
):
    request = live_run(H(due), START)
    assert request.run_key == due
    assert request.tags["dagster/asset_partition_range_start"] == first
    assert request.tags["dagster/asset_partition_range_end"] == last
    assert request.tags["wan_perf/lane"] == "live"
