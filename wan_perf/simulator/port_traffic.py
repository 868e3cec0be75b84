"""What each port of a gateway carries when: a circuit's traffic, shared among its members.

Belongs here: from the life of a circuit to the link states and flows of physical ports.
Keep out: which circuit is in use, and why one is not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from wan_perf.simulator.circuit_life import EVER, Life, span
from wan_perf.simulator.demand import Together
from wan_perf.simulator.faults import Fault
from wan_perf.simulator.instants import Interval
from wan_perf.simulator.physics import Gateway
from wan_perf.simulator.ports import FlowInterval, Port
from wan_perf.simulator.premises import Circuit, wan_ports
from wan_perf.simulator.spans import intersection, union, without
from wan_perf.simulator.traffic import Flow


def with_ports(
    holder: Gateway,
    circuits: Sequence[Circuit],
    lives: Sequence[Life],
    faults: Sequence[Fault],
    dark: tuple[Interval, ...],
) -> Gateway:
    """Give a gateway with the ports of its circuits, and all its telemetry gaps.

    Args:
        holder: the gateway, with boots, power cuts and LAN ports.
        circuits: the ones that end on it.
        lives: what befalls the site's circuits.
        faults: the gateway's own.
        dark: when the site had no circuit in use, so that nothing reached the cloud.
    """
    ports: list[Port] = []
    for circuit in circuits:
        life = next(
            x for x in lives if x.key == circuit.key and x.circuit.gateway == circuit.gateway
        )
        drawn = wan_ports(holder, circuit, len(ports))
        ports += _members(holder, drawn, life, faults)
    for port in holder.ports:
        downs = union(
            holder.offs,
            (span(f) for f in faults if f.kind == "lan_port_down" and f.port_id == port.port_id),
        )
        ports.append(replace(port, boots=holder.boots, downs=downs))
    lost = union(holder.losses, holder.offs, dark)
    gaps = union(holder.telemetry_gaps, lost)
    return replace(holder, ports=tuple(ports), telemetry_gaps=gaps, losses=lost)


def _members(
    holder: Gateway, drawn: tuple[Port, ...], life: Life, faults: Sequence[Fault]
) -> list[Port]:
    """Share a circuit's traffic among its ports: by halves in an aggregate, one alone in a reth."""
    whole = _flow_intervals(life, holder.assigned)
    downs = [
        union(
            life.link_down,
            holder.offs,
            (span(f) for f in faults if f.kind == "member_down" and f.detail == port.port_id),
        )
        for port in drawn
    ]
    if len(drawn) == 1:
        shares = [whole]
    else:
        first, second = (without(EVER, down) for down in downs)
        both, only, spare = (
            intersection(first, second),
            without(first, second),
            without(second, first),
        )
        if life.circuit.slot.logical.startswith("reth"):
            shares = [_cut(whole, first), _cut(whole, spare)]
        else:
            half = _cut(whole, both, 0.5)
            shares = [sorted([*half, *_cut(whole, alone)], key=_start) for alone in (only, spare)]
    return [
        replace(port, boots=holder.boots, downs=down, carried=tuple(share))
        for port, down, share in zip(drawn, downs, shares, strict=True)
    ]


def _flow_intervals(life: Life, assigned: Interval) -> list[FlowInterval]:
    circuit = life.circuit
    busy: Flow = Together(((circuit.background, 1.0), (circuit.demand, 1.0)))
    rest: Flow = circuit.background
    if circuit.on_demand:
        busy, rest = circuit.demand, Together(())
    usable = intersection(life.usable, [assigned])
    pieces = [FlowInterval(a, b, busy) for a, b in intersection(usable, life.active)]
    pieces += [FlowInterval(a, b, rest) for a, b in without(usable, life.active)]
    return sorted(pieces, key=_start)


def _cut(
    flow_intervals: Iterable[FlowInterval], intervals: Sequence[Interval], share: float = 1.0
) -> list[FlowInterval]:
    return [
        FlowInterval(a, b, piece.flow if share == 1.0 else Together(((piece.flow, share),)))
        for piece in flow_intervals
        for a, b in intersection([(int(piece.start), int(piece.end))], intervals)
    ]


def _start(piece: FlowInterval) -> float:
    return piece.start
