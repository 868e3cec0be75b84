"""The records of the Mist Cloud's answers, typed.

Belongs here: one struct per kind of record with the fields that are read, under our names.
Keep out: Mist's names (`field_names`), which call gives which record (`catalogue`).

A field is required only if it identifies the row: Mist omits unknown values or writes null; both
become None, as does a value of another kind or outside its bounds (`odd_values`). Other fields are
ignored, so a new one breaks nothing.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Generic, TypeVar

from msgspec import Meta, Struct

from wan_perf.mist.endpoints import field_names

Name = Annotated[str, Meta(min_length=1)]
"""A value that identifies: never empty."""
_AFTER_9999 = 253_402_300_800
_INT64 = Meta(ge=-(2**63), le=2**63 - 1)
_INT64_AS_REAL = Meta(ge=-(2.0**63), lt=2.0**63)

Epoch = Annotated[int, Meta(ge=0, lt=_AFTER_9999)] | Annotated[float, Meta(ge=0, lt=_AFTER_9999)]
"""Seconds since 1970, before the year 10000; 0 stands for never. [s]"""
Moment = Annotated[int, Meta(gt=0, lt=_AFTER_9999)] | Annotated[float, Meta(gt=0, lt=_AFTER_9999)]
"""Seconds since 1970 where there must be some. [s]"""
Counter = Annotated[int, _INT64] | Annotated[float, _INT64_AS_REAL]
"""A whole number, though it may be written with a point."""
Number = int | float
Speed = Annotated[int, Meta(ge=0)] | Annotated[float, Meta(ge=0)]
"""Negotiated speed; a virtual port writes -1 for unknown. [Mbit/s]"""

Variable = Annotated[str, Meta(pattern=r"\{\{")]
"""A variable of a site in the place of a configured number or switch (`template_variables`)."""

Row = TypeVar("Row")


def _ours(vendor_to_ours: Mapping[str, str]) -> dict[str, str]:
    return {ours: vendor for vendor, ours in vendor_to_ours.items()}


class SearchPage(Struct, Generic[Row]):
    """One page of a search; the cursor to the next one is read by the SDK.

    `total` is how many rows the whole search has.
    """

    results: list[Row]
    total: int | None = None
    next: str | None = None


class CountedPage(Struct, Generic[Row]):
    """One page of an answer whose pages are numbered and that says how many rows there are."""

    results: list[Row]
    total: Annotated[int, Meta(ge=0)]


class ServiceProvider(Struct, rename=_ours(field_names.SERVICE_PROVIDER_NAMES)):
    """Who owns the public address of an interface."""

    provider: str | None = None


class Interface(Struct, rename=_ours(field_names.INTERFACE_NAMES)):
    """Statistics of one logical interface of a gateway; `port_id` is the port that it is over."""

    port_id: str | None = None
    usage: str | None = None
    is_up: bool | None = None
    rx_bytes_counter: Counter | None = None
    tx_bytes_counter: Counter | None = None
    wan_name: str | None = None
    medium: str | None = None
    service_provider: ServiceProvider | None = None


class Gateway(Struct, rename=_ours(field_names.GATEWAY_NAMES)):
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


class Port(Struct, rename=_ours(field_names.PORT_NAMES)):
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


class Path(Struct, rename=_ours(field_names.PEER_PATH_NAMES)):
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


class SiteScore(Struct, rename=_ours(field_names.SITE_SCORE_NAMES)):
    """Mist's own scores of a site over a window; two spellings of one of them are in use."""

    site_id: Name
    wan_link_health: Number | None = None
    gateway_health: Number | None = None
    application_health: Number | None = None
    application_health_with_hyphen: Number | None = None
    gateway_count: Counter | None = None
    client_count: Counter | None = None


Report = TypeVar("Report", Gateway, Port, Path)
"""Newest statistics, with their timestamp."""


class Event(Struct, rename=_ours(field_names.EVENT_NAMES)):
    """One event of a gateway."""

    event_at: Moment
    gateway_mac: Name
    event_name: Name
    site_id: str | None = None
    port_id: str | None = None
    detail: str | None = None


class Alarm(Struct, rename=_ours(field_names.ALARM_NAMES)):
    """One alarm as it stands; `gateway_macs` and `device_names` are of what it is about."""

    alarm_id: Name
    raised_at: Moment
    alarm_type: Name
    alarm_group: str | None = None
    alarm_severity: str | None = None
    status: str | None = None
    last_seen_at: Epoch | None = None
    resolved_at: Epoch | None = None
    incident_count: Counter | None = None
    is_acknowledged: bool | None = None
    site_id: str | None = None
    gateway_macs: list[str] | None = None
    device_names: list[str] | None = None


class Place(Struct, rename=_ours(field_names.PLACE_NAMES)):
    """Where a site is, in degrees."""

    latitude: Number | None = None
    longitude: Number | None = None


