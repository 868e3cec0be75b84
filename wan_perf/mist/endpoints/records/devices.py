"""Gateways that the organization owns."""

from msgspec import Struct

from wan_perf.mist.endpoints.records.values import Name, renamed

DEVICE_ID_PREFIX = "00000000-0000-0000-1000-"
"""A device's id is this and its MAC, unless the cloud gives it another one."""

DEVICE_NAMES = {
    "id": "gateway_device_id",
    "mac": "gateway_mac",
    "name": "gateway_name",
    "model": "gateway_model",
    "site_id": "site_id",
    "deviceprofile_id": "profile_id",
    "vc_mac": "cluster_mac",
}


class Device(Struct, rename=renamed(DEVICE_NAMES)):
    """One gateway that the organization owns, at a site or spare.

    The nodes of a cluster stand each for itself, both under the cluster's MAC. `profile_id` names
    the device profile that configures it in place of its site's template.
    """

    gateway_mac: Name
    gateway_device_id: str | None = None
    gateway_name: str | None = None
    gateway_model: str | None = None
    site_id: str | None = None
    profile_id: str | None = None
    cluster_mac: str | None = None
