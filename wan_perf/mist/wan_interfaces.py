"""The WAN interfaces of a gateway, each under the port where its samples and evidence are kept.

Belongs here: reading both nodes of a cluster, and which of two names for one thing is told.
Keep out: how ports are named (`interfaces`), which of them are one circuit (`members`).
"""

from collections import defaultdict
from dataclasses import dataclass

from wan_perf.mist.interfaces import base_port, port_ids, without_unit_0
from wan_perf.mist.names import WAN_USAGE
from wan_perf.mist.records import Gateway, Interface


@dataclass(frozen=True)
class Told:
    """A WAN interface as its gateway tells of it.

    Attributes:
        interface: Its own name where that is not the port's: pp0, ge-0/0/0.130.
        node: Which node of a cluster tells of it, 0 or 1.
    """

    interface: str | None
    node: int
    said: Interface


def wan_interfaces(gateway: Gateway) -> dict[str, Told]:
    """What a gateway tells of its WAN interfaces, by port, the first node's first.

    An interface that both nodes tell of under one name is one; the first node speaks for it.
    """
    first, second = _wan(gateway.interfaces), _wan(gateway.second_node_interfaces)
    told = {name: (0, said) for name, said in first.items()}
    for name, said in second.items():
        told.setdefault(name, (1, said))
    spoken = _without_bare_ports({name: said for name, (_, said) in told.items()})
    ids = port_ids(spoken, {name: said.port_id for name, said in spoken.items() if said.port_id})
    return {
        port: Told(logical if (logical := without_unit_0(name)) != port else None, *told[name])
        for name, port in ids.items()
    }


def _wan(interfaces: dict[str, Interface] | None) -> dict[str, Interface]:
    return {name: said for name, said in (interfaces or {}).items() if said.usage == WAN_USAGE}


def _without_bare_ports(interfaces: dict[str, Interface]) -> dict[str, Interface]:
    """Leave out the port under a PPPoE session of the same WAN: the session says more."""
    sessions: dict[tuple[str, str], int] = defaultdict(int)
    for name, said in interfaces.items():
        if said.port_id and base_port(said.port_id) != base_port(name) and said.wan_name:
            sessions[base_port(said.port_id), said.wan_name] += 1
    return {
        name: said
        for name, said in interfaces.items()
        if (without_unit_0(name), said.wan_name or "") not in sessions
    }
