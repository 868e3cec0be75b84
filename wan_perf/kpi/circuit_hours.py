"""The canonical fact: site x circuit x hour.

Belongs here: which circuits have a row, and how state and traffic meet on it.
Keep out: how each is found (`state`, `traffic`), the formulas (`formulas`).
"""

import ibis
import ibis.expr.types as ir

from wan_perf import formulas
from wan_perf.columns import SCOPES, SEVERITIES
from wan_perf.kpi.history import history_near, with_source
from wan_perf.kpi.nearness import HOUR_US, MINUTE_US, events_near, port_hours, samples_near
from wan_perf.kpi.state import downs, gaps, port_states
from wan_perf.kpi.traffic import port_traffic
from wan_perf.kpi.validity import in_force
from wan_perf.metrics import UTILIZATION

MINUTE_DECIMALS = 4
PERCENT_DECIMALS = 4
"""Rounded at the source: 6 ms and 0.0001 points, and a third of the space unrounded."""


def circuit_hours(
    raw_port_sample: ir.Table,
    raw_port_history: ir.Table,
    raw_gateway_event: ir.Table,
    dim_site: ir.Table,
    dim_circuit: ir.Table,
    circuit_port: ir.Table,
    dim_hour: ir.Table,
    dim_policy: ir.Table,
) -> ir.Table:
    """One row per circuit in service and hour of `dim_hour`, also where nothing was heard."""
    service = in_service(dim_site, dim_circuit, circuit_port, dim_hour)
    ports = port_hours(service)
    samples = samples_near(raw_port_sample, ports)
    gap = gaps(samples, events_near(raw_gateway_event, ports), ports)
    past = history_near(raw_port_history, ports)
    measured = (
        ports.drop("port_speed_mbps")
        .left_join(port_states(gap, past), "port_hour")
        .drop("port_hour_right")
        .left_join(port_traffic(samples, downs(gap)), "port_hour")
        .drop("port_hour_right")
        .left_join(past.drop("up_from_us", "up_to_us", "is_carrying"), "port_hour")
        .drop("port_hour_right", "port_hour")
    )
    rows = service.left_join(with_source(measured), ["hour", "gateway_mac", "port_id"])
    return with_severity(_figures(rows), dim_policy)


def in_service(
    dim_site: ir.Table, dim_circuit: ir.Table, circuit_port: ir.Table, dim_hour: ir.Table
) -> ir.Table:
    """Circuit x hour with its port, bandwidth, site and local time: what must have a row.

    Dimensions are joined as of the end of the hour. A port that is switched off is not in service.
    """
    hours = dim_hour.select("hour").distinct()
    hours = hours.mutate(hour_end=hours.hour + ibis.interval(hours=1))
    circuits = hours.join(dim_circuit, in_force(dim_circuit, hours.hour_end))
    circuits = circuits.filter(~circuits.is_disabled.fill_null(False)).drop(
        "valid_from", "valid_to"
    )
    ported = circuits.left_join(
        circuit_port,
        [circuits.circuit_id == circuit_port.circuit_id, in_force(circuit_port, circuits.hour_end)],
    ).drop("circuit_id_right", "valid_from", "valid_to")
    sited = ported.left_join(
        dim_site, [ported.site_id == dim_site.site_id, in_force(dim_site, ported.hour_end)]
    )
    local = sited.left_join(dim_hour, ["hour", "time_zone"])
    columns = ["hour", "circuit_id", "site_id", "gateway_mac", "port_id", "port_speed_mbps"]
    columns += ["bandwidth_mbps", "bandwidth_up_mbps", "bandwidth_source"]
    columns += ["region", "store_type", "is_trading_hour"]
    return local.select(*columns)


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
    return levels.mutate(utilization_severity=severity, **levels_in_force).drop(
        *SEVERITIES,
        "region",
        "store_type",
        "port_speed_mbps",
        "up_us",
        "down_us",
        "observed_us",
        "hour_right",
        "gateway_mac_right",
        "port_id_right",
    )


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
