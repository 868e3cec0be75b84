"""The WAN ports of a gateway: what its template configures and what it reports.

Belongs here: what counts as a WAN port, and the evidence for each from Mist.
Keep out: contracts (`contracted`), and what follows from the evidence: role, rate (`kpi`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from wan_perf.mist.interfaces import base_port, expanded, is_wan, port_ids
from wan_perf.mist.names import WAN_USAGE
from wan_perf.mist.records import Gateway, Interface, Port, PortConfig, Shaping, Template

Evidence = dict[str, Any]
"""Values of raw_inventory for one port; a value that is not known is left out."""


def ports_of_gateway(
    configs: Mapping[str, PortConfig], seen: Mapping[str, Evidence]
) -> Iterator[Evidence]:
    """Rows of one gateway's WAN ports, configured or seen; without any, one row without port.

    Args:
        configs: What the site's template configures, by port.
        seen: What the gateway reports, by port; it counts more than the template.
    """
    carried = {base_port(port) for port in seen}
    ports = [*seen, *(port for port in configs if port not in seen and port not in carried)]
    for port in ports:
        config = configs.get(port) or configs.get(base_port(port))
        said = _of_config(config) if config else {}
        heard = seen.get(port, {})
        yield {
            "port_id": port,
            "is_configured": config is not None,
            "is_seen": port in seen,
            **said,
            **heard,
            "is_disabled": _any(said.get("is_disabled"), heard.get("is_disabled")),
        }
    if not ports:
        yield {}


def wan_configs(template: Template) -> dict[str, PortConfig]:
    """What a template configures for each single WAN port."""
    return {
        port: config
        for ports, config in (template.port_configs or {}).items()
        if config.usage == WAN_USAGE
        for port in expanded(ports)
    }


def seen_ports(
    gateways: Iterable[Gateway], ports: Iterable[Port]
) -> dict[str, dict[str, Evidence]]:
    """What the gateways report of their WAN ports, by gateway and port.

    Where a port carries several circuits, each has what is said of the port.
    """
    seen: dict[str, dict[str, Evidence]] = defaultdict(dict)
    for gateway in gateways:
        wan = {n: i for n, i in (gateway.interfaces or {}).items() if i.usage == WAN_USAGE}
        ids = port_ids(wan)
        seen[gateway.gateway_mac] = {ids[name]: _of_interface(wan[name]) for name in wan}
    wan_ports: dict[str, list[Port]] = defaultdict(list)
    for port in ports:
        if is_wan(port.usage, port.port_id):
            wan_ports[port.gateway_mac].append(port)
    for mac, of_gateway in wan_ports.items():
        ids = port_ids(port.port_id for port in of_gateway)
        for port in of_gateway:
            port_id = ids[port.port_id]
            carried = [name for name in seen[mac] if base_port(name) == port_id]
            for name in carried or [port_id]:
                seen[mac][name] = _together(seen[mac].get(name, {}), _of_port(port))
    return seen


def _together(interface: Evidence, port: Evidence) -> Evidence:
    was_up = _any(interface.get("was_up"), port.get("was_up"))
    return _known(**{**port, **interface, "was_up": was_up})


def _of_interface(interface: Interface) -> Evidence:
    provider = interface.service_provider
    return _known(
        wan_name=interface.wan_name,
        medium=interface.medium,
        provider=provider.provider if provider else None,
        was_up=_was_up(interface),
    )


def _of_port(port: Port) -> Evidence:
    return _known(
        port_speed_mbps=port.port_speed_mbps,
        is_disabled=port.is_disabled,
        was_up=_was_up(port),
    )


def _was_up(heard: Interface | Port) -> bool | None:
    counters = (heard.rx_bytes_counter, heard.tx_bytes_counter)
    carried = (None if counter is None else counter > 0 for counter in counters)
    return _any(heard.is_up, *carried)


def _of_config(config: PortConfig) -> Evidence:
    preferences = (path.vpn_preference for path in (config.vpn_paths or {}).values())
    return _known(
        wan_name=config.wan_name,
        medium=config.medium,
        is_disabled=config.is_disabled,
        is_lte_backup=config.is_lte_backup,
        shaped_up_mbps=_shaped_mbps(config.shaping),
        vpn_preference=min((p for p in preferences if p is not None), default=None),
    )


def _shaped_mbps(shaping: Shaping | None) -> float | None:
    if shaping is None or not shaping.is_enabled or not shaping.transmit_kbps:
        return None
    return shaping.transmit_kbps / 1000


def _known(**values: object) -> Evidence:
    return {name: value for name, value in values.items() if value is not None}


def _any(*flags: bool | None) -> bool | None:
    """Whether one is true; None where none is known."""
    known = [flag for flag in flags if flag is not None]
    return any(known) if known else None
