"""The load of every circuit now: of the last minutes up to its newest sample.

Belongs here: what passed in these minutes, and what the rates could have carried.
Keep out: what else is known of now (`current_state`); the load of a single reading
(`newest_sample`).
"""

from datetime import timedelta

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.hour.circuit_hours import PERCENT_DECIMALS
from wan_perf.kpi.hour.traffic import circuit_traffic
from wan_perf.kpi.state.evidence_window import (
    MINUTE_US,
    evidence_events,
    evidence_readings,
    instant_us,
    members_in_hour,
    microseconds,
)
from wan_perf.kpi.state.port_states import edge_downs
from wan_perf.schema import formulas

LATELY = timedelta(minutes=15)
"""Load covers these last observed minutes; a circuit without a newer sample is stale."""


def current_load(
    hours: ir.Table, raw_port_sample: ir.Table, raw_gateway_event: ir.Table, circuit_port: ir.Table
) -> ir.Table:
    """Utilization of each circuit's last 15 minutes up to its newest sample, and that instant.

    The minutes can lie in two hours, whose parts add up.
    """
    two = hours.filter(hours.hour >= hours.this_hour + ibis.interval(hours=-1))
    order = ibis.window(order_by=[two.hour, two.circuit_id])
    circuits = two.mutate(circuit_hour=ibis.row_number().over(order))
    members = members_in_hour(circuits, circuit_port)
    readings = evidence_readings(raw_port_sample, members)
    named = circuits.select(
        "circuit_hour", "circuit_id", "as_of_at", "bandwidth_mbps", "bandwidth_up_mbps"
    )
    sampled = (
        readings.select("port_hour", "at_us")
        .inner_join(members.select("port_hour", "circuit_hour", "hour"), "port_hour")
        .inner_join(named, "circuit_hour")
    )
    at = sampled.hour + sampled.at_us.as_interval("us")
    timed = sampled.select("circuit_id", "as_of_at", at=at)
    newest = (
        timed.filter(timed.at <= timed.as_of_at)
        .group_by("circuit_id")
        .aggregate(sampled_at=lambda t: t.at.max())
    )
    ended = members.inner_join(named.select("circuit_hour", "circuit_id"), "circuit_hour")
    ended = ended.inner_join(newest, "circuit_id")
    end_us = instant_us(ended.sampled_at, ended.hour)
    clipped = ended.mutate(
        member_from_us=ibis.greatest(ended.member_from_us, end_us - microseconds(LATELY)),
        member_to_us=ibis.least(ended.member_to_us, end_us),
    ).select(*members.columns)
    events = evidence_events(raw_gateway_event, members)
    traffic = circuit_traffic(readings, edge_downs(readings, events, members), clipped)
    parts = named.inner_join(traffic, "circuit_hour")
    up_mbps = parts.bandwidth_up_mbps.fill_null(parts.bandwidth_mbps)
    minutes = parts.observed_us / MINUTE_US
    sums = parts.group_by("circuit_id").aggregate(
        rx=parts.rx_bytes.sum(),
        tx=parts.tx_bytes.sum(),
        down=formulas.capacity_bytes(parts.bandwidth_mbps, minutes).sum(),
        up=formulas.capacity_bytes(up_mbps, minutes).sum(),
    )
    load = formulas.utilization_pct(sums.rx, sums.tx, sums.down, sums.up)
    loads = sums.select(
        "circuit_id",
        utilization_now_pct=load.round(PERCENT_DECIMALS),
        recent_rx_bytes=sums.rx.cast("int64"),
        recent_tx_bytes=sums.tx.cast("int64"),
        capacity_down_bytes=sums.down.round().cast("int64"),
        capacity_up_bytes=sums.up.round().cast("int64"),
    )
    return newest.left_join(loads, "circuit_id").drop("circuit_id_right")
