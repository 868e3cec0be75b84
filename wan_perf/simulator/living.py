"""What incidents do to a site: which circuit can be used, which is, what each port carries.

Belongs here: the chain of causes from link, provider and power to use, traffic and silence.
Keep out: which incidents there are, and how they are told.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from wan_perf.simulator import estate
from wan_perf.simulator.demand import Together
from wan_perf.simulator.failover import active_intervals
from wan_perf.simulator.faults import Fault
from wan_perf.simulator.instants import Interval
from wan_perf.simulator.physics import Gateway
from wan_perf.simulator.ports import Port, Stretch
from wan_perf.simulator.premises import SUCCESSOR, Circuit, Premises, gateway, layout_of, wan_ports
from wan_perf.simulator.seeding import draws
from wan_perf.simulator.spans import FOREVER, shared, united, without
from wan_perf.simulator.traffic import Flow

EVER = (FOREVER,)


@dataclass(frozen=True)
class Life:
    """What physically happens to one circuit, as intervals; it outlives a replaced gateway.

    Attributes:
        holders: the gateways that have it, each with the interval.
        link_down: its interface is down while its gateway runs: unplugged, disabled, on standby.
        arp_dead: the link is up and the provider's gateway answers no ARP.
        dhcp_dead: the link is up and the lease is lost.
        off: its gateway has no power or is booting.
        usable: powered, link up, provider there.
        active: it carries the site's traffic.
        quality: when its paths are bad, and in what.
    """

    site_id: str
    key: str
    circuit: Circuit
    holders: tuple[tuple[str, Interval], ...]
    link_down: tuple[Interval, ...]
    arp_dead: tuple[Interval, ...]
    dhcp_dead: tuple[Interval, ...]
    off: tuple[Interval, ...]
    usable: tuple[Interval, ...]
    active: tuple[Interval, ...]
    quality: tuple[Fault, ...]


def live(
    seed: int, place: Premises, faults: Sequence[Fault]
) -> tuple[tuple[Gateway, ...], tuple[Life, ...]]:
    """Give a site's gateways, replacements among them, and its circuits' lives.

    The faults are the site's own, each under its first gateway's name.
    """
    lives = _lives(place, faults, congested_rx(seed, place, faults))
    dark = without(EVER, united(*(life.active for life in lives)))
    gateways: list[Gateway] = []
    for number, first in enumerate(place.gateways):
        own = [f for f in faults if f.gateway_mac == first.mac]
        for holder in _holders(seed, place, first, own):
            gateways.append(_with_ports(holder, place.of_gateway(number), lives, own, dark))
    return tuple(gateways), lives


def congested_rx(seed: int, place: Premises, faults: Iterable[Fault]) -> float | None:
    """Give the peak of a site's demand where it is too large for its line [bytes/s]."""
    if not any(fault.kind == "congestion" for fault in faults):
        return None
    share = draws(seed, "congested load", place.site.site_id).uniform(0.85, 1.1)
    return share * place.circuits[0].line.provisioned_mbps[0] * estate.BYTES_PER_MBIT


def _lives(place: Premises, faults: Sequence[Fault], peak: float | None) -> tuple[Life, ...]:
    drafts = [_draft(place, circuit, faults) for circuit in place.circuits]
    if peak is not None:
        first = drafts[0].circuit
        demand = replace(first.demand, rx=first.demand.rx.peaking_at(peak))
        drafts[0] = replace(drafts[0], circuit=replace(first, demand=demand))
    active = active_intervals([life.usable for life in drafts], place.switching)
    return tuple(_on_duty(life, used) for life, used in zip(drafts, active, strict=True))


def _draft(place: Premises, circuit: Circuit, faults: Sequence[Fault]) -> Life:
    mac = place.gateways[circuit.gateway].mac
    own = [f for f in faults if f.gateway_mac == mac and f.port_id == circuit.key]
    lost = [f for f in faults if f.kind == "wan_lost"]
    unplugged = [_span(f) for f in own if f.kind in ("port_down", "flaps")]
    members = [
        united(_span(f) for f in own if f.kind == "member_down" and f.detail == member)
        for member in circuit.slot.members
    ]
    alone = shared(*members) if len(members) == 2 else ()
    link_down = united(unplugged, alone, (_span(f) for f in lost if f.detail == "port"))
    arp = united(
        (_span(f) for f in own if f.kind == "isp_dead_arp"),
        (_span(f) for f in lost if f.detail == "isp"),
    )
    dhcp = united(_span(f) for f in own if f.kind == "isp_dead_dhcp")
    gateway_faults = [f for f in faults if f.gateway_mac == mac and f.port_id is None]
    off = united(_span(f) for f in gateway_faults if f.kind in _POWERLESS)
    if not circuit.is_lit:
        link_down = EVER
    return Life(
        site_id=place.site.site_id,
        key=circuit.key,
        circuit=circuit,
        holders=_held(mac, gateway_faults),
        link_down=link_down,
        arp_dead=without(arp, link_down),
        dhcp_dead=without(dhcp, link_down),
        off=off,
        usable=without(EVER, united(link_down, arp, dhcp, off)),
        active=(),
        quality=tuple(f for f in own if f.kind == "quality"),
    )


_POWERLESS = ("power_lost", "reboot", "replaced_gateway", "hub_down")


