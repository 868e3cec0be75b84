"""Standby: circuits on demand that are not needed.

Belongs here: when a circuit on demand is in standby because a better one of its site is up.
Keep out: which circuits are on demand (`kpi.dimensions`), when a circuit is idle
(`kpi.hour.traffic`).

A circuit on demand that is idle or not up is in standby while a better circuit of its site is up.
Where ranks are not known, circuits that are not on demand are the better ones.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.state.interval_overlay import kind_intervals, overlay_intervals
from wan_perf.schema.columns import COLUMNS

_OUTCOMES = ("up", *COLUMNS["down_cause"].one_of, "disabled", "no_telemetry")
_KINDS = (*_OUTCOMES, "linked", "settled", "recalled", "better", "idle")


def with_standby(intervals: ir.Table, circuits: ir.Table, idle: ir.Table) -> ir.Table:
    """The intervals, with outcome standby where a circuit on demand is not needed."""
    on_demand = circuits.filter(circuits.is_on_demand.fill_null(False))
    own = intervals.semi_join(on_demand, "circuit_hour")
    better = _better_up(intervals, circuits, on_demand)
    resting = idle.semi_join(on_demand, "circuit_hour")
    known = own.filter(own.outcome.notnull())
    interval = ("circuit_hour", "from_us", "to_us")
    overlay = overlay_intervals(
        "circuit_hour",
        ibis.union(
            known.select(*interval, kind=known.outcome),
            *(
                kind_intervals(own.filter(own[k]), *interval, k)
                for k in ("linked", "settled", "recalled")
            ),
            kind_intervals(better, *interval, "better"),
            kind_intervals(resting, *interval, "idle"),
        ),
        _KINDS,
    )
    outcome = ibis.cases(
        (overlay.better & (~overlay.up | overlay.idle), "standby"),
        *((overlay[kind], kind) for kind in _OUTCOMES),
        else_=ibis.null("string"),
    )
    return ibis.union(
        intervals.anti_join(on_demand, "circuit_hour"),
        overlay.select(*interval, "linked", "settled", "recalled", outcome=outcome).select(
            *intervals.columns
        ),
    )


def _better_up(intervals: ir.Table, circuits: ir.Table, on_demand: ir.Table) -> ir.Table:
    """When a better circuit of its site is up, for each circuit on demand; several overlap."""
    who = ("circuit_hour", "hour", "site_id", "role_rank", "is_on_demand")
    pairs = on_demand.select(*who).inner_join(circuits.select(*who).view(), ["hour", "site_id"])
    by_rank = (pairs.role_rank_right < pairs.role_rank).fill_null(
        ~pairs.is_on_demand_right.fill_null(False)
    )
    better = pairs.filter(by_rank & (pairs.circuit_hour != pairs.circuit_hour_right)).select(
        "circuit_hour", other="circuit_hour_right"
    )
    is_up = intervals.filter(intervals.outcome == "up").select(
        "from_us", "to_us", other="circuit_hour"
    )
    return better.inner_join(is_up, "other")
