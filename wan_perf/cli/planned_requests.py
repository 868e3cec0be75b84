"""What a collection would request from Mist, and about how many calls it takes.

Belongs here: the stages of a collection, their hours, and their calls by what is stored.
Keep out: when something is due (`due`, `mist.collect.cadence`), requesting it (`runs`), printing
(`dry_run`).

A list costs a call per page, so that the newest stored rows say what it costs now. Where they say
it only in part, the figure is the least that is needed. Calls that are repeated are not counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from wan_perf.cli.due import DueJobs
from wan_perf.cli.final_hours import ports_without_history
from wan_perf.cli.ranges import HOUR
from wan_perf.cli.sizes import sizes_of, stored_rows
from wan_perf.defs.assets.inventory import newest_snapshot
from wan_perf.defs.assets.raw import final_scores
from wan_perf.defs.assets.requested_hours import (
    EVENTS_FINAL_AFTER,
    SCORES_FINAL_AFTER,
    final_hours,
    hours_of,
)
from wan_perf.defs.assets.site_causes import wanted_causes
from wan_perf.inventory.site_requests import sites_due
from wan_perf.inventory.site_variables import variables_due
from wan_perf.kpi.state.evidence_window import EVENT_REACH_BACK
from wan_perf.mist.collect.cadence import PASS_EVERY, Stream, is_due
from wan_perf.mist.collect.clock import floored
from wan_perf.mist.collect.site_causes import CALLS
from wan_perf.schema.tables import (
    DIM_HOUR,
    RAW_ALARM,
    RAW_GATEWAY_EVENT,
    RAW_INVENTORY,
    RAW_SITE_SLE,
)
from wan_perf.warehouse import Window
from wan_perf.wording import counted

_POLLED: tuple[Stream, ...] = ("devices", "paths", "ports")
_USAGE = 1
"""The call that returns how many calls are used."""


Bound = Literal["", "at least", "at most"]


@dataclass(frozen=True)
class Planned:
    """A stage of a collection: what it covers, and its calls.

    Attributes:
        calls: So many; with a bound at least or at most so many.
        can_wait: Requested only as far as the budget allows, which leaves a reserve to live polls.
    """

    stage: str
    scope: str
    calls: int
    bound: Bound = ""
    can_wait: bool = False


def planned_requests(
    runs: DueJobs, start: datetime | None, end: datetime | None, *, inventory: bool, again: bool
) -> list[Planned]:
    """The stages of `Runs.collect` with these arguments; none where all is stored and final.

    Raises:
        UsageError: the range cannot be collected.
    """
    first, last, now = runs.hours_to_collect(start, end)
    if start is not None and not (inventory or again) and runs.is_stored(first, last, now):
        return []
    plan = _Plan(runs, now)
    due_only = start is None
    found = list(plan.inventory(is_forced=inventory))
    for begin, until in runs.chunks(first, last, now, due_only=due_only):
        if due_only:
            found += plan.live(begin, until)
        else:
            found += plan.past(begin, until, first)
    return found


class _Plan:
    """The stages of one collection at `now`."""

    def __init__(self, runs: DueJobs, now: datetime) -> None:
        self._runs, self._now = runs, now
        self._warehouse, self._instance = runs.warehouse, runs.instance
        has_inventory = runs.warehouse.holds(RAW_INVENTORY)
        self._newest = newest_snapshot(runs.warehouse) if has_inventory else None
        self._sizes = sizes_of(runs.warehouse, self._newest, runs.settings.mist_page_rows)

    def inventory(self, *, is_forced: bool) -> Iterator[Planned]:
        """The inventory where it is due, and what single sites are requested for with it."""
        if not (is_forced or self._runs.inventory_is_due(self._now)):
            return
        sizes, newest = self._sizes, self._newest
        pages = [sizes.sites, 0, sizes.gateways, 0, 0, sizes.gateways, sizes.ports]
        scope = "none is stored yet"
        if newest is not None and len(newest):
            scope = f"the newest is of {newest['taken_at'].max():%Y-%m-%d %H:%M} UTC"
        yield Planned("inventory", scope, sum(map(sizes.pages, pages)), bound="at least")
        if newest is None or newest.empty:
            yield Planned(
                "sites", "their number is known after the inventory", 0, "at least", can_wait=True
            )
            return
        sites, variables = set(sites_due(newest, self._now)), variables_due(newest, self._now)
        usage = _USAGE * (bool(sites) + bool(variables))
        calls = len(variables) + len(sites - variables) + len(sites) + usage
        if calls:
            scope = f"settings or speed tests of {counted(len(sites | variables), 'site')}"
            yield Planned("sites", scope, calls, can_wait=True)

    def live(self, begin: datetime, end: datetime) -> Iterator[Planned]:
        """What the poll that is due requests, of the hours [begin, end)."""
        poll = floored(self._now, PASS_EVERY)
        yield self._polls([poll])
        if is_due("events", poll):
            yield self._events(hours_of(begin, end))
        if is_due("scores", poll):
            yield from self._scores(begin, end)
            yield from self._causes(begin, end)
        if is_due("alarms", poll):
            yield self._alarms()

    def past(self, begin: datetime, end: datetime, first: datetime) -> Iterator[Planned]:
        """What a run over [begin, end) requests, of a range that starts at `first`."""
        yield from self._history(begin, end)
        if polls := self._polls_of(begin, end):
            yield self._polls(polls)
            yield self._alarms()
        for hours in (self._open(begin, end), self._before(begin, first)):
            if hours:
                yield self._events(hours)
        now = floored(self._now, HOUR)
        first_scored = max(begin, now - self._runs.score_hours)
        yield from self._scores(first_scored, end)
        yield from self._causes(first_scored, end)

    def _polls_of(self, begin: datetime, end: datetime) -> list[datetime]:
        due = floored(self._now, PASS_EVERY)
        if self._runs.settings.clock == "real":
            return [due] if begin <= due < end else []
        # The simulator's clock is advanced to every poll of the range.
        at = due if due == self._now else due + PASS_EVERY
        at = max(at, begin)
        return [at + n * PASS_EVERY for n in range(max(0, (end - at) // PASS_EVERY))]

    def _polls(self, polls: list[datetime]) -> Planned:
        sizes = self._sizes
        rows = dict(zip(_POLLED, (sizes.gateways, sizes.paths, sizes.ports), strict=True))
        of_stream = {s: sum(is_due(s, at) for at in polls) for s in _POLLED}
        calls = sum(n * sizes.pages(rows[stream]) for stream, n in of_stream.items())
        named = ", ".join(stream for stream, n in of_stream.items() if n)
        scope = f"of {_range(polls[0], polls[-1], len(polls))}: {named}"
        # Statistics of ports include those of the LAN, which are not stored.
        return Planned("polls", scope, calls + _USAGE, bound="at least")

    def _open(self, begin: datetime, end: datetime) -> list[datetime]:
        hours = hours_of(begin, end)
        final = final_hours(
            self._instance, RAW_GATEWAY_EVENT.name, hours, EVENTS_FINAL_AFTER, self._now
        )
        return [hour for hour in hours if hour not in final]

    def _before(self, begin: datetime, first: datetime) -> list[datetime]:
        """Hours before a run of which events are requested again: those not final by then."""
        stored = self._runs.oldest_hour() or begin
        since = max(begin - EVENT_REACH_BACK, self._runs.earliest(self._now), min(stored, first))
        hours = self._open(since, begin) if since < begin else []
        final = self._now - HOUR - EVENTS_FINAL_AFTER
        return [hour for hour in hours if hour < first or hour > final]

    def _events(self, hours: list[datetime]) -> Planned:
        begin, end = hours[0], hours[-1] + HOUR
        rows = stored_rows(self._warehouse, RAW_GATEWAY_EVENT, Window(begin, end))
        return Planned("events", _hours(begin, end), self._sizes.pages(rows), bound="at least")

    def _scores(self, begin: datetime, end: datetime) -> Iterator[Planned]:
        end = min(end, floored(self._now, HOUR))
        hours = hours_of(begin, end) if begin < end else []
        final = final_hours(self._instance, RAW_SITE_SLE.name, hours, SCORES_FINAL_AFTER, self._now)
        wanted = set(hours) - set(final)
        if self._warehouse.holds(RAW_SITE_SLE) and wanted:
            wanted -= final_scores(self._warehouse, begin, end)
        if wanted:
            calls = len(wanted) * self._sizes.pages(self._sizes.sites) + _USAGE
            scope = _hours(min(wanted), max(wanted) + HOUR)
            bound: Bound = "at least" if self._newest is None else ""
            yield Planned("scores", scope, calls, bound, can_wait=True)

    def _causes(self, begin: datetime, end: datetime) -> Iterator[Planned]:
        end, sites = min(end, floored(self._now, HOUR)), self._runs.settings.sle_sites
        if end <= begin or not sites:
            return
        # Which other sites are degraded is known after the scores.
        known = wanted_causes(self._warehouse, begin, end, sites)
        calls = len(known) * CALLS + _USAGE * bool(known)
        scope = f"of low scores, at most {counted(sites, 'site')} an hour"
        yield Planned("causes", scope, calls, bound="at least", can_wait=True)

    def _alarms(self) -> Planned:
        hour = floored(self._now, HOUR)
        # The newest stored hour has only the alarms that were open or had changed by then.
        rows = stored_rows(self._warehouse, RAW_ALARM, Window(hour - HOUR, hour))
        calls = self._sizes.pages(rows) + _USAGE
        return Planned("alarms", "as they stand now", calls, bound="at least", can_wait=True)

    def _history(self, begin: datetime, end: datetime) -> Iterator[Planned]:
        end = min(end, floored(self._now, HOUR))
        if end <= begin:
            return
        if self._newest is None or self._newest.empty:
            scope = f"{_hours(begin, end)}; the ports are known after the inventory"
            yield Planned("history", scope, 0, bound="at least", can_wait=True)
            return
        ports = self._sizes.ports
        bound: Bound = "at most"
        if self._has_calendar(begin, end):
            ports, bound = ports_without_history(self._warehouse, begin, end), ""
        if ports:
            scope = f"{_hours(begin, end)}, {counted(ports, 'port')}"
            shared = _USAGE + 1 + self._sizes.pages(self._sizes.gateways)
            yield Planned("history", scope, 2 * ports + shared, bound, can_wait=True)

    def _has_calendar(self, begin: datetime, end: datetime) -> bool:
        """Whether every hour has been computed once, so that its ports in service are known."""
        if not self._warehouse.holds(DIM_HOUR):
            return False
        hours = self._warehouse.lazy(DIM_HOUR, Window(begin, end))
        found = self._warehouse.query(hours.aggregate(count=hours.hour.nunique()))
        return int(found["count"].iloc[0]) == len(hours_of(begin, end))


def _hours(begin: datetime, end: datetime) -> str:
    number = counted((end - begin) // HOUR, "hour")
    return f"{begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC, {number}"


def _range(first: datetime, last: datetime, number: int) -> str:
    if number == 1:
        return f"{first:%Y-%m-%d %H:%M} UTC"
    return f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC, {number:,} polls"
