"""What each member of a circuit says of it: the rules of a member port.

Belongs here: what a port's link, its gateway and the history of both mean for the circuit.
Keep out: how a link is known (`state`), what settles a silence (`silences`), what several members
make of a circuit (`circuit_states`).

A member of a circuit, at an instant, where the first that applies counts:

1. its gateway is not heard, and that is not over yet: unheard;
2. its link is down: down, or disabled where a person switched it off;
3. its gateway was not heard then: up, restarted or cut as what followed settled it, else unsettled;
4. its link is up, or the history proves it (the port was up when its statistics were last seen,
   since it last flapped; or every bucket of the hour shows traffic): up;
5. otherwise: unknown.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.evidence import Evidence
from wan_perf.kpi.nearness import EVENT_REACH_BACK, HOUR_US, microseconds
from wan_perf.kpi.sweep import kind_intervals, overlay_intervals

_OF_PORT = (
    *("held", "up", "down", "proven", "disabled", "unheard", "over"),
    *("carried", "restarted", "cut"),
)
_OF_MEMBER = ("up", "down", "disabled", "open", "unknown", "unsettled", "restarted", "cut")
_OF_AGGREGATE = ("aggregate_up", "aggregate_down")
MEMBER_KINDS = (*_OF_MEMBER, *_OF_AGGREGATE, "linked", "settled", "recalled")
"""Kinds of what members say; linked: its link is up; settled, recalled: by what it is known."""


def member_states(members: ir.Table, evidence: Evidence) -> ir.Table:
    """What each member says of its circuit: intervals of `MEMBER_KINDS`, keyed by circuit_hour."""
    seen = overlay_intervals("port_hour", _of_ports(members, evidence), _OF_PORT)
    held = seen.filter(seen.held)
    is_open = held.unheard & ~held.over
    said = ibis.cases(
        (is_open, "open"),
        (held.down & held.disabled, "disabled"),
        (held.down, "down"),
        (held.unheard & held.carried, "up"),
        (held.unheard & held.restarted, "restarted"),
        (held.unheard & held.cut, "cut"),
        (held.unheard, "unsettled"),
        (held.up | held.proven, "up"),
        else_="unknown",
    )
    linked = ~is_open & ~held.down & ((held.up | held.proven) & ~held.unheard | held.carried)
    owner = members.select("port_hour", "circuit_hour", "is_aggregate")
    told = held.mutate(
        said=said,
        is_linked=linked,
        is_settled=said.isin(("restarted", "cut")) | ((said == "up") & held.unheard),
        is_recalled=(said == "up") & ~held.unheard & ~held.up,
    ).inner_join(owner, "port_hour")
    of_aggregate = ibis.cases(
        (told.said == "up", "aggregate_up"), (told.said == "down", "aggregate_down")
    )
    kind = ibis.ifelse(told.is_aggregate.fill_null(False), of_aggregate, told.said)
    states = told.select("circuit_hour", "from_us", "to_us", kind=kind)
    stretch = ("circuit_hour", "from_us", "to_us")
    return ibis.union(
        states.filter(states.kind.notnull()),
        kind_intervals(told.filter(told.is_linked), *stretch, "linked"),
        kind_intervals(told.filter(told.is_settled), *stretch, "settled"),
        kind_intervals(told.filter(told.is_recalled), *stretch, "recalled"),
    )


def _of_ports(members: ir.Table, evidence: Evidence) -> ir.Table:
    """All that is known of each member, as intervals."""
    links, past = evidence.links, evidence.past
    kind = ibis.ifelse(links.is_up, "up", "down")
    carrying = past.filter(past.is_carrying.fill_null(False)).mutate(
        from_us=ibis.literal(0, "int64"), to_us=ibis.literal(HOUR_US, "int64")
    )
    key = "port_hour"
    return ibis.union(
        kind_intervals(members, key, "member_from_us", "member_to_us", "held"),
        links.select(key, "from_us", "to_us", kind=kind),
        kind_intervals(
            past.filter(past.up_to_us.notnull()), key, "up_from_us", "up_to_us", "proven"
        ),
        kind_intervals(carrying, key, "from_us", "to_us", "proven"),
        open_intervals(evidence.events, key, "port_disabled", ("port_up", "port_down"), "disabled"),
        open_intervals(
            evidence.gateway_events,
            key,
            "gateway_disconnected",
            ("gateway_connected",),
            "unheard",
        ),
        _settled(evidence.telemetry_gaps),
    )


def _settled(silences: ir.Table) -> ir.Table:
    said = silences.filter(silences.outcome.notnull())
    return ibis.union(
        kind_intervals(
            silences.filter(silences.port_id.isnull()), "port_hour", "from_us", "to_us", "over"
        ),
        said.select("port_hour", "from_us", "to_us", kind=said.outcome),
    )


def open_intervals(
    events: ir.Table, key: str, opening: str, closing: tuple[str, ...], kind: str
) -> ir.Table:
    """From each opening event to the next that opens or closes, as intervals of the kind."""
    chosen = events.filter(events.event_kind.isin((opening, *closing)))
    told = chosen.select(key, "at_us", opens=(chosen.event_kind == opening).ifelse(1, 0))
    along = ibis.window(group_by=told[key], order_by=[told.at_us, told.opens.desc()])
    timed = told.mutate(next_us=told.at_us.lead().over(along))
    latest = timed.at_us + microseconds(EVENT_REACH_BACK)
    opened = timed.mutate(to_us=ibis.least(timed.next_us.fill_null(latest), latest))
    return kind_intervals(opened.filter(opened.opens == 1), key, "at_us", "to_us", kind)
