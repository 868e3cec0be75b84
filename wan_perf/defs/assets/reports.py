"""Reports: the first questions of an operator, as of the newest pass or the newest whole day."""

import dagster as dg
import ibis.expr.types as ir

from wan_perf.defs.assets.declared import declared
from wan_perf.defs.resources import PolicyFile
from wan_perf.kpi.reports.alerts import active_alerts
from wan_perf.kpi.reports.chronic_offenders import chronic_offenders
from wan_perf.kpi.reports.current_state import current_states
from wan_perf.kpi.reports.primary_vs_secondary import primaries_and_backups
from wan_perf.kpi.reports.top_offenders import top_offenders
from wan_perf.kpi.reports.trend import trends
from wan_perf.schema.periods import PERIODS
from wan_perf.schema.tables import (
    ACTIVE_ALERT,
    CHRONIC_OFFENDER,
    CURRENT_STATE,
    PRIMARY_VS_SECONDARY,
    TOP_OFFENDER,
    TREND,
)
from wan_perf.warehouse import sql_asset


@dg.asset(**declared(CHRONIC_OFFENDER), kinds={"sql"})
def chronic_offender(
    circuit_trading_day: ir.Table,
    dim_site: ir.Table,
    dim_hour: ir.Table,
    policy: dg.ResourceParam[PolicyFile],
) -> ir.Table:
    return chronic_offenders(circuit_trading_day, dim_site, dim_hour, policy.read().chronic)


@dg.asset(**declared(TOP_OFFENDER), kinds={"sql"})
def top_offender(
    circuit_day: ir.Table,
    circuit_week: ir.Table,
    circuit_month: ir.Table,
    circuit_13_month: ir.Table,
    dim_site: ir.Table,
    policy: dg.ResourceParam[PolicyFile],
) -> ir.Table:
    circuits = (circuit_day, circuit_week, circuit_month, circuit_13_month)
    return top_offenders(
        dict(zip(PERIODS, circuits, strict=True)), dim_site, policy.read().top_places
    )


@dg.asset(**declared(TREND), kinds={"sql"})
def trend(
    circuit_trading_day: ir.Table, dim_site: ir.Table, policy: dg.ResourceParam[PolicyFile]
) -> ir.Table:
    return trends(circuit_trading_day, dim_site, policy.read().trend)


@dg.asset(**declared(CURRENT_STATE), kinds={"sql"})
@sql_asset
def current_state(
    circuit_state: ir.Table,
    circuit_hour: ir.Table,
    raw_port_sample: ir.Table,
    raw_gateway_event: ir.Table,
    dim_site: ir.Table,
    dim_circuit: ir.Table,
    circuit_port: ir.Table,
    failover_piece: ir.Table,
) -> ir.Table:
    return current_states(
        circuit_state,
        circuit_hour,
        raw_port_sample,
        raw_gateway_event,
        dim_site,
        dim_circuit,
        circuit_port,
        failover_piece,
    )


@dg.asset(**declared(ACTIVE_ALERT), kinds={"sql"})
@sql_asset
def active_alert(current_state: ir.Table) -> ir.Table:
    return active_alerts(current_state)


@dg.asset(**declared(PRIMARY_VS_SECONDARY), kinds={"sql"})
@sql_asset
def primary_vs_secondary(
    current_state: ir.Table, circuit_day: ir.Table, dim_circuit: ir.Table
) -> ir.Table:
    return primaries_and_backups(current_state, circuit_day, dim_circuit)
