"""Events of ports, their providers and their paths: link, ARP, DHCP, VPN.

Belongs here: what a gateway says of its own interfaces, and how it reads.
Keep out: when the cloud receives it.
"""

from collections.abc import Iterator

from wan_perf.simulator.api import Json
from wan_perf.simulator.circuit_life import Life
from wan_perf.simulator.instants import Interval
from wan_perf.simulator.paths import Path
from wan_perf.simulator.physics import Gateway
from wan_perf.simulator.ports import Port


def link_events(gateway: Gateway, port: Port) -> Iterator[Json]:
    """List a port's transitions; a gateway without power says nothing of its own ports."""
    mute = {edge for off in gateway.offs for edge in off}
    for number, (down, up) in enumerate(port.downs):
        # Over PPPoE it is now the port that falls, now the session over it.
        is_session = port.logical.startswith("pp") and number % 2 == 1
        name = port.interface if is_session else port.port_id
        for at, is_up in ((down, False), (up, True)):
            if at not in mute and not port.disabled:
                yield _link_event(port, at, name, is_up=is_up)


def _link_event(port: Port, at: int, name: str, *, is_up: bool) -> Json:
    trap, state = ("LINK_UP", "up(1)") if is_up else ("LINK_DOWN", "down(2)")
    return {
        "type": "GW_PORT_UP" if is_up else "GW_PORT_DOWN",
        "timestamp": float(at),
        "ev_type": "notice" if is_up else "warn",
        "port_id": name,
        "text": (
            f"SNMP_TRAP_{trap}: ifIndex {port.if_index}, ifAdminStatus up(1), "
            f"ifOperStatus {state}, ifName {name}"
        ),
    }


def provider_events(gateway: Gateway, life: Life) -> Iterator[Json]:
    """List what a gateway says of the provider behind an up port, while it holds the circuit.

    Every other gateway names the interface in the text only.
    """
    port = gateway.circuits[life.key][0]
    named = {"port_id": port.port_id} if int(gateway.mac, 16) % 2 else {}
    for protocol, dead in (("ARP", life.arp_dead), ("DHCP", life.dhcp_dead)):
        for interval in dead:
            yield from _pair(gateway, port, protocol, interval, named)


def path_events(gateway: Gateway, path: Path, hub_name: str) -> Iterator[Json]:
    """List what a store's gateway says of one path; it names the path in the text only.

    A gateway without power says nothing, nor does it of a path that it finds down at its start.
    """
    mute = {edge for off in gateway.offs for edge in off}
    name = f"{hub_name}-{path.life.circuit.line.wan_name}"
    for since, until in path.up:
        for at, state, kind in ((since, "UP", "notice"), (until, "DOWN", "warn")):
            if at not in mute:
                yield {
                    "type": f"GW_VPN_PATH_{state}",
                    "timestamp": float(at),
                    "ev_type": kind,
                    "text": f"VPN path {name} {state.lower()}",
                }


def _pair(
    gateway: Gateway, port: Port, protocol: str, interval: Interval, named: Json
) -> Iterator[Json]:
    edges = zip(interval, ("UNRESOLVED", "RESOLVED"), ("warn", "notice"), strict=True)
    for at, state, kind in edges:
        if gateway.is_assigned(at):
            yield named | {
                "type": f"GW_{protocol}_{state}",
                "timestamp": float(at),
                "ev_type": kind,
                "text": f"{protocol} {state.lower()}, network-interface: {port.interface}",
            }
