"""Alarms of the organization, requested once an hour.

Belongs here: when alarms are requested, and what earlier requests found.
Keep out: which alarms are rows (`mist.endpoints.alarms`).
"""

from datetime import datetime

import dagster as dg
import pandas as pd

from wan_perf.defs.assets.declared import declared
from wan_perf.defs.assets.raw import DUE_TAG, MIST_POOL, naive
from wan_perf.defs.assets.rejected_rows import (
    ROWS,
    odd_values_check,
    report_rejected,
    with_odd_values,
)
from wan_perf.defs.partitions import CHUNK, HOURLY
from wan_perf.defs.resources import Source
from wan_perf.defs.retries import tried_again
from wan_perf.mist.collect.cadence import PASS_EVERY, is_due
from wan_perf.mist.collect.clock import Clock, floored
from wan_perf.mist.collect.polls import EVENT_RETENTION, take_alarms
from wan_perf.mist.endpoints.alarms import Known
from wan_perf.mist.endpoints.site_scores import HOUR
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import RAW_ALARM, RAW_PORT_SAMPLE
from wan_perf.warehouse import Warehouse, Window


@dg.asset(
    **declared(RAW_ALARM),
    check_specs=[odd_values_check(RAW_ALARM.name)],
    kinds={"mist", "python"},
    partitions_def=HOURLY,
    backfill_policy=CHUNK,
    deps=[RAW_PORT_SAMPLE.name],  # after the passes, which cannot wait
    pool=MIST_POOL,
)
@tried_again
def raw_alarm(
    context: dg.AssetExecutionContext,
    source: dg.ResourceParam[Source],
    clock: dg.ResourceParam[Clock],
    warehouse: dg.ResourceParam[Warehouse],
) -> dg.MaterializeResult[pd.DataFrame]:
    start, end = naive(context.partition_time_window)
    session, now = source.session(), clock.now()
    rows, why = conform([], RAW_ALARM), ""
    is_requested = DUE_TAG not in context.run.tags or is_due("alarms", floored(now, PASS_EVERY))
    # Mist shows how alarms stand now, so that only the hour in progress can be requested.
    if is_requested and start <= now < end:
        rows, why = take_alarms(session, known_alarms(warehouse, now), clock, source.reserve)
    if why:
        context.log.warning(f"Alarms are left for the next hour: {why}")
    reasons = [why] if why else []
    context.add_output_metadata({"calls": session.calls, "why_left": reasons}, output_name=ROWS)
    report_rejected(context, session)
    return with_odd_values(rows, session, RAW_ALARM.name)


def known_alarms(warehouse: Warehouse, now: datetime) -> Known:
    """What the newest request before this hour found, as far back as alarms are requested."""
    before = Window(floored(now - EVENT_RETENTION, HOUR), floored(now, HOUR))
    rows = warehouse.lazy(RAW_ALARM, before)
    newest = rows.filter(rows.hour == rows.hour.max().as_scalar())
    is_open = ~newest.is_resolved.fill_null(False)
    found = warehouse.query(
        newest.aggregate(
            requested_at=newest.fetched_at.max(),
            oldest_open_at=newest.raised_at.min(where=is_open),
        )
    )
    known = found.astype(object).where(found.notna(), None).iloc[0]
    return Known(known["requested_at"], known["oldest_open_at"])
