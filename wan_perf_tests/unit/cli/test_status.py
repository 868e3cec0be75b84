"""wan-perf status: freshness, gaps, failed runs, the queue; without a run or a request."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)

from wan_perf.cli.gaps import MISSING, NO_TELEMETRY, NOT_COMPUTED, Gap, merge_gaps
from wan_perf.cli.homes import dagster_home
from wan_perf.cli.recorded_runs import RecordedRuns, recorded_runs
from wan_perf.cli.status import Freshness, Status
from wan_perf.errors import WanPerfError
from wan_perf.kpi.hour.coverage import hours_with_rows
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import CIRCUIT_DAY, CIRCUIT_HOUR, RAW_PORT_SAMPLE
from wan_perf.settings import read_settings
from wan_perf.warehouse import DuckDBWarehouse, Window
from wan_perf_tests.support.kpi.engine import Query, unbound
from wan_perf_tests.support.kpi.rows import HOUR
from wan_perf_tests.support.shell import Shell

H = timedelta(hours=1)
WEEK = timedelta(days=7)
QUERY = Query(hours_with_rows(*map(unbound, (RAW_PORT_SAMPLE, CIRCUIT_HOUR))))


@pytest.mark.parametrize(("ago", "left"), [(timedelta(), 4967), (H, None)])
def test_calls_left_are_of_the_real_hour_also_under_a_simulators_clock(
    ago: timedelta, left: int | None
):
    stored_at = datetime.now(UTC).replace(tzinfo=None) - ago
    fresh = Freshness(HOUR, HOUR, None, None, None)
    found = Status(HOUR, 7, fresh, (), RecordedRuns(calls_left=(4967, stored_at)))
    assert found.calls_left == left


def test_an_hour_has_its_circuit_hours_and_known_minutes_also_with_samples_only():
    """Hour 0: two circuits, one unknown for 20 minutes; hour 1: samples alone; hour 2: nothing."""
    rows = QUERY.rows(
        raw_port_sample=[{"pass_at": HOUR + n * H + timedelta(minutes=5)} for n in (0, 1)],
        circuit_hour=[
            {"hour": HOUR, "circuit_id": name, "unknown_minutes": unknown}
            for name, unknown in (("C1", 0.0), ("C2", 20.0))
        ],
    )
    assert sorted(tuple(row.values()) for row in rows) == [(HOUR, 2, 100.0), (HOUR + H, 0, 0.0)]


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        pytest.param({0: (3, 180.0), 1: (3, 0.5), 2: (3, 9.0)}, [], id="all computed"),
        pytest.param({0: (3, 180.0)}, [(1, 3, MISSING)], id="nothing since"),
        pytest.param(
            {0: (3, 1.0), 1: (0, 0.0), 2: (3, 1.0)}, [(1, 2, NOT_COMPUTED)], id="samples alone"
        ),
        pytest.param(
            {0: (3, 0.0), 1: (3, 0.0), 2: (0, 0.0)},
            [(0, 2, NO_TELEMETRY), (2, 3, NOT_COMPUTED)],
            id="two kinds side by side are two gaps",
        ),
        pytest.param({1: (3, 1.0)}, [(0, 1, MISSING), (2, 3, MISSING)], id="before and after"),
    ],
)
def test_consecutive_hours_of_a_kind_are_one_gap(hours: dict, expected: list):
    found = {HOUR + n * H: rows for n, rows in hours.items()}
    assert merge_gaps(found, HOUR, HOUR + 3 * H) == [
        Gap(HOUR + a * H, HOUR + b * H, kind) for a, b, kind in expected
    ]


def stored(folder: Path) -> None:
    """Hours 0, 1 and 3 of a circuit; samples in hours 0 to 3."""
    warehouse = DuckDBWarehouse(folder / "wan_perf.duckdb")
    zeros = {"known_down_minutes": 0.0, "quality_minutes": 0.0, "observed_minutes": 0.0}
    hours = [
        {
            "hour": HOUR + n * H,
            "circuit_id": "C1",
            "site_id": "S1",
            "status_hourly": "Up",
            "up_minutes": 60.0,
            "down_minutes": 0.0,
            "unknown_minutes": 0.0,
            **zeros,
            "sample_count": 12,
            "quality_sample_count": 0,
        }
        for n in (0, 1, 3)
    ]
    window = Window(HOUR, HOUR + 24 * H)
    warehouse.store(CIRCUIT_HOUR, conform(hours, CIRCUIT_HOUR), window)
    polls = [
        {
            "pass_at": at,
            "sampled_at": at,
            "gateway_mac": "m",
            "port_id": "ge-0/0/0",
            "counter_source": "device",
            "site_id": "S1",
        }
        for at in (HOUR + n * H + timedelta(minutes=55) for n in range(4))
    ]
    warehouse.store(RAW_PORT_SAMPLE, conform(polls, RAW_PORT_SAMPLE), window)


@pytest.fixture
def at_hour_5(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock:
        def now(self) -> datetime:
            return HOUR + 5 * H + timedelta(minutes=10)

    monkeypatch.setattr("wan_perf.cli.status.clock_for", lambda _: Clock())


@pytest.mark.usefixtures("at_hour_5")
def test_status_shows_freshness_and_gaps_and_writes_nothing(tmp_path: Path):
    stored(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    done = Shell(tmp_path).run("status")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    newest = HOUR + 3 * H + timedelta(minutes=55)
    assert lines[0] == f"newest poll   {newest:%Y-%m-%d %H:%M} UTC, 75 min ago"
    assert lines[1] == f"newest hour   {HOUR + 3 * H:%Y-%m-%d %H:%M} UTC"
    assert lines[2] == "newest day    none"
    assert "gaps          2 hours in 2 ranges, of the last 3 days" in lines
    assert (
        f"  {HOUR + 2 * H:%Y-%m-%d %H:%M} UTC to {HOUR + 3 * H:%m-%d %H:%M}  "
        "1 hour: samples are stored, circuit-hours are not" in lines
    )
    assert lines[-1] == "failures      none, of the last 7 days"
    assert sorted(tmp_path.rglob("*")) == before


UP_ALL_DAY = {"hour_count": 24, "up_minutes": 1440.0, "down_minutes": 0.0, "unknown_minutes": 0.0}


@pytest.mark.usefixtures("at_hour_5")
def test_the_newest_whole_day_stands_beside_the_one_in_progress(tmp_path: Path):
    """The reports are of the newest whole day; a day is whole once its last hour is closed."""
    stored(tmp_path)
    warehouse = DuckDBWarehouse(tmp_path / "wan_perf.duckdb")
    for first, is_whole, text in (
        (HOUR.date(), False, f"{HOUR:%Y-%m-%d}; newest whole day: none yet"),
        (HOUR.date() - timedelta(days=1), True, f"{HOUR:%Y-%m-%d}; newest whole day: "),
    ):
        day = {"day": first, "circuit_id": "C1", "site_id": "S1", "is_whole": is_whole}
        start = datetime.combine(first, datetime.min.time())
        rows = conform([{**day, **UP_ALL_DAY}], CIRCUIT_DAY)
        warehouse.store(CIRCUIT_DAY, rows, Window(start, start + 24 * H))
        [line] = [
            line
            for line in Shell(tmp_path).run("status").stdout.splitlines()
            if line.startswith("newest day")
        ]
        assert line.startswith(f"newest day    {text}")
    assert line.endswith(f"{HOUR.date() - timedelta(days=1)}")


@pytest.mark.usefixtures("at_hour_5")
def test_status_as_json(tmp_path: Path):
    stored(tmp_path)
    done = Shell(tmp_path).run("status", "--json", "--days", "1")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["newest_hour"] == f"{(HOUR + 3 * H).isoformat()}Z"
    assert (found["newest_day"], found["calls_left"], found["gap_days"]) == (None, None, 1)
    assert [(gap["kind"], gap["hours"]) for gap in found["gaps"]] == [
        ("not computed", 1),
        ("missing", 1),
    ]
    assert (found["running"], found["queued"], found["failures"]) == ([], [], [])


@pytest.mark.parametrize("arguments", [("status",), ("status", "--json")])
def test_no_data_yet_is_1_and_leaves_no_file(tmp_path: Path, arguments: tuple[str, ...]):
    done = Shell(tmp_path).run(*arguments)
    assert done.returncode == 1
    assert done.stderr == "wan-perf: There is no data yet; run wan-perf collect.\n"
    assert list(tmp_path.iterdir()) == []


@dg.asset
def refused() -> None:
    try:
        raise OSError("connection reset")
    except OSError as error:
        raise WanPerfError("Mist refused the token; set MIST_API_TOKEN.") from error


def test_failed_and_waiting_runs_are_read_with_their_sentence(tmp_path: Path):
    home = dagster_home(read_settings(WAN_PERF_HOME=tmp_path))
    job = dg.Definitions([refused], jobs=[dg.define_asset_job("live_job")])
    with dg.DagsterInstance.from_config(str(home)) as instance:
        job.resolve_job_def("live_job").execute_in_process(instance=instance, raise_on_error=False)
        ends = {
            f"dagster/asset_partition_range_{end}": "2026-03-07-08:00" for end in ("start", "end")
        }
        location = RegisteredCodeLocationOrigin("wan_perf")  # a queued run is of one
        instance.create_run_for_job(
            job.resolve_job_def("live_job"),
            status=dg.DagsterRunStatus.QUEUED,
            tags={"wan_perf/lane": "history", **ends},
            remote_job_origin=RemoteJobOrigin(
                RemoteRepositoryOrigin(location, "__repository__"), "live_job"
            ),
        )
    found = recorded_runs(home, WEEK, 5)
    [failed], [queued] = found.failed, found.queued
    assert (failed.job, failed.partitions) == ("live_job", None)
    assert failed.why == "Mist refused the token; set MIST_API_TOKEN."
    assert (queued.job, queued.lane, queued.partitions) == (
        "live_job",
        "history",
        "2026-03-07-08:00",
    )
    assert (found.running, found.daemon_seen_at, found.calls_left) == ((), None, None)


def test_a_home_without_records_has_no_runs(tmp_path: Path):
    assert recorded_runs(tmp_path, WEEK, 5).failed == ()
    assert list(tmp_path.iterdir()) == []
