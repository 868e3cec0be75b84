"""The inventory: sites, gateways and WAN ports, and what is known of each.

Belongs here: the calls of a snapshot, and its rows of sites and gateways.
Keep out: WAN ports (`wan_ports`), contracts (`contract_matching`), what follows: role, rate
(`kpi`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd
from msgspec.structs import replace

from wan_perf.inventory.circuit_members import Configured, configured_circuits
from wan_perf.inventory.contract_matching import add_contracts
from wan_perf.inventory.site_variables import Variables
from wan_perf.inventory.template_variables import resolve, variables_in
from wan_perf.inventory.wan_ports import Seen, ports_of_gateway, seen_ports
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.endpoints import catalogue
from wan_perf.mist.endpoints.records.configuration import Template
from wan_perf.mist.endpoints.records.devices import Device
from wan_perf.mist.endpoints.records.sites import Site, SiteGroup
from wan_perf.mist.endpoints.records.statistics import Gateway, Port
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import DIM_CONTRACT, RAW_INVENTORY

if TYPE_CHECKING:
    from wan_perf.policy.contracts import Contract


@dataclass(frozen=True)
class Estate:
    """What the organization owns, as Mist reports it."""

    sites: list[Site] = field(default_factory=list)
    groups: list[SiteGroup] = field(default_factory=list)
    devices: list[Device] = field(default_factory=list)
    templates: list[Template] = field(default_factory=list)
    profiles: list[Template] = field(default_factory=list)
    gateways: list[Gateway] = field(default_factory=list)
    ports: list[Port] = field(default_factory=list)


def inventory(
    session: MistSession, taken_at: datetime, contracts: "list[Contract]"
) -> tuple[pd.DataFrame, list[str]]:
    """One row per site, gateway and WAN port, with the contract in force (RAW_INVENTORY).

    A gateway is configured by its device profile if it has one, else by its site's template.
    A site without gateway and a gateway without WAN port have a row with NULLs, a spare gateway a
    row without site, a contracted port that Mist does not know a row of its own.

    Args:
        session: Where to request.
        taken_at: Instant of the snapshot, naive UTC; decides which contracts are in force.
        contracts: Rows of the contract file.

    Returns:
        The snapshot, and a sentence for each contract in force without a circuit, or whose circuit
        has no port in Mist.

    Raises:
        MistPermanentError: A call would fail again, or an answer has not the known shape.
        MistTransientError: A call may succeed later.
    """
    return snapshot(estate_of(session), taken_at, contracts)


def estate_of(session: MistSession) -> Estate:
    """What the organization owns now; see `inventory`."""
    return Estate(
        sites=list(session.rows(catalogue.SITES)),
        groups=list(session.rows(catalogue.SITE_GROUPS)),
        devices=list(session.rows(catalogue.DEVICES)),
        templates=list(session.rows(catalogue.TEMPLATES)),
        profiles=list(session.rows(catalogue.PROFILES)),
        gateways=list(session.rows(catalogue.GATEWAYS)),
        ports=list(session.rows(catalogue.PORTS)),
    )


def templates_of_sites(estate: Estate) -> dict[str, list[Template]]:
    """What configures the gateways of each site: its template, their device profiles."""
    by_id = {template.template_id: template for template in (*estate.templates, *estate.profiles)}
    found: dict[str, list[Template]] = {}
    template_ids = {site.site_id: site.template_id for site in estate.sites}
    for device in _gateways(estate):
        if device.site_id in template_ids:
            named = device.profile_id or template_ids[device.site_id]
            of_site = found.setdefault(device.site_id, [])
            if named in by_id and by_id[named] not in of_site:
                of_site.append(by_id[named])
    return found


def snapshot(
    estate: Estate,
    taken_at: datetime,
    contracts: "list[Contract]",
    variables: Mapping[str, Variables] = MappingProxyType({}),
) -> tuple[pd.DataFrame, list[str]]:
    """The rows of an estate with the contracts in force; see `inventory`.

    `variables` are those of the sites whose templates need them.
    """
    found = add_contracts(_rows(estate, variables), contracts, taken_at)
    frame = conform([{**row, "taken_at": taken_at} for row in found.rows], RAW_INVENTORY)
    order = ["site_name", "site_id", "gateway_mac", "port_id"]
    return frame.sort_values(order, kind="stable").reset_index(drop=True), found.sentences


def contracts_of(
    inventory: pd.DataFrame, contracts: "list[Contract]"
) -> tuple[pd.DataFrame, list[str]]:
    """Every contract with its circuit (DIM_CONTRACT), in force or not.

    Args:
        inventory: Rows of RAW_INVENTORY of one snapshot, as they are stored.
        contracts: Rows of the contract file.

    Returns:
        The contracts, and the sentences of `inventory`.
    """
    if inventory.empty:
        return conform([], DIM_CONTRACT), []
    taken_at = inventory["taken_at"].max().to_pydatetime()
    known: Any = inventory.astype(object).where(inventory.notna(), None)
    found = add_contracts(known.to_dict("records"), contracts, taken_at)
    frame = conform([{**row, "taken_at": taken_at} for row in found.contracts], DIM_CONTRACT)
    return frame.sort_values("contract_line").reset_index(drop=True), found.sentences


def _rows(estate: Estate, variables: Mapping[str, Variables]) -> Iterator[dict[str, Any]]:
    group_names = {group.group_id: group.group_name for group in estate.groups}
    configuration = _Configuration(estate)
    seen = seen_ports(estate.gateways, estate.ports)
    at_site: dict[str, list[Device]] = defaultdict(list)
    known = {site.site_id for site in estate.sites}
    for device in _gateways(estate):
        if device.site_id in known:
            at_site[device.site_id].append(device)
        else:
            yield _of_device(device)
    for site in {site.site_id: site for site in estate.sites}.values():
        of_site = _of_site(site, group_names)
        if not at_site[site.site_id]:
            yield of_site
        for device in at_site[site.site_id]:
            named = device.profile_id or site.template_id
            circuits = configuration.circuits(named, variables.get(site.site_id, {}))
            for port in ports_of_gateway(circuits, seen.get(device.gateway_mac, Seen())):
                yield {**of_site, **_of_device(device), **port}


class _Configuration:
    """The WAN circuits of each template or device profile, by the values of its variables."""

    def __init__(self, estate: Estate) -> None:
        templates = (*estate.templates, *estate.profiles)
        self._templates = {template.template_id: template for template in templates}
        self._needed = {template.template_id: variables_in(template) for template in templates}
        self._found: dict[tuple[Any, ...], list[Configured]] = {}

    def circuits(self, template_id: str | None, variables: Variables) -> list[Configured]:
        """The circuits that a template configures at a site with these variables."""
        template = self._templates.get(template_id or "")
        if template is None:
            return []
        needed = self._needed[template.template_id]
        values = {name: variables.get(name) for name in sorted(needed)}
        key = (template.template_id, *values.values())
        if key not in self._found:
            here = resolve(template, values) if needed else template
            self._found[key] = configured_circuits(here)
        return self._found[key]


def _gateways(estate: Estate) -> Iterator[Device]:
    """Each gateway once; of the nodes of a cluster the one that reports statistics.

    A cluster may report under a MAC that no node has; the gateway then has that MAC.
    """
    devices = {device.gateway_mac: device for device in estate.devices}
    reporting = {gateway.gateway_mac: gateway for gateway in estate.gateways}
    nodes: dict[str, list[str]] = defaultdict(list)
    for device in devices.values():
        nodes[device.cluster_mac or device.gateway_mac].append(device.gateway_mac)
    for cluster, macs in nodes.items():
        mac = min(macs, key=lambda mac: (mac not in reporting, mac != cluster, mac))
        named = cluster if mac not in reporting and cluster in reporting else mac
        reported = reporting[named].gateway_device_id if named in reporting else None
        device_id = reported or devices[mac].gateway_device_id
        yield replace(devices[mac], gateway_mac=named, gateway_device_id=device_id)


def _of_site(site: Site, group_names: dict[str, str | None]) -> dict[str, Any]:
    groups = (name for group in site.group_ids or [] if (name := group_names.get(group)))
    return {
        "site_id": site.site_id,
        "site_name": site.site_name,
        "site_groups": group_list(groups),
        "country_code": site.country_code,
        "time_zone": site.time_zone,
        "latitude": site.place.latitude if site.place else None,
        "longitude": site.place.longitude if site.place else None,
    }


def _of_device(device: Device) -> dict[str, Any]:
    return {
        "gateway_mac": device.gateway_mac,
        "gateway_name": device.gateway_name,
        "gateway_model": device.gateway_model,
        "gateway_device_id": device.gateway_device_id,
    }


def group_list(names: Iterable[str]) -> str | None:
    r"""Names of groups as one text, in order, each between line breaks; None without any.

    A name may contain every character that a person types, a bar too, but no line break.

    >>> group_list(["Type-Express", "Region-North|East"])
    '\nRegion-North|East\nType-Express\n'
    """
    in_order = sorted(filter(None, (" ".join(name.split()) for name in names)))
    return f"\n{chr(10).join(in_order)}\n" if in_order else None
