"""What each endpoint answers: the rows of the fleet, filtered, ordered and cut as asked.

Belongs here: default types, filters, the two styles of paging.
Keep out: tokens, budgets, outages; an answer here is for somebody entitled to it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from wan_perf.simulator import query
from wan_perf.simulator.api import Json, identity, inventory, stats
from wan_perf.simulator.api.events import events
from wan_perf.simulator.fleet import Fleet
from wan_perf.simulator.instants import HOUR
from wan_perf.simulator.query import Parameters

DEVICE_TYPES = ("ap", "gateway", "switch")
ORG = "/api/v1/orgs/{org_id}"

Row = TypeVar("Row")


@dataclass(frozen=True)
class Answer:
    """A body and the headers that page it."""

    body: object
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """One request: its path, its parameters, and the instant at which it is asked [epoch s]."""

    path: str
    parameters: Parameters
    now: float


class Endpoints:
    """The endpoints of one fleet; what does not change with time is made once."""

    def __init__(self, fleet: Fleet) -> None:
        """Prepare the rows of a fleet."""
        self._fleet = fleet
        self._inventory = inventory.inventory(fleet)
        self._ports = stats.port_rows(fleet)
        self._devices: dict[str, Sequence[stats.GatewayRow | stats.AccessPointRow]] = {
            "gateway": stats.gateway_rows(fleet),
            "ap": stats.access_point_rows(fleet),
            "switch": (),
        }
        self._events = events(fleet)
        self._event_times = [row["timestamp"] for row in self._events]

    def routes(self) -> dict[str, Callable[[Question], Answer]]:
        """Give the endpoints by their path template, all but /self/usage."""
        sites = inventory.sites(self._fleet)
        groups = inventory.sitegroups(self._fleet)
        templates = inventory.gateway_templates(self._fleet)
        return {
            "/api/v1/self": lambda _: Answer(identity.admin(self._fleet)),
            f"{ORG}/sites": lambda asked: _page(asked, sites),
            f"{ORG}/sitegroups": lambda asked: _page(asked, groups),
            f"{ORG}/gatewaytemplates": lambda asked: _page(asked, templates),
            f"{ORG}/inventory": self.inventory,
            f"{ORG}/stats/devices": self.device_stats,
            f"{ORG}/stats/ports/search": self.port_search,
            f"{ORG}/devices/events/search": self.event_search,
        }

    def inventory(self, asked: Question) -> Answer:
        """Answer /inventory: access points unless another type is asked for."""
        kind = query.choice(asked.parameters, "type", "ap", DEVICE_TYPES)
        with_spares = query.truth_value(asked.parameters, "unassigned") is not False
        rows = [
            row
            for row in self._inventory
            if row["type"] == kind
            and (with_spares or row["site_id"] is not None)
            and _matches(row, asked.parameters, ("mac", "model", "site_id"))
        ]
        return _page(asked, rows)

    def device_stats(self, asked: Question) -> Answer:
        """Answer /stats/devices: access points unless another type is asked for."""
        kind = query.choice(asked.parameters, "type", "ap", (*DEVICE_TYPES, "all"))
        status = query.choice(
            asked.parameters, "status", "all", ("all", "connected", "disconnected")
        )
        kinds = DEVICE_TYPES if kind == "all" else (kind,)
        rows = [
            row
            for kind in kinds
            for row in self._devices[kind]
            if status in ("all", row.fixed["status"])
            and _matches(row.fixed, asked.parameters, ("mac", "site_id"))
        ]
        return _page(asked, rows, lambda row: row.at(asked.now))

    def port_search(self, asked: Question) -> Answer:
        """Answer /stats/ports/search: the newest row of each port, newest report first."""
        kind = query.choice(asked.parameters, "device_type", "all", ("all", "gateway", "switch"))
        up = query.truth_value(asked.parameters, "up")
        descending = query.newest_first(asked.parameters)
        cursor = query.Cursor.read(asked.parameters, asked.now)
        reported = {g.mac: g.reported_at(cursor.as_of) for g in self._fleet.gateways}
        rows = [
            row
            for row in self._ports
            if kind != "switch"
            and _matches(row.fixed, asked.parameters, ("mac", "port_id", "port_mac"))
            and up in (None, row.port.is_up(reported[row.gateway.mac]))
        ]
        rows.sort(key=lambda row: reported[row.gateway.mac], reverse=descending)
        size = query.limit(asked.parameters)
        found = [row.at(cursor.as_of) for row in query.cut(rows, cursor.offset, size)]
        window = query.TimeRange(int(cursor.as_of) - HOUR, int(cursor.as_of))
        return _search_answer(asked, found, len(rows), cursor, window, {})

    def event_search(self, asked: Question) -> Answer:
        """Answer /devices/events/search: access points' events unless another type is asked for."""
        parameters = asked.parameters
        kind = query.choice(parameters, "device_type", "ap", (*DEVICE_TYPES, "all"))
        types = parameters["type"].split(",") if parameters.get("type") else None
        descending = query.newest_first(parameters)
        cursor = query.Cursor.read(parameters, asked.now)
        window = query.TimeRange.read(parameters, asked.now)
        first = bisect_left(self._event_times, window.start)
        last = bisect_right(self._event_times, min(window.end, cursor.as_of))
        rows = [
            row
            for row in self._events[first:last]
            if kind in ("all", row["device_type"])
            and (types is None or row["type"] in types)
            and _matches(row, parameters, ("mac", "model"))
        ]
        if descending:
            rows.reverse()
        found = query.cut(rows, cursor.offset, query.limit(parameters))
        fixed = {"start": window.start, "end": window.end}
        return _search_answer(asked, found, len(rows), cursor, window, fixed)


def _page(
    asked: Question, rows: Sequence[Row], shown: Callable[[Row], object] = lambda row: row
) -> Answer:
    """Cut one page and show its rows only: what is not asked for is not computed."""
    size, page = query.limit(asked.parameters), query.page(asked.parameters)
    headers = {
        "X-Page-Total": str(len(rows)),
        "X-Page-Limit": str(size),
        "X-Page-Page": str(page),
    }
    return Answer([shown(row) for row in query.cut(rows, (page - 1) * size, size)], headers)


def _search_answer(
    asked: Question,
    found: Sequence[Json],
    total: int,
    cursor: query.Cursor,
    window: query.TimeRange,
    fixed: dict[str, int],
) -> Answer:
    size = query.limit(asked.parameters)
    body: Json = {
        "start": window.start,
        "end": window.end,
        "limit": size,
        "total": total,
        "results": found,
    }
    read = cursor.offset + len(found)
    if read < total:
        following = {"search_after": query.Cursor(cursor.as_of, read).write(), "limit": size}
        body["next"] = query.next_address(asked.path, asked.parameters, {**fixed, **following})
    return Answer(body)


def _matches(row: Json, parameters: Parameters, names: tuple[str, ...]) -> bool:
    return all(name not in parameters or row.get(name) == parameters[name] for name in names)
