"""Mist's own scores of sites."""

from msgspec import Struct

from wan_perf.mist.endpoints.records.values import Counter, Name, Number, renamed

SITE_SCORE_NAMES = {
    "site_id": "site_id",
    "wan-link-health": "wan_link_health",
    "gateway-health": "gateway_health",
    "application_health": "application_health",
    "application-health": "application_health_with_hyphen",
    "num_gateways": "gateway_count",
    "num_clients": "client_count",
}


class SiteScore(Struct, rename=renamed(SITE_SCORE_NAMES)):
    """Mist's own scores of a site over a window; two spellings of one of them are in use."""

    site_id: Name
    wan_link_health: Number | None = None
    gateway_health: Number | None = None
    application_health: Number | None = None
    application_health_with_hyphen: Number | None = None
    gateway_count: Counter | None = None
    client_count: Counter | None = None
