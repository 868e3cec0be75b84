"""Statistics of gateways, their ports and their peer paths, as last reported."""

from typing import TypeVar

from msgspec import Struct

from wan_perf.mist.endpoints.records.values import Counter, Epoch, Name, Number, Speed, renamed

WAN_USAGE = "wan"

CELLULAR_PREFIXES = ("cl-", "lte")
"""LTE ports often carry no usage; their names give them away."""

SERVICE_PROVIDER_NAMES = {"org": "provider"}


class ServiceProvider(Struct, rename=renamed(SERVICE_PROVIDER_NAMES)):
    """Who owns the public address of an interface."""

    provider: str | None = None


INTERFACE_NAMES = {
    "port_id": "port_id",
    "port_usage": "usage",
    "up": "is_up",
    "rx_bytes": "rx_bytes_counter",
    "tx_bytes": "tx_bytes_counter",
    "wan_name": "wan_name",
    "wan_type": "medium",
    "servp_info": "service_provider",
}


class Interface(Struct, rename=renamed(INTERFACE_NAMES)):
    """Statistics of one logical interface of a gateway; `port_id` is the port that it is over."""

    port_id: str | None = None
    usage: str | None = None
    is_up: bool | None = None
    rx_bytes_counter: Counter | None = None
    tx_bytes_counter: Counter | None = None
    wan_name: str | None = None
    medium: str | None = None
    service_provider: ServiceProvider | None = None


GATEWAY_NAMES = {
    "id": "gateway_device_id",
    "mac": "gateway_mac",
    "site_id": "site_id",
    "last_seen": "sampled_at",
    "uptime": "uptime_seconds",
    "status": "status",
    "name": "gateway_name",
    "model": "gateway_model",
    "version": "software_version",
    "if_stat": "interfaces",
    "if2_stat": "second_node_interfaces",
}


class Gateway(Struct, rename=renamed(GATEWAY_NAMES)):
    """Statistics of one gateway as it last reported them; interfaces by logical name.

    A cluster reports its second node's interfaces apart.
    """

    gateway_mac: Name
    gateway_device_id: str | None = None
    site_id: str | None = None
    sampled_at: Epoch | None = None
    uptime_seconds: Number | None = None
    status: str | None = None
    gateway_name: str | None = None
    gateway_model: str | None = None
    software_version: str | None = None
    interfaces: dict[Name, Interface] | None = None
    second_node_interfaces: dict[Name, Interface] | None = None


PORT_NAMES = {
    "mac": "gateway_mac",
    "port_id": "port_id",
    "site_id": "site_id",
    "timestamp": "sampled_at",
    "port_usage": "usage",
    "up": "is_up",
    "active": "is_active",
    "disabled": "is_disabled",
    "rx_bytes": "rx_bytes_counter",
    "tx_bytes": "tx_bytes_counter",
    "rx_bps": "rx_bps",
    "tx_bps": "tx_bps",
    "speed": "port_speed_mbps",
    "last_flapped": "last_flapped_at",
    "latency": "latency_ms",
    "jitter": "jitter_ms",
    "loss": "loss_pct",
}


class Port(Struct, rename=renamed(PORT_NAMES)):
    """Statistics of one port of a gateway."""

    gateway_mac: Name
    port_id: Name
    site_id: str | None = None
    sampled_at: Epoch | None = None
    usage: str | None = None
    is_up: bool | None = None
    is_active: bool | None = None
    is_disabled: bool | None = None
    rx_bytes_counter: Counter | None = None
    tx_bytes_counter: Counter | None = None
    rx_bps: Number | None = None
    tx_bps: Number | None = None
    port_speed_mbps: Speed | None = None
    last_flapped_at: Epoch | None = None
    latency_ms: Number | None = None
    jitter_ms: Number | None = None
    loss_pct: Number | None = None


PEER_PATH_NAMES = {
    "mac": "gateway_mac",
    "port_id": "port_id",
    "site_id": "site_id",
    "peer_mac": "peer_mac",
    "peer_port_id": "peer_port_id",
    "peer_router_name": "peer_name",
    "vpn_name": "path_name",
    "last_seen": "sampled_at",
    "up": "is_up",
    "is_active": "is_active",
    "latency": "latency_ms",
    "jitter": "jitter_ms",
    "loss": "loss_pct",
    "mos": "mos",
    "uptime": "path_uptime_seconds",
}


class Path(Struct, rename=renamed(PEER_PATH_NAMES)):
    """The newest statistics of one end of a peer path; the last sampled values, not averages."""

    gateway_mac: Name
    port_id: Name
    site_id: str | None = None
    peer_mac: str | None = None
    peer_port_id: str | None = None
    peer_name: str | None = None
    path_name: str | None = None
    sampled_at: Epoch | None = None
    is_up: bool | None = None
    is_active: bool | None = None
    latency_ms: Number | None = None
    jitter_ms: Number | None = None
    loss_pct: Number | None = None
    mos: Number | None = None
    path_uptime_seconds: Number | None = None


Report = TypeVar("Report", Gateway, Port, Path)
"""Newest statistics, with their timestamp."""
