"""Telling a fresh Dagster home what the tables already hold.

Belongs here: which partitions hold rows that Dagster does not know of, and recording them.
Keep out: computing a partition (`runs`).

A materialization is recorded as `DagsterInstance.report_runless_asset_event` does it. That opens,
writes and closes two files for each of them; 13 months of hours are 130,000. So the log of a home
is written an asset at a time, and only another kind of log one by one.
"""

import time

import dagster as dg
from dagster._core.events import (  # what dagster reports and how its log keeps it; these have no
    DagsterEvent,  # public name (dagster 1.13)
    DagsterEventType,
    StepMaterializationData,
)
from dagster._core.events.log import EventLogEntry
from dagster._core.instance.utils import RUNLESS_JOB_NAME, RUNLESS_RUN_ID
from dagster._core.storage.event_log import SqlEventLogStorageTable, SqliteEventLogStorage

from wan_perf.cli.runs import Runs
from wan_perf.schema.declaration import Table, View
from wan_perf.schema.tables import TABLES
from wan_perf.wording import counted


class Adoption(Runs):
    """The runs of a home, which learns of rows that were stored without it."""

    def adopt(self) -> None:
        """Record every partition that holds rows and is not materialized here; a line an asset.

        What is recorded already is left as it is: the same again records nothing.
        """
        assets = self._definitions.resolve_all_asset_specs()
        specs = {spec.key.to_user_string(): spec for spec in assets}
        for name, table in TABLES.items():
            if isinstance(table, View) or not self.warehouse.holds(table):
                continue
            with self.notices.status(name):
                key, partitions = specs[name].key, specs[name].partitions_def
                stored = self._row_counts(table, partitions)
                known = self._known_partitions(key, partitions)
                new = {each: rows for each, rows in stored.items() if each not in known}
                self._record(key, new)
            if partitions is None:
                self.console.print(f"{name}: {'adopted' if new else 'nothing to adopt'}.")
            else:
                adopted = counted(len(new), "partition")
                self.console.print(f"{name}: {adopted} adopted, of {len(stored):,} with rows.")

    def _row_counts(
        self, table: Table, partitions: dg.PartitionsDefinition | None
    ) -> dict[str | None, int]:
        """Rows by partition; by None where the asset has no partitions."""
        rows = self.warehouse.lazy(table)
        if not isinstance(partitions, dg.TimeWindowPartitionsDefinition):
            count = int(self.warehouse.query(rows.aggregate(rows=rows.count()))["rows"].iloc[0])
            return {None: count} if count else {}
        # Days, weeks and months are dates by which their partition goes already.
        start = rows[table.partition].cast("timestamp").truncate("h")
        counts = self.warehouse.query(rows.group_by(start=start).aggregate(rows=rows.count()))
        keys = counts["start"].dt.strftime(partitions.fmt)
        exist = set(partitions.get_partition_keys())
        return {k: int(n) for k, n in zip(keys, counts["rows"], strict=True) if k in exist}

    def _known_partitions(
        self, key: dg.AssetKey, partitions: dg.PartitionsDefinition | None
    ) -> set[str | None]:
        if partitions is not None:
            return set(self._instance.get_materialized_partitions(key))
        return {None} if self._instance.get_latest_materialization_event(key) else set()

    def _record(self, key: dg.AssetKey, row_counts: dict[str | None, int]) -> None:
        if not row_counts:
            return
        log = self._instance.event_log_storage
        *events, last = [_materialization_entry(key, *of) for of in sorted(row_counts.items())]
        if isinstance(log, SqliteEventLogStorage) and events:
            rows = [log.prepare_insert_event(event).compile().params for event in events]
            for connection in (log.run_connection(RUNLESS_RUN_ID), log.index_connection()):
                with connection as opened:
                    opened.execute(SqlEventLogStorageTable.insert(), rows)
        else:
            log.store_event_batch(events)
        # The last as dagster does it, which brings the asset's own entry up to date.
        log.store_event(last)


def _materialization_entry(key: dg.AssetKey, partition: str | None, rows: int) -> EventLogEntry:
    materialization = dg.AssetMaterialization(
        asset_key=key,
        partition=partition,
        metadata={"dagster/partition_row_count": rows, "adopted": True},
    )
    return EventLogEntry(
        error_info=None,
        level="INFO",
        user_message="",
        run_id=RUNLESS_RUN_ID,
        timestamp=time.time(),
        job_name=RUNLESS_JOB_NAME,
        dagster_event=DagsterEvent(
            event_type_value=DagsterEventType.ASSET_MATERIALIZATION.value,
            job_name=RUNLESS_JOB_NAME,
            event_specific_data=StepMaterializationData(materialization),
        ),
    )
