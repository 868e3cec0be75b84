"""Peer paths of a circuit: when all of them are down though their hubs are not.

Belongs here: what the states of several paths and their hubs prove together.
Keep out: a circuit's state from it (`circuit_states`).

A circuit's paths are the best evidence of the connection beyond its port: where each of them is
down, and each hub at their other ends still has a path that is up, the connection is cut.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.state.evidence_window import (
    SAMPLE_REACH,
    fresh,
    instant_us,
    microseconds,
    path_ends,
)

_AN_HOUR = ibis.interval(hours=1)
_AN_HOUR_BACK = ibis.interval(hours=-1)


def dead_paths(raw_path_sample: ir.Table, members: ir.Table, events: ir.Table) -> ir.Table:
    """Intervals between two polls in which every path of a circuit was dead.

    A path is dead in a poll where it is down and a path of the same hub is up in that poll, by
    fresh samples (`evidence_window.fresh`). The paths are dead between two such polls where their
    samples are at most 20 minutes apart and no event of the circuit's ports lies between them: an
    event means a change of state, and its time is more exact.

    Args:
        raw_path_sample: The polls of an hour before to an hour after each hour.
        members: Ports of the circuits, see `evidence_window.members_in_hour`.
        events: port_hour, at_us of events that name the ports.

    Returns:
        circuit_hour, from_us, to_us; several of one circuit never overlap.
    """
    polls = _polls(raw_path_sample, members)
    # Few circuits have a dead poll: only theirs are sorted.
    with_dead = polls.filter(polls.is_dead == 1).select("circuit_hour").distinct()
    circuit_of_port = members.select("port_hour", "circuit_hour").semi_join(
        with_dead, "circuit_hour"
    )
    changes = events.inner_join(circuit_of_port, "port_hour")
    marks = ibis.union(
        polls.semi_join(with_dead, "circuit_hour"),
        changes.select(
            "circuit_hour",
            first_us=changes.at_us,
            last_us=changes.at_us,
            is_dead=ibis.literal(0, "int64"),
        ),
    )
    in_order = ibis.window(
        group_by=marks.circuit_hour, order_by=[marks.last_us, marks.is_dead, marks.first_us]
    )
    pairs = marks.mutate(
        to_us=marks.first_us.lead().over(in_order), then_dead=marks.is_dead.lead().over(in_order)
    )
    return pairs.filter(
        (pairs.is_dead == 1)
        & (pairs.then_dead == 1)
        & (pairs.to_us - pairs.last_us <= microseconds(SAMPLE_REACH))
    ).select("circuit_hour", "to_us", from_us=pairs.last_us)


def _polls(raw_path_sample: ir.Table, members: ir.Table) -> ir.Table:
    """Polls of each circuit: circuit_hour, first_us, last_us of their samples, is_dead."""
    samples = fresh(raw_path_sample)
    # A circuit of which no path is ever down has no dead poll: few ends are relevant.
    end = ["gateway_mac", "port_id"]
    down = samples.filter(~samples.is_up.fill_null(True))
    every = path_ends(members)
    suspect = every.semi_join(every.semi_join(down, end), "circuit_hour")
    suspect_samples = samples.semi_join(suspect, end)
    hubs = samples.group_by("pass_at", "peer_mac").aggregate(
        is_hub_up=samples.is_up.fill_null(False).ifelse(1, 0).max()
    )
    ends = suspect_samples.inner_join(hubs, ["pass_at", "peer_mac"])
    # An end without a peer has no hub; a path with NULL `is_up` is not down.
    known = ibis.union(
        ends.select(
            *("pass_at", "gateway_mac", "port_id", "sampled_at"),
            is_dead=((ends.is_hub_up == 1) & ~ends.is_up.fill_null(True)).cast("int64"),
        ),
        suspect_samples.filter(suspect_samples.peer_mac.isnull()).select(
            *("pass_at", "gateway_mac", "port_id", "sampled_at"),
            is_dead=ibis.literal(0, "int64"),
        ),
    )
    polls = known.group_by("pass_at", "gateway_mac", "port_id").aggregate(
        first=known.sampled_at.min(), last=known.sampled_at.max(), is_dead=known.is_dead.min()
    )
    own_hour = polls.pass_at.truncate("h")
    copies = ibis.union(
        polls.mutate(hour=own_hour),
        polls.mutate(hour=own_hour + _AN_HOUR),
        polls.mutate(hour=own_hour + _AN_HOUR_BACK),
    )
    of_ends = copies.inner_join(suspect, [*end, "hour"])
    timed = of_ends.select(
        *("circuit_hour", "pass_at", "is_dead", "member_from_us", "member_to_us"),
        first_us=instant_us(of_ends.first, of_ends.hour),
        last_us=instant_us(of_ends.last, of_ends.hour),
    )
    of_members = timed.filter(
        (timed.first_us >= timed.member_from_us) & (timed.last_us < timed.member_to_us)
    )
    of_circuits = of_members.group_by("circuit_hour", "pass_at").aggregate(
        first_us=of_members.first_us.min(),
        last_us=of_members.last_us.max(),
        is_dead=of_members.is_dead.min(),
    )
    return of_circuits.drop("pass_at")
