"""The canonical fact: site x circuit x hour.

Belongs here: which circuits have a row, and how state and traffic meet on it.
Keep out: how each is found (`state`, `traffic`), the formulas (`formulas`).
"""

import ibis
import ibis.expr.types as ir

from wan_perf import formulas
from wan_perf.columns import SCOPES, SEVERITIES
from wan_perf.kpi.circuit_states import Evidence, circuit_states
from wan_perf.kpi.history import circuit_history, history_near, with_source
from wan_perf.kpi.nearness import (
    HOUR_US,
    MINUTE_US,
    events_near,
    gateway_events_near,
    members_near,
    samples_near,
    silences_near,
)
from wan_perf.kpi.paths import dead_paths
from wan_perf.kpi.state import downs, gaps
from wan_perf.kpi.traffic import circuit_traffic, idle_stretches
from wan_perf.kpi.validity import in_force
from wan_perf.metrics import UTILIZATION
from wan_perf.tables import CIRCUIT_HOUR

MINUTE_DECIMALS = 4
PERCENT_DECIMALS = 4
"""Rounded at the source: 6 ms and 0.0001 points, and a third of the space unrounded."""


def circuit_hours(
    raw_port_sample: ir.Table,
    raw_port_history: ir.Table,
    raw_path_sample: ir.Table,
    raw_gateway_event: ir.Table,
    gateway_silence: ir.Table,
    dim_site: ir.Table,
    dim_circuit: ir.Table,
    circuit_port: ir.Table,
    dim_hour: ir.Table,
    dim_policy: ir.Table,
) -> ir.Table:
    """One row per circuit in service and hour of `dim_hour`, also where nothing was heard."""
    circuits = in_service(dim_site, dim_circuit, dim_hour)
    members = members_near(circuits, circuit_port)
    samples = samples_near(raw_port_sample, members)
    past = history_near(raw_port_history, members)
    evidence = evidence_near(
        samples, past, raw_path_sample, raw_gateway_event, gateway_silence, members
    )
    measured = circuits
    for figures in (
        main_members(members),
        circuit_states(circuits, members, evidence),
        circuit_traffic(samples, downs(evidence.gap), members),
        circuit_history(past, members),
    ):
        measured = measured.left_join(figures, "circuit_hour").drop("circuit_hour_right")
    rows = with_severity(_figures(with_source(measured)), dim_policy)
    return rows.select(*CIRCUIT_HOUR.columns)


def evidence_near(
    samples: ir.Table,
    past: ir.Table,
    raw_path_sample: ir.Table,
    raw_gateway_event: ir.Table,
    gateway_silence: ir.Table,
    members: ir.Table,
) -> Evidence:
    """All that speaks of the state of these members in their hours."""
    events = events_near(raw_gateway_event, members)
    return Evidence(
        gap=gaps(samples, events, members),
        events=events,
        gateway_events=gateway_events_near(raw_gateway_event, members),
        silences=silences_near(gateway_silence, members),
        past=past,
        idle=idle_stretches(samples),
        dead=dead_paths(raw_path_sample, members, events),
    )


def in_service(dim_site: ir.Table, dim_circuit: ir.Table, dim_hour: ir.Table) -> ir.Table:
    """Circuit x hour with bandwidth, rank, site and local time: what must have a row.

    Numbered by circuit_hour. Dimensions are joined as of the end of the hour. A circuit that is
    switched off is not in service.
    """
    hours = dim_hour.select("hour").distinct()
    hours = hours.mutate(hour_end=hours.hour + ibis.interval(hours=1))
    circuits = hours.join(dim_circuit, in_force(dim_circuit, hours.hour_end))
    circuits = circuits.filter(~circuits.is_disabled.fill_null(False)).drop(
        "valid_from", "valid_to"
    )
    sited = circuits.left_join(
        dim_site, [circuits.site_id == dim_site.site_id, in_force(dim_site, circuits.hour_end)]
    )
    local = sited.left_join(dim_hour, ["hour", "time_zone"])
    columns = ["hour", "circuit_id", "site_id", "role_rank", "is_on_demand", "bandwidth_mbps"]
    columns += ["bandwidth_up_mbps", "bandwidth_source", "region", "store_type", "is_trading_hour"]
    rows = local.select(*columns)
    order = ibis.window(order_by=[rows.hour, rows.circuit_id])
    return rows.mutate(circuit_hour=ibis.row_number().over(order))


