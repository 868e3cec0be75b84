"""Retention of Dagster's own records: event logs, check results, runs, evaluations of conditions.

Belongs here: which of them are old, and removing those from Dagster's storage; the job that applies
every retention.
Keep out: how long each is retained (`thresholds.Retention`), removing rows of the warehouse
(`warehouse.expired`).

Dagster retains runs for ever. Deleting a run through its API also deletes the materializations of
that run, by which Dagster knows that a partition exists, so that conditions would request years of
partitions again. Here the newest materialization and observation of each partition and the newest
result of each check stay, whatever became of their run. Dagster has no public API for that: these
are its storage's own tables (dagster 1.13), the same on SQLite and on PostgreSQL.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import sqlalchemy as sa
from dagster._core.events import DagsterEventType
from dagster._core.storage.dagster_run import FINISHED_STATUSES
from dagster._core.storage.event_log import SqlEventLogStorage, SqliteEventLogStorage
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable,
    AssetEventTagsTable,
    SqlEventLogStorageTable,
)
from dagster._core.storage.runs.schema import RunsTable, RunTagsTable
from dagster._core.storage.runs.sql_run_storage import SqlRunStorage

from wan_perf.defs.automation.run_queues import HISTORY, LANE, LIVE, PATIENCE_S, lane
from wan_perf.defs.event_log import EventLog
from wan_perf.defs.resources import PolicyFile
from wan_perf.mist.collect.clock import Clock
from wan_perf.policy.thresholds import Policy, Retention
from wan_perf.waiting import waiting
from wan_perf.warehouse import DuckDBWarehouse, Warehouse
from wan_perf.warehouse.expired import remove_expired
from wan_perf.warehouse.old_names import drop_ended
from wan_perf.warehouse.shrink import Shrunk, shrink

_BATCH = 500
"""Runs a statement: older builds of SQLite bind at most 999 values."""
_STRAY_AFTER = timedelta(hours=1)
"""A log without a run is a leftover once no process can still be creating that run."""
_SHRINK_FROM_BYTES = 4 * 2**20
_SHRINK_FROM_SHARE = 0.2
_MOST_BYTES_BESIDE_RUNS = 2 * 2**30
"""Of a larger warehouse a copy may take longer than a live run waits (`PATIENCE_S`): that is done
by the command, when a person chooses. [bytes]"""


@dataclass
class Pruned:
    """Runs whose log was removed, runs removed whole, and bytes on disk before and after."""

    logs: int = 0
    runs: int = 0
    bytes_before: int = 0
    bytes_after: int = 0


def prune_dagster(instance: dg.DagsterInstance, now: datetime, retention: Retention) -> Pruned:
    """Remove what `retention` no longer covers at `now` (naive UTC); shrink Dagster's files.

    Runs that have not ended are not touched. Safe beside a running daemon: each batch is a
    transaction of its own, and a file that is in use is shrunk by a later call.
    """
    events, runs = instance.event_log_storage, instance.run_storage
    if not isinstance(events, SqlEventLogStorage) or not isinstance(runs, SqlRunStorage):
        return Pruned()
    pruned = Pruned(bytes_before=_bytes(instance))
    without_log, expired = _expired_runs(instance, now, retention)
    for batch in _batches([*without_log, *expired]):
        pruned.logs += _remove_events(instance, events, batch)
    for batch in _batches(expired):
        with runs.connect() as connection:
            connection.execute(sa.delete(RunTagsTable).where(RunTagsTable.c.run_id.in_(batch)))
            connection.execute(sa.delete(RunsTable).where(RunsTable.c.run_id.in_(batch)))
    pruned.runs = len(expired)
    if instance.schedule_storage is not None:
        before = now - timedelta(days=retention.evaluation_days)
        instance.schedule_storage.purge_asset_evaluations(before.replace(tzinfo=UTC).timestamp())
    if isinstance(events, SqliteEventLogStorage):
        _remove_stray_logs(instance, events, now)
        for file in Path(instance.root_directory).rglob("*.db"):
            _shrink(file)
    pruned.bytes_after = _bytes(instance)
    return pruned


def _expired_runs(
    instance: dg.DagsterInstance, now: datetime, retention: Retention
) -> tuple[list[str], list[str]]:
    """Ids of runs whose log is past its retention, and of those that are themselves."""
    without_log, expired = [], []
    for record in _ended_runs(instance):
        run = record.dagster_run
        is_live = run.tags.get(LANE) == LIVE
        ended = record.end_time or record.update_timestamp.timestamp()
        age = timedelta(seconds=now.replace(tzinfo=UTC).timestamp() - ended)
        if age >= retention.run_age(is_live=is_live):
            expired.append(run.run_id)
        elif age >= retention.log_age(is_live=is_live, is_success=run.is_success):
            without_log.append(run.run_id)
    return without_log, expired


def _ended_runs(instance: dg.DagsterInstance) -> Iterator[dg.RunRecord]:
    ended = dg.RunsFilter(statuses=FINISHED_STATUSES)
    cursor = None
    while page := instance.get_run_records(ended, limit=_BATCH, cursor=cursor):
        yield from page
        cursor = page[-1].dagster_run.run_id


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[at : at + _BATCH] for at in range(0, len(ids), _BATCH))


def _remove_events(
    instance: dg.DagsterInstance, events: SqlEventLogStorage, runs: Sequence[str]
) -> int:
    """Remove the events of these runs but the newest of their kind; how many logs there were."""
    log, checks = SqlEventLogStorageTable, AssetCheckExecutionsTable
    state = (DagsterEventType.ASSET_MATERIALIZATION, DagsterEventType.ASSET_OBSERVATION)
    newer = log.alias("newer")
    superseded = sa.exists().where(
        newer.c.asset_key == log.c.asset_key,
        newer.c.dagster_event_type == log.c.dagster_event_type,
        newer.c.partition.is_not_distinct_from(log.c.partition),
        newer.c.id > log.c.id,
    )
    is_state = sa.func.coalesce(log.c.dagster_event_type, "").in_([kind.value for kind in state])
    of_runs = sa.and_(log.c.run_id.in_(runs), sa.or_(~is_state, superseded))
    again = checks.alias("again")
    repeated = sa.exists().where(
        again.c.asset_key == checks.c.asset_key,
        again.c.check_name == checks.c.check_name,
        again.c.id > checks.c.id,
    )
    with events.index_connection() as connection:
        tags = AssetEventTagsTable.c.event_id.in_(sa.select(log.c.id).where(of_runs))
        connection.execute(sa.delete(AssetEventTagsTable).where(tags))
        connection.execute(sa.delete(log).where(of_runs))
        connection.execute(sa.delete(checks).where(checks.c.run_id.in_(runs), repeated))
    if not isinstance(events, SqliteEventLogStorage):
        return len(runs)
    return sum(_remove_log_file(instance, events, run) for run in runs)


def _remove_log_file(instance: dg.DagsterInstance, events: SqliteEventLogStorage, run: str) -> bool:
    """Remove a run's own file of events and what its steps printed; False where there was none."""
    file = Path(events.path_for_shard(run))
    found = file.exists()
    if isinstance(events, EventLog):
        events.close(run)
    for part in (file, *(file.with_name(f"{file.name}-{end}") for end in ("wal", "shm"))):
        part.unlink(missing_ok=True)
    events._initialized_dbs.discard(run)
    instance.compute_log_manager.delete_logs(prefix=[run])
    return found


