"""What physically happened to the sites, circuits and paths of a whole fleet.

Belongs here: causes, use, darkness, failovers, replacements, bad paths; all as intervals.
Keep out: any rule of measuring.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wan_perf.simulator.circuit_life import Life
from wan_perf.simulator.instants import Interval
from wan_perf.simulator.paths import Path
from wan_perf.simulator.physics import Gateway
from wan_perf.simulator.ports import Port
from wan_perf.simulator.spans import FOREVER, intersection, union, without

if TYPE_CHECKING:
    from wan_perf.simulator.fleet import Fleet

Row = dict[str, object]


def of_circuit(
    fleet: Fleet, gateway: Gateway, ports: tuple[Port, ...], life: Life
) -> dict[str, object]:
    """Say what made a circuit usable or not, and when its site used it.

    The intervals are the line's own, through a replacement of the gateway; `held` is when this
    gateway had the circuit.
    """
    circuit = life.circuit
    return {
        "members": [port.port_id for port in ports],
        "interface": ports[0].interface,
        "wan_name": circuit.line.wan_name,
        "rank": circuit.line.rank,
        "is_hub": fleet.site_of[life.site_id].is_hub,
        "is_lit": circuit.slot.is_lit,
        "is_disabled": circuit.is_disabled,
        "on_demand": circuit.on_demand,
        "held": list(gateway.assigned),
        "link_down": _lists(life.link_down),
        "arp_dead": _lists(life.arp_dead),
        "dhcp_dead": _lists(life.dhcp_dead),
        "gateway_off": _lists(life.off),
        "usable": _lists(life.usable),
        "active": _lists(life.active),
    }


def of_gateway(fleet: Fleet, gateway: Gateway) -> dict[str, object]:
    """Say when a gateway stood at its site, and why telemetry is missing.

    Empty for a plain fleet. Causes are checked in this order: power, no usable circuit, the way to
    the cloud, missed reports.
    """
    if not fleet.lives:
        return {}
    rest = without([gateway.assigned], [])
    causes: list[tuple[int, int, str]] = []
    for cause, intervals in (
        ("power", gateway.offs),
        ("wan", _dark(fleet.lives_at[gateway.site_id])),
        ("cloud", gateway.losses),
        ("missed", gateway.telemetry_gaps),
    ):
        causes += [(start, end, cause) for start, end in intersection(rest, intervals)]
        rest = without(rest, intervals)
    return {
        "assigned": list(gateway.assigned),
        "off": _lists(gateway.offs),
        "no_telemetry": [list(piece) for piece in sorted(causes)],
    }


def of_sites(fleet: Fleet) -> list[Row]:
    """Say for each site of a whole fleet which circuit it used, when it had none, its failovers."""
    return [
        {
            "site_id": site_id,
            "site_name": fleet.site_of[site_id].name,
            "is_hub": fleet.site_of[site_id].is_hub,
            "active": _use_intervals(lives, [FOREVER]),
            "dark": _lists(_dark(lives)),
            "failovers": _failovers(lives),
        }
        for site_id, lives in fleet.lives_at.items()
    ]


def of_path(path: Path) -> Row:
    """Say when a path was up and what was planted on it."""
    return {
        "site_id": path.life.site_id,
        "port_id": path.life.key,
        "wan_name": path.life.circuit.line.wan_name,
        "hub_mac": path.hub.holders[0][0],
        "up": _lists(path.up),
        "quality_faults": [[*span, metric, amount] for span, metric, amount in path.added],
    }


def _failovers(lives: list[Life]) -> list[Row]:
    """List the intervals in which the first circuit was unusable and another one was in use.

    A failover begins when the first circuit becomes unusable and ends when it is in use again.
    """
    first, others = lives[0], lives[1:]
    found: list[Row] = []
    for start, end in without([FOREVER], first.active):
        lost = [piece for piece in without([FOREVER], first.usable) if start <= piece[0] < end]
        used = _use_intervals(others, [(start, end)])
        if used and lost:
            found.append({"start": start, "end": end, "recovered": lost[-1][1], "used": used})
    return found


def _use_intervals(lives: list[Life], within: list[Interval]) -> list[list[object]]:
    pieces = [
        (*piece, life.key, life.circuit.line.wan_name)
        for life in lives
        for piece in intersection(within, life.active)
    ]
    return [list(piece) for piece in sorted(pieces)]


def _dark(lives: list[Life]) -> tuple[Interval, ...]:
    return without([FOREVER], union(*(life.active for life in lives)))


def _lists(intervals: tuple[Interval, ...]) -> list[list[int]]:
    return [list(interval) for interval in intervals]
