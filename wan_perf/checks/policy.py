"""What the policy says and nothing is there for: overrides of nothing, sites without local time.

Belongs here: names of the policy that match nothing, sites whose trading hours are unknown, levels
that do not rise once those of several scopes are put together.
Keep out: what can be seen in the file alone, which refuses it (`policy.thresholds`).
"""

import ibis
import ibis.expr.types as ir

from wan_perf.checks.declaration import Check, Tables
from wan_perf.policy.thresholds import Policy
from wan_perf.schema.metrics import JUDGED
from wan_perf.schema.tables import CIRCUIT_HOUR, DIM_CIRCUIT, DIM_HOUR, DIM_POLICY, DIM_SITE
from wan_perf.schema.values import SEVERITIES


def _overrides_of_nothing(tables: Tables, _: Policy) -> ir.Table:
    """Scopes with levels that no site or circuit is in, at any time."""
    policy, sites, circuits = (tables[n] for n in ("dim_policy", "dim_site", "dim_circuit"))
    known = ibis.union(
        *(
            rows.select(scope=ibis.literal(scope), scope_name=rows[column])
            for rows, scope, column in (
                (sites, "region", "region"),
                (sites, "store_type", "store_type"),
                (sites, "site", "site_id"),
                (circuits, "circuit", "circuit_id"),
            )
        ),
        distinct=True,
    )
    named = policy.filter(policy.scope != "default")
    unmatched = named.anti_join(known, ["scope", "scope_name"])
    return unmatched.select("scope", "scope_name", "metric").distinct()


def _unknown_zones(tables: Tables, _: Policy) -> ir.Table:
    """Sites of now whose time zone has no local hours: it is missing, or no IANA name."""
    zones = tables["dim_hour"].select("time_zone").distinct()
    sites = tables["dim_site"].filter(tables["dim_site"].valid_to.isnull())
    unknown = sites.anti_join(zones, "time_zone")
    return unknown.select("site_id", "site_name", "time_zone")


def _levels_that_do_not_rise(tables: Tables, _: Policy) -> ir.Table:
    """Circuits with a level at or over the next severer one, with their first such hour."""
    hours = tables["circuit_hour"]
    warning, high, critical = SEVERITIES
    wrong = [
        (hours[m.level(warning)] >= hours[m.level(high)])
        | (hours[m.level(high)] >= hours[m.level(critical)])
        for m in JUDGED
    ]
    found = hours.filter(ibis.or_(*(one.fill_null(False) for one in wrong)))
    return found.group_by("site_id", "circuit_id").aggregate(first_hour=found.hour.min())


UNMATCHED = Check(
    "overrides_match_what_they_name",
    "Every override of the policy is for a region, store type, site or circuit that there is.",
    of=DIM_POLICY,
    beside=(DIM_SITE, DIM_CIRCUIT),
    offending=_overrides_of_nothing,
    order=lambda t: (t.scope, t.scope_name, t.metric),
)
UNKNOWN_ZONES = Check(
    "sites_have_a_known_time_zone",
    "Every site has an IANA time zone; without one it has no trading hours and no trading days.",
    of=DIM_HOUR,
    beside=(DIM_SITE,),
    offending=_unknown_zones,
    order=lambda t: (t.site_id, t.site_name, t.time_zone),
)
RISING = Check(
    "levels_in_force_rise",
    "warning < high < critical on every row, also where they come from overrides of two scopes.",
    of=CIRCUIT_HOUR,
    offending=_levels_that_do_not_rise,
    order=lambda t: (t.site_id, t.circuit_id),
)
