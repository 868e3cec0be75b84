"""Which circuit carries its site's traffic, between one poll of the peer paths and the next.

Belongs here: active, inactive, inferred: the use of each circuit, stretch by stretch.
Keep out: what a poll says (`polls`), episodes of it (`failovers`).

Two polls at most 20 minutes apart tell of the time between them:

1. where both say the same, it holds between them;
2. where they differ, the site changed over at the instant at which a circuit that lost its use went
   down in between, else at the later poll: the first that shows it.

A circuit that is known to be down is not active, whatever polls around it say; nor is one that is
disabled or in standby.

Where polls do not tell, a failover is inferred: the site's primary (the only circuit of rank 1) is
known to be down for 60 seconds or more, and a lower-ranked circuit is up and carries more than next
to nothing. Polls tell nothing of an outage that begins and ends between two of them which both
found the primary in use. All else is not known: NULL.
"""

from datetime import timedelta

import ibis
import ibis.expr.types as ir

from wan_perf.columns import COLUMNS
from wan_perf.kpi.evidence import Evidence
from wan_perf.kpi.nearness import SAMPLE_REACH, microseconds
from wan_perf.kpi.steadiness import steady
from wan_perf.kpi.sweep import spans, swept

CAUSES = COLUMNS["down_cause"].one_of
INFERRED_AFTER = timedelta(seconds=60)
"""A shorter outage may be over before anything took over."""
_STRETCH = ("circuit_hour", "from_us", "to_us")
_OUTCOMES = ("up", *CAUSES, "standby", "disabled", "unheard")
_HOW = ("linked", "settled", "recalled")


def with_activity(stretches: ir.Table, circuits: ir.Table, evidence: Evidence) -> ir.Table:
    """The stretches, cut where the use of a circuit changes, with `activity`.

    Args:
        stretches: circuit_hour, from_us, to_us, outcome, turned_to, linked, settled, recalled.
        circuits: circuit_hour, hour, site_id, role_rank.
        evidence: Of which the polls and the idle stretches speak here.
    """
    between = _between_polls(evidence.polls, stretches, circuits)
    was = between.filter(between.is_active)
    will_be = between.filter(between.then_active)
    known = stretches.filter(stretches.outcome.notnull())
    unknown = stretches.filter(stretches.outcome.isnull())
    seen = swept(
        "circuit_hour",
        ibis.union(
            known.select(*_STRETCH, kind=known.outcome),
            spans(unknown, *_STRETCH, "unknown"),
            *(spans(stretches.filter(stretches[how]), *_STRETCH, how) for how in _HOW),
            spans(between, *_STRETCH, "polled"),
            spans(was, "circuit_hour", "from_us", "turn_us", "active"),
            spans(will_be, "circuit_hour", "turn_us", "to_us", "active"),
            _inferred(between, stretches, circuits, evidence.idle),
        ),
        (*_OUTCOMES, "unknown", *_HOW, "polled", "active", "inferred"),
    )
    held = seen.filter(seen.unknown | _any(seen, _OUTCOMES))
    at_rest = _any(held, (*CAUSES, "standby", "disabled"))
    activity = ibis.cases(
        (at_rest, "inactive"),
        (held.active, "active"),
        (held.inferred, "inferred"),
        (held.polled, "inactive"),
    )
    outcome = ibis.cases(*((held[kind], kind) for kind in _OUTCOMES))
    return held.select(*_STRETCH, *_HOW, outcome=outcome, activity=activity)


def _any(seen: ir.Table, kinds: tuple[str, ...]) -> ir.BooleanValue:
    first, *others = (seen[kind] for kind in kinds)
    for other in others:
        first = first | other
    return first


def _between_polls(polls: ir.Table, stretches: ir.Table, circuits: ir.Table) -> ir.Table:
    """What polls tell of the time between: from_us, turn_us, to_us, is_active, then_active.

    A circuit of which all polls say the same is one row; only the others are put in order.
    """
    said = polls.select(
        *("circuit_hour", "pass_at", "at_us"),
        is_active=ibis.cases((polls.is_active, 1), (~polls.is_active, 0)),
    )
    same = steady(said, "circuit_hour", "is_active")
    others = said.anti_join(same, "circuit_hour")
    told = others.filter(others.is_active.notnull())
    along = ibis.window(group_by=told.circuit_hour, order_by=[told.at_us, told.pass_at])
    pairs = told.mutate(
        to_us=told.at_us.lead().over(along),
        then_active=told.is_active.lead().over(along),
        then_pass=told.pass_at.lead().over(along),
    )
    near = pairs.filter(pairs.to_us - pairs.at_us <= microseconds(SAMPLE_REACH))
    sited = near.inner_join(circuits.select("circuit_hour", "hour", "site_id"), "circuit_hour")
    moved = _handovers(sited, stretches)
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


def _handovers(pairs: ir.Table, stretches: ir.Table) -> ir.Table:
    """When a site changed over: the first loss of a circuit that is no longer in use."""
    downs = stretches.filter(stretches.turned_to == "down").select(
        "circuit_hour", turned_us="from_us"
    )
    lost = pairs.filter((pairs.is_active == 1) & (pairs.then_active == 0))
    fell = lost.inner_join(downs, "circuit_hour")
    inside = fell.filter((fell.turned_us > fell.at_us) & (fell.turned_us <= fell.to_us))
    return inside.group_by("hour", "site_id", "then_pass").aggregate(
        turned_us=inside.turned_us.min()
    )


def _inferred(
    between: ir.Table, stretches: ir.Table, circuits: ir.Table, idle: ir.Table
) -> ir.Table:
    """When a lower-ranked circuit carries the site in its primary's place, as far as inferred."""
    first = circuits.filter(circuits.role_rank == 1)
    alone = first.group_by("hour", "site_id").aggregate(
        primary=first.circuit_hour.max(), count=first.count()
    )
    alone = alone.filter(alone["count"] == 1)
    lower = circuits.filter(circuits.role_rank > 1).select("circuit_hour", "hour", "site_id")
    backups = lower.inner_join(alone, ["hour", "site_id"]).select("circuit_hour", "primary")
    down = stretches.filter(stretches.outcome.isin(CAUSES))
    # Swept by themselves first: a change of cause does not end an outage.
    lost = swept("circuit_hour", spans(down, *_STRETCH, "down"), ("down",))
    long = lost.filter(lost.down & (lost.to_us - lost.from_us >= microseconds(INFERRED_AFTER)))
    unsure = between.filter(~(between.is_active & between.then_active))

    def of_primary(table: ir.Table, kind: str) -> ir.Table:
        own = table.select("from_us", "to_us", primary="circuit_hour")
        return spans(backups.inner_join(own, "primary"), *_STRETCH, kind)

    struck = backups.semi_join(long.select(primary="circuit_hour"), "primary")
    up = stretches.filter(stretches.outcome == "up").semi_join(struck, "circuit_hour")
    resting = idle.semi_join(struck, "circuit_hour")
    seen = swept(
        "circuit_hour",
        ibis.union(
            of_primary(long, "lost"),
            of_primary(unsure, "told"),
            spans(up, *_STRETCH, "up"),
            spans(resting, *_STRETCH, "idle"),
        ),
        ("lost", "told", "up", "idle"),
    )
    return spans(seen.filter(seen.lost & seen.up & ~seen.told & ~seen.idle), *_STRETCH, "inferred")
