"""The newest row of each overlay path: /stats/vpn_peers/search, reported by both of its ends."""

from dataclasses import dataclass

from wan_perf.simulator.api import Json
from wan_perf.simulator.fleet import Fleet
from wan_perf.simulator.paths import Path
from wan_perf.simulator.physics import Gateway
from wan_perf.simulator.spans import inside

VPN_NAME = "stores-hub"


@dataclass(frozen=True)
class PeerRow:
    """A path as one end reports it, while the store's gateway is the one that holds it."""

    path: Path
    store: Gateway
    reporter: Gateway
    fixed: Json

    def is_there(self, now: float) -> bool:
        """Say whether the cloud has the row."""
        return self.store.is_assigned(now)

    def at(self, now: float) -> Json:
        """Give the row as the cloud has it at an instant [epoch s]."""
        at = self.reporter.reported_at(now)
        since = self.path.up_since(at)
        row = self.fixed | {
            "up": since is not None,
            "is_active": bool(inside(self.path.life.active, at)),
            "last_seen": at,
        }
        quality = self.path.quality(at)
        if quality is None or since is None:
            return row
        row |= {
            "latency": quality.latency,
            "loss": quality.loss,
            "mos": quality.mos,
            "uptime": int(at - max(since, self.reporter.boots[0])),
        }
        return row | {"jitter": quality.jitter} if self.path.has_jitter else row


def interface_of(gateway: Gateway, path: Path) -> str:
    """Name the local interface of a path as its gateway does: Junos with unit, SSR without."""
    port = gateway.circuits[path.life.key][0]
    return port.port_id if gateway.model.startswith("SSR") else port.interface


def peer_rows(fleet: Fleet) -> list[PeerRow]:
    """List both ends of every path; a replaced gateway and its successor have rows of their own."""
    gateways = {gateway.mac: gateway for gateway in fleet.gateways}
    rows = []
    for path in fleet.paths:
        hub = gateways[path.hub.holders[0][0]]
        transit = hub.wan_ports[0].interface
        for mac, _ in path.life.holders:
            store = gateways[mac]
            local = _end(store, interface_of(store, path))
            remote = _end(hub, transit)
            kind = "svr" if store.model.startswith("SSR") else "ipsec"
            about = {"org_id": fleet.org_id, "type": kind, "vpn_name": VPN_NAME, "mtu": 1500}
            rows.append(PeerRow(path, store, store, about | local | _peer(remote)))
            rows.append(PeerRow(path, store, hub, about | remote | _peer(local)))
    return rows


def _end(gateway: Gateway, interface: str) -> Json:
    return {
        "mac": gateway.mac,
        "port_id": interface,
        "router_name": gateway.name,
        "site_id": gateway.site_id,
    }


def _peer(end: Json) -> Json:
    return {f"peer_{name}": value for name, value in end.items()}
