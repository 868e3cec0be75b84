"""The WAN ports of a gateway: their configuration and the statistics that it reports.

Belongs here: what counts as a WAN port, and the evidence for each from Mist.
Keep out: which ports are one circuit (`circuit_members`), contracts (`contract_matching`), and what
follows from the evidence: role, rate (`kpi`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from wan_perf.inventory.circuit_members import Circuit, Configured, circuits_of
from wan_perf.inventory.template_variables import is_variable, known
from wan_perf.mist.endpoints.figures import known_speed, possible
from wan_perf.mist.endpoints.interfaces import is_wan, port_ids
from wan_perf.mist.endpoints.records.configuration import PortConfig, Shaping
from wan_perf.mist.endpoints.records.statistics import Gateway, Interface, Port
from wan_perf.mist.endpoints.wan_interfaces import WanInterface, wan_interfaces
from wan_perf.schema.port_names import base_port

Evidence = dict[str, Any]
"""Values of raw_inventory for one port; an unknown value is absent."""


@dataclass
class Seen:
    """What a gateway reports: its WAN interfaces and its WAN ports, by port."""

    interfaces: dict[str, WanInterface] = field(default_factory=dict)
    ports: dict[str, Port] = field(default_factory=dict)


def seen_ports(gateways: Iterable[Gateway], ports: Iterable[Port]) -> dict[str, Seen]:
    """What the gateways report of their WAN ports, by gateway."""
    seen: dict[str, Seen] = defaultdict(Seen)
    for gateway in gateways:
        seen[gateway.gateway_mac].interfaces = wan_interfaces(gateway)
    wan_ports: dict[str, list[Port]] = defaultdict(list)
    for port in sorted(ports, key=lambda port: port.sampled_at or 0):
        if is_wan(port.usage, port.port_id):
            wan_ports[port.gateway_mac].append(port)
    for mac, of_gateway in wan_ports.items():
        ids = port_ids(port.port_id for port in of_gateway)
        seen[mac].ports = {ids[port.port_id]: port for port in of_gateway}
    return seen


def ports_of_gateway(configured: Sequence[Configured], seen: Seen) -> Iterator[Evidence]:
    """Rows of one gateway's WAN ports, configured or seen; without any, one row without port.

    Each port has what is known of its circuit; reported values override configured ones.
    """
    circuits = circuits_of(configured, seen.interfaces, seen.ports)
    for circuit in circuits:
        line = _of_line(circuit, seen)
        for port in circuit.ports:
            yield {**line, **_of_row(circuit, port, seen)}
    if not circuits:
        yield {}


def _of_line(circuit: Circuit, seen: Seen) -> Evidence:
    """What is known of the circuit as a whole."""
    line: Evidence = {
        "circuit_port_id": circuit.name,
        "is_configured": circuit.configured is not None,
        "is_redundant": circuit.is_redundant,
    }
    if circuit.configured:
        line |= _of_config(circuit.configured)
    for port in reversed(circuit.ports):
        if port in seen.interfaces:
            line |= _of_interface(seen.interfaces[port].statistics)
    return line


def _of_row(circuit: Circuit, port: str, seen: Seen) -> Evidence:
    """What is known of one port of a circuit."""
    wan = seen.interfaces.get(port)
    # Where a port carries several circuits, each has the statistics of the port.
    physical = seen.ports.get(port) or (seen.ports.get(base_port(port)) if wan else None)
    configured = circuit.configured
    is_aggregate = port == circuit.aggregate
    config_off = known(configured.config.is_disabled) if configured else None
    return {
        "port_id": port,
        "interface": (wan.name if wan else None) or (None if is_aggregate else circuit.aggregate),
        "is_aggregate": is_aggregate,
        "is_seen": wan is not None or physical is not None,
        "port_speed_mbps": known_speed(physical.port_speed_mbps) if physical else None,
        "is_disabled": _any(config_off, physical.is_disabled if physical else None),
        "was_up": _any(_was_up(wan.statistics if wan else None), _was_up(physical)),
    }


def _of_interface(interface: Interface) -> Evidence:
    provider = interface.service_provider
    return _without_none(
        wan_name=interface.wan_name,
        medium=interface.medium,
        provider=provider.provider if provider else None,
    )


def _was_up(statistics: Interface | Port | None) -> bool | None:
    if statistics is None:
        return None
    counters = [
        possible("rx_bytes_counter", statistics.rx_bytes_counter, []),
        possible("tx_bytes_counter", statistics.tx_bytes_counter, []),
    ]
    carried = (None if counter is None else counter > 0 for counter in counters)
    return _any(statistics.is_up, *carried)


def _of_config(configured: Configured) -> Evidence:
    config: PortConfig = configured.config
    paths = list((config.vpn_paths or {}).values())
    preferences = (known(path.vpn_preference) for path in paths)
    return _without_none(
        wan_name=None if is_variable(config.wan_name) else config.wan_name,
        medium=None if is_variable(config.medium) else config.medium,
        is_lte_backup=known(config.is_lte_backup),
        shaped_up_mbps=_shaped_mbps(config.shaping),
        vpn_preference=min((p for p in preferences if p is not None), default=None),
        is_hub_end=any(path.vpn_role == "hub" for path in paths) or None,
        path_order=configured.path_order,
    )


def _shaped_mbps(shaping: Shaping | None) -> float | None:
    rate = known(shaping.transmit_kbps) if shaping and shaping.is_enabled is True else None
    return None if rate is None else known_speed(rate / 1000)


def _without_none(**values: object) -> Evidence:
    return {name: value for name, value in values.items() if value is not None}


def _any(*flags: bool | None) -> bool | None:
    """Whether one is true; None where none is known."""
    known = [flag for flag in flags if flag is not None]
    return any(known) if known else None
