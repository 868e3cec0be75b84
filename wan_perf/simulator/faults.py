"""What is planted: faults drawn from the seed, and their effect on the healthy estate.

Belongs here: kinds, frequencies, lengths, placing without overlap, applying to gateways.
Keep out: how a fault shows in counters or JSON; that is physics and api.
"""

import math
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from wan_perf.simulator.estate import BYTES_PER_MBIT
from wan_perf.simulator.instants import DAY, HOUR, MINUTE, Interval
from wan_perf.simulator.physics import Gateway
from wan_perf.simulator.ports import Port
from wan_perf.simulator.seeding import draws
from wan_perf.simulator.traffic import DailyFlow

APART_S = 60
"""Faults of one port are at least so far apart [s]."""
CONGESTED_SHARE = 1 / 16
_PORT_DOWNS_A_PORT_DAY = 0.3
_LAN_DOWNS_A_GATEWAY_DAY = 0.1
_RESETS_A_GATEWAY_DAY = 0.25
_SILENCES_A_GATEWAY_DAY = 0.3
_TRIES = 50

PortKey = tuple[str, str]
Shape = Callable[[random.Random], list[Interval]]
"""Draws intervals relative to the start of a fault; a flapping port has several."""


@dataclass(frozen=True, order=True)
class Fault:
    """One planted fault over [start, end) in whole epoch seconds.

    A counter reset has end = start. `port_id` is None where the whole gateway is struck; site and
    gateway are None for an API outage, which strikes everybody.
    """

    start: int
    end: int
    kind: str
    site_id: str | None = None
    gateway_mac: str | None = None
    port_id: str | None = None

    def as_json(self) -> dict[str, object]:
        """Give the fault as it stands in the truth."""
        return asdict(self)


class _Calendar:
    """The intervals already taken on each port, so that faults stay apart."""

    def __init__(self, start: int, end: int) -> None:
        self._start, self._end = start, end
        self._taken: dict[PortKey, list[Interval]] = {}

    def take(self, keys: list[PortKey], start: int, end: int) -> None:
        """Mark an interval as taken on ports."""
        for key in keys:
            self._taken.setdefault(key, []).append((start, end))

    def place(self, chance: random.Random, keys: list[PortKey], shape: Shape) -> list[Interval]:
        """Find room for a drawn shape on all the ports at once; empty where there is none."""
        for _ in range(_TRIES):
            pieces = shape(chance)
            length = pieces[-1][1]
            latest = self._end - length - APART_S
            if latest <= self._start + APART_S:
                continue
            begin = chance.randrange(self._start + APART_S, latest)
            if self._is_free(keys, begin - APART_S, begin + length + APART_S):
                self.take(keys, begin, begin + length)
                return [(begin + a, begin + b) for a, b in pieces]
        return []

    def _is_free(self, keys: list[PortKey], start: int, end: int) -> bool:
        # A reset takes no time, hence <= and not <.
        return not any(a <= end and start <= b for key in keys for a, b in self._taken.get(key, ()))


def plant(seed: int, gateways: tuple[Gateway, ...], start: int, end: int) -> tuple[Fault, ...]:
    """Draw the faults of a fleet over [start, end), in order of time.

    The numbers follow from the size of the fleet and the length of the window, so every kind
    occurs also in a small one; only who is struck, when, and for how long is chance.
    """
    days = (end - start) / DAY
    calendar = _Calendar(start, end)
    wan = [(g, p) for g in gateways for p in g.wan_ports]
    lan = [(g, p) for g in gateways for p in g.ports if not p.line]
    faults = _congestion(seed, wan, start, end)
    for fault in faults:
        calendar.take([(str(fault.gateway_mac), str(fault.port_id))], fault.start, fault.end)
    whole: list[tuple[Gateway, Port | None]] = [(g, None) for g in gateways]
    for kind, victims, number, shape in (
        ("counter_reset", whole, len(gateways) * days * _RESETS_A_GATEWAY_DAY, _at_once),
        ("missed_polls", whole, len(gateways) * days * _SILENCES_A_GATEWAY_DAY, _silence),
        ("port_down", wan, len(wan) * days * _PORT_DOWNS_A_PORT_DAY, _outage),
        ("lan_port_down", lan, len(gateways) * days * _LAN_DOWNS_A_GATEWAY_DAY, _unplugged),
    ):
        chance = draws(seed, kind)
        for gateway, port in chance.choices(victims, k=math.ceil(number)) if victims else ():
            struck = (port,) if port else gateway.ports
            keys = [(gateway.mac, p.port_id) for p in struck]
            faults += [
                Fault(a, b, kind, gateway.site_id, gateway.mac, port.port_id if port else None)
                for a, b in calendar.place(chance, keys, shape)
            ]
    return tuple(sorted([*faults, *_api_outages(seed, start, end)], key=_order))


