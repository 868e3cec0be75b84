"""Events of gateways, and what each kind of event means here."""

from msgspec import Struct

from wan_perf.mist.endpoints.records.values import Moment, Name, renamed

EVENT_KINDS = {
    "GW_PORT_DOWN": "port_down",
    "GW_PORT_UP": "port_up",
    "GW_ARP_UNRESOLVED": "arp_unresolved",
    "GW_ARP_RESOLVED": "arp_resolved",
    "GW_DHCP_UNRESOLVED": "dhcp_unresolved",
    "GW_DHCP_RESOLVED": "dhcp_resolved",
    "GW_DISCONNECTED": "gateway_disconnected",
    "GW_DISCONNECTED_LONG": "gateway_disconnected",
    "GW_CONNECTED": "gateway_connected",
    "GW_RESTARTED": "gateway_restarted",
    "GW_RESTARTED_BY_USER": "gateway_restarted",
    "GW_VPN_PATH_DOWN": "path_down",
    "GW_VPN_PATH_UP": "path_up",
    "GW_VPN_PEER_DOWN": "peer_down",
    "GW_VPN_PEER_UP": "peer_up",
}

OTHER_EVENT = "other"

EVENT_NAMES = {
    "timestamp": "event_at",
    "mac": "gateway_mac",
    "site_id": "site_id",
    "port_id": "port_id",
    "type": "event_name",
    "text": "detail",
}


class Event(Struct, rename=renamed(EVENT_NAMES)):
    """One event of a gateway."""

    event_at: Moment
    gateway_mac: Name
    event_name: Name
    site_id: str | None = None
    port_id: str | None = None
    detail: str | None = None
