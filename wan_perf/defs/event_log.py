"""Dagster's event log in SQLite, with connections that stay open and one commit for many events.

Belongs here: how events reach the files of Dagster's own storage, which stay as Dagster made them.
Keep out: which events there are, how long they stay (`cli.prune`), results of checks
(`check_log`).

Dagster opens an engine and a connection for every statement and commits every event separately:
for a range of 14 days these are 34,000 connections and 28,000 commits, more than half of the run's
time. Nothing else than this class, named in the home's dagster.yaml, is needed to do without.
"""

import os
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dagster import DagsterEventType, DagsterInstance, EventLogEntry
from dagster._core.storage.event_log import SqliteEventLogStorage  # no public name
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData

from wan_perf.defs.check_log import PartitionedChecks

BATCH = 1_000
"""Events of partitions that are committed together, at most."""
_OPEN_FILES = 8
"""Of runs, of which each has a file; the file of all runs is open beside them."""
_OF_PARTITIONS = {
    DagsterEventType.ASSET_MATERIALIZATION,
    DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
}
_IN_BATCHES = {*_OF_PARTITIONS, DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED}
"""What Dagster reports together: the partitions of a step, and all that a run plans."""

# Read by Dagster whenever it has events of several partitions; without it each is stored alone.
os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", str(BATCH))


class EventLog(PartitionedChecks, SqliteEventLogStorage):
    """Dagster's event log of a home, in the folder and the files in which Dagster keeps it."""

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        self._inst_data = inst_data
        self._engines: OrderedDict[str, sa.Engine] = OrderedDict()
        self._tables: set[str] = set()

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """No setting: the folder is the instance's."""
        return {}

    @classmethod
    def from_config_value(
        cls,
        inst_data: ConfigurableClassData | None,
        config_value: Mapping[str, Any],  # noqa: ARG003 - none, see `config_type`
    ) -> "EventLog":
        """The storage as dagster.yaml names it."""
        return cls(inst_data=inst_data)

    def register_instance(self, instance: DagsterInstance) -> None:
        """Open the files of the instance that this is the event log of."""
        folder = Path(instance.root_directory) / "history" / "runs"
        super().__init__(str(folder), self._inst_data)
        super().register_instance(instance)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        # One thread at a time, as Dagster does it: a file has one connection.
        with self._db_lock, self._engine(shard).connect() as connection, connection.begin():
            yield connection

    def _engine(self, shard: str) -> sa.Engine:
        if shard not in self._initialized_dbs:
            self.close(shard)  # its file was removed
        if shard not in self._engines:
            engine = sa.create_engine(
                self.conn_string_for_shard(shard),
                poolclass=sa.StaticPool,
                connect_args={
                    "timeout": SQLITE_BUSY_TIMEOUT_SECONDS,
                    "check_same_thread": False,
                },
            )
            sa.event.listen(engine, "connect", _without_waiting_for_the_disk)
            if shard not in self._initialized_dbs:
                self._initdb(engine, for_index_shard=shard == INDEX_SHARD_NAME)
                self._initialized_dbs.add(shard)
            self._engines[shard] = engine
            self._close_oldest()
        self._engines.move_to_end(shard)
        return self._engines[shard]

    def _close_oldest(self) -> None:
        of_runs = [shard for shard in self._engines if shard != INDEX_SHARD_NAME]
        for shard in of_runs[:-_OPEN_FILES]:
            self.close(shard)

    def close(self, run_id: str) -> None:
        """Close the file of a run, as is needed before it is removed; the next use opens it."""
        if run_id in self._engines:
            self._engines.pop(run_id).dispose()

    def dispose(self) -> None:
        """Close the files."""
        super().dispose()
        while self._engines:
            self._engines.popitem()[1].dispose()

    def has_table(self, table_name: str) -> bool:
        """Whether the file of all runs has a table; one that is there stays."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def _has_asset_key_index_cols_on_connection(self, conn: sa.Connection) -> bool:
        """Files of Dagster before 0.12 lack these columns."""
        if "" not in self._tables and super()._has_asset_key_index_cols_on_connection(conn):
            self._tables.add("")
        return "" in self._tables

    def store_event(self, event: EventLogEntry) -> None:
        """Store an event."""
        super().store_event(event)
        self._touch(event.run_id)

    def _touch(self, run_id: str) -> None:
        """Mark a run's file as modified, by which the UI follows the run.

        A write-ahead log that stays open leaves the file itself as it is for long.
        """
        with suppress(OSError):  # removed meanwhile, or another user's: the run goes on
            os.utime(self.path_for_shard(run_id))

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store partitions, and what a run plans, in one transaction of each file."""
        is_alike = len({event.run_id for event in events}) == 1
        if not is_alike or {event.dagster_event_type for event in events} - _IN_BATCHES:
            super().store_event_batch(events)
            return
        rows = [self._event_to_row(event) for event in events]
        with self.run_connection(events[0].run_id) as connection:
            connection.execute(SqlEventLogStorageTable.insert(), rows)
        self._touch(events[0].run_id)
        with self.index_transaction() as connection:
            numbered = [
                (event, _insert_event(connection, row))
                for event, row in zip(events, rows, strict=True)
            ]
            of_assets = [(e, n) for e, n in numbered if e.dagster_event_type in _OF_PARTITIONS]
            self._store_asset_event_tags(
                connection, [event for event, _ in of_assets], [nth for _, nth in of_assets]
            )
            # What is stored of an asset beside its events is of the last one of each kind.
            last = {
                (event.get_dagster_event().asset_key, event.dagster_event_type): (event, nth)
                for event, nth in of_assets
            }
            for event, nth in last.values():
                self._store_asset_event(connection, event, nth)
        self._store_planned_checks(
            [(e, n) for e, n in numbered if e.dagster_event_type not in _OF_PARTITIONS]
        )


def _insert_event(connection: sa.Connection, row: dict[str, Any]) -> int:
    """Insert an event; its number."""
    key = connection.execute(SqlEventLogStorageTable.insert(), row).inserted_primary_key
    return int(key[0]) if key else 0


def _without_waiting_for_the_disk(connection: Any, _: object) -> None:
    """In a write-ahead log this loses the last commits with the power, and never breaks a file."""
    connection.execute("PRAGMA synchronous=NORMAL")
