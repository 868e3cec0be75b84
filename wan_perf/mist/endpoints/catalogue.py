"""The calls to the Mist Cloud: which SDK function, which record, which fixed parameters.

Belongs here: one declaration per endpoint.
Keep out: how a call is made and its answer checked (`mist.client.session`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, Literal

from wan_perf.mist.endpoints.records.alarms import Alarm
from wan_perf.mist.endpoints.records.configuration import Template
from wan_perf.mist.endpoints.records.devices import Device
from wan_perf.mist.endpoints.records.events import Event
from wan_perf.mist.endpoints.records.history import History, Metric, QualityHistory
from wan_perf.mist.endpoints.records.site_causes import (
    ImpactedGateways,
    ImpactedInterfaces,
    Trend,
)
from wan_perf.mist.endpoints.records.site_scores import SiteScore
from wan_perf.mist.endpoints.records.sites import Setting, Site, SiteGroup
from wan_perf.mist.endpoints.records.speed_tests import SPEED_TEST, SpeedTest
from wan_perf.mist.endpoints.records.statistics import Gateway, Path, Port
from wan_perf.mist.endpoints.records.token import Organisation, Self, Usage
from wan_perf.mist.endpoints.records.values import Row

PAGE_ROWS = 1000
"""Rows requested in one page by default: the most that Mist is known to honour."""

NO_SUCH_CALL = (
    "nothing answers to this call; check that MIST_API_HOST and MIST_BASE_URL lead to the Mist API"
)


@dataclass(frozen=True)
class Endpoint(Generic[Row]):
    """One call of the API for a whole organization, or for a site of it.

    `path` is for messages. `function` is the SDK's, within its package for the `scope`. A `list`
    answers with an array, in numbered pages; a `search` with an object that names the next page;
    `counted` with an object that has the total of rows, in numbered pages. `unknown` is the message
    for a 404, with the advice.
    """

    path: str
    function: str
    row: type[Row]
    style: Literal["list", "search", "counted"] = "list"
    query: Mapping[str, str] = field(default_factory=dict)
    unknown: str = "Mist does not know the organization; correct MIST_ORG_ID"
    scope: Literal["orgs", "sites"] = "orgs"


@dataclass(frozen=True)
class Single(Generic[Row]):
    """One call with one answer: `path` for messages, the SDK's function, the answer's shape.

    `unknown` is the message for a 404, with the advice.
    """

    path: str
    function: str
    shape: type[Row]
    unknown: str = NO_SUCH_CALL


GATEWAYS = Endpoint(
    "stats/devices", "stats.listOrgDevicesStats", Gateway, query={"type": "gateway"}
)
PORTS = Endpoint(
    "stats/ports/search",
    "stats.searchOrgSwOrGwPorts",
    Port,
    "search",
    {"device_type": "gateway"},
)
PATHS = Endpoint("stats/vpn_peers/search", "stats.searchOrgPeerPathStats", Path, "search")
SITE_SCORES = Endpoint(
    "insights/sites-sle",
    "insights.getOrgSitesSle",
    SiteScore,
    "counted",
    {"sle": "wan"},
)
EVENTS = Endpoint(
    "devices/events/search",
    "devices.searchOrgDeviceEvents",
    Event,
    "search",
    {"device_type": "gateway"},
)
ALARMS = Endpoint("alarms/search", "alarms.searchOrgAlarms", Alarm, "search")
SITES = Endpoint("sites", "sites.listOrgSites", Site)
SITE_GROUPS = Endpoint("sitegroups", "sitegroups.listOrgSiteGroups", SiteGroup)
DEVICES = Endpoint(
    "inventory",
    "inventory.getOrgInventory",
    Device,
    # Without vc a cluster is listed by one of its nodes, whichever that is.
    query={"type": "gateway", "vc": "true"},
)
TEMPLATES = Endpoint("gatewaytemplates", "gatewaytemplates.listOrgGatewayTemplates", Template)
PROFILES = Endpoint(
    "deviceprofiles",
    "deviceprofiles.listOrgDeviceProfiles",
    Template,
    query={"type": "gateway"},
)
SITE_SETTING = Single(
    "sites/setting",
    "sites.setting.getSiteSetting",
    Setting,
    "Mist knows no settings of the site, so that its bandwidth stays as it was",
)
SPEED_TESTS = Endpoint(
    "synthetic_test/search",
    "synthetic_test.searchSiteSyntheticTest",
    SpeedTest,
    "search",
    {"type": SPEED_TEST},
    "Mist knows no speed tests of the site, so that its bandwidth stays as it was",
    "sites",
)
SELF = Single("self", "self.self.getSelf", Self)
ORGANISATION = Single(
    "orgs",
    "orgs.orgs.getOrg",
    Organisation,
    "Mist does not know the organization; correct MIST_ORG_ID",
)
USAGE = Single("self/usage", "self.usage.getSelfApiUsage", Usage)
INSIGHT_METRICS = Single(
    "const/insight_metrics", "const.insight_metrics.listInsightMetrics", dict[str, Metric]
)
PORT_HISTORY = Single(
    "insights/gateway/stats",
    "sites.insights.getSiteInsightMetricsForGateway",
    History,
    "Mist does not know the port, its gateway or its site any more; take a new inventory",
)
PORT_QUALITY = Single(
    "insights/device/wan_link_health",
    "sites.insights.getSiteInsightMetricsForDevice",
    QualityHistory,
    "Mist knows no quality of the port, so that its history is stored without",
)
SLE_TREND = Single(
    "sle/summary-trend",
    "sites.sle.getSiteSleSummaryTrend",
    Trend,
    "Mist does not know the site or this score of it; take a new inventory",
)
SLE_GATEWAYS = Single(
    "sle/impacted-gateways",
    "sites.sle.listSiteSleImpactedGateways",
    ImpactedGateways,
    "Mist lists no impacted gateways of the score, so that its causes are stored without",
)
SLE_INTERFACES = Single(
    "sle/impacted-interfaces",
    "sites.sle.listSiteSleImpactedInterfaces",
    ImpactedInterfaces,
    "Mist lists no impacted interfaces of the score, so that its causes are stored without",
)
