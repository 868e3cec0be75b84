"""Causes of the low scores of closed hours, requested once an hour after the scores.

Belongs here: when causes are requested, and what a run reports about it.
Keep out: which sites are requested (`mist.collect.site_causes`).
"""

from datetime import datetime
from typing import Any

import dagster as dg
import pandas as pd

from wan_perf.defs.assets.declared import table_out
from wan_perf.defs.assets.raw import DUE_TAG, MIST_POOL, naive
from wan_perf.defs.assets.rejected_rows import odd_values_check, report_rejected, with_odd_values
from wan_perf.defs.partitions import CHUNK, HOURLY
from wan_perf.defs.resources import Source
from wan_perf.defs.retries import tried_again
from wan_perf.mist.collect.cadence import PASS_EVERY, is_due
from wan_perf.mist.collect.clock import Clock, floored
from wan_perf.mist.collect.site_causes import degraded_scores, take_causes
from wan_perf.mist.endpoints.site_causes import SiteScoreHour
from wan_perf.mist.endpoints.site_scores import HOUR
from wan_perf.schema.tables import (
    RAW_SITE_SLE,
    RAW_SLE_CLASSIFIER,
    RAW_SLE_GATEWAY,
    RAW_SLE_INTERFACE,
    RAW_SLE_METRIC,
)
from wan_perf.warehouse import Warehouse, Window

CAUSES = (RAW_SLE_METRIC, RAW_SLE_CLASSIFIER, RAW_SLE_GATEWAY, RAW_SLE_INTERFACE)


@dg.multi_asset(
    name="site_causes",
    outs={table.name: dg.AssetOut(**table_out(table)) for table in CAUSES},
    check_specs=[odd_values_check(RAW_SLE_METRIC.name)],
    partitions_def=HOURLY,
    backfill_policy=CHUNK,
    deps=[RAW_SITE_SLE.name],  # the scores say which sites are degraded
    pool=MIST_POOL,
)
@tried_again
def site_causes(
    context: dg.AssetExecutionContext,
    source: dg.ResourceParam[Source],
    clock: dg.ResourceParam[Clock],
    warehouse: dg.ResourceParam[Warehouse],
) -> tuple[dg.MaterializeResult[pd.DataFrame], ...]:
    """One asset of four tables: the answers about the same scores."""
    start, end = naive(context.partition_time_window)
    session, now = source.session(), clock.now()
    is_live = DUE_TAG in context.run.tags
    wanted: list[SiteScoreHour] = []
    if not is_live or is_due("scores", floored(now, PASS_EVERY)):
        # Of a range those hours whose scores are requested with it.
        first = start if is_live else max(start, floored(now, HOUR) - source.score_hours)
        until = min(end, floored(now, HOUR))
        wanted = wanted_causes(warehouse, first, until, source.sle_sites)
    found = take_causes(session, wanted, clock, source.reserve)
    reasons = sorted(set(found.left.values()))
    for why in reasons:
        context.log.warning(f"Causes of {len(found.left)} low scores are left: {why}")
    for why, answers in sorted(found.reduced.items()):
        context.log.warning(f"Causes of {answers} low scores lack what is impacted: {why}")
    metadata: dict[str, Any] = {
        "scores_requested": len(wanted),
        "scores_left": len(found.left),
        "why_left": reasons,
        "scores_without_impact": found.reduced.total(),
        "why_without_impact": sorted(found.reduced),
        "calls": session.calls,
    }
    context.add_output_metadata(metadata, output_name=RAW_SLE_METRIC.name)
    report_rejected(context, session, RAW_SLE_METRIC.name)
    frames = found.frames
    first_of_all = with_odd_values(frames.pop(RAW_SLE_METRIC), session, RAW_SLE_METRIC.name)
    return first_of_all, *(
        dg.MaterializeResult(asset_key=table.name, value=rows) for table, rows in frames.items()
    )


def wanted_causes(
    warehouse: Warehouse, start: datetime, end: datetime, sites: int
) -> list[SiteScoreHour]:
    """The degraded scores of the hours [start, end) whose causes are to be requested."""
    if end <= start:
        return []
    hours = Window(start, end)
    scores = warehouse.query(warehouse.lazy(RAW_SITE_SLE, hours))
    requested = warehouse.query(warehouse.lazy(RAW_SLE_METRIC, hours))
    return degraded_scores(scores, requested, sites)
