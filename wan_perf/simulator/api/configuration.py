"""How gateways are configured: templates of stores, device profiles of hubs and pairs, VPNs.

Belongs here: port_config and what refers to it.
Keep out: who owns what (`inventory`).
"""

from dataclasses import replace

from wan_perf.simulator.api import Json, variables
from wan_perf.simulator.catalogue import LAN_PORTS, STORE_TYPES, StoreType, WanSlot
from wan_perf.simulator.fleet import Fleet
from wan_perf.simulator.layouts import HUB, LAYOUTS
from wan_perf.simulator.physics import Gateway
from wan_perf.simulator.premises import layout_of
from wan_perf.simulator.seeding import identifier


def gateway_templates(fleet: Fleet) -> list[Json]:
    """Give the rows of /orgs/{org_id}/gatewaytemplates: one for each layout."""
    if fleet.has_variables:
        plain = gateway_templates(replace(fleet, has_variables=False))
        return [variables.with_variables(template)[0] for template in plain]
    return [
        {
            "id": template_id(fleet, store_type),
            "org_id": fleet.org_id,
            "name": f"{store_type.layout} {store_type.model}",
            "type": "spoke",
            "port_config": _port_config(store_type),
            "path_preferences": {
                "wan": {
                    "strategy": "ordered",
                    "paths": [{"type": "wan", "name": slot.wan_name} for slot in store_type.wan],
                }
            },
            "created_time": _created_at(fleet),
            "modified_time": _created_at(fleet),
        }
        for store_type in _templated_layouts(fleet)
    ]


def _port_config(store_type: StoreType, number: int = 0) -> Json:
    ports: Json = {
        ",".join(slot.members or (slot.port_id,)): _wan_port(
            slot, rank, "hub" if store_type is HUB else "spoke"
        )
        for rank, slot in enumerate(store_type.wan, start=1)
        if slot.gateway == number
    }
    ports[",".join(LAN_PORTS)] = {"usage": "lan", "networks": ["stores"]}
    return ports


def _wan_port(slot: WanSlot, rank: int, vpn_role: str) -> Json:
    port: Json = {
        "usage": "wan",
        "name": slot.wan_name,
        "wan_type": slot.kind.wan_type,
        "ip_config": {"type": "pppoe" if slot.logical.startswith("pp") else "dhcp"},
        "vpn_paths": {"stores-hub": {"role": vpn_role, "preference": rank * 10}},
    }
    if slot.kind.wan_type == "lte":
        port["lte_backup"] = True
    if slot.kind.max_tx_kbps:
        port["traffic_shaping"] = {"enabled": True, "max_tx_kbps": slot.kind.max_tx_kbps}
    return port | _shape(slot)


def _shape(slot: WanSlot) -> Json:
    shape: Json = {"vlan_id": str(slot.unit)} if slot.unit else {}
    if slot.logical.startswith("reth"):
        shape |= {"redundant": True, "reth_idx": int(slot.logical.removeprefix("reth"))}
    if slot.logical.startswith("ae"):
        shape |= {"aggregated": True, "ae_idx": slot.logical.removeprefix("ae")}
    return shape


def device_profiles(fleet: Fleet) -> list[Json]:
    """Give the rows of /orgs/{org_id}/deviceprofiles?type=gateway: hubs, and stores with two."""
    found = {profile_name(fleet, gateway): gateway for gateway in fleet.gateways}
    return [
        {
            "id": profile_id(fleet, name),
            "org_id": fleet.org_id,
            "name": name,
            "type": "gateway",
            "port_config": _port_config(
                layout_of(fleet.site_of[gateway.site_id]), _number(gateway)
            ),
            "created_time": _created_at(fleet),
            "modified_time": _created_at(fleet),
        }
        for name, gateway in found.items()
        if name
    ]


def vpns(fleet: Fleet) -> list[Json]:
    """Give the rows of /orgs/{org_id}/vpns: stores to hubs, lower preference first."""
    names = sorted(
        {port.line.wan_name for g in fleet.gateways for port in g.wan_ports if port.line}
    )
    return [
        {
            "id": identifier(fleet.seed, "vpn"),
            "org_id": fleet.org_id,
            "name": "stores-hub",
            "type": "hub_spoke",
            "path_selection": {"strategy": "simple"},
            "paths": {name: {"bfd_profile": "broadband"} for name in names},
            "created_time": _created_at(fleet),
            "modified_time": _created_at(fleet),
        }
    ]


def site_setting(fleet: Fleet, site_id: str) -> Json:
    """Give /sites/{site_id}/setting: every other site writes its bought rates into variables."""
    bought = {
        f"{contract.line.wan_name}_{direction}_mbps": str(rate)
        for contract in fleet.contracts_at.get(site_id, [])
        for direction, rate in zip(("down", "up"), contract.line.provisioned_mbps, strict=True)
    }
    return {
        "site_id": site_id,
        "org_id": fleet.org_id,
        "vars": (bought if int(site_id[0], 16) % 2 else {}) | _template_variables(fleet, site_id),
    }


def _template_variables(fleet: Fleet, site_id: str) -> dict[str, str]:
    """The values of the variables in the template of a site."""
    if not fleet.has_variables:
        return {}
    layout = layout_of(fleet.site_of[site_id])
    plain = gateway_templates(replace(fleet, has_variables=False))
    of_site = [row for row in plain if row["id"] == template_id(fleet, layout)]
    return variables.with_variables(of_site[0])[1] if of_site else {}


def device(fleet: Fleet, gateway: Gateway) -> Json:
    """Give /sites/{site_id}/devices/{device_id}: what differs from the template, if anything."""
    profile = profile_name(fleet, gateway)
    return {
        "id": gateway.device_id,
        "mac": gateway.mac,
        "type": "gateway",
        "name": gateway.name,
        "model": gateway.model,
        "serial": gateway.serial,
        "org_id": fleet.org_id,
        "site_id": gateway.site_id,
        **({"deviceprofile_id": profile_id(fleet, profile)} if profile else {}),
        "port_config": {
            port.port_id: {
                "usage": "wan",
                "name": port.line.wan_name,
                "wan_type": port.line.wan_type,
                "disabled": True,
            }
            for port in gateway.wan_ports
            if port.disabled and port.line
        },
    }


def profile_name(fleet: Fleet, gateway: Gateway) -> str:
    """Name the device profile that configures a gateway; "" where a template does."""
    layout = layout_of(fleet.site_of[gateway.site_id])
    if layout is HUB:
        return f"{HUB.name} {HUB.model}"
    return f"{layout.layout} {'AB'[_number(gateway)]}" if layout.gateways > 1 else ""


def profile_id(fleet: Fleet, name: str) -> str:
    """Give the identifier of a device profile."""
    return identifier(fleet.seed, "deviceprofile", name)


def template_id(fleet: Fleet, store_type: StoreType) -> str:
    """Give the identifier of a layout's template."""
    return identifier(fleet.seed, "gatewaytemplate", store_type.layout)


def _templated_layouts(fleet: Fleet) -> list[StoreType]:
    layouts = LAYOUTS if fleet.lives else STORE_TYPES
    return [layout for layout in layouts.values() if layout.gateways == 1]


def _number(gateway: Gateway) -> int:
    """Tell which of its site's gateways it is: the second one is named so."""
    return 1 if gateway.name.endswith("gw2") else 0


def _created_at(fleet: Fleet) -> float:
    return float(min(site.created_at for site in fleet.sites))
