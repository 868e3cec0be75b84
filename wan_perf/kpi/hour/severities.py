"""The levels in force in an hour, and the severity that a figure reaches.

Belongs here: which scope's level is in force for a circuit in an hour.
Keep out: what the levels are (`wan_perf.policy.levels`), runs of hours above one
(`kpi.events.threshold_runs`).
"""

import ibis
import ibis.expr.types as ir

from wan_perf.schema.metrics import JUDGED, Metric
from wan_perf.schema.values import SEVERITIES

LEVELS = tuple(metric.level(severity) for metric in JUDGED for severity in SEVERITIES)
"""Columns of the levels on an hour's row."""
_SCOPE_COLUMNS = {
    "default": None,
    "region": "region",
    "store_type": "store_type",
    "site": "site_id",
    "circuit": "circuit_id",
}
"""From the widest scope to the narrowest: the column that its name is compared with."""


def with_severity(hours: ir.Table, dim_policy: ir.Table, dim_hour: ir.Table) -> ir.Table:
    """Each hour with its levels of every metric, and the highest one that its figure reaches.

    A value at a level is above. NULL where the figure or the level is unknown.
    """
    levels = with_levels(hours, dim_policy, dim_hour)
    return levels.mutate(**{m.severity: _severity(levels, m) for m in JUDGED})


def with_levels(hours: ir.Table, dim_policy: ir.Table, dim_hour: ir.Table) -> ir.Table:
    """Each hour with its levels of every metric (`LEVELS`).

    Each level is that of the narrowest scope with one in force at the start of the hour: circuit,
    site, store type, region, default.

    Args:
        hours: Circuit-hours with region, store_type, site_id and circuit_id.
        dim_policy: Levels by scope and time, with names as in the dimensions.
        dim_hour: Any table with the hours in question.
    """
    known = dim_hour.select("hour").distinct()
    # As of the hour's start: a level that changes within the hour counts from the next one.
    in_force = [
        dim_policy.valid_from <= known.hour,
        dim_policy.valid_to.isnull() | (dim_policy.valid_to > known.hour),
    ]
    policy = known.join(dim_policy, in_force)
    names = {
        m.level(s): (policy.metric == m.name) & (policy.severity == s)
        for m in JUDGED
        for s in SEVERITIES
    }
    in_hour = policy.group_by("hour", "scope", "scope_name").aggregate(
        **{name: policy.level.max(where=where) for name, where in names.items()}
    )
    levels = hours
    for scope, named in _SCOPE_COLUMNS.items():
        of_scope = in_hour.filter(in_hour.scope == scope).drop("scope")
        on = ["hour"] if named is None else ["hour", (named, "scope_name")]
        joined = levels.left_join(of_scope, on, rname="{name}_of_scope")
        narrower = {n: joined[f"{n}_of_scope" if n in levels.columns else n] for n in names}
        wider = {n: joined[n] for n in names if n in levels.columns}
        chosen = {n: narrower[n].fill_null(wider[n]) if wider else narrower[n] for n in names}
        levels = joined.select(*hours.columns, **chosen)
    return levels


def _severity(levels: ir.Table, metric: Metric) -> ir.StringValue:
    value = levels[metric.value]
    at = {severity: levels[metric.level(severity)] for severity in SEVERITIES}
    return ibis.cases(
        *((value >= at[severity], severity) for severity in reversed(SEVERITIES)),
        (value < at[SEVERITIES[0]], "normal"),
    )