def main_members(members: ir.Table) -> ir.Table:
    """Per circuit_hour the gateway and port that stand on its row: those at the end of the hour.

    Of several the aggregated interface, else the first by name.
    """
    at_end = members.filter(members.held_to_us >= HOUR_US)
    order = ibis.window(
        group_by=at_end.circuit_hour,
        order_by=[
            at_end.is_aggregate.fill_null(False).desc(),
            at_end.held_from_us.desc(),
            at_end.gateway_mac,
            at_end.port_id,
        ],
    )
    ranked = at_end.mutate(nth=ibis.row_number().over(order))
    return ranked.filter(ranked.nth == 0).select("circuit_hour", "gateway_mac", "port_id")


def _figures(rows: ir.Table) -> ir.Table:
    """Minutes, bytes and the users' formulas on every row; unknown where nothing speaks."""

    def minutes(us: ir.IntegerValue) -> ir.FloatingValue:
        return (us.fill_null(0) / MINUTE_US).round(MINUTE_DECIMALS)

    up_us, down_us = rows.up_us.fill_null(0), rows.down_us.fill_null(0)
    timed = rows.mutate(
        observed_minutes=minutes(rows.observed_us),
        up_minutes=minutes(up_us),
        known_down_minutes=minutes(down_us),
        unknown_minutes=minutes(HOUR_US - up_us - down_us),
        link_up_minutes=minutes(rows.link_up_us),
        standby_minutes=minutes(rows.standby_us),
        disabled_minutes=minutes(rows.disabled_us),
        flap_count=rows.flap_count.fill_null(0),
        sample_count=rows.sample_count.fill_null(0),
        reset_count=rows.reset_count.fill_null(0),
        dropped_count=rows.dropped_count.fill_null(0),
    )
    up_mbps = timed.bandwidth_up_mbps.fill_null(timed.bandwidth_mbps)
    utilization = formulas.utilization_pct(
        timed.rx_bytes,
        timed.tx_bytes,
        formulas.capacity_bytes(timed.bandwidth_mbps, timed.observed_minutes),
        formulas.capacity_bytes(up_mbps, timed.observed_minutes),
    )
    known = timed.up_minutes + timed.known_down_minutes
    return timed.mutate(
        down_minutes=formulas.down_minutes(timed.up_minutes, 60).round(MINUTE_DECIMALS),
        utilization_pct=utilization.round(PERCENT_DECIMALS),
        status_hourly=formulas.status_hourly(timed.up_minutes, timed.unknown_minutes),
        availability_pct=formulas.availability_pct(timed.up_minutes, known).round(PERCENT_DECIMALS),
    )


def with_severity(hours: ir.Table, dim_policy: ir.Table) -> ir.Table:
    """Each hour with its levels and the highest one that its utilization reaches.

    A value at a level is above. The narrowest scope with a level in force at the hour decides:
    circuit, site, store type, region, default. NULL where the utilization or the level is unknown.
    """
    levels = hours
    scope_columns = {
        "region": "region",
        "store_type": "store_type",
        "site": "site_id",
        "circuit": "circuit_id",
    }
    for scope in SCOPES:
        policy = _levels_of(dim_policy, UTILIZATION.name, scope)
        holds = [
            policy.valid_from <= levels.hour,
            policy.valid_to.isnull() | (policy.valid_to > levels.hour),
        ]
        if scope in scope_columns:
            holds.append(policy.scope_name == levels[scope_columns[scope]])
        joined = levels.left_join(policy, holds).drop("valid_from", "valid_to", "scope_name")
        narrower = {s: joined[f"{scope}_{s}"] for s in SEVERITIES}
        wider = {s: joined[s] for s in SEVERITIES if s in joined.columns}
        levels = joined.mutate(
            **{s: narrower[s].fill_null(wider[s]) if wider else narrower[s] for s in SEVERITIES}
        ).drop(*(f"{scope}_{s}" for s in SEVERITIES))
    used = levels.utilization_pct
    severity = ibis.cases(
        *((used >= levels[s], s) for s in reversed(SEVERITIES)),
        (used < levels[SEVERITIES[0]], "normal"),
    )
    levels_in_force = {UTILIZATION.level(s): levels[s] for s in SEVERITIES}
    judged = levels.mutate(utilization_severity=severity, **levels_in_force)
    return judged.drop(*SEVERITIES)


def _levels_of(dim_policy: ir.Table, metric: str, scope: str) -> ir.Table:
    """One row per name and period of the scope, a column a severity."""
    chosen = dim_policy.filter((dim_policy.metric == metric) & (dim_policy.scope == scope))
    return chosen.group_by("scope_name", "valid_from", "valid_to").aggregate(
        **{
            f"{scope}_{severity}": ibis.ifelse(
                chosen.severity == severity, chosen.level, ibis.null("float64")
            ).max()
            for severity in SEVERITIES
        }
    )
