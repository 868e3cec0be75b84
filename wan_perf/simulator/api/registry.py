"""What the cloud says about itself: the insight metrics and event types that it knows."""

from wan_perf.simulator.api import Json
from wan_perf.simulator.api.insights import FIGURES, INTERVALS, RATES

_EVENTS = {
    "GW_ARP_RESOLVED": "ARP resolved",
    "GW_ARP_UNRESOLVED": "ARP unresolved",
    "GW_CONFIGURED": "Gateway configured",
    "GW_CONNECTED": "Gateway connected",
    "GW_DHCP_RESOLVED": "DHCP resolved",
    "GW_DHCP_UNRESOLVED": "DHCP unresolved",
    "GW_DISCONNECTED": "Gateway disconnected",
    "GW_PORT_DOWN": "Gateway port down",
    "GW_PORT_UP": "Gateway port up",
    "GW_RESTARTED": "Gateway restarted",
    "GW_VPN_PATH_DOWN": "VPN path down",
    "GW_VPN_PATH_UP": "VPN path up",
}


def insight_metrics() -> Json:
    """Give /const/insight_metrics: each metric with its intervals and retention."""
    intervals = {
        name: {"interval": length, "max_age": age} for name, (length, age) in INTERVALS.items()
    }
    rates = {
        name: {
            "description": f"{name} of a gateway's port",
            "unit": "bps",
            "type": "timeseries",
            "scopes": ["device", "gateway"],
            "intervals": intervals,
        }
        for name in RATES
    }
    quality = {
        name: {
            "description": f"{name} of {subject}",
            "type": "keyed-timeseries",
            "scopes": ["device"],
            "keys": dict.fromkeys(FIGURES, "number"),
            "intervals": intervals,
        }
        for name, subject in (("wan_link_health", "a port"), ("vpn_peer-metrics", "a path"))
    }
    return rates | quality


def device_events() -> list[Json]:
    """Give /const/device_events: the gateway events that occur."""
    return [
        {"key": key, "display": display, "description": display, "group": "gateway"}
        for key, display in _EVENTS.items()
    ]
