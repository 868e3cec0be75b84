"""The event log of a home beside Dagster's own, over the same runs."""

import sqlite3
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Queue

import dagster as dg
import pytest

from wan_perf.defs.automation.retention import prune_dagster
from wan_perf.defs.event_log import EventLog
from wan_perf.policy.thresholds import Retention

DAYS = dg.DailyPartitionsDefinition("2026-03-01", end_date="2026-03-05")
QUIET = "telemetry:\n  enabled: false\n"
CONFIGURATIONS = {
    "own": f"{QUIET}event_log_storage:\n  module: wan_perf.defs.event_log\n  class: EventLog\n",
    "dagster": QUIET,
}
RANGE = {
    "dagster/asset_partition_range_start": "2026-03-01",
    "dagster/asset_partition_range_end": "2026-03-04",
}


@dg.asset(partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
def of_days(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"days": len(context.partition_keys)})


@dg.asset_check(asset=of_days)
def checked() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


JOB = dg.define_asset_job("job", [of_days])
DEFINITIONS = dg.Definitions(assets=[of_days], asset_checks=[checked], jobs=[JOB])


def run(instance: dg.DagsterInstance, run_id: str | None = None) -> str:
    """Run the four days; the run's id."""
    job = DEFINITIONS.resolve_job_def("job")
    result = job.execute_in_process(instance=instance, tags=RANGE, run_id=run_id)
    assert result.success
    return result.run_id


def configured(home: Path, storage: str) -> dg.DagsterInstance:
    home.mkdir(exist_ok=True)
    (home / "dagster.yaml").write_text(CONFIGURATIONS[storage], encoding="utf-8")
    return dg.DagsterInstance.from_config(str(home))


def rows(home: Path, shard: str, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(home / "history" / "runs" / f"{shard}.db") as connection:
        return connection.execute(query).fetchall()


def state(instance: dg.DagsterInstance) -> object:
    """What Dagster reads of the asset: its days and their metadata."""
    key = dg.AssetKey("of_days")
    latest = instance.get_latest_materialization_event(key)
    assert latest is not None
    assert latest.asset_materialization is not None
    return (
        instance.get_materialized_partitions(key),
        latest.asset_materialization.partition,
        latest.asset_materialization.metadata["days"].value,
        len(instance.fetch_materializations(key, limit=100).records),
    )


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A home with either log, in which the same two runs were made."""
    folder = tmp_path_factory.mktemp("homes")
    for storage in CONFIGURATIONS:
        with configured(folder / storage, storage) as instance:
            run(instance)
            run(instance)
    return {storage: folder / storage for storage in CONFIGURATIONS}


@pytest.mark.parametrize(
    "query",
    [
        "SELECT dagster_event_type, asset_key, partition, step_key FROM event_logs ORDER BY id",
        "SELECT asset_key, last_materialization IS NOT NULL, wipe_timestamp FROM asset_keys",
        # The results of partitions are of ours alone: `test_check_log`.
        "SELECT asset_key, check_name, partition FROM asset_check_executions ORDER BY id",
        "SELECT check_name, execution_status FROM asset_check_executions WHERE partition IS NULL",
        "SELECT asset_key, key FROM asset_event_tags ORDER BY 1, 2",
    ],
)
def test_the_file_of_all_runs_has_the_same_rows_in_the_same_order(
    homes: dict[str, Path], query: str
):
    assert rows(homes["own"], "index", query) == rows(homes["dagster"], "index", query)


def test_what_is_planned_is_numbered_as_dagster_numbers_it(tmp_path: Path):
    """A run that is not executed: four days, then their check, the fifth event."""
    query = (
        "SELECT check_name, execution_status, dagster_event_type, evaluation_event_storage_id "
        "FROM asset_check_executions e JOIN event_logs l ON l.id = e.evaluation_event_storage_id"
    )
    numbered = {}
    for storage in CONFIGURATIONS:
        with configured(tmp_path / storage, storage) as instance:
            instance.create_run_for_job(DEFINITIONS.resolve_job_def("job"), tags=RANGE)
        numbered[storage] = rows(tmp_path / storage, "index", query)
    planned = ("checked", "PLANNED", "ASSET_CHECK_EVALUATION_PLANNED", 5)
    assert numbered == {"own": [planned] * 4, "dagster": [planned] * 4}


def test_eight_days_are_recorded_and_read_by_either(homes: dict[str, Path]):
    """Two runs of four days; and a home goes over from one log to the other and back."""
    days = {f"2026-03-0{n}" for n in range(1, 5)}
    for home in homes.values():
        for storage in CONFIGURATIONS:
            with configured(home, storage) as instance:
                assert isinstance(instance.event_log_storage, EventLog) == (storage == "own")
                assert state(instance) == (days, "2026-03-04", 4, 8)


def test_a_run_has_its_events_in_a_file_of_its_own(homes: dict[str, Path]):
    with configured(homes["own"], "own") as instance:
        newest = run(instance)
        kinds = [event.dagster_event_type for event in instance.all_logs(newest)]
    assert kinds.count(dg.DagsterEventType.ASSET_MATERIALIZATION) == 4
    assert kinds[-1] == dg.DagsterEventType.PIPELINE_SUCCESS


@pytest.mark.parametrize("reading", CONFIGURATIONS)
def test_a_run_is_followed_while_its_files_are_open(tmp_path: Path, reading: str):
    """As the UI's page of a run does it, by the modifications of the run's file."""
    found: Queue[dg.DagsterEventType | None] = Queue()
    with (
        configured(tmp_path / "home", reading) as reader,
        configured(tmp_path / "home", "own") as writer,
    ):
        run_id = str(uuid.uuid4())
        reader.watch_event_logs(run_id, None, lambda event, _: found.put(event.dagster_event_type))
        run(writer, run_id)
        kinds = list(iter(lambda: found.get(timeout=30), dg.DagsterEventType.PIPELINE_SUCCESS))
    assert kinds.count(dg.DagsterEventType.ASSET_MATERIALIZATION) == 4


@pytest.mark.proof
def test_more_runs_than_files_stay_open_are_all_read(tmp_path: Path):
    with configured(tmp_path / "home", "own") as instance:
        ids = [run(instance) for _ in range(10)]
        assert len(instance.event_log_storage._engines) <= 9  # eight of runs and that of all
        assert all(len(instance.all_logs(one)) > 10 for one in ids)


def test_a_log_that_was_removed_is_empty_and_the_next_run_has_one(tmp_path: Path):
    with configured(tmp_path / "home", "own") as instance:
        old = run(instance)
        later = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=400)
        prune_dagster(instance, later, Retention())
        assert instance.all_logs(old) == []
        assert len(instance.all_logs(run(instance))) > 10


def test_logs_that_were_wiped_are_empty_and_the_next_run_has_one(tmp_path: Path):
    with configured(tmp_path / "home", "own") as instance:
        old = run(instance)
        instance.event_log_storage.wipe()
        assert instance.all_logs(old) == []
        assert len(instance.all_logs(run(instance))) > 10