def _remove_stray_logs(
    instance: dg.DagsterInstance, events: SqliteEventLogStorage, now: datetime
) -> None:
    """Logs without a run: of runs that were killed as they began, or shown after their removal."""
    latest = (now - _STRAY_AFTER).replace(tzinfo=UTC).timestamp()
    for run in events.get_all_run_ids():
        file = Path(events.path_for_shard(run))
        # Events that no run carried have a file by the empty name of their run.
        is_old = run and file.exists() and file.stat().st_mtime < latest
        if is_old and not instance.has_run(run):
            _remove_log_file(instance, events, run)


def _shrink(file: Path) -> None:
    """Give free pages back to the disk where they are many; skipped while others use the file."""
    try:
        with closing(sqlite3.connect(file, timeout=1)) as connection:
            [pages], [free], [size] = (
                connection.execute(f"PRAGMA {name}").fetchone()
                for name in ("page_count", "freelist_count", "page_size")
            )
            if free * size >= _SHRINK_FROM_BYTES and free >= _SHRINK_FROM_SHARE * pages:
                connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError:
        return  # locked: the pages are reused meanwhile, and the next call shrinks it


def _bytes(instance: dg.DagsterInstance) -> int:
    return sum(_size(file) for file in Path(instance.root_directory).rglob("*"))


