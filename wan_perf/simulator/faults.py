"""What is planted: faults drawn from the seed, and their effect on the healthy estate.

Belongs here: kinds, frequencies, applying to gateways.
Keep out: how a fault shows in counters or JSON; that is physics and api.
"""

import math
from dataclasses import asdict, dataclass, replace

from wan_perf.simulator.estate import BYTES_PER_MBIT
from wan_perf.simulator.instants import DAY, HOUR
from wan_perf.simulator.physics import Gateway
from wan_perf.simulator.placement import (
    Calendar,
    at_once,
    brief_outage,
    missed_reports,
    outage,
    unplugged,
)
from wan_perf.simulator.ports import Port
from wan_perf.simulator.seeding import draws
from wan_perf.simulator.traffic import DailyFlow

CONGESTED_SHARE = 1 / 16
_PORT_DOWNS_A_PORT_DAY = 0.3
_LAN_DOWNS_A_GATEWAY_DAY = 0.1
_RESETS_A_GATEWAY_DAY = 0.25
_MISSED_POLLS_A_GATEWAY_DAY = 0.3


@dataclass(frozen=True, order=True)
class Fault:
    """One planted fault over [start, end) in whole epoch seconds.

    A counter reset has end = start. `port_id` is None where the whole gateway is struck; site and
    gateway are None for an API outage, which strikes everybody. `detail` says more where the kind
    does not say all: the figure that is bad, the member that is down, how a line died.
    """

    start: int
    end: int
    kind: str
    site_id: str | None = None
    gateway_mac: str | None = None
    port_id: str | None = None
    detail: str | None = None

    def as_json(self) -> dict[str, object]:
        """Give the fault as it stands in the truth."""
        return asdict(self)


def plant(seed: int, gateways: tuple[Gateway, ...], start: int, end: int) -> tuple[Fault, ...]:
    """Draw the faults of a fleet over [start, end), in order of time.

    The numbers follow from the size of the fleet and the length of the window, so every kind
    occurs also in a small one; only who is struck, when, and for how long is chance.
    """
    days = (end - start) / DAY
    calendar = Calendar(start, end)
    wan = [(g, p) for g in gateways for p in g.wan_ports]
    lan = [(g, p) for g in gateways for p in g.ports if not p.line]
    faults = congestion(seed, wan, start, end)
    for fault in faults:
        calendar.take([(str(fault.gateway_mac), str(fault.port_id))], fault.start, fault.end)
    whole: list[tuple[Gateway, Port | None]] = [(g, None) for g in gateways]
    for kind, victims, number, shape in (
        ("counter_reset", whole, len(gateways) * days * _RESETS_A_GATEWAY_DAY, at_once),
        ("missed_polls", whole, len(gateways) * days * _MISSED_POLLS_A_GATEWAY_DAY, missed_reports),
        ("port_down", wan, len(wan) * days * _PORT_DOWNS_A_PORT_DAY, outage),
        ("lan_port_down", lan, len(gateways) * days * _LAN_DOWNS_A_GATEWAY_DAY, unplugged),
    ):
        chance = draws(seed, kind)
        for gateway, port in chance.choices(victims, k=math.ceil(number)) if victims else ():
            struck = (port,) if port else gateway.ports
            keys = [(gateway.mac, p.port_id) for p in struck]
            faults += [
                Fault(a, b, kind, gateway.site_id, gateway.mac, port.port_id if port else None)
                for a, b in calendar.place(chance, keys, shape)
            ]
    return tuple(sorted([*faults, *api_outages(seed, start, end)], key=order))


def strike(seed: int, gateway: Gateway, faults: list[Fault]) -> Gateway:
    """Give a gateway as its own faults, in order of time, make it."""
    resets = tuple(f.start for f in faults if f.kind == "counter_reset")
    boots = (*gateway.boots, *resets)
    return replace(
        gateway,
        boots=boots,
        telemetry_gaps=tuple((f.start, f.end) for f in faults if f.kind == "missed_polls"),
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


def congestion(seed: int, wan: list[tuple[Gateway, Port]], start: int, end: int) -> list[Fault]:
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


def api_outages(seed: int, start: int, end: int) -> list[Fault]:
    """Draw one or two outages of the whole API for each calendar day the window touches."""
    faults: list[Fault] = []
    for midnight in range(start // DAY * DAY, end, DAY):
        chance = draws(seed, "api outage", midnight)
        calendar = Calendar(max(start, midnight), min(end, midnight + DAY))
        for _ in range(chance.choice((1, 2))):
            placed = calendar.place(chance, [("", "")], brief_outage)
            faults += [Fault(a, b, "api_outage") for a, b in placed]
    return faults


def order(fault: Fault) -> tuple[object, ...]:
    """Order faults by time, and wholly."""
    return fault.start, fault.end, fault.kind, fault.gateway_mac or "", fault.port_id or ""
