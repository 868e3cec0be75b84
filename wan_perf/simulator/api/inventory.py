"""What the organisation owns: sites, groups of sites, inventory."""

from wan_perf.simulator.api import Json
from wan_perf.simulator.api.configuration import profile_id, profile_name, template_id
from wan_perf.simulator.catalogue import REGIONS, STORE_TYPES
from wan_perf.simulator.estate import Site, Spare, device_id
from wan_perf.simulator.fleet import Fleet
from wan_perf.simulator.instants import epoch
from wan_perf.simulator.physics import Gateway
from wan_perf.simulator.premises import layout_of
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
            "sitegroup_ids": [_group_id(fleet, name) for name in _group_names(site)],
            **_template_of(fleet, site),
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
        for name in _group_names(site):
            groups[name].append(site.site_id)
    return [
        {
            "id": _group_id(fleet, name),
            "org_id": fleet.org_id,
            "name": name,
            "site_ids": members,
            "created_time": first_created_at(fleet),
            "modified_time": first_created_at(fleet),
        }
        for name, members in groups.items()
    ]


class Inventory:
    """The rows of /orgs/{org_id}/inventory: gateways, spare ones, and access points."""

    def __init__(self, fleet: Fleet) -> None:
        """Prepare the rows of a fleet."""
        self._fleet = fleet
        self._always = [_access_point(fleet, site) for site in fleet.sites]
        self._shelf = [_spare(fleet, spare) for spare in fleet.spares]
        self._gateways = [(gateway, _device_row(fleet, gateway)) for gateway in fleet.gateways]

    def at(self, now: float, *, with_members: bool = False) -> list[Json]:
        """Give the rows at an instant [epoch s]: a gateway that was taken away is a spare.

        `with_members`: the second nodes of clusters too.
        """
        rows = [
            row | ({"connected": gateway.is_connected(now)} if here else _UNASSIGNED)
            for gateway, owned in self._gateways
            for here in [gateway.is_assigned(now)]
            for row in (owned, *([_second_node(owned)] if with_members and gateway.is_ha else []))
        ]
        return [*rows, *self._always, *self._shelf]


def _second_node(first: Json) -> Json:
    """The other node of a cluster: a device of its own, under the cluster's MAC."""
    mac = f"{int(first['mac'], 16) | 1 << 40:012x}"
    return first | {"id": device_id(mac), "mac": mac, "serial": f"{first['serial']}N1"}


_UNASSIGNED: Json = {"site_id": None, "connected": False}


def _device_row(fleet: Fleet, gateway: Gateway) -> Json:
    site = fleet.site_of[gateway.site_id]
    row: Json = {
        "id": gateway.device_id,
        "mac": gateway.mac,
        "type": "gateway",
        "name": gateway.name,
        "model": gateway.model,
        "serial": gateway.serial,
        "org_id": fleet.org_id,
        "site_id": site.site_id,
        "created_time": float(site.created_at),
        "modified_time": float(gateway.assigned[0] or site.created_at),
    }
    row |= {"vc_mac": gateway.mac} if gateway.is_ha else {}
    profile = profile_name(fleet, gateway)
    return row | ({"deviceprofile_id": profile_id(fleet, profile)} if profile else {})


def _access_point(fleet: Fleet, site: Site) -> Json:
    return {
        "id": device_id(site.access_point_mac),
        "mac": site.access_point_mac,
        "type": "ap",
        "name": access_point_name(site.name),
        "model": "AP45",
        "serial": f"A{int(site.access_point_mac, 16) % 10**12:012d}",
        "org_id": fleet.org_id,
        "site_id": site.site_id,
        "connected": True,
        "created_time": float(site.created_at),
        "modified_time": float(site.created_at),
    }


def _spare(fleet: Fleet, spare: Spare) -> Json:
    return {
        "id": spare.device_id,
        "mac": spare.mac,
        "type": "gateway",
        "model": spare.model,
        "serial": spare.serial,
        "org_id": fleet.org_id,
        **_UNASSIGNED,
        "created_time": epoch(fleet.start),
        "modified_time": epoch(fleet.start),
    }


def access_point_name(site_name: str) -> str:
    """Name the access point of a site."""
    return f"{site_name.lower().replace(' ', '-')}-ap"


def first_created_at(fleet: Fleet) -> float:
    """Give the instant at which the organisation's first site was made [epoch s]."""
    return float(min(site.created_at for site in fleet.sites))


def _group_names(site: Site) -> list[str]:
    return [] if site.is_hub else [f"Region-{site.region}", f"Type-{site.store_type}"]


def _template_of(fleet: Fleet, site: Site) -> Json:
    """Name the site's template; where device profiles configure the gateways there is none."""
    if site.is_hub or layout_of(site).gateways > 1:
        return {}
    return {"gatewaytemplate_id": template_id(fleet, layout_of(site))}


def _group_id(fleet: Fleet, name: str) -> str:
    return identifier(fleet.seed, "sitegroup", name)
