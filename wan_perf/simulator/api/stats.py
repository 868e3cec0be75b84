"""The cloud's newest picture of devices and ports: /stats/devices and /stats/ports/search.

The cloud knows what the newest report said: every value is that of `gateway.reported_at(now)`.
"""

from dataclasses import dataclass

from wan_perf.simulator.api import Json
from wan_perf.simulator.api.inventory import access_point_name
from wan_perf.simulator.estate import device_id
from wan_perf.simulator.fleet import Fleet
from wan_perf.simulator.physics import Gateway
from wan_perf.simulator.ports import Port

_BYTES_A_PACKET = 800


@dataclass(frozen=True)
class PortRow:
    """A port that /stats/ports/search lists, and what never changes of its row."""

    gateway: Gateway
    port: Port
    fixed: Json

    def at(self, now: float) -> Json:
        """Give the row as the cloud has it at an instant [epoch s]."""
        at = self.gateway.reported_at(now)
        port = self.port
        up = port.is_up(at)
        rx, tx = port.counters(at)
        rx_rate, tx_rate = port.rates(at)
        return self.fixed | {
            "up": up,
            "active": up,
            "rx_bytes": rx,
            "tx_bytes": tx,
            "rx_pkts": rx // _BYTES_A_PACKET,
            "tx_pkts": tx // _BYTES_A_PACKET,
            "rx_bps": int(rx_rate * 8),
            "tx_bps": int(tx_rate * 8),
            "last_flapped": float(port.last_flapped(at)),
            "timestamp": at,
        }


@dataclass(frozen=True)
class GatewayRow:
    """A gateway that /stats/devices lists, and what never changes of its row."""

    gateway: Gateway
    fixed: Json
    interfaces: tuple[tuple[str, Port, Json], ...]

    def at(self, now: float) -> Json:
        """Give the row as the cloud has it at an instant [epoch s]."""
        at = self.gateway.reported_at(now)
        if_stat: Json = {}
        for name, port, fixed in self.interfaces:
            rx, tx = port.counters(at)
            if_stat[name] = fixed | {
                "up": port.is_up(at),
                "rx_bytes": rx,
                "tx_bytes": tx,
                "rx_pkts": rx // _BYTES_A_PACKET,
                "tx_pkts": tx // _BYTES_A_PACKET,
            }
        return self.fixed | {
            "last_seen": at,
            "uptime": self.gateway.uptime(at),
            "if_stat": if_stat,
        }


@dataclass(frozen=True)
class AccessPointRow:
    """An access point that /stats/devices lists; it is there so that the default type matters."""

    fixed: Json

    def at(self, now: float) -> Json:
        """Give the row as the cloud has it at an instant [epoch s]."""
        return self.fixed | {"last_seen": float(int(now))}


def port_rows(fleet: Fleet) -> list[PortRow]:
    """List every port of every gateway at a site."""
    return [
        PortRow(gateway, port, _fixed_port(fleet, gateway, port))
        for gateway in fleet.gateways
        for port in gateway.ports
    ]


def gateway_rows(fleet: Fleet) -> list[GatewayRow]:
    """List every gateway at a site."""
    return [
        GatewayRow(
            gateway,
            _fixed_gateway(fleet, gateway),
            tuple((f"{p.port_id}.0", p, _fixed_interface(p)) for p in gateway.ports),
        )
        for gateway in fleet.gateways
    ]


def access_point_rows(fleet: Fleet) -> list[AccessPointRow]:
    """List every access point."""
    return [
        AccessPointRow(
            {
                "id": device_id(site.access_point_mac),
                "mac": site.access_point_mac,
                "type": "ap",
                "name": access_point_name(site.name),
                "model": "AP45",
                "org_id": fleet.org_id,
                "site_id": site.site_id,
                "status": "connected",
            }
        )
        for site in fleet.sites
    ]


def _fixed_port(fleet: Fleet, gateway: Gateway, port: Port) -> Json:
    return {
        "org_id": fleet.org_id,
        "site_id": gateway.site_id,
        "mac": gateway.mac,
        "type": "gateway",
        "port_id": port.port_id,
        "port_mac": port.mac,
        "port_usage": port.usage,
        "disabled": False,
        "full_duplex": True,
        "speed": port.speed_mbps,
        "rx_errors": 0,
        "tx_errors": 0,
    }


def _fixed_gateway(fleet: Fleet, gateway: Gateway) -> Json:
    return {
        "id": gateway.device_id,
        "mac": gateway.mac,
        "type": "gateway",
        "name": gateway.name,
        "model": gateway.model,
        "serial": gateway.serial,
        "version": gateway.version,
        "org_id": fleet.org_id,
        "site_id": gateway.site_id,
        "is_ha": False,
        "status": "connected",
    }


def _fixed_interface(port: Port) -> Json:
    fixed: Json = {"port_id": port.port_id, "port_usage": port.usage}
    if not port.line:
        return fixed | {"network_name": "stores", "address_mode": "Static"}
    return fixed | {
        "wan_name": port.line.wan_name,
        "wan_type": port.line.wan_type,
        "address_mode": "Dynamic",
        "servp_info": {"org": port.line.provider, "asn": port.line.asn, "country_code": "US"},
    }
