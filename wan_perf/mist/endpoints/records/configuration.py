"""Gateway templates and device profiles: what ports are configured for, and traffic's ways."""

from msgspec import Struct

from wan_perf.mist.endpoints.records.values import Name, Number, Variable, renamed

ORDERED = "ordered"
"""Strategy under which the first path that works is taken; Mist's default."""

WAN_PATH = "wan"
"""Kind of path whose name is that of the WAN; another kind may name the WAN beside it."""

RETH, AGGREGATE = "reth", "ae"
"""What a configured number is appended to: the aggregate's name on the gateway."""

SHAPING_NAMES = {"enabled": "is_enabled", "max_tx_kbps": "transmit_kbps"}


class Shaping(Struct, rename=renamed(SHAPING_NAMES)):
    """Limit of what a port sends."""

    is_enabled: bool | Variable | None = None
    transmit_kbps: Number | Variable | None = None


VPN_PATH_NAMES = {"preference": "vpn_preference", "role": "vpn_role"}


class VpnPath(Struct, rename=renamed(VPN_PATH_NAMES)):
    """A port's part in one VPN."""

    vpn_preference: int | Variable | None = None
    vpn_role: str | None = None


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


class PortConfig(Struct, rename=renamed(PORT_CONFIG_NAMES)):
    """What a template configures for a port, a range or a list of ports.

    A number of -1 leaves the choice to the gateway; it may also be a variable.
    """

    usage: str | None = None
    wan_name: str | None = None
    medium: str | None = None
    is_disabled: bool | Variable | None = None
    is_lte_backup: bool | Variable | None = None
    is_redundant: bool | Variable | None = None
    reth_number: int | str | None = None
    is_aggregated: bool | Variable | None = None
    ae_number: int | str | None = None
    shaping: Shaping | None = None
    vpn_paths: dict[str, VpnPath] | None = None


TRAFFIC_PATH_NAMES = {"type": "kind", "name": "path_name", "wan_name": "wan_name"}


class TrafficPath(Struct, rename=renamed(TRAFFIC_PATH_NAMES)):
    """One way that traffic may take."""

    kind: str | None = None
    path_name: str | None = None
    wan_name: str | None = None


PATH_PREFERENCE_NAMES = {"strategy": "strategy", "paths": "paths"}


class PathPreference(Struct, rename=renamed(PATH_PREFERENCE_NAMES)):
    """The ways that traffic of one policy may take, and how one is chosen."""

    strategy: str | None = None
    paths: list[TrafficPath] | None = None


TEMPLATE_NAMES = {
    "id": "template_id",
    "port_config": "port_configs",
    "path_preferences": "path_preferences",
}


class Template(Struct, rename=renamed(TEMPLATE_NAMES)):
    """A gateway template or device profile; port configurations by port, range or list of ports."""

    template_id: Name
    port_configs: dict[str, PortConfig] | None = None
    path_preferences: dict[str, PathPreference] | None = None
