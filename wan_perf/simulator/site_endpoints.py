"""What the site-level endpoints answer: settings, tests, scores, history of ports and paths.

Belongs here: finding the site, device and port that a path names.
Keep out: how buckets are filled (`api.insights`).
"""

from collections import defaultdict
from collections.abc import Callable, Sequence

from wan_perf.simulator import query
from wan_perf.simulator.api import configuration, insights, sle, speed_tests
from wan_perf.simulator.api.insights import RATES, Buckets
from wan_perf.simulator.fleet import Fleet
from wan_perf.simulator.paths import Path
from wan_perf.simulator.physics import Gateway
from wan_perf.simulator.ports import Port
from wan_perf.simulator.query import BadParameterError, NotFoundError, TimeRange
from wan_perf.simulator.responses import Answer, ApiRequest, answer_search, matches

SITE = "/api/v1/sites/{site_id}"
METRIC = f"{SITE}/sle/site/{{scope_id}}/metric/{{metric}}"


class SiteEndpoints:
    """The endpoints of one fleet that name a site; a site of somebody else is not found."""

    def __init__(self, fleet: Fleet) -> None:
        """Prepare the look-ups of a fleet."""
        self._fleet = fleet
        self._gateways = {gateway.mac: gateway for gateway in fleet.gateways}
        self._paths: dict[tuple[str, str], list[Path]] = defaultdict(list)
        for path in fleet.paths:
            for mac, _ in path.life.holders:
                self._paths[mac, path.life.key].append(path)

    def routes(self) -> dict[str, Callable[[ApiRequest], Answer]]:
        """Give the endpoints by their path template."""
        return {
            f"{SITE}/setting": self.setting,
            f"{SITE}/synthetic_test/search": self.synthetic_tests,
            f"{SITE}/devices/{{device_id}}": self.device,
            f"{METRIC}/summary-trend": self.trend,
            f"{METRIC}/impacted-gateways": self.impacted_gateways,
            f"{METRIC}/impacted-interfaces": self.impacted_interfaces,
            f"{SITE}/insights/gateway/{{device_id}}/stats": self.gateway_stats,
            f"{SITE}/insights/device/{{device_mac}}/wan_link_health": self.link_health,
            f"{SITE}/insights/device/{{device_mac}}/vpn_peer-metrics": self.peer_metrics,
            f"{SITE}/insights/device/{{device_mac}}/{{metric}}": self.device_metric,
        }

    def setting(self, request: ApiRequest) -> Answer:
        """Answer /setting."""
        return Answer(configuration.site_setting(self._fleet, self._site(request)))

    def synthetic_tests(self, request: ApiRequest) -> Answer:
        """Answer synthetic_test/search, newest first: only speed tests were ever run."""
        site_id = self._site(request)
        if "type" in request.parameters:
            query.choice(request.parameters, "type", "", speed_tests.TYPES)
        cursor = query.Cursor.read(request.parameters, request.now)
        window = TimeRange.read(request.parameters, request.now)
        rows = [
            row
            for row in speed_tests.speed_tests(self._fleet, site_id)
            if window.start <= row["timestamp"] <= min(window.end, cursor.as_of)
            and matches(row, request.parameters, ("mac", "port_id", "type"))
        ]
        shown = query.cut(rows, cursor.offset, query.limit(request.parameters))
        fixed = {"start": window.start, "end": window.end}
        return answer_search(request, shown, len(rows), cursor, window, fixed)

    def device(self, request: ApiRequest) -> Answer:
        """Answer devices/{device_id}: a gateway's own configuration."""
        gateway = self._gateway(request, request.about["device_id"].rpartition("-")[2])
        if not gateway.is_assigned(request.now):
            raise NotFoundError
        return Answer(configuration.device(self._fleet, gateway))

    def trend(self, request: ApiRequest) -> Answer:
        """Answer summary-trend of a site's score: its minutes by hour."""
        return Answer(sle.trend(self._fleet, *self._scored(request)))

    def impacted_gateways(self, request: ApiRequest) -> Answer:
        """Answer impacted-gateways of a site's score."""
        classifier = request.parameters.get("classifier", "")
        return Answer(sle.impacted_gateways(self._fleet, *self._scored(request), classifier))

    def impacted_interfaces(self, request: ApiRequest) -> Answer:
        """Answer impacted-interfaces of a site's score."""
        classifier = request.parameters.get("classifier", "")
        return Answer(sle.impacted_interfaces(self._fleet, *self._scored(request), classifier))

    def _scored(self, request: ApiRequest) -> tuple[str, str, float, float]:
        """Find the site and the score that a path names, and the window [epoch s]."""
        site_id, metric = self._site(request), request.about["metric"]
        if request.about["scope_id"] != site_id:
            raise NotFoundError
        if metric not in sle.METRICS:
            raise BadParameterError(f"unknown metric {metric}")
        window = TimeRange.read(request.parameters, request.now)
        return site_id, metric, window.start, min(window.end, request.now)

    def gateway_stats(self, request: ApiRequest) -> Answer:
        """Answer insights/gateway/{device_id}/stats: one array for each metric."""
        gateway = self._gateway(request, request.about["device_id"].rpartition("-")[2])
        if gateway.device_id != request.about["device_id"]:
            raise NotFoundError
        metrics = request.parameters.get("metrics", "").split(",")
        if not set(metrics) <= set(RATES):
            raise BadParameterError(f"metrics must be of: {', '.join(RATES)}")
        buckets = Buckets(request.parameters, request.now)
        found = insights.bandwidth(gateway, self._ports(gateway, request), metrics, buckets)
        return Answer(buckets.answer(found))

    def device_metric(self, request: ApiRequest) -> Answer:
        """Answer insights/device/{mac}/{metric}: one metric, as `results`."""
        gateway = self._gateway(request, request.about["device_mac"])
        metric = request.about["metric"]
        if metric not in RATES:
            raise BadParameterError(f"unknown metric {metric}")
        buckets = Buckets(request.parameters, request.now)
        found = insights.bandwidth(gateway, self._ports(gateway, request), (metric,), buckets)
        return Answer(buckets.answer({"results": found[metric]}))

    def link_health(self, request: ApiRequest) -> Answer:
        """Answer insights/device/{mac}/wan_link_health: averages over the port's paths."""
        gateway = self._gateway(request, request.about["device_mac"])
        found = [
            path
            for port in self._ports(gateway, request)
            for path in self._paths.get((gateway.mac, port.bundle), ())
        ]
        buckets = Buckets(request.parameters, request.now)
        return Answer(buckets.answer(insights.link_health(gateway, found, buckets)))

    def peer_metrics(self, request: ApiRequest) -> Answer:
        """Answer insights/device/{mac}/vpn_peer-metrics: averages over one path."""
        gateway = self._gateway(request, request.about["device_mac"])
        wanted = request.parameters.get("peer_mac")
        if not wanted or "port_id" not in request.parameters:
            raise BadParameterError("peer_mac and port_id are required")
        found = [
            path
            for port in self._ports(gateway, request)
            for path in self._paths.get((gateway.mac, port.bundle), ())
            if path.hub.holders[0][0] == wanted
        ]
        buckets = Buckets(request.parameters, request.now)
        return Answer(buckets.answer(insights.link_health(gateway, found, buckets)))

    def _site(self, request: ApiRequest) -> str:
        if request.about["site_id"] not in self._fleet.site_of:
            raise NotFoundError
        return request.about["site_id"]

    def _gateway(self, request: ApiRequest, mac: str) -> Gateway:
        """Find a gateway that ever stood at the site."""
        gateway = self._gateways.get(mac)
        if gateway is None or gateway.site_id != request.about["site_id"]:
            raise NotFoundError
        return gateway

    @staticmethod
    def _ports(gateway: Gateway, request: ApiRequest) -> Sequence[Port]:
        """Find the ports that `port_id` names, by any of their names; all WAN ports without it."""
        name = request.parameters.get("port_id")
        if name is None:
            return gateway.wan_ports
        return [
            port
            for port in gateway.ports
            if name in (port.port_id, f"{port.port_id}.0", port.bundle, port.interface)
            or name == port.logical
        ]
