"""What goes wrong in the field: kinds, how often, how long; placed so that each can be identified.

Belongs here: drawing incidents for sites, circuits, hubs and event feeds.
Keep out: what an incident does to traffic, states and reports (`site_life`), or to events.
"""

import math
import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from wan_perf.simulator.faults import CONGESTED_SHARE, Fault, api_outages, order
from wan_perf.simulator.instants import DAY, HOUR, MINUTE, Interval
from wan_perf.simulator.placement import (
    Calendar,
    PortKey,
    Shape,
    at_once,
    flapping,
    missed_reports,
    outage,
    unplugged,
)
from wan_perf.simulator.premises import Premises
from wan_perf.simulator.seeding import draws

Victim = tuple[Premises, int, str | None]
"""A site, the number of its gateway, and the circuit or LAN port; None for the whole gateway."""


def _minutes(fewest: float, most: float) -> Shape:
    def drawn(chance: random.Random) -> list[Interval]:
        return [(0, chance.randrange(int(fewest * MINUTE), int(most * MINUTE) + 1))]

    return drawn


_PER_DAY: dict[str, tuple[str, float, Shape]] = {
    "power_lost": ("gateway", 0.02, _minutes(10, 240)),
    "wan_lost": ("site", 0.02, _minutes(8, 180)),
    "cloud_lost": ("gateway", 0.03, _minutes(6, 120)),
    "reboot": ("gateway", 0.02, _minutes(1.5, 4)),
    "replaced_gateway": ("replaceable", 0.012, _minutes(10, 40)),
    "counter_reset": ("gateway", 0.02, at_once),
    "missed_polls": ("gateway", 0.1, missed_reports),
    "port_down": ("circuit", 0.12, outage),
    "flaps": ("circuit", 0.02, flapping),
    "isp_dead_arp": ("circuit", 0.02, _minutes(3, 120)),
    "isp_dead_dhcp": ("circuit", 0.02, _minutes(3, 120)),
    "quality": ("circuit", 0.05, _minutes(5, 240)),
    "member_down": ("aggregate", 0.1, _minutes(2, 90)),
    "lan_port_down": ("lan", 0.03, unplugged),
    "hub_down": ("hub", 1.0, _minutes(3, 40)),
}
"""What is struck, how often each of it a day, and for how long; scarcest room first."""
OF_EVENTS = ("late_event", "out_of_order_events", "duplicate_event", "twin_event")
"""What befalls the news of a port that went down, for an eighth of the outages each."""
KINDS = frozenset({*_PER_DAY, *OF_EVENTS, "congestion", "api_outage"})


def plant(
    seed: int,
    stores: Sequence[Premises],
    hubs: Sequence[Premises],
    window: Interval,
    kinds: Collection[str],
) -> list[Fault]:
    """Draw the incidents of a fleet over a window, in order of time.

    The numbers follow from the fleet's size and the window's length, so that every kind occurs.
    A flapping port is one fault for each time that it is down.
    """
    calendar = Calendar(*window)
    faults = _congestion(seed, stores, window) if "congestion" in kinds else []
    for kind in (kind for kind in _PER_DAY if kind in kinds):
        target, rate, shape = _PER_DAY[kind]
        victims = list(_victims(target, stores, hubs))
        chance = draws(seed, "incident", kind)
        number = math.ceil(len(victims) * (window[1] - window[0]) / DAY * rate)
        replaced: set[str] = set()
        for victim in chance.choices(victims, k=number) if victims else ():
            place, which, key = victim
            if kind == "replaced_gateway" and place.site.site_id in replaced:
                continue  # one replacement a site: a third gateway would show nothing new
            replaced.add(place.site.site_id)
            mac = place.gateways[which].mac
            faults += [
                _with_detail(Fault(start, end, kind, place.site.site_id, mac, key), place, chance)
                for start, end in calendar.place(chance, list(_keys(kind, victim)), shape)
            ]
    faults += _of_events(seed, faults, kinds)
    faults += api_outages(seed, *window) if "api_outage" in kinds else []
    return sorted(faults, key=order)


