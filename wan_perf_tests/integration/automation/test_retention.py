"""Retention of Dagster's records: what goes, and what must stay for the partitions' sake."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from rich.console import Console

from wan_perf.cli.homes import dagster_home
from wan_perf.cli.prune import prune as prune_command
from wan_perf.definitions import build_definitions
from wan_perf.defs.automation.retention import prune_dagster
from wan_perf.defs.automation.run_queues import HISTORY, LIVE, lane
from wan_perf.defs.resources import warehouse_for
from wan_perf.policy.thresholds import Retention
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import RAW_SITE_SLE
from wan_perf.settings import read_settings
from wan_perf.warehouse import Window

HOURS = dg.HourlyPartitionsDefinition("2026-03-08-00:00", end_offset=1)
RETENTION = Retention()


@dg.asset(partitions_def=HOURS)
def hours() -> None:
    """Stands for any hourly asset."""


@dg.asset
def failing() -> None:
    raise ValueError("as a source that is out of reach")


@dg.asset_check(asset=hours)
def hours_are_possible() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    home = dagster_home(read_settings(WAN_PERF_HOME=tmp_path))
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


def run(instance: dg.DagsterInstance, partition: str, in_lane: str = LIVE) -> str:
    checked = [hours, hours_are_possible]
    result = dg.materialize(checked, instance=instance, partition_key=partition, tags=lane(in_lane))
    return result.run_id


def prune(instance: dg.DagsterInstance, days: float, **retention: float) -> None:
    """Retention as it is applied so many days from now."""
    now = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=days)
    prune_dagster(instance, now, RETENTION.model_copy(update=retention))


def has_log(instance: dg.DagsterInstance, run_id: str) -> bool:
    return bool(instance.all_logs(run_id))


def test_a_live_runs_log_goes_after_a_day_and_the_run_after_two_weeks(
    instance: dg.DagsterInstance,
):
    first = run(instance, "2026-03-08-00:00")
    prune(instance, days=0.9)
    assert has_log(instance, first)
    prune(instance, days=1.1)
    assert not has_log(instance, first)
    assert instance.has_run(first)
    prune(instance, days=14.1)
    assert not instance.has_run(first)


def test_other_runs_stay_longer(instance: dg.DagsterInstance):
    backfill = run(instance, "2026-03-08-00:00", in_lane=HISTORY)
    prune(instance, days=6.9)
    assert has_log(instance, backfill)
    prune(instance, days=7.1)
    assert not has_log(instance, backfill)
    prune(instance, days=89)
    assert instance.has_run(backfill)
    prune(instance, days=91)
    assert not instance.has_run(backfill)


def test_a_failed_live_run_can_be_read_for_two_weeks(instance: dg.DagsterInstance):
    result = dg.materialize([failing], instance=instance, tags=lane(LIVE), raise_on_error=False)
    prune(instance, days=13.9)
    assert any("out of reach" in str(entry) for entry in instance.all_logs(result.run_id))
    prune(instance, days=14.1)
    assert not instance.has_run(result.run_id)


def test_partitions_stay_materialized_whatever_became_of_their_runs(instance: dg.DagsterInstance):
    """A condition on missing partitions would otherwise request years of hours again."""
    run(instance, "2026-03-08-00:00")
    run(instance, "2026-03-08-00:00")
    newest = run(instance, "2026-03-08-00:00")
    run(instance, "2026-03-08-01:00")
    cursor = instance.event_log_storage.get_maximum_record_id()
    prune(instance, days=365)
    key = dg.AssetKey("hours")
    assert instance.get_materialized_partitions(key) == {"2026-03-08-00:00", "2026-03-08-01:00"}
    records = instance.fetch_materializations(key, limit=10).records
    assert len(records) == 2, "superseded ones are gone"
    assert newest in {record.run_id for record in records}
    # Nothing looks new to a condition: it compares storage ids.
    assert instance.event_log_storage.get_maximum_record_id() <= cursor


def test_the_newest_result_of_a_check_stays(instance: dg.DagsterInstance):
    run(instance, "2026-03-08-00:00")
    newest = run(instance, "2026-03-08-01:00")
    prune(instance, days=365)
    key = dg.AssetCheckKey(dg.AssetKey("hours"), "hours_are_possible")
    history = instance.event_log_storage.get_asset_check_execution_history(key, limit=10)
    assert [execution.run_id for execution in history] == [newest]


def test_a_run_that_goes_on_is_left_alone(instance: dg.DagsterInstance):
    job = dg.define_asset_job("job", [hours]).resolve(
        asset_graph=dg.Definitions([hours]).resolve_asset_graph()
    )
    going_on = instance.create_run_for_job(job, tags=lane(LIVE))
    instance.report_run_canceling(going_on)
    prune(instance, days=365)
    assert instance.has_run(going_on.run_id)


@pytest.mark.proof
def test_files_shrink_and_stray_logs_go(instance: dg.DagsterInstance):
    for hour in range(20):
        run(instance, f"2026-03-08-{hour:02}:00")
    folder = Path(instance.root_directory)
    stray = next(folder.rglob("runs/*.db")).with_name("5c6c8f9e-0000-4000-8000-000000000000.db")
    stray.touch()
    before = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    prune(instance, days=365)
    after = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    assert not stray.exists()
    assert after < 0.25 * before


@pytest.mark.parametrize("how", ["command", pytest.param("job", marks=pytest.mark.proof)])
def test_raw_rows_go_with_the_records(how: str, instance: dg.DagsterInstance, tmp_path: Path):
    now = datetime.now(UTC).replace(tzinfo=None)
    policy = tmp_path / "policy.toml"
    policy.write_text("[retention]\nraw_days = 40\n", encoding="utf-8")
    settings = read_settings(
        WAN_PERF_HOME=tmp_path, WAN_PERF_POLICY=policy, WAN_PERF_START="2026-03-08T00:00"
    )
    warehouse = warehouse_for(settings)
    for days in (43, 39):
        at = now - timedelta(days=days)
        row = {"hour": at, "site_id": "s1", "fetched_at": at}
        window = Window(at, at + timedelta(hours=1))
        warehouse.store(RAW_SITE_SLE, conform([row], RAW_SITE_SLE), window)
    if how == "job":
        job = build_definitions(settings).resolve_job_def("retention_job")
        assert job.execute_in_process(instance=instance).success
    else:
        printed = io.StringIO()
        prune_command(settings, Console(file=printed, width=200))
        assert "Removed 1 row of raw_site_sle." in printed.getvalue()
        assert f"Facts before {now - timedelta(days=40):%Y-%m-%d} stay" in printed.getvalue()
    [left] = warehouse.query(warehouse.lazy(RAW_SITE_SLE))["hour"]
    assert left == now - timedelta(days=39)


def test_a_home_without_a_warehouse_stays_without(tmp_path: Path):
    prune_command(read_settings(WAN_PERF_HOME=tmp_path), Console(quiet=True))
    assert not list(tmp_path.glob("*.duckdb"))
