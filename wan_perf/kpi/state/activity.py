"""Which circuit carries its site's traffic, between one poll of the peer paths and the next.

Belongs here: the use of each circuit (active, inactive, inferred), as intervals.
Keep out: what a poll reports (`circuit_polls`), failover episodes (`kpi.events.failovers`).

Two polls at most 20 minutes apart determine the use between them:

1. if both report the same use, it applies to the whole interval;
2. if they differ, the site changed over when a circuit that lost its use went down in between; if
   none did, at the later poll, which is the first to show the change.

A circuit that is known to be down is not active, whatever the polls around it report; nor is one
that is disabled or in standby.

Where polls do not determine the use, a failover is inferred if the site's primary (the only circuit
of rank 1) is known to be down for 60 seconds or more, and a lower-ranked circuit is up and not
idle. Two polls that both found the primary in use do not exclude an outage between them.
Otherwise the use is unknown: NULL.
"""

from datetime import timedelta

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.state.constant_series import constant_series
from wan_perf.kpi.state.evidence_window import SAMPLE_REACH, microseconds
from wan_perf.kpi.state.interval_overlay import kind_intervals, overlay_intervals
from wan_perf.schema.columns import COLUMNS

CAUSES = COLUMNS["down_cause"].one_of
INFERRED_AFTER = timedelta(seconds=60)
"""A shorter outage may be over before anything took over."""
_INTERVAL = ("circuit_hour", "from_us", "to_us")
_OUTCOMES = ("up", *CAUSES, "standby", "disabled", "no_telemetry")
_HOW = ("linked", "settled", "recalled")


def with_activity(
    intervals: ir.Table, circuits: ir.Table, polls: ir.Table, idle: ir.Table
) -> ir.Table:
    """The state intervals, cut where the use of a circuit changes, with `activity`.

    Args:
        intervals: circuit_hour, from_us, to_us, outcome, turned_to, linked, settled, recalled.
        circuits: circuit_hour, hour, site_id, role_rank.
        polls: What each poll of the peer paths reports, see `circuit_polls.evidence_polls`.
        idle: circuit_hour, from_us, to_us in which circuits of a lower rank were idle.
    """
    between = _poll_intervals(polls, intervals, circuits)
    active_before = between.filter(between.is_active)
    active_after = between.filter(between.then_active)
    known = intervals.filter(intervals.outcome.notnull())
    unknown = intervals.filter(intervals.outcome.isnull())
    seen = overlay_intervals(
        "circuit_hour",
        ibis.union(
            known.select(*_INTERVAL, kind=known.outcome),
            kind_intervals(unknown, *_INTERVAL, "unknown"),
            *(kind_intervals(intervals.filter(intervals[how]), *_INTERVAL, how) for how in _HOW),
            kind_intervals(between, *_INTERVAL, "polled"),
            kind_intervals(active_before, "circuit_hour", "from_us", "turn_us", "active"),
            kind_intervals(active_after, "circuit_hour", "turn_us", "to_us", "active"),
            _inferred_use(between, intervals, circuits, idle),
        ),
        (*_OUTCOMES, "unknown", *_HOW, "polled", "active", "inferred"),
    )
    with_state = seen.filter(seen.unknown | _any(seen, _OUTCOMES))
    at_rest = _any(with_state, (*CAUSES, "standby", "disabled"))
    activity = ibis.cases(
        (at_rest, "inactive"),
        (with_state.active, "active"),
        (with_state.inferred, "inferred"),
        (with_state.polled, "inactive"),
    )
    outcome = ibis.cases(*((with_state[kind], kind) for kind in _OUTCOMES))
    return with_state.select(*_INTERVAL, *_HOW, outcome=outcome, activity=activity)


def _any(seen: ir.Table, kinds: tuple[str, ...]) -> ir.BooleanValue:
    first, *others = (seen[kind] for kind in kinds)
    for other in others:
        first = first | other
    return first


def constant_use(polls: ir.Table) -> ir.Table:
    """Circuits whose polls all report the same use: circuit_hour, from_us, to_us, is_active."""
    return constant_series(_reported_use(polls), "circuit_hour", "is_active")


def _reported_use(polls: ir.Table) -> ir.Table:
    """Each poll with is_active 1, 0 or NULL: circuit_hour, pass_at, at_us, is_active."""
    return polls.select(
        *("circuit_hour", "pass_at", "at_us"),
        is_active=ibis.cases((polls.is_active, 1), (~polls.is_active, 0)),
    )