def _size(file: Path) -> int:
    try:
        return file.stat().st_size if file.is_file() else 0
    except OSError:  # removed meanwhile
        return 0


def prune_rows(
    warehouse: Warehouse, now: datetime, policy: Policy, most_bytes: int | None = None
) -> tuple[dict[str, int], Shrunk | None]:
    """Remove rows past their retention at `now` (naive UTC); how many by table, and what was freed.

    Views of old names that have ended are dropped. The embedded warehouse's file is rewritten where
    much of it is free and at most `most_bytes` are in use; Snowflake has no file.
    """
    drop_ended(warehouse)
    removed = remove_expired(warehouse, now, policy.row_age)
    warehouse.merge_changes()
    if not isinstance(warehouse, DuckDBWarehouse) or not warehouse.path.exists():
        return removed, None
    return removed, shrink(warehouse, most_bytes=most_bytes)


@dg.op(description="Remove Dagster's records that are past their retention in the policy.")
def prune_records(context: dg.OpExecutionContext, policy: dg.ResourceParam[PolicyFile]) -> None:
    """Prune the instance of this run; the run's log says what was removed."""
    now = datetime.now(UTC).replace(tzinfo=None)
    pruned = prune_dagster(context.instance, now, policy.read().retention)
    context.log.info(str(pruned))
    context.add_output_metadata(vars(pruned))


@dg.op(description="Remove raw rows and windows that are past their retention; shrink the file.")
def prune_tables(
    context: dg.OpExecutionContext,
    policy: dg.ResourceParam[PolicyFile],
    warehouse: dg.ResourceParam[Warehouse],
    clock: dg.ResourceParam[Clock],
) -> None:
    """Prune the warehouse of this run; the run's log says what was removed."""
    with waiting(PATIENCE_S[HISTORY]):
        removed, shrunk = prune_rows(warehouse, clock.now(), policy.read(), _MOST_BYTES_BESIDE_RUNS)
    context.log.info(f"Removed {removed or 'no rows'}; {shrunk or 'no file'}.")
    context.add_output_metadata({"removed": removed, **(vars(shrunk) if shrunk else {})})


@dg.job(tags=lane(HISTORY), description="Remove what is past its retention; shrink files.")
def retention_job() -> None:
    """What keeps Dagster's home and the warehouse from growing for ever."""
    prune_records()
    prune_tables()


def retention_schedule(*, is_running: bool) -> dg.ScheduleDefinition:
    """Four times a day, at a minute in which no hour's work begins."""
    return dg.ScheduleDefinition(
        name="retention",
        job=retention_job,
        cron_schedule="25 */6 * * *",
        execution_timezone="UTC",
        default_status=(
            dg.DefaultScheduleStatus.RUNNING if is_running else dg.DefaultScheduleStatus.STOPPED
        ),
        description="Dagster's records, raw rows and windows past their retention are removed.",
    )
