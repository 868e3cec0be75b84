"""The organisation's alarms: /alarms/search. They annotate; nothing is counted from them."""

from wan_perf.simulator.api import Json
from wan_perf.simulator.faults import Fault
from wan_perf.simulator.fleet import Fleet
from wan_perf.simulator.physics import Gateway
from wan_perf.simulator.seeding import identifier

_TYPES = {
    "port_down": ("gw_port_down", "warn"),
    "power_lost": ("gateway_down", "critical"),
    "wan_lost": ("gateway_down", "critical"),
    "cloud_lost": ("gateway_down", "critical"),
    "hub_down": ("vpn_peer_down", "critical"),
}


def alarms(fleet: Fleet) -> list[Json]:
    """List every alarm of the fleet's life as it stands once it is over, oldest first."""
    gateways = {gateway.mac: gateway for gateway in fleet.gateways}
    return [
        _alarm(fleet, gateways[str(fault.gateway_mac)], fault)
        for fault in fleet.faults
        if fault.kind in _TYPES
    ]


def as_known(alarm: Json, now: float) -> Json:
    """Give an alarm as the cloud has it at an instant: open until it is resolved [epoch s]."""
    if alarm["resolved_time"] <= now:
        return alarm
    still = {key: value for key, value in alarm.items() if key != "resolved_time"}
    return still | {"status": "open", "last_seen": min(alarm["last_seen"], now)}


def _alarm(fleet: Fleet, gateway: Gateway, fault: Fault) -> Json:
    kind, severity = _TYPES[fault.kind]
    return {
        "id": identifier(
            fleet.seed, "alarm", fault.kind, fault.gateway_mac, fault.port_id, fault.start
        ),
        "org_id": fleet.org_id,
        "site_id": fault.site_id,
        "type": kind,
        "severity": severity,
        "group": "infrastructure",
        "timestamp": fault.start,
        "last_seen": fault.end,
        "count": 1,
        "gateways": [gateway.mac],
        "hostnames": [gateway.name],
        "acked": False,
        "status": "resolved",
        "resolved_time": fault.end,
    }
