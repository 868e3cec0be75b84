"""The cloud's newest picture of devices and ports: /stats/devices and /stats/ports/search.

The cloud knows the newest report: every value is that of `gateway.reported_at(now)`.
"""

from collections import defaultdict
from dataclasses import dataclass

from wan_perf.simulator.api import BYTES_A_PACKET, Json
from wan_perf.simulator.api.interfaces import Interface, interfaces
from wan_perf.simulator.api.inventory import access_point_name
from wan_perf.simulator.estate import device_id
from wan_perf.simulator.fleet import Fleet
from wan_perf.simulator.paths import Path, mean
from wan_perf.simulator.physics import Gateway
from wan_perf.simulator.ports import Port


@dataclass(frozen=True)
class PortRow:
    """A port that /stats/ports/search lists, and what never changes of its row."""

    gateway: Gateway
    port: Port
    fixed: Json
    paths: tuple[Path, ...] = ()
    is_dated: bool = True

    def at(self, now: float) -> Json:
        """Give the row as the cloud has it at an instant [epoch s]."""
        at = self.gateway.reported_at(now)
        port = self.port
        up = port.is_up(at)
        rx, tx = port.counters(at)
        rx_rate, tx_rate = port.rates(at)
        dated = {"timestamp": at} if self.is_dated else {}
        is_spare_member = port.logical.startswith("reth") and not rx_rate
        return (
            self.fixed
            | self._path_quality(at)
            | dated
            | {
                "up": up,
                "active": up and not is_spare_member,
                "rx_bytes": rx,
                "tx_bytes": tx,
                "rx_pkts": rx // BYTES_A_PACKET,
                "tx_pkts": tx // BYTES_A_PACKET,
                "rx_bps": int(rx_rate * 8),
                "tx_bps": int(tx_rate * 8),
                "last_flapped": float(port.last_flapped(at)),
            }
        )

    def _path_quality(self, at: float) -> Json:
        quality = mean([found for path in self.paths if (found := path.quality(at))])
        if not quality:
            return {}
        sampled = {"latency": round(quality.latency, 1), "loss": round(quality.loss, 2)}
        has_jitter = any(path.has_jitter for path in self.paths)
        return sampled | ({"jitter": round(quality.jitter, 2)} if has_jitter else {})


@dataclass(frozen=True)
class GatewayRow:
    """A gateway that /stats/devices lists, and what never changes of its row."""

    gateway: Gateway
    fixed: Json
    interfaces: tuple[Interface, ...]

    def is_there(self, now: float) -> bool:
        """Say whether it stands at a site."""
        return self.gateway.is_assigned(now)

    def status(self, now: float) -> str:
        """Say "connected" or "disconnected"."""
        return "connected" if self.gateway.is_connected(now) else "disconnected"

    def at(self, now: float) -> Json:
        """Give the row as the cloud has it at an instant [epoch s]."""
        at = self.gateway.reported_at(now)
        nodes: tuple[Json, Json] = ({}, {})
        for interface in self.interfaces:
            nodes[interface.node][interface.name] = interface.at(at)
        second = {"if2_stat": nodes[1]} if nodes[1] else {}
        return (
            self.fixed
            | second
            | {
                "status": self.status(now),
                "last_seen": at,
                "uptime": self.gateway.uptime(at),
                "if_stat": nodes[0],
            }
        )


@dataclass(frozen=True)
class AccessPointRow:
    """An access point that /stats/devices lists; it is there so that the default type matters."""

    fixed: Json

    def is_there(self, _: float) -> bool:
        """Say whether it stands at a site: always."""
        return True

    def status(self, _: float) -> str:
        """Say "connected"."""
        return "connected"

    def at(self, now: float) -> Json:
        """Give the row as the cloud has it at an instant [epoch s]."""
        return self.fixed | {"last_seen": float(int(now))}


def port_rows(fleet: Fleet) -> list[PortRow]:
    """List every port of every gateway at a site."""
    paths: dict[tuple[str, str], list[Path]] = defaultdict(list)
    for path in fleet.paths:
        for mac, _ in path.life.holders:
            paths[mac, path.life.key].append(path)
    return [
        PortRow(
            gateway,
            port,
            _fixed_port(fleet, gateway, port),
            tuple(paths[gateway.mac, port.bundle]) if port.line else (),
            fleet.has_dated_ports,
        )
        for gateway in fleet.gateways
        for port in gateway.ports
    ]


def gateway_rows(fleet: Fleet) -> list[GatewayRow]:
    """List every gateway at a site."""
    return [
        GatewayRow(gateway, _fixed_gateway(fleet, gateway), interfaces(gateway))
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
        "disabled": port.disabled,
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
        "is_ha": gateway.is_ha,
    }