def _on_duty(life: Life, active: tuple[Interval, ...]) -> Life:
    """Let a circuit on demand rest while nobody needs it."""
    if life.circuit.on_demand != "down":
        return replace(life, active=active)
    resting = without(EVER, united(active, life.off))
    return replace(
        life,
        active=active,
        usable=active,
        link_down=united(life.link_down, resting),
        arp_dead=without(life.arp_dead, resting),
        dhcp_dead=without(life.dhcp_dead, resting),
    )


def _held(mac: str, faults: Iterable[Fault]) -> tuple[tuple[str, Interval], ...]:
    swap = next((f for f in faults if f.kind == "replaced_gateway"), None)
    if not swap:
        return ((mac, FOREVER),)
    return ((mac, (0, swap.end)), (successor_mac(mac), (swap.end, FOREVER[1])))


def successor_mac(mac: str) -> str:
    """Give the MAC of the gateway that replaces another, should it be replaced."""
    return f"{int(mac, 16) + SUCCESSOR:012x}"


def _holders(seed: int, place: Premises, first: Gateway, faults: Sequence[Fault]) -> list[Gateway]:
    """Give a gateway with its boots and power cuts, and the one that replaced it."""
    offs = united(_span(f) for f in faults if f.port_id is None and f.kind in _POWERLESS)
    missed = [_span(f) for f in faults if f.kind == "missed_polls"]
    cut = [_span(f) for f in faults if f.kind == "cloud_lost"]
    boots = {end for _, end in offs} | {f.start for f in faults if f.kind == "counter_reset"}
    swap = next((f for f in faults if f.kind == "replaced_gateway"), None)
    until = swap.end if swap else FOREVER[1]
    stay = [replace(first, boots=(*first.boots, *sorted(b for b in boots if b < until)))]
    if swap:
        number = place.index + SUCCESSOR
        new = gateway(seed, number, place.site, layout_of(place.site), until, f"{first.name}-r")
        stay.append(replace(new, boots=tuple(sorted(b for b in boots if b >= until))))
    spans = [(0, until), (until, FOREVER[1])]
    return [
        replace(
            holder,
            assigned=span,
            offs=united(offs, without(EVER, [span])),
            silences=united(missed, cut),
            losses=united(cut),
        )
        for holder, span in zip(stay, spans, strict=False)
    ]


def _with_ports(
    holder: Gateway,
    circuits: Sequence[Circuit],
    lives: Sequence[Life],
    faults: Sequence[Fault],
    dark: tuple[Interval, ...],
) -> Gateway:
    ports: list[Port] = []
    for circuit in circuits:
        life = next(
            x for x in lives if x.key == circuit.key and x.circuit.gateway == circuit.gateway
        )
        drawn = wan_ports(holder, circuit, len(ports))
        ports += _members(holder, drawn, life, faults)
    for port in holder.ports:
        downs = united(
            holder.offs,
            (_span(f) for f in faults if f.kind == "lan_port_down" and f.port_id == port.port_id),
        )
        ports.append(replace(port, boots=holder.boots, downs=downs))
    lost = united(holder.losses, holder.offs, dark)
    return replace(holder, ports=tuple(ports), silences=united(holder.silences, lost), losses=lost)


def _members(
    holder: Gateway, drawn: tuple[Port, ...], life: Life, faults: Sequence[Fault]
) -> list[Port]:
    """Share a circuit's traffic among its ports: by halves in an aggregate, one alone in a reth."""
    whole = _stretches(life, holder.assigned)
    downs = [
        united(
            life.link_down,
            holder.offs,
            (_span(f) for f in faults if f.kind == "member_down" and f.detail == port.port_id),
        )
        for port in drawn
    ]
    if len(drawn) == 1:
        shares = [whole]
    else:
        first, second = (without(EVER, down) for down in downs)
        both, only, spare = shared(first, second), without(first, second), without(second, first)
        if life.circuit.slot.logical.startswith("reth"):
            shares = [_cut(whole, first), _cut(whole, spare)]
        else:
            half = _cut(whole, both, 0.5)
            shares = [sorted([*half, *_cut(whole, alone)], key=_start) for alone in (only, spare)]
    return [
        replace(port, boots=holder.boots, downs=down, carried=tuple(share))
        for port, down, share in zip(drawn, downs, shares, strict=True)
    ]


def _stretches(life: Life, held: Interval) -> list[Stretch]:
    circuit = life.circuit
    busy: Flow = Together(((circuit.background, 1.0), (circuit.demand, 1.0)))
    rest: Flow = circuit.background
    if circuit.on_demand:
        busy, rest = circuit.demand, Together(())
    usable = shared(life.usable, [held])
    pieces = [Stretch(a, b, busy) for a, b in shared(usable, life.active)]
    pieces += [Stretch(a, b, rest) for a, b in without(usable, life.active)]
    return sorted(pieces, key=_start)


def _cut(
    stretches: Iterable[Stretch], intervals: Sequence[Interval], share: float = 1.0
) -> list[Stretch]:
    return [
        Stretch(a, b, piece.flow if share == 1.0 else Together(((piece.flow, share),)))
        for piece in stretches
        for a, b in shared([(int(piece.start), int(piece.end))], intervals)
    ]


def _start(stretch: Stretch) -> float:
    return stretch.start


def _span(fault: Fault) -> Interval:
    return fault.start, fault.end