def _poll_intervals(polls: ir.Table, intervals: ir.Table, circuits: ir.Table) -> ir.Table:
    """The use between polls: from_us, turn_us, to_us, is_active, then_active.

    A circuit whose polls all report the same use is one row; only the others are sorted.
    """
    reported, same = _reported_use(polls), constant_use(polls)
    others = reported.anti_join(same, "circuit_hour")
    known = others.filter(others.is_active.notnull())
    along = ibis.window(group_by=known.circuit_hour, order_by=[known.at_us, known.pass_at])
    pairs = known.mutate(
        to_us=known.at_us.lead().over(along),
        then_active=known.is_active.lead().over(along),
        then_pass=known.pass_at.lead().over(along),
    )
    close = pairs.filter(pairs.to_us - pairs.at_us <= microseconds(SAMPLE_REACH))
    sited = close.inner_join(circuits.select("circuit_hour", "hour", "site_id"), "circuit_hour")
    moved = _handovers(sited, intervals)
    both = sited.left_join(moved, ["hour", "site_id", "then_pass"])
    turn = ibis.least(ibis.greatest(both.turned_us.fill_null(both.to_us), both.at_us), both.to_us)
    changing = both.select(
        "circuit_hour",
        from_us=both.at_us,
        turn_us=turn,
        to_us=both.to_us,
        is_active=both.is_active == 1,
        then_active=both.then_active == 1,
    )
    in_use = same.is_active == 1
    return ibis.union(
        changing,
        same.select(
            *("circuit_hour", "from_us"),
            turn_us=same.to_us,
            to_us=same.to_us,
            is_active=in_use,
            then_active=in_use,
        ),
    )


def _handovers(pairs: ir.Table, intervals: ir.Table) -> ir.Table:
    """When a site changed over: the first loss of a circuit that is no longer in use."""
    downs = intervals.filter(intervals.turned_to == "down").select(
        "circuit_hour", turned_us="from_us"
    )
    lost = pairs.filter((pairs.is_active == 1) & (pairs.then_active == 0))
    fell = lost.inner_join(downs, "circuit_hour")
    inside = fell.filter((fell.turned_us > fell.at_us) & (fell.turned_us <= fell.to_us))
    return inside.group_by("hour", "site_id", "then_pass").aggregate(
        turned_us=inside.turned_us.min()
    )


def _inferred_use(
    between: ir.Table, intervals: ir.Table, circuits: ir.Table, idle: ir.Table
) -> ir.Table:
    """When a lower-ranked circuit is inferred to carry the site in place of its primary."""
    first = circuits.filter(circuits.role_rank == 1)
    alone = first.group_by("hour", "site_id").aggregate(
        primary=first.circuit_hour.max(), count=first.count()
    )
    alone = alone.filter(alone["count"] == 1)
    lower = circuits.filter(circuits.role_rank > 1).select("circuit_hour", "hour", "site_id")
    backups = lower.inner_join(alone, ["hour", "site_id"]).select("circuit_hour", "primary")
    down = intervals.filter(intervals.outcome.isin(CAUSES))
    # Merged over causes first: a change of cause does not end an outage.
    lost = overlay_intervals("circuit_hour", kind_intervals(down, *_INTERVAL, "down"), ("down",))
    long = lost.filter(lost.down & (lost.to_us - lost.from_us >= microseconds(INFERRED_AFTER)))
    polled = between.filter(~(between.is_active & between.then_active))

    def of_primary(table: ir.Table, kind: str) -> ir.Table:
        own = table.select("from_us", "to_us", primary="circuit_hour")
        return kind_intervals(backups.inner_join(own, "primary"), *_INTERVAL, kind)

    struck = backups.semi_join(long.select(primary="circuit_hour"), "primary")
    up = intervals.filter(intervals.outcome == "up").semi_join(struck, "circuit_hour")
    resting = idle.semi_join(struck, "circuit_hour")
    seen = overlay_intervals(
        "circuit_hour",
        ibis.union(
            of_primary(long, "lost"),
            of_primary(polled, "polled"),
            kind_intervals(up, *_INTERVAL, "up"),
            kind_intervals(resting, *_INTERVAL, "idle"),
        ),
        ("lost", "polled", "up", "idle"),
    )
    inferred = seen.filter(seen.lost & seen.up & ~seen.polled & ~seen.idle)
    return kind_intervals(inferred, *_INTERVAL, "inferred")
