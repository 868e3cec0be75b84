"""The ports of a gateway that form one circuit.

Belongs here: aggregates, both nodes of a cluster, several circuits over one port; derived from
configuration and statistics alone.
Keep out: what is known of a port (`wan_ports`), what follows from it (`kpi`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from wan_perf.mist.endpoints.interfaces import expand_ports
from wan_perf.mist.endpoints.records.configuration import (
    AGGREGATE,
    ORDERED,
    RETH,
    WAN_PATH,
    PortConfig,
    Template,
    TrafficPath,
)
from wan_perf.mist.endpoints.records.statistics import WAN_USAGE
from wan_perf.mist.endpoints.wan_interfaces import WanInterface
from wan_perf.schema.port_names import base_port


@dataclass(frozen=True)
class Configured:
    """A circuit as a template or device profile configures it.

    Attributes:
        name: The aggregate where its number is configured, else the first port.
        members: Its physical ports.
        is_bundle: The members are one interface: an aggregate, or shared by two nodes.
        path_order: Rank of its WAN among ordered paths, from 1.
    """

    name: str
    members: tuple[str, ...]
    config: PortConfig
    is_bundle: bool
    path_order: int | None


@dataclass
class Circuit:
    """A circuit of one gateway, with every port that has configuration or statistics of it.

    Attributes:
        name: The port that names it.
        ports: Its members, and its aggregate if the gateway reports that.
        is_redundant: One member takes over from another.
        aggregate: The interface that its members belong to, if it is known.
    """

    name: str
    configured: Configured | None
    ports: list[str]
    is_redundant: bool = False
    aggregate: str | None = None


@dataclass
class _Gateway:
    """The circuits of one gateway found so far, also by port."""

    circuits: dict[str, Circuit] = field(default_factory=dict)
    of_port: dict[str, Circuit] = field(default_factory=dict)

    def begin(self, name: str, configured: Configured | None, ports: Iterable[str]) -> None:
        free = [port for port in dict.fromkeys(ports) if port not in self.of_port]
        circuit = Circuit(name, configured, [])
        if configured and configured.is_bundle:
            circuit.is_redundant = configured.config.is_redundant is True
            circuit.aggregate = name if name not in configured.members else None
        self.circuits[name] = circuit
        for port in free:
            self.add(circuit, port)

    def add(self, circuit: Circuit, port: str) -> None:
        circuit.ports.append(port)
        self.of_port[port] = circuit


def circuits_of(
    configured: Sequence[Configured], interfaces: Mapping[str, WanInterface], ports: Iterable[str]
) -> list[Circuit]:
    """The circuits of one gateway, each with its ports; no port is in two.

    Args:
        configured: What its site's template or its own profile configures.
        interfaces: Its WAN interfaces, by port.
        ports: WAN ports that the port statistics list.
    """
    found = _Gateway()
    split = {base_port(port) for port in interfaces if base_port(port) != port}
    for circuit in configured:
        if circuit.name in split:
            split.update(circuit.members)
        else:
            found.begin(circuit.name, circuit, circuit.members)
    by_member = {port: c for c in configured for port in (c.name, *c.members)}
    for port, interface in interfaces.items():
        if port not in found.of_port:
            _place(found, port, interface, by_member, interfaces)
    for port in ports:
        if port not in found.of_port and port not in split:
            found.begin(port, None, [port])
    return [circuit for circuit in found.circuits.values() if circuit.ports]


def _place(
    found: _Gateway,
    port: str,
    interface: WanInterface,
    by_member: Mapping[str, Configured],
    interfaces: Mapping[str, WanInterface],
) -> None:
    bundle = _bundle(found, port, interface)
    twin = _on_the_other_node(found, interface, interfaces)
    if bundle:
        bundle.aggregate = bundle.aggregate or port
        found.add(bundle, port)
    elif twin:
        twin.is_redundant = True
        found.add(twin, port)
    else:
        found.begin(port, by_member.get(base_port(port)), [port])


def _bundle(found: _Gateway, port: str, interface: WanInterface) -> Circuit | None:
    """The configured bundle with this aggregate: by its number, else by a unique WAN name."""
    if port in found.circuits:
        return found.circuits[port]
    wan_name = interface.statistics.wan_name
    named = [
        circuit
        for circuit in found.circuits.values()
        if (configured := circuit.configured)
        and configured.is_bundle
        and not circuit.aggregate
        and wan_name
        and configured.config.wan_name == wan_name
    ]
    return named[0] if len(named) == 1 else None


def _on_the_other_node(
    found: _Gateway, interface: WanInterface, interfaces: Mapping[str, WanInterface]
) -> Circuit | None:
    """The circuit of the first node with the same WAN: a gateway has each WAN once."""
    wan_name = interface.statistics.wan_name
    if interface.node == 0 or not wan_name:
        return None
    for port, other in interfaces.items():
        if other.node == 0 and other.statistics.wan_name == wan_name:
            return found.of_port.get(port)
    return None


def configured_circuits(template: Template) -> list[Configured]:
    """The WAN circuits that a template or device profile configures.

    A list of ports is one circuit where it is flagged as an aggregate or as redundant, and so are
    entries with one aggregate's number or, flagged and without number, with one WAN name.
    """
    order = _path_order(template)
    entries: dict[str, list[tuple[str, PortConfig]]] = defaultdict(list)
    for ports, config in (template.port_configs or {}).items():
        if config.usage != WAN_USAGE:
            continue
        for port in expand_ports(ports):
            entries[_aggregate(config) or _flagged_bundle(config, ports) or port].append(
                (port, config)
            )
    found = []
    for name, entered in entries.items():
        members, config = tuple(dict.fromkeys(port for port, _ in entered)), entered[0][1]
        found.append(
            Configured(
                _aggregate(config) or members[0],
                members,
                config,
                is_bundle=name not in members,
                path_order=order.get(config.wan_name or ""),
            )
        )
    return found


def _aggregate(config: PortConfig) -> str | None:
    """The aggregate's name if its number is configured; -1 and variables are no numbers."""
    for flag, stem, number in (
        (config.is_redundant, RETH, config.reth_number),
        (config.is_aggregated, AGGREGATE, config.ae_number),
    ):
        if flag is True and number is not None and str(number).isdecimal():
            return f"{stem}{number}"
    return None


def _flagged_bundle(config: PortConfig, ports: str) -> str | None:
    if True not in (config.is_redundant, config.is_aggregated):
        return None
    return f"bundle of {config.wan_name or ports}"


def _path_order(template: Template) -> dict[str, int]:
    """Rank of each WAN where paths are ordered; empty where two orders differ."""
    orders = set()
    for preference in (template.path_preferences or {}).values():
        if preference.strategy in (None, ORDERED):
            wans = (_wan_of(path) for path in preference.paths or [])
            order = tuple(dict.fromkeys(wan for wan in wans if wan))
            if len(order) > 1:
                orders.add(order)
    if len(orders) != 1:
        return {}
    return {wan: rank for rank, wan in enumerate(orders.pop(), start=1)}


def _wan_of(path: TrafficPath) -> str | None:
    return path.path_name if path.kind == WAN_PATH else path.wan_name