class Site(Struct, rename=_ours(field_names.SITE_NAMES)):
    """One site of the organization."""

    site_id: Name
    site_name: str | None = None
    country_code: str | None = None
    time_zone: str | None = None
    place: Place | None = None
    group_ids: list[str] | None = None
    template_id: str | None = None


class SiteGroup(Struct, rename=_ours(field_names.SITE_GROUP_NAMES)):
    """One group of sites."""

    group_id: Name
    group_name: str | None = None


class Device(Struct, rename=_ours(field_names.DEVICE_NAMES)):
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


class Shaping(Struct, rename=_ours(field_names.SHAPING_NAMES)):
    """Limit of what a port sends."""

    is_enabled: bool | Variable | None = None
    transmit_kbps: Number | Variable | None = None


class VpnPath(Struct, rename=_ours(field_names.VPN_PATH_NAMES)):
    """A port's part in one VPN."""

    vpn_preference: int | Variable | None = None
    vpn_role: str | None = None


class PortConfig(Struct, rename=_ours(field_names.PORT_CONFIG_NAMES)):
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


class TrafficPath(Struct, rename=_ours(field_names.TRAFFIC_PATH_NAMES)):
    """One way that traffic may take."""

    kind: str | None = None
    path_name: str | None = None
    wan_name: str | None = None


class PathPreference(Struct, rename=_ours(field_names.PATH_PREFERENCE_NAMES)):
    """The ways that traffic of one policy may take, and how one is chosen."""

    strategy: str | None = None
    paths: list[TrafficPath] | None = None


class Template(Struct, rename=_ours(field_names.TEMPLATE_NAMES)):
    """A gateway template or device profile; port configurations by port, range or list of ports."""

    template_id: Name
    port_configs: dict[str, PortConfig] | None = None
    path_preferences: dict[str, PathPreference] | None = None


class Setting(Struct, rename=_ours(field_names.SETTING_NAMES)):
    """Settings of a site: its variables, which are text by the rules of the API."""

    variables: dict[str, Any] | None = None


class SpeedTest(Struct, rename=_ours(field_names.SPEED_TEST_NAMES)):
    """One speed test over a port; rates in Mbit/s as the gateway received and sent them."""

    gateway_mac: str | None = None
    port_id: str | None = None
    tested_at: Epoch | None = None
    is_failed: bool | None = None
    down_mbps: Number | None = None
    up_mbps: Number | None = None


class Privilege(Struct, rename=_ours(field_names.PRIVILEGE_NAMES)):
    """What a token may do, in which scope; the organization is not named where it has several."""

    scope: str
    role: str
    org_id: str | None = None
    org_name: str | None = None


class Self(Struct, rename=_ours(field_names.SELF_NAMES)):
    """Who a token is."""

    privileges: list[Privilege]


class Organisation(Struct, rename=_ours(field_names.ORGANISATION_NAMES)):
    """An organization by its name."""

    organisation: str


class Usage(Struct, rename=_ours(field_names.USAGE_NAMES)):
    """Calls of a token in the current hour, and how many it may make."""

    used: Annotated[int, Meta(ge=0)]
    hourly_limit: Annotated[int, Meta(gt=0)]


class BucketKind(Struct, rename=_ours(field_names.BUCKET_KIND_NAMES)):
    """A length of the buckets of history, and their retention. [s]"""

    bucket_seconds: Annotated[int, Meta(gt=0)]
    retention_seconds: Annotated[int, Meta(gt=0)]


class Metric(Struct, rename=_ours(field_names.METRIC_NAMES)):
    """What history there is of one metric."""

    bucket_kinds: dict[str, BucketKind] | None = None


Rate = Annotated[int, Meta(ge=0)] | Annotated[float, Meta(ge=0)]


class Rates(Struct, rename=_ours(field_names.RATE_NAMES)):
    """Rates by bucket, NULL where nothing is known. [bit/s]"""

    rx_bps_mean: list[Rate | None] | None = None
    tx_bps_mean: list[Rate | None] | None = None
    rx_bps_max: list[Rate | None] | None = None
    tx_bps_max: list[Rate | None] | None = None


class History(Rates, kw_only=True, rename=_ours(field_names.HISTORY_NAMES)):
    """History of a port: the first bucket's start, and rates beside it or within `results`."""

    started_at: Moment
    bucket_seconds: Annotated[int, Meta(gt=0)]
    results: Rates | None = None


class Qualities(Struct, rename=_ours(field_names.QUALITY_NAMES)):
    """Mean quality by bucket over the paths of a port, NULL where nothing is known. [ms, ms, %]"""

    latency_ms_mean: list[Number | None] | None = None
    jitter_ms_mean: list[Number | None] | None = None
    loss_pct_mean: list[Number | None] | None = None


class QualityHistory(Qualities, kw_only=True, rename=_ours(field_names.QUALITY_HISTORY_NAMES)):
    """History of a port's quality: the first bucket's start, and figures beside it or nested."""

    started_at: Moment
    bucket_seconds: Annotated[int, Meta(gt=0)]
    nested: Qualities | None = None


Series = History | QualityHistory
