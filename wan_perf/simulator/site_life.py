"""What incidents do to a site: which circuit can be used, which is, what each port carries.

Belongs here: the chain of causes from link, provider and power to use, traffic and telemetry gaps.
Keep out: which incidents there are, and how they are reported.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from wan_perf.simulator import estate
from wan_perf.simulator.circuit_life import EVER, Life, span
from wan_perf.simulator.failover import active_intervals
from wan_perf.simulator.faults import Fault
from wan_perf.simulator.instants import Interval
from wan_perf.simulator.physics import Gateway
from wan_perf.simulator.port_traffic import with_ports
from wan_perf.simulator.premises import SUCCESSOR, Circuit, Premises, gateway, layout_of
from wan_perf.simulator.seeding import draws
from wan_perf.simulator.spans import FOREVER, intersection, union, without


def live(
    seed: int, place: Premises, faults: Sequence[Fault]
) -> tuple[tuple[Gateway, ...], tuple[Life, ...]]:
    """Give a site's gateways, replacements among them, and its circuits' lives.

    The faults are the site's own, each under its first gateway's name.
    """
    lives = _lives(place, faults, congested_rx(seed, place, faults))
    dark = without(EVER, union(*(life.active for life in lives)))
    gateways: list[Gateway] = []
    for number, first in enumerate(place.gateways):
        own = [f for f in faults if f.gateway_mac == first.mac]
        for holder in _holders(seed, place, first, own):
            gateways.append(with_ports(holder, place.of_gateway(number), lives, own, dark))
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
    unplugged = [span(f) for f in own if f.kind in ("port_down", "flaps")]
    members = [
        union(span(f) for f in own if f.kind == "member_down" and f.detail == member)
        for member in circuit.slot.members
    ]
    alone = intersection(*members) if len(members) == 2 else ()
    link_down = union(unplugged, alone, (span(f) for f in lost if f.detail == "port"))
    arp = union(
        (span(f) for f in own if f.kind == "isp_dead_arp"),
        (span(f) for f in lost if f.detail == "isp"),
    )
    dhcp = union(span(f) for f in own if f.kind == "isp_dead_dhcp")
    gateway_faults = [f for f in faults if f.gateway_mac == mac and f.port_id is None]
    off = union(span(f) for f in gateway_faults if f.kind in _POWERLESS)
    if not circuit.is_lit:
        link_down = EVER
    return Life(
        site_id=place.site.site_id,
        key=circuit.key,
        circuit=circuit,
        holders=_holder_intervals(mac, gateway_faults),
        link_down=link_down,
        arp_dead=without(arp, link_down),
        dhcp_dead=without(dhcp, link_down),
        off=off,
        usable=without(EVER, union(link_down, arp, dhcp, off)),
        active=(),
        quality=tuple(f for f in own if f.kind == "quality"),
    )


_POWERLESS = ("power_lost", "reboot", "replaced_gateway", "hub_down")


def _on_duty(life: Life, active: tuple[Interval, ...]) -> Life:
    """Let a circuit on demand rest while nobody needs it."""
    if life.circuit.on_demand != "down":
        return replace(life, active=active)
    resting = without(EVER, union(active, life.off))
    return replace(
        life,
        active=active,
        usable=active,
        link_down=union(life.link_down, resting),
        arp_dead=without(life.arp_dead, resting),
        dhcp_dead=without(life.dhcp_dead, resting),
    )


def _holder_intervals(mac: str, faults: Iterable[Fault]) -> tuple[tuple[str, Interval], ...]:
    swap = next((f for f in faults if f.kind == "replaced_gateway"), None)
    if not swap:
        return ((mac, FOREVER),)
    return ((mac, (0, swap.end)), (successor_mac(mac), (swap.end, FOREVER[1])))


def successor_mac(mac: str) -> str:
    """Give the MAC of the gateway that replaces another, should it be replaced."""
    return f"{int(mac, 16) + SUCCESSOR:012x}"


def _holders(seed: int, place: Premises, first: Gateway, faults: Sequence[Fault]) -> list[Gateway]:
    """Give a gateway with its boots and power cuts, and the one that replaced it."""
    offs = union(span(f) for f in faults if f.port_id is None and f.kind in _POWERLESS)
    missed = [span(f) for f in faults if f.kind == "missed_polls"]
    cut = [span(f) for f in faults if f.kind == "cloud_lost"]
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
            offs=union(offs, without(EVER, [span])),
            telemetry_gaps=union(missed, cut),
            losses=union(cut),
        )
        for holder, span in zip(stay, spans, strict=False)
    ]
