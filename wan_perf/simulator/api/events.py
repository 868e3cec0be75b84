"""The organisation's device events: /devices/events/search.

Belongs here: which physical happenings become which Mist events, and how they read.
Keep out: filtering by time and type; that is the search.
"""

from operator import itemgetter

from wan_perf.simulator.api import Json
from wan_perf.simulator.api.inventory import access_point_name
from wan_perf.simulator.estate import Site
from wan_perf.simulator.fleet import Fleet
from wan_perf.simulator.instants import DAY, epoch
from wan_perf.simulator.physics import Gateway
from wan_perf.simulator.ports import Port
from wan_perf.simulator.seeding import draws


def events(fleet: Fleet) -> list[Json]:
    """List every event of the fleet's life, oldest first; the future ones are not yet to be told.

    Port events arrive also while a gateway's statistics are silent.
    """
    rows: list[Json] = []
    for site, gateway in zip(fleet.sites, fleet.gateways, strict=True):
        about = _about_gateway(fleet, gateway)
        for port in gateway.ports:
            for down, up in port.downs:
                rows.append(about | _port_event(port, down, is_up=False))
                rows.append(about | _port_event(port, up, is_up=True))
        rows += [
            about | {"type": "GW_RESTARTED", "timestamp": float(boot), "ev_type": "warn"}
            for boot in gateway.boots[1:]
        ]
        rows += _chatter(fleet, site, about)
    return sorted(rows, key=itemgetter("timestamp", "mac", "type"))


def _about_gateway(fleet: Fleet, gateway: Gateway) -> Json:
    return {
        "org_id": fleet.org_id,
        "site_id": gateway.site_id,
        "mac": gateway.mac,
        "device_type": "gateway",
        "device_name": gateway.name,
        "model": gateway.model,
        "version": gateway.version,
    }


def _port_event(port: Port, at: int, *, is_up: bool) -> Json:
    trap, state = ("LINK_UP", "up(1)") if is_up else ("LINK_DOWN", "down(2)")
    return {
        "type": "GW_PORT_UP" if is_up else "GW_PORT_DOWN",
        "timestamp": float(at),
        "ev_type": "notice" if is_up else "warn",
        "port_id": port.port_id,
        "text": (
            f"SNMP_TRAP_{trap}: ifIndex {port.if_index}, ifAdminStatus up(1), "
            f"ifOperStatus {state}, ifName {port.port_id}"
        ),
    }


def _chatter(fleet: Fleet, site: Site, about_gateway: Json) -> list[Json]:
    """Draw a meaningless event of gateway and access point for each day."""
    start, end = epoch(fleet.start), epoch(fleet.end)
    chance = draws(fleet.seed, "chatter", site.site_id)
    access_point = {
        "org_id": fleet.org_id,
        "site_id": site.site_id,
        "mac": site.access_point_mac,
        "device_type": "ap",
        "device_name": access_point_name(site.name),
        "model": "AP45",
    }
    rows: list[Json] = []
    for _ in range(max(1, round((end - start) / DAY))):
        for about, kind in ((about_gateway, "GW_CONFIGURED"), (access_point, "AP_CONNECTED")):
            at = round(chance.uniform(start, end), 3)
            rows.append(about | {"type": kind, "timestamp": at, "ev_type": "notice"})
    return rows
