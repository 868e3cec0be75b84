"""Sites, their groups and their variables."""

from typing import Any

from msgspec import Struct

from wan_perf.mist.endpoints.records.values import Name, Number, renamed

DOWN_VARIABLE, UP_VARIABLE = "_down_mbps", "_up_mbps"
"""What follows a WAN's name in the name of the variable that holds its bought rate."""

PLACE_NAMES = {"lat": "latitude", "lng": "longitude"}


class Place(Struct, rename=renamed(PLACE_NAMES)):
    """Where a site is, in degrees."""

    latitude: Number | None = None
    longitude: Number | None = None


SITE_NAMES = {
    "id": "site_id",
    "name": "site_name",
    "country_code": "country_code",
    "timezone": "time_zone",
    "latlng": "place",
    "sitegroup_ids": "group_ids",
    "gatewaytemplate_id": "template_id",
}


class Site(Struct, rename=renamed(SITE_NAMES)):
    """One site of the organization."""

    site_id: Name
    site_name: str | None = None
    country_code: str | None = None
    time_zone: str | None = None
    place: Place | None = None
    group_ids: list[str] | None = None
    template_id: str | None = None


SITE_GROUP_NAMES = {"id": "group_id", "name": "group_name"}


class SiteGroup(Struct, rename=renamed(SITE_GROUP_NAMES)):
    """One group of sites."""

    group_id: Name
    group_name: str | None = None


SETTING_NAMES = {"vars": "variables"}


class Setting(Struct, rename=renamed(SETTING_NAMES)):
    """Settings of a site: its variables, which are text by the rules of the API."""

    variables: dict[str, Any] | None = None
