"""Reports: the first questions of an operator, as of the newest pass or the newest whole day."""

import dagster as dg
import ibis.expr.types as ir

from wan_perf.defs.assets.declared import asset_of, declared
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


current_state = asset_of(CURRENT_STATE, current_states)
active_alert = asset_of(ACTIVE_ALERT, active_alerts)
primary_vs_secondary = asset_of(PRIMARY_VS_SECONDARY, primaries_and_backups)
