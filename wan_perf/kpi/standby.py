"""Standby: circuits on demand that are not needed.

Belongs here: when a circuit on demand is at rest because a better one of its site is up.
Keep out: which circuits are on demand (`dimensions`), when a circuit is idle (`traffic`).

A circuit on demand that is not up, or idle, while a better circuit of its site is up, is in
standby. Where ranks are not known, circuits that are not on demand are the better ones.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.columns import COLUMNS
from wan_perf.kpi.sweep import kind_intervals, overlay_intervals

_OUTCOMES = ("up", *COLUMNS["down_cause"].one_of, "disabled", "unheard")
_KINDS = (*_OUTCOMES, "linked", "settled", "recalled", "better", "idle")


def with_standby(stretches: ir.Table, circuits: ir.Table, idle: ir.Table) -> ir.Table:
    """The stretches, of which some of circuits on demand turn out to be standby."""
    on_demand = circuits.filter(circuits.is_on_demand.fill_null(False))
    own = stretches.semi_join(on_demand, "circuit_hour")
    better = _better_up(stretches, circuits, on_demand)
    resting = idle.semi_join(on_demand, "circuit_hour")
    known = own.filter(own.outcome.notnull())
    stretch = ("circuit_hour", "from_us", "to_us")
    seen = overlay_intervals(
        "circuit_hour",
        ibis.union(
            known.select(*stretch, kind=known.outcome),
            *(
                kind_intervals(own.filter(own[k]), *stretch, k)
                for k in ("linked", "settled", "recalled")
            ),
            kind_intervals(better, *stretch, "better"),
            kind_intervals(resting, *stretch, "idle"),
        ),
        _KINDS,
    )
    outcome = ibis.cases(
        (seen.better & (~seen.up | seen.idle), "standby"),
        *((seen[kind], kind) for kind in _OUTCOMES),
        else_=ibis.null("string"),
    )
    return ibis.union(
        stretches.anti_join(on_demand, "circuit_hour"),
        seen.select(*stretch, "linked", "settled", "recalled", outcome=outcome).select(
            *stretches.columns
        ),
    )


def _better_up(stretches: ir.Table, circuits: ir.Table, on_demand: ir.Table) -> ir.Table:
    """When a better circuit of its site is up, for each circuit on demand; several overlap."""
    who = ("circuit_hour", "hour", "site_id", "role_rank", "is_on_demand")
    pairs = on_demand.select(*who).inner_join(circuits.select(*who).view(), ["hour", "site_id"])
    by_rank = (pairs.role_rank_right < pairs.role_rank).fill_null(
        ~pairs.is_on_demand_right.fill_null(False)
    )
    better = pairs.filter(by_rank & (pairs.circuit_hour != pairs.circuit_hour_right)).select(
        "circuit_hour", other="circuit_hour_right"
    )
    works = stretches.filter(stretches.outcome == "up").select(
        "from_us", "to_us", other="circuit_hour"
    )
    return better.inner_join(works, "other")
