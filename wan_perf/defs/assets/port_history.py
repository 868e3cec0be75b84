"""Past hours that samples do not cover, from Mist's history.

Belongs here: when the history is requested, and what a run reports about it.
Keep out: which hours lack samples (`kpi.hour.uncovered_hours`), requests
(`mist.collect.port_history`).
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

import dagster as dg
import ibis.expr.types as ir
import pandas as pd

from wan_perf.defs.assets.declared import declared
from wan_perf.defs.assets.raw import DUE_TAG, MIST_POOL, naive
from wan_perf.defs.assets.rejected_rows import (
    ROWS,
    odd_values_check,
    report_impossible,
    report_rejected,
    with_odd_values,
)
from wan_perf.defs.partitions import CHUNK, HOURLY
from wan_perf.defs.resources import Progress, Source
from wan_perf.defs.retries import tried_again
from wan_perf.errors import WanPerfError
from wan_perf.kpi.hour.uncovered_hours import uncovered_port_hours
from wan_perf.mist.client.budget import Budget
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.collect.clock import Clock, floored
from wan_perf.mist.collect.port_history import Backfill, port_history
from wan_perf.mist.endpoints.history_buckets import HOUR, Wanted
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import RAW_INVENTORY, RAW_PORT_HISTORY, RAW_PORT_SAMPLE
from wan_perf.warehouse import Warehouse, Window
from wan_perf.wording import counted


@dg.asset(
    **declared(RAW_PORT_HISTORY),
    check_specs=[odd_values_check(RAW_PORT_HISTORY.name)],
    kinds={"mist", "python"},
    partitions_def=HOURLY,
    backfill_policy=CHUNK,
    pool=MIST_POOL,
)
@tried_again
def raw_port_history(
    context: dg.AssetExecutionContext,
    dim_site: ir.Table,
    dim_circuit: ir.Table,
    circuit_port: ir.Table,
    dim_hour: ir.Table,
    source: dg.ResourceParam[Source],
    clock: dg.ResourceParam[Clock],
    warehouse: dg.ResourceParam[Warehouse],
    progress: dg.ResourceParam[Progress],
) -> dg.MaterializeResult[pd.DataFrame]:
    start, end = naive(context.partition_time_window)
    end = min(end, floored(clock.now(), HOUR))
    if DUE_TAG in context.run.tags or end <= start:
        nothing = {"ports_fetched": 0, "ports_left": 0, "ports_without_quality": 0, "calls": 0}
        context.add_output_metadata(nothing, output_name=ROWS)
        return with_odd_values(conform([], RAW_PORT_HISTORY), None, RAW_PORT_HISTORY.name)
    if not warehouse.holds(RAW_INVENTORY):
        # Without ports nothing is fetched, and the hour would count as fetched.
        raise WanPerfError(
            "No inventory was taken yet, so that nobody knows whose history to fetch; take it "
            "first: the job inventory_job, or wan-perf collect."
        )
    # Read here and not as inputs: the passes of this run come after it, and it has a past.
    lacking = uncovered_port_hours(
        warehouse.lazy(RAW_PORT_SAMPLE, Window(start - HOUR, end + HOUR)),
        warehouse.lazy(RAW_PORT_HISTORY, Window(start, end)),
        *(dim_site, dim_circuit, circuit_port, dim_hour),
        end,
    )
    wanted = _by_port(warehouse.query(lacking), _device_ids(warehouse))
    session = source.session()
    # Without ports no request is sent, not even for the use of the token.
    found = _fetch(session, wanted, clock, source.reserve, progress) if wanted else Backfill()
    reasons = {str(error) for error in found.left.values()}
    for sentence in sorted(reasons):
        context.log.warning(sentence)
    for sentence, ports in sorted(found.without_quality.items()):
        context.log.warning(f"History of {counted(ports, 'port')} without quality: {sentence}")
    context.add_output_metadata(
        {
            "ports_fetched": found.fetched,
            "ports_left": len(found.left),
            "why_left": sorted(reasons),
            "ports_without_quality": found.without_quality.total(),
            "why_without_quality": sorted(found.without_quality),
            "calls": session.calls,
        },
        output_name=ROWS,
    )
    report_impossible(context, found.frame)
    report_rejected(context, session)
    return with_odd_values(found.frame, session, RAW_PORT_HISTORY.name)


def _fetch(
    session: MistSession, wanted: list[Wanted], clock: Clock, reserve: int, progress: Progress
) -> Backfill:
    budget = Budget(session, clock.now, reserve)
    return port_history(session, wanted, clock.now(), budget, progress.fetched)


def _device_ids(warehouse: Warehouse) -> dict[str, str]:
    """Mist's own ids of the gateways by MAC, the newest that are known.

    A snapshot has a row for each port; were their ids several, the last one in their order counts.
    """
    rows = warehouse.lazy(RAW_INVENTORY).drop_null("gateway_device_id")
    newest = rows.group_by("gateway_mac").aggregate(taken_at=rows.taken_at.max())
    ports = rows.inner_join(newest, ["gateway_mac", "taken_at"])
    by_gateway = ports.group_by("gateway_mac")
    found = warehouse.query(by_gateway.aggregate(device_id=ports.gateway_device_id.max()))
    return dict(zip(found["gateway_mac"], found["device_id"], strict=True))


def _by_port(lacking: pd.DataFrame, device_ids: Mapping[str, str]) -> list[Wanted]:
    hours: dict[tuple[str, str, str], list[datetime]] = defaultdict(list)
    for row in lacking.sort_values("hour").to_dict("records"):
        hours[row["site_id"], row["gateway_mac"], row["port_id"]].append(row["hour"])
    return [
        Wanted(*port, tuple(of_port), device_ids.get(port[1]))
        for port, of_port in sorted(hours.items())
    ]
