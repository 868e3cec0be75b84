"""What each endpoint answers: the rows of the fleet, filtered, ordered and cut as requested.

Belongs here: default types, filters, the two styles of paging.
Keep out: tokens, budgets, outages; an answer here is for somebody entitled to it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

from wan_perf.simulator import query
from wan_perf.simulator.api import (
    alarms,
    configuration,
    identity,
    inventory,
    peers,
    registry,
    sle,
    stats,
)
from wan_perf.simulator.api.events import RETENTION_S, events
from wan_perf.simulator.fleet import Fleet
from wan_perf.simulator.instants import HOUR
from wan_perf.simulator.responses import Answer, ApiRequest, answer_page, answer_search, matches
from wan_perf.simulator.site_endpoints import SiteEndpoints

DEVICE_TYPES = ("ap", "gateway", "switch")
ORG = "/api/v1/orgs/{org_id}"


class Endpoints:
    """The endpoints of one fleet; what does not change with time is made once."""

    def __init__(self, fleet: Fleet) -> None:
        """Prepare the rows of a fleet."""
        self._fleet = fleet
        self._inventory = inventory.Inventory(fleet)
        self._ports = stats.port_rows(fleet)
        self._devices: dict[str, Sequence[stats.GatewayRow | stats.AccessPointRow]] = {
            "gateway": stats.gateway_rows(fleet),
            "ap": stats.access_point_rows(fleet),
            "switch": (),
        }
        self._events = events(fleet)
        self._event_times = [event.row["timestamp"] for event in self._events]
        self._alarms = alarms.alarms(fleet)
        self._peers = peers.peer_rows(fleet)
        self._profiles = configuration.device_profiles(fleet)
        self._site = SiteEndpoints(fleet)

    def routes(self) -> dict[str, Callable[[ApiRequest], Answer]]:
        """Give the endpoints by their path template, all but /self/usage."""
        metrics, kinds = registry.insight_metrics(), registry.device_events()
        sites = inventory.sites(self._fleet)
        groups = inventory.sitegroups(self._fleet)
        templates = configuration.gateway_templates(self._fleet)
        vpns = configuration.vpns(self._fleet)
        return {
            "/api/v1/self": lambda _: Answer(identity.admin(self._fleet)),
            ORG: lambda _: Answer(identity.organisation(self._fleet)),
            f"{ORG}/sites": lambda request: answer_page(request, sites),
            f"{ORG}/sitegroups": lambda request: answer_page(request, groups),
            f"{ORG}/gatewaytemplates": lambda request: answer_page(request, templates),
            f"{ORG}/deviceprofiles": self.device_profiles,
            f"{ORG}/vpns": lambda request: answer_page(request, vpns),
            f"{ORG}/inventory": self.inventory,
            f"{ORG}/stats/devices": self.device_stats,
            f"{ORG}/stats/ports/search": self.port_search,
            f"{ORG}/stats/vpn_peers/search": self.peer_search,
            f"{ORG}/devices/events/search": self.event_search,
            f"{ORG}/alarms/search": self.alarm_search,
            f"{ORG}/insights/sites-sle": self.site_scores,
            "/api/v1/const/insight_metrics": lambda _: Answer(metrics),
            "/api/v1/const/device_events": lambda _: Answer(kinds),
            **self._site.routes(),
        }

    def inventory(self, request: ApiRequest) -> Answer:
        """Answer /inventory: access points unless another type is requested."""
        kind = query.choice(request.parameters, "type", "ap", DEVICE_TYPES)
        with_members = query.truth_value(request.parameters, "vc") is True
        with_spares = query.truth_value(request.parameters, "unassigned") is not False
        rows = [
            row
            for row in self._inventory.at(request.now, with_members=with_members)
            if row["type"] == kind
            and (with_spares or row["site_id"] is not None)
            and matches(row, request.parameters, ("mac", "model", "site_id"))
        ]
        return answer_page(request, rows)

    def device_profiles(self, request: ApiRequest) -> Answer:
        """Answer /deviceprofiles: those of access points, of which there are none, by default."""
        kind = query.choice(request.parameters, "type", "ap", DEVICE_TYPES)
        return answer_page(request, self._profiles if kind == "gateway" else [])

    def device_stats(self, request: ApiRequest) -> Answer:
        """Answer /stats/devices: access points unless another type is requested."""
        kind = query.choice(request.parameters, "type", "ap", (*DEVICE_TYPES, "all"))
        status = query.choice(
            request.parameters, "status", "all", ("all", "connected", "disconnected")
        )
        kinds = DEVICE_TYPES if kind == "all" else (kind,)
        rows = [
            row
            for kind in kinds
            for row in self._devices[kind]
            if row.is_there(request.now)
            and (status == "all" or status == row.status(request.now))
            and matches(row.fixed, request.parameters, ("mac", "site_id"))
        ]
        return answer_page(request, rows, lambda row: row.at(request.now))

    def port_search(self, request: ApiRequest) -> Answer:
        """Answer /stats/ports/search: the newest row of each port, in the order of reports."""
        kind = query.choice(request.parameters, "device_type", "all", ("all", "gateway", "switch"))
        up = query.truth_value(request.parameters, "up")
        descending = query.newest_first(request.parameters)
        cursor = query.Cursor.read(request.parameters, request.now)
        reported = {g.mac: g.reported_at(cursor.as_of) for g in self._fleet.gateways}
        rows = [
            row
            for row in self._ports
            if kind != "switch"
            and row.gateway.is_assigned(cursor.as_of)
            and matches(row.fixed, request.parameters, ("mac", "port_id", "port_mac"))
            and up in (None, row.port.is_up(reported[row.gateway.mac]))
        ]
        rows.sort(key=lambda row: reported[row.gateway.mac], reverse=descending)
        size = query.limit(request.parameters)
        found = [row.at(cursor.as_of) for row in query.cut(rows, cursor.offset, size)]
        window = query.TimeRange(int(cursor.as_of) - HOUR, int(cursor.as_of))
        return answer_search(request, found, len(rows), cursor, window, {})

    def peer_search(self, request: ApiRequest) -> Answer:
        """Answer /stats/vpn_peers/search: both ends' newest row of each path."""
        descending = query.newest_first(request.parameters)
        cursor = query.Cursor.read(request.parameters, request.now)
        reported = {g.mac: g.reported_at(cursor.as_of) for g in self._fleet.gateways}
        rows = [
            row
            for row in self._peers
            if row.is_there(cursor.as_of)
            and matches(row.fixed, request.parameters, ("mac", "site_id", "type", "port_id"))
        ]
        rows.sort(key=lambda row: reported[row.reporter.mac], reverse=descending)
        shown = query.cut(rows, cursor.offset, query.limit(request.parameters))
        found = [row.at(cursor.as_of) for row in shown]
        window = query.TimeRange.read(request.parameters, cursor.as_of)
        fixed = {"start": window.start, "end": window.end}
        return answer_search(request, found, len(rows), cursor, window, fixed)

    def event_search(self, request: ApiRequest) -> Answer:
        """Answer /devices/events/search: access points' events unless another type is requested."""
        parameters = request.parameters
        kind = query.choice(parameters, "device_type", "ap", (*DEVICE_TYPES, "all"))
        types = parameters["type"].split(",") if parameters.get("type") else None
        descending = query.newest_first(parameters)
        cursor = query.Cursor.read(parameters, request.now)
        window = query.TimeRange.read(parameters, request.now)
        # Expired events are never returned, even when requested.
        oldest = max(window.start, cursor.as_of - RETENTION_S)
        first = bisect_left(self._event_times, oldest)
        last = bisect_right(self._event_times, min(window.end, cursor.as_of))
        rows = [
            event.row
            for event in self._events[first:last]
            if event.received_at <= cursor.as_of
            and kind in ("all", event.row["device_type"])
            and (types is None or event.row["type"] in types)
            and matches(event.row, parameters, ("mac", "model", "site_id"))
        ]
        if descending:
            rows.reverse()
        found = query.cut(rows, cursor.offset, query.limit(parameters))
        fixed = {"start": window.start, "end": window.end}
        return answer_search(request, found, len(rows), cursor, window, fixed)

    def alarm_search(self, request: ApiRequest) -> Answer:
        """Answer /alarms/search: as they stand, the open ones too."""
        descending = query.newest_first(request.parameters)
        cursor = query.Cursor.read(request.parameters, request.now)
        window = query.TimeRange.read(request.parameters, request.now)
        rows = [
            alarm
            for alarm in (reversed(self._alarms) if descending else self._alarms)
            if window.start <= alarm["timestamp"] <= min(window.end, cursor.as_of)
            and alarm["timestamp"] >= cursor.as_of - RETENTION_S
            and matches(alarm, request.parameters, ("site_id", "severity", "type", "group"))
        ]
        shown = query.cut(rows, cursor.offset, query.limit(request.parameters))
        found = [alarms.as_known(alarm, cursor.as_of) for alarm in shown]
        fixed = {"start": window.start, "end": window.end}
        return answer_search(request, found, len(rows), cursor, window, fixed)

    def site_scores(self, request: ApiRequest) -> Answer:
        """Answer /insights/sites-sle: one value of each score for a site over the window."""
        query.choice(request.parameters, "sle", "wifi", ("wan",))
        window = query.TimeRange.read(request.parameters, request.now)
        end = min(float(window.end), request.now)
        size, page = query.limit(request.parameters), query.page(request.parameters)
        shown = query.cut(self._fleet.sites, (page - 1) * size, size)
        rows = [sle.site_row(self._fleet, site.site_id, window.start, end) for site in shown]
        return Answer(
            {
                "start": window.start,
                "end": window.end,
                "interval": HOUR,
                "limit": size,
                "page": page,
                "total": len(self._fleet.sites),
                "results": rows,
            }
        )
