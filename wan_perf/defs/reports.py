"""Reports: what a person asks first, as of the newest whole day."""

import dagster as dg
import ibis.expr.types as ir

from wan_perf.defs.declared import declared
from wan_perf.defs.resources import PolicyFile
from wan_perf.kpi.chronic import chronic_offenders
from wan_perf.kpi.ranking import top_offenders
from wan_perf.kpi.trend import trends
from wan_perf.tables import CHRONIC_OFFENDER, TOP_OFFENDER, TREND


@dg.asset(**declared(CHRONIC_OFFENDER), kinds={"sql"})
def chronic_offender(
    circuit_day: ir.Table,
    dim_site: ir.Table,
    dim_hour: ir.Table,
    policy: dg.ResourceParam[PolicyFile],
) -> ir.Table:
    return chronic_offenders(circuit_day, dim_site, dim_hour, policy.read().chronic)


@dg.asset(**declared(TOP_OFFENDER), kinds={"sql"})
def top_offender(
    circuit_day: ir.Table, dim_site: ir.Table, policy: dg.ResourceParam[PolicyFile]
) -> ir.Table:
    return top_offenders(circuit_day, dim_site, policy.read().top_places)


@dg.asset(**declared(TREND), kinds={"sql"})
def trend(
    circuit_trading_day: ir.Table, dim_site: ir.Table, policy: dg.ResourceParam[PolicyFile]
) -> ir.Table:
    return trends(circuit_trading_day, dim_site, policy.read().trend)
