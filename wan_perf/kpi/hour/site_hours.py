"""A site's hour, from the overlaid states of its circuits.

Belongs here: when a site was up, dark, unreachable, on backup, without redundancy.
Keep out: a circuit's state and use (`kpi.state.circuit_states`), episodes (`kpi.events.failovers`).

A site is up while any of its circuits is up. While none is up it is unreachable during an unsettled
telemetry gap of its gateway, unknown where the state of a circuit is not known, else dark. It is on
backup while a lower-ranked circuit carries it and none of rank 1 does; where no circuit of rank 1
is in service, this is not known. Redundancy is lost while a circuit is known to be down and another
is up.

An import has only the minutes of its circuits, not when in the hour they were up. In any order they
prove that the site was up as long as the circuit that was up longest, and dark as long as all must
have been down at the same time; the rest is unknown.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.hour.circuit_hours import MINUTE_DECIMALS, rounded_share_pct
from wan_perf.kpi.state.evidence_window import HOUR_US, MINUTE_US, instant_us
from wan_perf.kpi.state.interval_overlay import kind_intervals, overlay_intervals
from wan_perf.schema.tables import SITE_HOUR
from wan_perf.schema.values import ACTIVE

_INTERVAL = ("site_hour", "from_us", "to_us")
_KINDS = ("up", "down", "no_telemetry", "unknown", "use_known", "first", "backup")


def site_hours(circuit_state: ir.Table, circuit_hour: ir.Table) -> ir.Table:
    """One row per site and hour in which a circuit of it was in service (SITE_HOUR)."""
    sites = _sites(circuit_hour)
    overlay = overlay_intervals("site_hour", _intervals(circuit_state, circuit_hour, sites), _KINDS)

    def time_us(where: ir.BooleanValue) -> ir.IntegerValue:
        return ibis.ifelse(where, overlay.to_us - overlay.from_us, 0).sum()

    sums = overlay.group_by("site_hour").aggregate(
        up_us=time_us(overlay.up),
        unreachable_us=time_us(~overlay.up & overlay.no_telemetry),
        dark_us=time_us(~overlay.up & ~overlay.no_telemetry & ~overlay.unknown & overlay.down),
        use_known_us=time_us(overlay.use_known),
        backup_us=time_us(overlay.backup & ~overlay["first"]),
        lost_us=time_us(overlay.up & overlay.down),
    )
    joined = _proven(sites.left_join(sums, "site_hour"))

    def minutes(us: ir.IntegerValue) -> ir.FloatingValue:
        return (us.fill_null(0) / MINUTE_US).round(MINUTE_DECIMALS)

    # Running sums are rounded, so that the four add up to the hour, and 24 hours to the day.
    up, reached = minutes(joined.up_us), minutes(joined.up_us + joined.dark_us)
    known = minutes(joined.up_us + joined.dark_us + joined.unreachable_us)
    timed = joined.mutate(
        up_minutes=up,
        dark_minutes=(reached - up).round(MINUTE_DECIMALS),
        unreachable_minutes=(known - reached).round(MINUTE_DECIMALS),
        unknown_minutes=(60 - known).round(MINUTE_DECIMALS),
        redundancy_lost_minutes=minutes(joined.lost_us),
        on_backup_minutes=ibis.ifelse(
            joined.use_known_us > 0, minutes(joined.backup_us), ibis.null("float64")
        ),
    )
    known_minutes = timed.up_minutes + timed.dark_minutes + timed.unreachable_minutes
    available = rounded_share_pct(timed.up_minutes, known_minutes)
    return timed.mutate(availability_pct=available).select(*SITE_HOUR.columns)


def _proven(sites: ir.Table) -> ir.Table:
    """The sums; for a site with an import what the minutes of its circuits prove."""

    def us(minutes: ir.FloatingValue) -> ir.IntegerValue:
        return (minutes * MINUTE_US).round().cast("int64")

    up_us = ibis.greatest(sites.up_us.fill_null(0), us(sites.longest_up))
    together_us = us(sites.all_down) - (sites.circuit_count - 1) * HOUR_US
    dark_us = ibis.least(ibis.greatest(together_us, 0), HOUR_US - up_us)
    lost_us = ibis.greatest(sites.lost_us.fill_null(0), up_us + us(sites.longest_down) - HOUR_US)
    proven = {"up_us": up_us, "dark_us": dark_us, "unreachable_us": 0, "lost_us": lost_us}
    return sites.mutate(
        **{name: ibis.ifelse(sites.is_imported, us, sites[name]) for name, us in proven.items()}
    )


def _sites(circuit_hour: ir.Table) -> ir.Table:
    """Each site's hour, numbered, with aggregates over the rows of its circuits."""
    of_site = ibis.window(group_by=[circuit_hour.hour, circuit_hour.site_id])
    hours = circuit_hour.mutate(worst=circuit_hour.utilization_pct.max().over(of_site))
    # Of equally loaded ones the first by name: a recomputed hour names the same circuit.
    sites = hours.group_by("hour", "site_id").aggregate(
        circuit_count=hours.count(),
        flap_count=hours.flap_count.sum(),
        is_imported=(hours.state_evidence == "import").fill_null(False).ifelse(1, 0).max() == 1,
        longest_up=hours.up_minutes.max(),
        longest_down=hours.known_down_minutes.max(),
        all_down=hours.known_down_minutes.sum(),
        utilization_worst_pct=hours.worst.max(),
        utilization_worst_circuit_id=hours.circuit_id.min(
            where=hours.utilization_pct == hours.worst
        ),
    )
    order = ibis.window(order_by=[sites.hour, sites.site_id])
    return sites.mutate(site_hour=ibis.row_number().over(order))


