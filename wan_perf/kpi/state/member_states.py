"""State that each member port of a circuit contributes: the rules of a member port.

Belongs here: what a port's link, its gateway and the history of both mean for the circuit.
Keep out: how a link's state is derived (`port_states`), how a telemetry gap is settled
(`telemetry_gaps`), how the members combine to the circuit's state (`circuit_states`).

The first rule that applies gives the state of a member at an instant:

1. its gateway sends no telemetry, and the gap has not ended yet: no_telemetry;
2. its link is down: down, or disabled where a person switched it off;
3. the instant is in a telemetry gap of its gateway: up, restarted or cut as the evidence after the
   gap settled it, else unsettled;
4. its link is up, or the history proves it (the port was up when its statistics were last seen,
   since it last flapped; or every bucket of the hour shows traffic): up;
5. otherwise: unknown.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.state.evidence import Evidence
from wan_perf.kpi.state.evidence_window import EVENT_REACH_BACK, HOUR_US, microseconds
from wan_perf.kpi.state.interval_overlay import kind_intervals, overlay_intervals

_OF_PORT = (
    *("member", "up", "down", "proven", "disabled", "disconnected", "gap_ended"),
    *("carried", "restarted", "cut"),
)
_OF_MEMBER = ("up", "down", "disabled", "open", "unknown", "unsettled", "restarted", "cut")
_OF_AGGREGATE = ("aggregate_up", "aggregate_down")
MEMBER_KINDS = (*_OF_MEMBER, *_OF_AGGREGATE, "linked", "settled", "recalled")
"""Kinds of members' intervals; linked: the link is up; settled, recalled: evidence of the state."""


def member_states(members: ir.Table, evidence: Evidence) -> ir.Table:
    """Intervals of `MEMBER_KINDS` for each member, keyed by the circuit_hour of its circuit."""
    overlay = overlay_intervals("port_hour", _port_intervals(members, evidence), _OF_PORT)
    ports = overlay.filter(overlay.member)
    in_gap = ports.disconnected
    is_open = in_gap & ~ports.gap_ended
    state = ibis.cases(
        (is_open, "open"),
        (ports.down & ports.disabled, "disabled"),
        (ports.down, "down"),
        (in_gap & ports.carried, "up"),
        (in_gap & ports.restarted, "restarted"),
        (in_gap & ports.cut, "cut"),
        (in_gap, "unsettled"),
        (ports.up | ports.proven, "up"),
        else_="unknown",
    )
    linked = ~is_open & ~ports.down & ((ports.up | ports.proven) & ~in_gap | ports.carried)
    circuit_of_port = members.select("port_hour", "circuit_hour", "is_aggregate")
    with_state = ports.mutate(
        state=state,
        is_linked=linked,
        is_settled=state.isin(("restarted", "cut")) | ((state == "up") & in_gap),
        is_recalled=(state == "up") & ~in_gap & ~ports.up,
    ).inner_join(circuit_of_port, "port_hour")
    of_aggregate = ibis.cases(
        (with_state.state == "up", "aggregate_up"), (with_state.state == "down", "aggregate_down")
    )
    kind = ibis.ifelse(with_state.is_aggregate.fill_null(False), of_aggregate, with_state.state)
    states = with_state.select("circuit_hour", "from_us", "to_us", kind=kind)
    interval = ("circuit_hour", "from_us", "to_us")
    return ibis.union(
        states.filter(states.kind.notnull()),
        *(
            kind_intervals(with_state.filter(with_state[f"is_{kind}"]), *interval, kind)
            for kind in ("linked", "settled", "recalled")
        ),
    )


def _port_intervals(members: ir.Table, evidence: Evidence) -> ir.Table:
    """The evidence of each member as intervals of the kinds `_OF_PORT`."""
    links, past = evidence.links, evidence.past
    kind = ibis.ifelse(links.is_up, "up", "down")
    carrying = past.filter(past.is_carrying.fill_null(False)).mutate(
        from_us=ibis.literal(0, "int64"), to_us=ibis.literal(HOUR_US, "int64")
    )
    key = "port_hour"
    return ibis.union(
        kind_intervals(members, key, "member_from_us", "member_to_us", "member"),
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
            "disconnected",
        ),
        _gap_intervals(evidence.telemetry_gaps),
    )


def _gap_intervals(telemetry_gaps: ir.Table) -> ir.Table:
    """Telemetry gaps that have ended, and the outcome of each port where it is settled."""
    of_gateway = telemetry_gaps.filter(telemetry_gaps.port_id.isnull())
    settled = telemetry_gaps.filter(telemetry_gaps.outcome.notnull())
    return ibis.union(
        kind_intervals(of_gateway, "port_hour", "from_us", "to_us", "gap_ended"),
        settled.select("port_hour", "from_us", "to_us", kind=settled.outcome),
    )


def open_intervals(
    events: ir.Table, key: str, opening: str, closing: tuple[str, ...], kind: str
) -> ir.Table:
    """Intervals of the kind, each from an opening event to the next opening or closing event."""
    relevant = events.filter(events.event_kind.isin((opening, *closing)))
    edges = relevant.select(key, "at_us", opens=(relevant.event_kind == opening).ifelse(1, 0))
    in_order = ibis.window(group_by=edges[key], order_by=[edges.at_us, edges.opens.desc()])
    with_next = edges.mutate(next_us=edges.at_us.lead().over(in_order))
    latest = with_next.at_us + microseconds(EVENT_REACH_BACK)
    bounded = with_next.mutate(to_us=ibis.least(with_next.next_us.fill_null(latest), latest))
    return kind_intervals(bounded.filter(bounded.opens == 1), key, "at_us", "to_us", kind)