def strike(seed: int, gateway: Gateway, faults: list[Fault]) -> Gateway:
    """Give a gateway as its own faults, in order of time, make it."""
    resets = tuple(f.start for f in faults if f.kind == "counter_reset")
    boots = (*gateway.boots, *resets)
    return replace(
        gateway,
        boots=boots,
        silences=tuple((f.start, f.end) for f in faults if f.kind == "missed_polls"),
        ports=tuple(
            _strike_port(seed, port, boots, [f for f in faults if f.port_id == port.port_id])
            for port in gateway.ports
        ),
    )


def _strike_port(seed: int, port: Port, boots: tuple[int, ...], faults: list[Fault]) -> Port:
    downs = tuple((f.start, f.end) for f in faults if f.kind in ("port_down", "lan_port_down"))
    flow = port.flow
    if port.line and isinstance(flow, DailyFlow) and any(f.kind == "congestion" for f in faults):
        share = draws(seed, "congested load", port.mac).uniform(0.85, 1.1)
        peak = share * port.line.provisioned_mbps[0] * BYTES_PER_MBIT
        flow = replace(flow, rx=flow.rx.peaking_at(peak))
    return replace(port, boots=boots, downs=downs, flow=flow)


def _congestion(seed: int, wan: list[tuple[Gateway, Port]], start: int, end: int) -> list[Fault]:
    """Choose the circuits that are too small; their faults are the hours around the daily peak."""
    candidates = [(g, p) for g, p in wan if p.line and p.line.wan_type != "lte"]
    number = math.ceil(CONGESTED_SHARE * len(candidates))
    faults = []
    for gateway, port in draws(seed, "congestion").sample(candidates, number):
        if not isinstance(port.flow, DailyFlow):
            continue
        peak = port.flow.rx.phase + DAY // 4
        first = peak + (start - peak) // DAY * DAY
        for at in range(first, end + DAY, DAY):
            begin, finish = max(start, at - 3 * HOUR), min(end, at + 3 * HOUR)
            if begin < finish:
                faults.append(
                    Fault(begin, finish, "congestion", gateway.site_id, gateway.mac, port.port_id)
                )
    return faults


def _api_outages(seed: int, start: int, end: int) -> list[Fault]:
    """Draw one or two outages of the whole API for each calendar day the window touches."""
    faults: list[Fault] = []
    for midnight in range(start // DAY * DAY, end, DAY):
        chance = draws(seed, "api outage", midnight)
        calendar = _Calendar(max(start, midnight), min(end, midnight + DAY))
        for _ in range(chance.choice((1, 2))):
            placed = calendar.place(chance, [("", "")], _brief_outage)
            faults += [Fault(a, b, "api_outage") for a, b in placed]
    return faults


def _order(fault: Fault) -> tuple[object, ...]:
    return fault.start, fault.end, fault.kind, fault.gateway_mac or "", fault.port_id or ""


def _at_once(_: random.Random) -> list[Interval]:
    return [(0, 0)]


def _silence(chance: random.Random) -> list[Interval]:
    return [(0, chance.randrange(10 * MINUTE, 90 * MINUTE + 1))]


def _brief_outage(chance: random.Random) -> list[Interval]:
    return [(0, chance.randrange(5 * MINUTE, 15 * MINUTE + 1))]


def _unplugged(chance: random.Random) -> list[Interval]:
    return [(0, chance.randrange(30, 20 * MINUTE))]


def _outage(chance: random.Random) -> list[Interval]:
    """Draw a port outage: minutes, hours, a blink under a minute, or a flapping port."""
    kind = chance.random()
    if kind < 0.45:
        return [(0, chance.randrange(3 * MINUTE, 45 * MINUTE))]
    if kind < 0.60:
        return [(0, chance.randrange(1 * HOUR, 4 * HOUR))]
    if kind < 0.80:
        return [(0, chance.randrange(5, MINUTE))]
    return _flapping(chance)


def _flapping(chance: random.Random) -> list[Interval]:
    pieces: list[Interval] = []
    at = 0
    for _ in range(chance.randrange(3, 7)):
        down = chance.randrange(20, 3 * MINUTE)
        pieces.append((at, at + down))
        at += down + chance.randrange(APART_S, 5 * MINUTE)
    return pieces
