"""Peer paths of a circuit: when all of them are down though their hubs are not.

Belongs here: what several paths and their hubs say together.
Keep out: a circuit's state from it (`circuit_states`).

A circuit's paths are the best witness of what lies between its port and the world: where each of
them is down, and each hub at their other ends still has a path that is up, the way is cut.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.nearness import SAMPLE_REACH, fresh, instant_us, microseconds, path_ends

_AN_HOUR = ibis.interval(hours=1)
_AN_HOUR_BACK = ibis.interval(hours=-1)


def dead_paths(raw_path_sample: ir.Table, members: ir.Table, events: ir.Table) -> ir.Table:
    """Stretches between two passes that found every path of a circuit dead.

    A path is dead in a pass where it is down and a path of the same hub is up in that pass, of
    fresh samples (`nearness.fresh`). Two passes hold between them where no more than 20
    minutes and no event of the circuit's ports lie between their words: an event means that
    something turned there, and it knows better when.

    Args:
        raw_path_sample: The passes of an hour before to an hour after each hour.
        members: Ports of the circuits, see `nearness.members_in_hour`.
        events: port_hour, at_us of events that name the ports.

    Returns:
        circuit_hour, from_us, to_us; several of one circuit never overlap.
    """
    passes = _passes(raw_path_sample, members)
    # Few circuits have a dead pass: only theirs are put in order.
    struck = passes.filter(passes.is_dead == 1).select("circuit_hour").distinct()
    owner = members.select("port_hour", "circuit_hour").semi_join(struck, "circuit_hour")
    turns = events.inner_join(owner, "port_hour")
    marks = ibis.union(
        passes.semi_join(struck, "circuit_hour"),
        turns.select(
            "circuit_hour",
            first_us=turns.at_us,
            last_us=turns.at_us,
            is_dead=ibis.literal(0, "int64"),
        ),
    )
    along = ibis.window(
        group_by=marks.circuit_hour, order_by=[marks.last_us, marks.is_dead, marks.first_us]
    )
    pairs = marks.mutate(
        to_us=marks.first_us.lead().over(along), then_dead=marks.is_dead.lead().over(along)
    )
    return pairs.filter(
        (pairs.is_dead == 1)
        & (pairs.then_dead == 1)
        & (pairs.to_us - pairs.last_us <= microseconds(SAMPLE_REACH))
    ).select("circuit_hour", "to_us", from_us=pairs.last_us)


def _passes(raw_path_sample: ir.Table, members: ir.Table) -> ir.Table:
    """What each pass says of a circuit: circuit_hour, first_us, last_us of its words, is_dead."""
    heard = fresh(raw_path_sample)
    # A circuit of which no path is ever down has no dead pass: few ends are of interest.
    end = ["gateway_mac", "port_id"]
    down = heard.filter(~heard.is_up.fill_null(True))
    every = path_ends(members)
    suspect = every.semi_join(every.semi_join(down, end), "circuit_hour")
    told = heard.semi_join(suspect, end)
    hubs = heard.group_by("pass_at", "peer_mac").aggregate(
        hub_lives=heard.is_up.fill_null(False).ifelse(1, 0).max()
    )
    ends = told.inner_join(hubs, ["pass_at", "peer_mac"])
    # An end without a peer has no hub, and a path of which nothing is said is not down.
    known = ibis.union(
        ends.select(
            *("pass_at", "gateway_mac", "port_id", "sampled_at"),
            is_dead=((ends.hub_lives == 1) & ~ends.is_up.fill_null(True)).cast("int64"),
        ),
        told.filter(told.peer_mac.isnull()).select(
            *("pass_at", "gateway_mac", "port_id", "sampled_at"),
            is_dead=ibis.literal(0, "int64"),
        ),
    )
    passes = known.group_by("pass_at", "gateway_mac", "port_id").aggregate(
        first=known.sampled_at.min(), last=known.sampled_at.max(), is_dead=known.is_dead.min()
    )
    own_hour = passes.pass_at.truncate("h")
    copies = ibis.union(
        passes.mutate(hour=own_hour),
        passes.mutate(hour=own_hour + _AN_HOUR),
        passes.mutate(hour=own_hour + _AN_HOUR_BACK),
    )
    near = copies.inner_join(suspect, [*end, "hour"])
    timed = near.select(
        *("circuit_hour", "pass_at", "is_dead", "member_from_us", "member_to_us"),
        first_us=instant_us(near.first, near.hour),
        last_us=instant_us(near.last, near.hour),
    )
    held = timed.filter(
        (timed.first_us >= timed.member_from_us) & (timed.last_us < timed.member_to_us)
    )
    of_circuits = held.group_by("circuit_hour", "pass_at").aggregate(
        first_us=held.first_us.min(), last_us=held.last_us.max(), is_dead=held.is_dead.min()
    )
    return of_circuits.drop("pass_at")
