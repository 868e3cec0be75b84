"""Mist's field names and ours: one map per kind of record.

Belongs here: every Mist field name that is read, once, and every Mist event name with a meaning.
Keep out: types (`records`), and anything past `mist`, where only our names are known.

A name that is a column of the raw table is stored under it. The others are read to choose rows or
to find a value.
"""

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
SERVICE_PROVIDER_NAMES = {"org": "provider"}
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
SITE_SCORE_NAMES = {
    "site_id": "site_id",
    "wan-link-health": "wan_link_health",
    "gateway-health": "gateway_health",
    "application_health": "application_health",
    "application-health": "application_health_with_hyphen",
    "num_gateways": "gateway_count",
    "num_clients": "client_count",
}
EVENT_NAMES = {
    "timestamp": "event_at",
    "mac": "gateway_mac",
    "site_id": "site_id",
    "port_id": "port_id",
    "type": "event_name",
    "text": "detail",
}
ALARM_NAMES = {
    "id": "alarm_id",
    "timestamp": "raised_at",
    "type": "alarm_type",
    "group": "alarm_group",
    "severity": "alarm_severity",
    "status": "status",
    "last_seen": "last_seen_at",
    "resolved_time": "resolved_at",
    "count": "incident_count",
    "acked": "is_acknowledged",
    "site_id": "site_id",
    "gateways": "gateway_macs",
    "hostnames": "device_names",
}
SITE_NAMES = {
    "id": "site_id",
    "name": "site_name",
    "country_code": "country_code",
    "timezone": "time_zone",
    "latlng": "place",
    "sitegroup_ids": "group_ids",
    "gatewaytemplate_id": "template_id",
}
PLACE_NAMES = {"lat": "latitude", "lng": "longitude"}
SITE_GROUP_NAMES = {"id": "group_id", "name": "group_name"}
DEVICE_NAMES = {
    "id": "gateway_device_id",
    "mac": "gateway_mac",
    "name": "gateway_name",
    "model": "gateway_model",
    "site_id": "site_id",
    "deviceprofile_id": "profile_id",
    "vc_mac": "cluster_mac",
}
TEMPLATE_NAMES = {
    "id": "template_id",
    "port_config": "port_configs",
    "path_preferences": "path_preferences",
}
PATH_PREFERENCE_NAMES = {"strategy": "strategy", "paths": "paths"}
TRAFFIC_PATH_NAMES = {"type": "kind", "name": "path_name", "wan_name": "wan_name"}
PORT_CONFIG_NAMES = {
    "usage": "usage",
    "name": "wan_name",
    "wan_type": "medium",
    "disabled": "is_disabled",
    "lte_backup": "is_lte_backup",
    "redundant": "is_redundant",
    "reth_idx": "reth_number",
    "aggregated": "is_aggregated",
    "ae_idx": "ae_number",
    "traffic_shaping": "shaping",
    "vpn_paths": "vpn_paths",
}
SHAPING_NAMES = {"enabled": "is_enabled", "max_tx_kbps": "transmit_kbps"}
SETTING_NAMES = {"vars": "variables"}
DOWN_VARIABLE, UP_VARIABLE = "_down_mbps", "_up_mbps"
"""What follows a WAN's name in the name of the variable that holds its bought rate."""
SPEED_TEST_NAMES = {
    "mac": "gateway_mac",
    "port_id": "port_id",
    "timestamp": "tested_at",
    "failed": "is_failed",
    "rx_mbps": "down_mbps",
    "tx_mbps": "up_mbps",
}
SPEED_TEST = "speedtest"
VPN_PATH_NAMES = {"preference": "vpn_preference", "role": "vpn_role"}

SELF_NAMES = {"privileges": "privileges"}
PRIVILEGE_NAMES = {"scope": "scope", "role": "role", "org_id": "org_id", "org_name": "org_name"}
ORGANISATION_NAMES = {"name": "organisation"}
USAGE_NAMES = {"requests": "used", "request_limit": "hourly_limit"}
METRIC_NAMES = {"intervals": "bucket_kinds"}
BUCKET_KIND_NAMES = {"interval": "bucket_seconds", "max_age": "retention_seconds"}
HISTORY_NAMES = {"start": "started_at", "interval": "bucket_seconds", "results": "results"}
RATE_NAMES = {
    "rx_bps": "rx_bps_mean",
    "tx_bps": "tx_bps_mean",
    "max_rx_bps": "rx_bps_max",
    "max_tx_bps": "tx_bps_max",
}
QUALITY_METRIC = "wan_link_health"
QUALITY_HISTORY_NAMES = {
    "start": "started_at",
    "interval": "bucket_seconds",
    QUALITY_METRIC: "nested",
}
QUALITY_NAMES = {
    "avg_latency": "latency_ms_mean",
    "avg_jitter": "jitter_ms_mean",
    "avg_loss": "loss_pct_mean",
}
DEVICE_ID_PREFIX = "00000000-0000-0000-1000-"
"""A device's id is this and its MAC, unless the cloud gives it another one."""

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
ALARM_SEVERITIES = {"warn": "warning"}
"""Words for which we have another one."""
WAN_USAGE = "wan"
ORDERED = "ordered"
"""Strategy under which the first path that works is taken; Mist's default."""
WAN_PATH = "wan"
"""Kind of path whose name is that of the WAN; another kind may name the WAN beside it."""
RETH, AGGREGATE = "reth", "ae"
"""What a configured number is appended to: the aggregate's name on the gateway."""
CELLULAR_PREFIXES = ("cl-", "lte")
"""LTE ports often carry no usage; their names give them away."""