def _victims(target: str, stores: Sequence[Premises], hubs: Sequence[Premises]) -> Iterator[Victim]:
    for place in hubs if target == "hub" else stores:
        if target == "site":
            yield place, 0, None
        for number, gateway in enumerate(place.gateways):
            if target in ("gateway", "hub") or (target == "replaceable" and _replaceable(place)):
                yield place, number, None
            if target == "lan":
                yield from ((place, number, port.port_id) for port in gateway.ports)
        for circuit in place.circuits:
            aggregated = target == "aggregate" and circuit.slot.members
            if circuit.is_lit and not circuit.on_demand and (target == "circuit" or aggregated):
                yield place, circuit.gateway, circuit.key


def _replaceable(place: Premises) -> bool:
    return len(place.gateways) == 1 and not place.gateways[0].is_ha


def _keys(kind: str, victim: Victim) -> Iterator[PortKey]:
    """Name what an incident takes: two of them must not be confused with each other."""
    place, which, key = victim
    if kind == "hub_down":
        yield "hubs", ""  # never two hubs at a time
        return
    for number, gateway in enumerate(place.gateways):
        if key is not None and number == which:
            yield gateway.mac, key
        elif key is None and (kind == "wan_lost" or number == which):
            yield from ((gateway.mac, circuit.key) for circuit in place.of_gateway(number))
            yield from ((gateway.mac, port.port_id) for port in gateway.ports)


def _with_detail(fault: Fault, place: Premises, chance: random.Random) -> Fault:
    if fault.kind == "quality":
        return replace(fault, detail=chance.choice(("loss", "jitter", "latency")))
    if fault.kind == "wan_lost":
        return replace(fault, detail=chance.choice(("port", "isp")))
    if fault.kind == "member_down":
        circuit = next(c for c in place.circuits if c.key == fault.port_id)
        return replace(fault, detail=chance.choice(circuit.slot.members))
    return fault


def _congestion(seed: int, stores: Sequence[Premises], window: Interval) -> list[Fault]:
    """Choose the sites whose demand is too large; the faults are the hours around its peak."""
    number = math.ceil(CONGESTED_SHARE * len(stores))
    faults = []
    for place in draws(seed, "congestion").sample(list(stores), number):
        circuit = place.circuits[0]
        peak = circuit.demand.rx.phase + DAY // 4
        for at in range(peak + (window[0] - peak) // DAY * DAY, window[1] + DAY, DAY):
            start, end = max(window[0], at - 3 * HOUR), min(window[1], at + 3 * HOUR)
            mac = place.gateways[circuit.gateway].mac
            if start < end:
                site_id = place.site.site_id
                faults.append(Fault(start, end, "congestion", site_id, mac, circuit.key))
    return faults


def _of_events(seed: int, faults: Sequence[Fault], kinds: Collection[str]) -> list[Fault]:
    """Draw faults of events: from the change itself until the cloud receives its event."""
    chance = draws(seed, "incident", "events")
    outages = [fault for fault in faults if fault.kind == "port_down"]
    share = math.ceil(len(outages) / 8)
    struck = chance.sample(outages, min(len(outages), share * len(OF_EVENTS)))
    found = []
    for number, fault in enumerate(struck):
        kind = OF_EVENTS[number % len(OF_EVENTS)]
        at, until = fault.start, fault.start
        if kind == "late_event":
            at = chance.choice((fault.start, fault.end))
            until = at + chance.randrange(10 * MINUTE, 5 * HOUR)
        elif kind == "out_of_order_events":
            until = fault.end + chance.randrange(10, 10 * MINUTE)
        elif kind == "duplicate_event":
            until = at + chance.randrange(0, 3)
        elif kind == "twin_event":
            until = at + chance.randrange(0, 6)
        if kind in kinds:
            found.append(replace(fault, start=at, end=until, kind=kind, detail=None))
    return found
