"""The WAN interfaces of a gateway, each under the port id that its samples have.

Belongs here: merging both nodes of a cluster, and which of two interfaces of one WAN is used.
Keep out: how ports are named (`interfaces`), which of them are one circuit
(`inventory.circuit_members`).
"""

from collections import defaultdict
from dataclasses import dataclass

from wan_perf.mist.endpoints.interfaces import port_ids
from wan_perf.mist.endpoints.records.statistics import WAN_USAGE, Gateway, Interface
from wan_perf.schema.port_names import base_port, without_unit_0


@dataclass(frozen=True)
class WanInterface:
    """A WAN interface as its gateway reports it.

    Attributes:
        name: Its own name where that is not the port's: pp0, ge-0/0/0.130.
        node: The node of a cluster that reports it, 0 or 1.
    """

    name: str | None
    node: int
    statistics: Interface


def wan_interfaces(gateway: Gateway) -> dict[str, WanInterface]:
    """The WAN interfaces that a gateway reports, by port; those of the first node first.

    An interface that both nodes report under one name has the statistics of the first node.
    """
    first, second = _wan(gateway.interfaces), _wan(gateway.second_node_interfaces)
    with_node = {name: (0, statistics) for name, statistics in first.items()}
    for name, statistics in second.items():
        with_node.setdefault(name, (1, statistics))
    used = _without_bare_ports({name: statistics for name, (_, statistics) in with_node.items()})
    ids = port_ids(used, {name: of.port_id for name, of in used.items() if of.port_id})
    found = {}
    for name, port in ids.items():
        logical = without_unit_0(name)
        found[port] = WanInterface(logical if logical != port else None, *with_node[name])
    return found


def _wan(interfaces: dict[str, Interface] | None) -> dict[str, Interface]:
    return {name: of for name, of in (interfaces or {}).items() if of.usage == WAN_USAGE}


def _without_bare_ports(interfaces: dict[str, Interface]) -> dict[str, Interface]:
    """Remove the port under a PPPoE session of the same WAN: the session has more statistics."""
    sessions: dict[tuple[str, str], int] = defaultdict(int)
    for name, of in interfaces.items():
        if of.port_id and base_port(of.port_id) != base_port(name) and of.wan_name:
            sessions[base_port(of.port_id), of.wan_name] += 1
    return {
        name: of
        for name, of in interfaces.items()
        if (without_unit_0(name), of.wan_name or "") not in sessions
    }
