"""Whether a range of hours is stored and final, so that collecting it again would change nothing.

Belongs here: what has to be true of such hours.
Keep out: collecting (`runs`), when an hour is final (`defs.assets.requested_hours`).
"""

from datetime import datetime, timedelta

import dagster as dg

from wan_perf.definitions import HOURLY_ASSETS, UNPARTITIONED, WINDOWS
from wan_perf.defs.assets.requested_hours import (
    EVENTS_FINAL_AFTER,
    final_hours,
    hours_of,
    newest_records,
)
from wan_perf.kpi.hour.uncovered_hours import uncovered_port_hours
from wan_perf.schema.tables import (
    CIRCUIT_HOUR,
    CIRCUIT_PORT,
    DIM_CIRCUIT,
    DIM_HOUR,
    DIM_SITE,
    RAW_GATEWAY_EVENT,
    RAW_PORT_HISTORY,
    RAW_PORT_SAMPLE,
)
from wan_perf.warehouse import Warehouse, Window

_HOUR = timedelta(hours=1)


def has_final_events(
    instance: dg.DagsterInstance, start: datetime, end: datetime, now: datetime
) -> bool:
    """Whether the events of every hour of [start, end) were requested when none could follow."""
    hours = hours_of(start, end)
    final = final_hours(instance, RAW_GATEWAY_EVENT.name, hours, EVENTS_FINAL_AFTER, now)
    return len(final) == len(hours)


def is_stored(
    instance: dg.DagsterInstance,
    warehouse: Warehouse,
    start: datetime,
    end: datetime,
    now: datetime,
    windows_from: datetime,
) -> bool:
    """Whether everything of [start, end) is stored, final, and computed from what is stored now.

    That is: the events are final, no port lacks samples and history, and every hourly asset has
    each hour since the inventory and the policy were last written; trailing windows those from
    `windows_from` on.
    """
    needed = (CIRCUIT_HOUR, RAW_PORT_SAMPLE, RAW_PORT_HISTORY, DIM_SITE, DIM_HOUR)
    return (
        all(map(warehouse.holds, needed))
        and has_final_events(instance, start, end, now)
        and _is_computed(instance, start, end, windows_from)
        and not ports_without_history(warehouse, start, end)
    )


def _is_computed(
    instance: dg.DagsterInstance, start: datetime, end: datetime, windows_from: datetime
) -> bool:
    described = (key for asset in UNPARTITIONED for key in asset.keys)
    events = instance.get_latest_materialization_events(list(described)).values()
    written = max((event.timestamp for event in events if event), default=0.0)
    for asset in HOURLY_ASSETS:
        hours = hours_of(max(start, windows_from) if asset in WINDOWS else start, end)
        for key in asset.keys if hours else ():
            ids = newest_records(instance, key.to_user_string(), hours)
            if len(ids) < len(hours):
                return False
            only = dg.AssetRecordsFilter(asset_key=key, storage_ids=[min(ids.values())])
            [oldest] = instance.fetch_materializations(only, limit=1).records
            if oldest.timestamp < written:
                return False
    return True


def ports_without_history(warehouse: Warehouse, start: datetime, end: datetime) -> int:
    """How many ports lack samples and history in some computed hour of [start, end)."""
    beside = Window(start - _HOUR, end + _HOUR)
    lacking = uncovered_port_hours(
        warehouse.lazy(RAW_PORT_SAMPLE, beside),
        warehouse.lazy(RAW_PORT_HISTORY, Window(start, end)),
        warehouse.lazy(DIM_SITE),
        warehouse.lazy(DIM_CIRCUIT),
        warehouse.lazy(CIRCUIT_PORT),
        warehouse.lazy(DIM_HOUR, Window(start, end)),
        end,
    )
    ports = lacking.select("site_id", "gateway_mac", "port_id").distinct()
    return int(warehouse.query(ports.aggregate(count=ports.count()))["count"].iloc[0])
