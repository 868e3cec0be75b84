"""Results of asset checks by partition, also where one evaluation covers a range of partitions.

Belongs here: how the result of a check reaches the rows that Dagster planned for its partitions.
Keep out: what a check finds (`checks`), other events (`event_log`).

A run over a range plans a row for each partition that a check is of; the evaluation that ends it
names none of them, and Dagster stores it beside them. So each partition stays planned, which the UI
shows as skipped although the check passed (dagster 1.13; partitioned checks are in preview there).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from dagster import DagsterEventType, EventLogEntry
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluation
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.event_log import SqlEventLogStorage  # no public name
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._serdes import serialize_value
from dagster_shared.record import replace  # what Dagster itself uses for its records

FAILED_PARTITIONS = "failed_partitions"
"""Metadata of a failed evaluation: the partitions that failed; without it all of them did."""
_PARTITION = "{partition of the range}"
"""Stands for the partition in an event that is serialized once for all of them."""
_ROWS = AssetCheckExecutionsTable


class PartitionedChecks(SqlEventLogStorage):
    """An event log in SQL that stores the result of a check with each partition of a range too."""

    def _store_asset_check_evaluation_planned(
        self, event: EventLogEntry, event_id: int | None
    ) -> None:
        self._store_planned_checks([(event, event_id)])

    def _store_planned_checks(self, events: Sequence[tuple[EventLogEntry, int | None]]) -> None:
        """As Dagster does it, which serializes the event and writes its SQL for each partition."""
        rows = [row for event, nth in events for row in self._planned(event, nth)]
        if rows:
            with self.index_connection() as connection:
                connection.execute(_ROWS.insert(), rows)

    def _planned(self, event: EventLogEntry, event_id: int | None) -> list[dict[str, Any]]:
        """A row for each partition that the event plans to check."""
        planned: Any = event.get_dagster_event().event_specific_data
        subset = planned.partitions_subset
        row = {
            "asset_key": planned.asset_key.to_string(),
            "check_name": planned.check_name,
            "run_id": event.run_id,
            "execution_status": AssetCheckExecutionRecordStatus.PLANNED.value,
            "evaluation_event": serialize_value(event),
            "evaluation_event_timestamp": self._event_insert_timestamp(event),
            "evaluation_event_storage_id": event_id,
        }
        partitions = subset.get_partition_keys() if subset else [None]
        return [{**row, "partition": key} for key in partitions]

    def _update_asset_check_evaluation(self, event: EventLogEntry, event_id: int | None) -> None:
        super()._update_asset_check_evaluation(event, event_id)
        evaluation = event.get_dagster_event().asset_check_evaluation_data
        planned = (
            self._planned_rows(event.run_id, evaluation) if evaluation.partition is None else {}
        )
        if planned:
            self._store_by_partition(event, event_id, planned)

    def _store_by_partition(
        self, event: EventLogEntry, event_id: int | None, planned: Mapping[str, int]
    ) -> None:
        evaluation = event.get_dagster_event().asset_check_evaluation_data
        stored = self.get_latest_storage_id_by_partition(
            evaluation.asset_key, DagsterEventType.ASSET_MATERIALIZATION, set(planned)
        )
        failed = _failed_partitions(evaluation, planned)
        at = self._event_insert_timestamp(event)
        texts = {passed: _text(event, evaluation, passed=passed) for passed in (True, False)}
        values = [
            {
                "row": row,
                "status": _status(passed := partition not in failed),
                "event": texts[passed].replace(_PARTITION, partition),
                "at": at,
                "nth": event_id,
                "materialization": stored.get(partition),
            }
            for partition, row in planned.items()
        ]
        with self.index_connection() as connection:
            connection.execute(_UPDATE, values)

    def _planned_rows(self, run_id: str, evaluation: AssetCheckEvaluation) -> dict[str, int]:
        """The row of each partition that the run planned to check."""
        rows = sa.select(_ROWS.c.partition, _ROWS.c.id).where(
            _ROWS.c.asset_key == evaluation.asset_key.to_string(),
            _ROWS.c.check_name == evaluation.check_name,
            _ROWS.c.run_id == run_id,
            _ROWS.c.partition.is_not(None),
        )
        with self.index_connection() as connection:
            return {str(partition): int(row) for partition, row in connection.execute(rows)}


_UPDATE = (
    _ROWS.update()
    .where(_ROWS.c.id == sa.bindparam("row"))
    .values(
        execution_status=sa.bindparam("status"),
        evaluation_event=sa.bindparam("event"),
        evaluation_event_timestamp=sa.bindparam("at"),
        evaluation_event_storage_id=sa.bindparam("nth"),
        materialization_event_storage_id=sa.bindparam("materialization"),
    )
)


def _failed_partitions(evaluation: AssetCheckEvaluation, planned: Iterable[str]) -> set[str]:
    """The partitions that failed: those named, else all of them."""
    if evaluation.passed:
        return set()
    named: Any = evaluation.metadata.get(FAILED_PARTITIONS)
    return set(planned) & set(named.value if named else ()) or set(planned)


def _status(passed: bool) -> str:
    status = AssetCheckExecutionRecordStatus
    return (status.SUCCEEDED if passed else status.FAILED).value


def _text(event: EventLogEntry, evaluation: AssetCheckEvaluation, *, passed: bool) -> str:
    """The event of a partition, serialized; of a range that failed, one that passed says so."""
    figures = evaluation.metadata if passed is evaluation.passed else {}
    of_partition = replace(evaluation, passed=passed, metadata=figures, partition=_PARTITION)
    whole = event.get_dagster_event()._replace(event_specific_data=of_partition)
    return serialize_value(event._replace(dagster_event=whole))
