"""What the organisation owns and how it is configured: sites, groups, inventory, templates."""

from wan_perf.simulator.api import Json
from wan_perf.simulator.catalogue import LAN_PORTS, REGIONS, STORE_TYPES, StoreType, WanSlot
from wan_perf.simulator.estate import device_id
from wan_perf.simulator.fleet import Fleet
from wan_perf.simulator.instants import epoch
from wan_perf.simulator.seeding import identifier


def sites(fleet: Fleet) -> list[Json]:
    """Give the rows of /orgs/{org_id}/sites."""
    return [
        {
            "id": site.site_id,
            "org_id": fleet.org_id,
            "name": site.name,
            "country_code": "US",
            "timezone": site.timezone,
            "latlng": {"lat": site.latitude, "lng": site.longitude},
            "address": f"{100 + number} Market Street, {site.city}, USA",
            "sitegroup_ids": [
                _group_id(fleet, f"Region-{site.region}"),
                _group_id(fleet, f"Type-{site.store_type}"),
            ],
            "gatewaytemplate_id": _template_id(fleet, site.store_type),
            "created_time": float(site.created_at),
            "modified_time": float(site.created_at),
        }
        for number, site in enumerate(fleet.sites)
    ]


def sitegroups(fleet: Fleet) -> list[Json]:
    """Give the rows of /orgs/{org_id}/sitegroups: regions and store types, also empty ones."""
    groups: dict[str, list[str]] = {f"Region-{region}": [] for region in REGIONS}
    groups |= {f"Type-{store_type}": [] for store_type in STORE_TYPES}
    for site in fleet.sites:
        groups[f"Region-{site.region}"].append(site.site_id)
        groups[f"Type-{site.store_type}"].append(site.site_id)
    return [
        {
            "id": _group_id(fleet, name),
            "org_id": fleet.org_id,
            "name": name,
            "site_ids": members,
            "created_time": _first_created(fleet),
            "modified_time": _first_created(fleet),
        }
        for name, members in groups.items()
    ]


def inventory(fleet: Fleet) -> list[Json]:
    """Give the rows of /orgs/{org_id}/inventory: gateways, spare ones, and access points."""
    rows: list[Json] = []
    for site, gateway in zip(fleet.sites, fleet.gateways, strict=True):
        times = {"created_time": float(site.created_at), "modified_time": float(site.created_at)}
        owned = {"org_id": fleet.org_id, "site_id": site.site_id, "connected": True, **times}
        rows.append(
            {
                "id": gateway.device_id,
                "mac": gateway.mac,
                "type": "gateway",
                "name": gateway.name,
                "model": gateway.model,
                "serial": gateway.serial,
                **owned,
            }
        )
        rows.append(
            {
                "id": device_id(site.access_point_mac),
                "mac": site.access_point_mac,
                "type": "ap",
                "name": access_point_name(site.name),
                "model": "AP45",
                "serial": f"A{int(site.access_point_mac, 16) % 10**12:012d}",
                **owned,
            }
        )
    return rows + [
        {
            "id": spare.device_id,
            "mac": spare.mac,
            "type": "gateway",
            "model": spare.model,
            "serial": spare.serial,
            "org_id": fleet.org_id,
            "site_id": None,
            "connected": False,
            "created_time": epoch(fleet.start),
            "modified_time": epoch(fleet.start),
        }
        for spare in fleet.spares
    ]


def gateway_templates(fleet: Fleet) -> list[Json]:
    """Give the rows of /orgs/{org_id}/gatewaytemplates: one for each store type."""
    return [
        {
            "id": _template_id(fleet, store_type.name),
            "org_id": fleet.org_id,
            "name": f"{store_type.name} {store_type.model}",
            "type": "spoke",
            "port_config": _port_config(store_type),
            "path_preferences": {
                "wan": {
                    "strategy": "ordered",
                    "paths": [{"type": "wan", "name": slot.wan_name} for slot in store_type.wan],
                }
            },
            "created_time": _first_created(fleet),
            "modified_time": _first_created(fleet),
        }
        for store_type in STORE_TYPES.values()
    ]


def access_point_name(site_name: str) -> str:
    """Name the access point of a site."""
    return f"{site_name.lower().replace(' ', '-')}-ap"


def _port_config(store_type: StoreType) -> Json:
    ports: Json = {
        slot.port_id: _wan_port(slot, rank) for rank, slot in enumerate(store_type.wan, start=1)
    }
    ports[",".join(LAN_PORTS)] = {"usage": "lan", "networks": ["stores"]}
    return ports


def _wan_port(slot: WanSlot, rank: int) -> Json:
    port: Json = {
        "usage": "wan",
        "name": slot.wan_name,
        "wan_type": slot.kind.wan_type,
        "ip_config": {"type": "dhcp"},
        "vpn_paths": {"stores-hub": {"role": "spoke", "preference": rank * 10}},
    }
    if slot.kind.wan_type == "lte":
        port["lte_backup"] = True
    if slot.kind.max_tx_kbps:
        port["traffic_shaping"] = {"enabled": True, "max_tx_kbps": slot.kind.max_tx_kbps}
    return port


def _first_created(fleet: Fleet) -> float:
    return float(min(site.created_at for site in fleet.sites))


def _group_id(fleet: Fleet, name: str) -> str:
    return identifier(fleet.seed, "sitegroup", name)


def _template_id(fleet: Fleet, store_type: str) -> str:
    return identifier(fleet.seed, "gatewaytemplate", store_type)
