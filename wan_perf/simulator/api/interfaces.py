"""The logical interfaces of a gateway, as if_stat and if2_stat of /stats/devices name them."""

from dataclasses import dataclass

from wan_perf.simulator.api import BYTES_A_PACKET, Json
from wan_perf.simulator.physics import Gateway
from wan_perf.simulator.ports import Port


@dataclass(frozen=True)
class Interface:
    """A logical interface of a gateway and the physical ports under it."""

    name: str
    ports: tuple[Port, ...]
    fixed: Json
    node: int = 0

    def at(self, at: float) -> Json:
        """Give its entry in if_stat as a report at an instant says it [epoch s]."""
        counted = [port.counters(at) for port in self.ports]
        rx, tx = sum(count[0] for count in counted), sum(count[1] for count in counted)
        return self.fixed | {
            "up": any(port.is_up(at) for port in self.ports),
            "rx_bytes": rx,
            "tx_bytes": tx,
            "rx_pkts": rx // BYTES_A_PACKET,
            "tx_pkts": tx // BYTES_A_PACKET,
        }


def interfaces(gateway: Gateway) -> tuple[Interface, ...]:
    """List the logical interfaces of a gateway.

    Half of the clusters report a shared interface once, the others each node's port.
    """
    by_node = gateway.is_ha and int(gateway.mac, 16) % 2 == 0
    grouped: dict[str, tuple[Port, ...]] = {}
    for port in gateway.ports:
        name = f"{port.port_id}.0" if by_node and port.line else port.interface
        grouped[name] = (*grouped.get(name, ()), port)
    return tuple(
        Interface(
            name,
            ports,
            _fixed_interface(ports[0], ports[0].port_id if by_node else ports[0].bundle),
            ports[0].node if by_node else 0,
        )
        for name, ports in grouped.items()
    )


def _fixed_interface(port: Port, port_id: str) -> Json:
    fixed: Json = {"port_id": port_id, "port_usage": port.usage}
    if not port.line:
        return fixed | {"network_name": "stores", "address_mode": "Static"}
    if port.unit:
        fixed["vlan"] = port.unit
    return fixed | {
        "wan_name": port.line.wan_name,
        "wan_type": port.line.wan_type,
        "address_mode": "PPPoE" if port.logical.startswith("pp") else "Dynamic",
        "servp_info": {"org": port.line.provider, "asn": port.line.asn, "country_code": "US"},
    }
