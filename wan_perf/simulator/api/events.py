"""The organisation's device events: /devices/events/search.

Belongs here: which physical happenings become which Mist events, and when the cloud receives them.
Keep out: filtering by time and type; that is the search. How a port's events read (`port_events`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from wan_perf.simulator.api import Json
from wan_perf.simulator.api.inventory import access_point_name
from wan_perf.simulator.api.port_events import link_events, path_events, provider_events
from wan_perf.simulator.estate import Site
from wan_perf.simulator.faults import Fault
from wan_perf.simulator.fleet import Fleet
from wan_perf.simulator.instants import DAY, epoch
from wan_perf.simulator.physics import Gateway
from wan_perf.simulator.seeding import draws

RETENTION_S = 14 * DAY
"""How long the cloud keeps an event [s]."""


@dataclass(frozen=True)
class ReceivedEvent:
    """An event, and the instant at which the cloud receives it [epoch s]."""

    received_at: float
    row: Json

    @property
    def order(self) -> tuple[float, str, str, float]:
        """Order events by when they happened, and wholly."""
        return self.row["timestamp"], self.row["mac"], self.row["type"], self.received_at


def events(fleet: Fleet) -> list[ReceivedEvent]:
    """List every event of the fleet's life, oldest first; future ones are not yet visible.

    Events arrive during gaps in a gateway's statistics, but not while nothing of it reaches the
    cloud: those arrive with its next report.
    """
    rows: list[ReceivedEvent] = []
    for gateway in fleet.gateways:
        about = _about_gateway(fleet, gateway)
        own = [*_of_gateway(gateway), *_of_ports(fleet, gateway)]
        rows += [replace(event, row=about | event.row) for event in own]
    rows = [*_befallen(rows, fleet.faults), *_of_paths(fleet)]
    first = {gateway.site_id: gateway for gateway in reversed(fleet.gateways)}
    for site in fleet.sites:
        rows += _chatter(fleet, site, _about_gateway(fleet, first[site.site_id]))
    return sorted(rows, key=lambda event: event.order)


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


def _of_gateway(gateway: Gateway) -> Iterator[ReceivedEvent]:
    """List restarts, and when the cloud lost and found the gateway."""
    for boot in gateway.boots[1:] if gateway.assigned[0] == 0 else gateway.boots:
        row = {"type": "GW_RESTARTED", "timestamp": float(boot), "ev_type": "warn"}
        yield ReceivedEvent(gateway.received_at(boot), row)
    for loss in gateway.losses:
        lost = gateway.declared_lost(loss)
        if not lost:
            continue
        if loss[0] > 0:
            last = gateway.reported_at(loss[0])
            row = {"type": "GW_DISCONNECTED", "timestamp": float(last), "ev_type": "warn"}
            yield ReceivedEvent(lost[0], row)
        row = {"type": "GW_CONNECTED", "timestamp": float(lost[1]), "ev_type": "notice"}
        yield ReceivedEvent(lost[1], row)


def _of_ports(fleet: Fleet, gateway: Gateway) -> Iterator[ReceivedEvent]:
    rows = [row for port in gateway.ports for row in link_events(gateway, port)]
    for key in gateway.circuits:
        if life := fleet.life_of.get((gateway.mac, key)):
            rows += provider_events(gateway, life)
    return (
        ReceivedEvent(gateway.received_at(row["timestamp"]), row)
        for row in rows
        if row["timestamp"] > 0 and gateway.is_assigned(row["timestamp"])
    )


def _of_paths(fleet: Fleet) -> Iterator[ReceivedEvent]:
    gateways = {gateway.mac: gateway for gateway in fleet.gateways}
    for path in fleet.paths:
        hub = gateways[path.hub.holders[0][0]]
        for mac, _ in path.life.holders:
            gateway = gateways[mac]
            about = _about_gateway(fleet, gateway)
            for row in path_events(gateway, path, hub.name):
                at = row["timestamp"]
                if at > 0 and gateway.is_assigned(at):
                    yield ReceivedEvent(gateway.received_at(at), about | row)


def _befallen(rows: list[ReceivedEvent], faults: Sequence[Fault]) -> list[ReceivedEvent]:
    """Let news of ports come late, twice, or under two names, as the faults say."""
    struck = {
        (fault.gateway_mac, fault.start): fault
        for fault in faults
        if fault.kind in ("late_event", "out_of_order_events", "duplicate_event", "twin_event")
    }
    found: list[ReceivedEvent] = []
    for event in rows:
        fault = struck.get((event.row["mac"], int(event.row["timestamp"])))
        if fault is None or not event.row["type"].startswith("GW_PORT_"):
            found.append(event)
        else:
            found += _as_befallen(event, fault)
    return found


def _as_befallen(event: ReceivedEvent, fault: Fault) -> list[ReceivedEvent]:
    if fault.kind in ("late_event", "out_of_order_events"):
        return [replace(event, received_at=max(event.received_at, float(fault.end)))]
    delay = fault.end - fault.start
    if fault.kind == "duplicate_event":
        again = event.row | {"timestamp": event.row["timestamp"] + delay}
        return [event, ReceivedEvent(event.received_at + delay, again)]
    name = f"{event.row['port_id']}.0"
    text = event.row["text"].replace(f"ifName {event.row['port_id']}", f"ifName {name}")
    twin = event.row | {"port_id": name, "text": text}
    twin["timestamp"] = event.row["timestamp"] + delay
    return [event, ReceivedEvent(event.received_at + delay, twin)]


def _chatter(fleet: Fleet, site: Site, about_gateway: Json) -> list[ReceivedEvent]:
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
    rows: list[ReceivedEvent] = []
    for _ in range(max(1, round((end - start) / DAY))):
        for about, kind in ((about_gateway, "GW_CONFIGURED"), (access_point, "AP_CONNECTED")):
            at = round(chance.uniform(start, end), 3)
            row = about | {"type": kind, "timestamp": at, "ev_type": "notice"}
            rows.append(ReceivedEvent(at, row))
    return rows