def _intervals(circuit_state: ir.Table, circuit_hour: ir.Table, sites: ir.Table) -> ir.Table:
    timed = circuit_state.mutate(hour=circuit_state.started_at.truncate("h"))
    of_site = timed.inner_join(sites.select("hour", "site_id", "site_hour"), ["hour", "site_id"])
    is_first = (of_site.role_rank == 1).fill_null(False)
    per_site = ibis.window(group_by=of_site.site_hour)
    rows = of_site.mutate(
        has_first=is_first.ifelse(1, 0).max().over(per_site) == 1,
        from_us=instant_us(of_site.started_at, of_site.hour),
        to_us=instant_us(of_site.ended_at, of_site.hour),
        is_first=is_first,
        carries=of_site.activity.isin(ACTIVE).fill_null(False),
    )
    states = rows.filter(rows.state.isin(("up", "down", "no_telemetry", "unknown")))
    filled = rows.group_by("hour", "circuit_id").aggregate(us=(rows.to_us - rows.from_us).sum())
    whole = filled.filter(filled.us == HOUR_US)
    # A site is dark only while the state of each circuit is known.
    incomplete = circuit_hour.anti_join(whole, ["hour", "circuit_id"]).select("hour", "site_id")
    incomplete_sites = incomplete.inner_join(
        sites.select("hour", "site_id", "site_hour"), ["hour", "site_id"]
    )
    missing = incomplete_sites.select("site_hour").distinct()
    return ibis.union(
        states.select(*_INTERVAL, kind=states.state),
        missing.mutate(
            from_us=ibis.literal(0, "int64"),
            to_us=ibis.literal(HOUR_US, "int64"),
            kind=ibis.literal("unknown"),
        ),
        kind_intervals(
            rows.filter(rows.activity.notnull() & rows.has_first), *_INTERVAL, "use_known"
        ),
        kind_intervals(rows.filter(rows.carries & rows.is_first), *_INTERVAL, "first"),
        kind_intervals(rows.filter(rows.carries & (rows.role_rank > 1)), *_INTERVAL, "backup"),
    )
