"""When Mist was last requested for an hour: what can no longer change is not requested again.

Belongs here: the record of a request in Dagster's event log, and from when on an hour is final.
Keep out: requesting (`raw`), what is stored (`warehouse`): an hour without events has no row.

Only Dagster knows that an hour without rows was requested. In a home that does not know it, it is
requested once more.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import dagster as dg

from wan_perf.kpi.state.evidence_window import EVENT_REACH_BACK
from wan_perf.mist.collect.cadence import ALLOWED_LATENESS

REQUESTED_AT = "requested_at"
"""Metadata of a partition: when its rows were requested; naive UTC, by the clock in use."""
HOUR = timedelta(hours=1)
EVENTS_FINAL_AFTER = EVENT_REACH_BACK + ALLOWED_LATENESS
"""Age of an hour's end from which its events are final: later than `late_events` looks back."""
SCORES_FINAL_AFTER = ALLOWED_LATENESS


def hours_of(start: datetime, end: datetime) -> list[datetime]:
    """The hours of [start, end), by their start."""
    return [start + n * HOUR for n in range((end - start) // HOUR)]


def key_of(hour: datetime) -> str:
    """The partition of an hour."""
    return f"{hour:%Y-%m-%d-%H:00}"


def final_hours(
    instance: dg.DagsterInstance,
    asset: str,
    hours: Sequence[datetime],
    final_after: timedelta,
    now: datetime,
) -> dict[datetime, datetime]:
    """The hours that need no further request, with the instant of their last one.

    A request that lies after `now` was made by another clock and does not count.
    """
    requested = _requested_at(instance, asset, hours)
    return {hour: at for hour, at in requested.items() if hour + HOUR + final_after <= at <= now}


def record_requests(
    context: dg.AssetExecutionContext, asset: str, requested: dict[datetime, datetime]
) -> None:
    """Leave in each hour's record when it was requested."""
    for hour, at in requested.items():
        context.add_asset_metadata({REQUESTED_AT: at.isoformat()}, asset, key_of(hour))


def newest_records(
    instance: dg.DagsterInstance, asset: str, hours: Iterable[datetime]
) -> dict[str, int]:
    """The storage id of the newest materialization of each hour's partition that has one."""
    found = instance.get_latest_storage_id_by_partition(
        dg.AssetKey(asset),
        dg.DagsterEventType.ASSET_MATERIALIZATION,
        {key_of(hour) for hour in hours},
    )
    return dict(found)


def _requested_at(
    instance: dg.DagsterInstance, asset: str, hours: Sequence[datetime]
) -> dict[datetime, datetime]:
    ids = list(newest_records(instance, asset, hours).values())
    if not ids:
        return {}
    only = dg.AssetRecordsFilter(asset_key=dg.AssetKey(asset), storage_ids=ids)
    records = instance.fetch_materializations(only, limit=len(ids)).records
    by_key = {key_of(hour): hour for hour in hours}
    found = {}
    for record in records:
        event = record.asset_materialization
        value = event.metadata.get(REQUESTED_AT) if event else None
        if value is not None and record.partition_key in by_key:
            found[by_key[record.partition_key]] = datetime.fromisoformat(str(value.value))
    return found
