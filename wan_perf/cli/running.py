"""Running the graph's jobs in this process, in the order in which they feed each other.

Belongs here: which partitions a command covers, progress, a failed run's one sentence.
Keep out: what a run computes (`defs`), what a command looks like (`cli`).
"""

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Self

import dagster as dg
import ibis.expr.types as ir
import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from wan_perf.cli.arguments import resolved
from wan_perf.cli.homes import PROCESS_TAG, carried, dagster_home, end_abandoned
from wan_perf.cli.ranges import DAY, HOUR, ceiled, checked
from wan_perf.cli.stored import has_final_events, is_stored
from wan_perf.cli.terminal import Terminal, warning
from wan_perf.declaration import Table
from wan_perf.definitions import (
    DAILY_JOB,
    HOURLY_ASSETS,
    HOURLY_JOB,
    INVENTORY_JOB,
    MONTHLY_JOB,
    REPORTS_JOB,
    WEEKLY_JOB,
    build_definitions,
)
from wan_perf.defs.imported import Imported
from wan_perf.defs.kept_out import KEPT_OUT
from wan_perf.defs.lanes import HISTORY, LIVE, lane
from wan_perf.defs.publishing import PublishedCopy
from wan_perf.defs.raw import DUE_TAG
from wan_perf.defs.resources import UNVERIFIED, clock_for, warehouse_for
from wan_perf.defs.retrying import AT_ONCE_TAG
from wan_perf.errors import UsageError, WanPerfError
from wan_perf.kpi.nearness import EVENT_REACH_BACK
from wan_perf.mist.cadence import PASS_EVERY, reach_back
from wan_perf.mist.clock import floored
from wan_perf.mist.collecting import EVENTS_KEPT
from wan_perf.periods import DAY as DAYS
from wan_perf.periods import MONTH, WEEK, Period
from wan_perf.settings import Settings, read_settings
from wan_perf.tables import (
    CIRCUIT_DAY,
    CIRCUIT_HOUR,
    CIRCUIT_MONTH,
    CIRCUIT_PORT,
    CIRCUIT_STATE,
    CIRCUIT_TRADING_DAY,
    CIRCUIT_WEEK,
    CIRCUIT_WINDOW,
    DIM_CIRCUIT,
    DIM_SITE,
    GATEWAY_SILENCE,
    RAW_GATEWAY_EVENT,
    RAW_INVENTORY,
    RAW_PORT_HISTORY,
    REGION_WINDOW,
    SITE_HOUR,
    SITE_TRADING_DAY,
    SITE_WINDOW,
    TABLES,
    TOP_OFFENDER,
)
from wan_perf.time_argument import TimeArgument
from wan_perf.warehouse import Window

CHUNK = timedelta(hours=168)
FOLLOWING_EVENTS = (
    *(RAW_GATEWAY_EVENT, GATEWAY_SILENCE, CIRCUIT_STATE, CIRCUIT_HOUR, SITE_HOUR),
    *(CIRCUIT_WINDOW, SITE_WINDOW, REGION_WINDOW),
)
"""What is brought up to date where only events can have changed."""
_TRADING_DAY_REACH = timedelta(days=2)
"""A trading day ends less than two days after the UTC day of its name (`defs.partitions`)."""
SAMPLED = tuple(
    TABLES[key.to_user_string()]
    for asset in HOURLY_ASSETS
    for key in asset.keys
    if key.to_user_string() != RAW_PORT_HISTORY.name
)
"""What can be collected and computed before there is an inventory."""
INVENTORY_EVERY = timedelta(hours=6)
FROM_INVENTORY = (DIM_SITE, DIM_CIRCUIT, CIRCUIT_PORT)
"""Dimensions that are computed from the inventory's snapshots."""
_MISSED_SHOWN = 3
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""A run's configuration: the sentence of a failure is printed once, by `main`."""


class Runs:
    """The jobs of these settings, run in this process.

    Recorded in the given Dagster instance, else in the home's.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        console: Console | None = None,
        instance: dg.DagsterInstance | None = None,
    ) -> None:
        self._given = instance
        self.settings = settings or read_settings()
        self.console = console or Terminal()
        self.warehouse = warehouse_for(self.settings)
        self.clock = clock_for(self.settings)
        self._imported = Imported()
        self._published = PublishedCopy(self.warehouse, self.settings.published_path)
        self._stack = ExitStack()
        self._inventory_failure: Exception | None = None
        # A person at a terminal wants the sentence at once, not after the unattended runs' retries.
        self._tags = {AT_ONCE_TAG: "true"}
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
        )

    def __enter__(self) -> Self:
        logging.getLogger("dagster").setLevel(logging.CRITICAL)
        if self.settings.mist_verify == "off":
            self.console.print(warning(UNVERIFIED))
        return self

    def __exit__(self, kind: object, error: object, *_: object) -> None:
        self._stack.close()
        if error is None and self._published.failures:
            raise self._published.failures[-1]

    @cached_property
    def _definitions(self) -> dg.Definitions:
        """Built with the first job: it takes a second, which a refused command does without."""
        return build_definitions(
            self.settings,
            warehouse=self.warehouse,
            clock=self.clock,
            progress=self,
            imported=self._imported,
            published=self._published,
        )

    @cached_property
    def _instance(self) -> dg.DagsterInstance:
        """Opened with the first job: a command that is refused before leaves no folder."""
        if self._given is not None:
            return self._given
        home = dagster_home(self.settings)
        instance = self._stack.enter_context(dg.DagsterInstance.from_config(str(home)))
        end_abandoned(instance, home)
        self._tags[PROCESS_TAG] = self._stack.enter_context(carried(home))
        return instance

    def resolved(self, given: TimeArgument | None) -> datetime | None:
        """The instant that a person gave, by the clock of these settings; naive UTC."""
        is_relative = given is not None and given.at is None
        return resolved(given, self.clock.now() if is_relative else None)

    def collect(
        self,
        start: datetime | None,
        end: datetime | None,
        *,
        inventory: bool = False,
        again: bool = False,
    ) -> datetime:
        """Take the pass that is due, or every pass and event of [start, end) that can be had.

        Circuit-hours follow at once. Each run begins an hour early where it may: that hour's end is
        known only now. A live run goes further back once an hour, for late data; a range has the
        events of the day before it read again, and the hours that follow from them. What of a range
        is stored and final is skipped, unless it is wanted `again`: nothing is requested of it.

        An inventory that fails stops no sampling: sites and circuits stay as they were, without any
        only raw rows are stored, and the failure is raised at the end.

        Returns:
            The first hour that was computed.

        Raises:
            UsageError: the range is none, or lies outside what is kept.
            WanPerfError: Mist or the warehouse failed; what was stored stays.
        """
        computed_from = self.collect_what_succeeds(start, end, inventory=inventory, again=again)
        self.raise_inventory_failure()
        return computed_from

    def collect_what_succeeds(
        self,
        start: datetime | None,
        end: datetime | None,
        *,
        inventory: bool = False,
        again: bool = False,
    ) -> datetime:
        """The same, but that a failed inventory is raised by `raise_inventory_failure`."""
        if start is None and end is not None:
            raise UsageError("--end is given without --start; give both, or neither.")
        now = self.clock.now()
        due = floored(now, PASS_EVERY)
        latest = now if self.settings.clock == "real" else None
        first, last = checked(
            start or due, end or due + PASS_EVERY, HOUR, self.settings.start, latest
        )
        if start is not None and not (inventory or again) and self._is_stored(first, last, now):
            self.console.print(
                f"All of {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC is stored and final; "
                "nothing was requested. --again computes it again."
            )
            return last
        if inventory or self._inventory_is_old(now):
            self._take_inventory()
        try:
            return self._collect_range(first, last, now, due_only=start is None)
        except Exception as error:
            if self._inventory_failure and str(self._inventory_failure) != str(error):
                why = str(self._inventory_failure)
                self.console.print(warning("The inventory failed too:", why))
            raise

    def _take_inventory(self) -> None:
        self._inventory_failure = None
        with self.console.status("inventory"):
            try:
                result = self._run(INVENTORY_JOB)
            except Exception as error:  # whatever it is: a missed poll cannot be taken later
                self._inventory_failure = error
                return
        self._say_inventory(_metadata(result, "raw_inventory"))
        for sentence in _metadata(result, "dim_policy")["overrides_unmatched"]:
            self.console.print(warning(sentence))

    def raise_inventory_failure(self) -> None:
        """Report the inventory that failed, where one did, when everything else is done.

        Raises:
            WanPerfError: the inventory failed.
        """
        failure, self._inventory_failure = self._inventory_failure, None
        if failure is not None:
            raise failure

    def _collect_range(
        self, first: datetime, last: datetime, now: datetime, *, due_only: bool
    ) -> datetime:
        earliest = max(floored(self.settings.start, HOUR), ceiled(now - EVENTS_KEPT, HOUR))
        early = reach_back(floored(now, PASS_EVERY)) if due_only else HOUR
        computed_from = first
        while first < last:
            until = min(first + CHUNK, last)
            begin = max(first - early, min(earliest, first))
            self._collect_hours(begin, until, due_only=due_only)
            if not due_only:
                begin = self._hear_again(max(begin - EVENT_REACH_BACK, earliest), begin, now)
            computed_from = min(computed_from, begin)
            first = until
        return computed_from

    def aggregate_daily(self, start: datetime | None = None, end: datetime | None = None) -> None:
        """Days from circuit-hours, and the reports; by default from the newest day that there is.

        Raises:
            UsageError: the range is none, or holds no circuit-hours.
        """
        oldest, newest = self._ends(CIRCUIT_HOUR, "hour")
        if oldest is None or newest is None:
            raise UsageError("There are no circuit-hours yet; run wan-perf collect first.")
        begun = self._ends(CIRCUIT_DAY, "day")[1] or oldest
        first, last = checked(start or begun, end or newest + HOUR, DAY, self.settings.start)
        touched = self.warehouse.lazy(CIRCUIT_HOUR, Window(first, last))
        self._refuse_nothing(touched, "circuit-hours", (first, last), (oldest, newest))
        last = min(last, ceiled(newest + HOUR, DAY))
        keys = [f"{first:%Y-%m-%d}", f"{last - DAY:%Y-%m-%d}"]
        with self.console.status(f"days {keys[0]} to {keys[1]}"):
            result = self._run(DAILY_JOB, keys)
            self._trading_days_before(first, oldest)
        with self.console.status("reports"):
            self._run(REPORTS_JOB)
        count = _metadata(result, "circuit_day")["dagster/partition_row_count"]
        days = counted(count, "circuit-day", "circuit-days")
        self.console.print(f"Aggregated {keys[0]} to {keys[1]}: {days}.")

    def _trading_days_before(self, first: datetime, oldest: datetime) -> None:
        """Trading days of the UTC days before a range, as far as their last hours lie in it."""
        since = max(first - _TRADING_DAY_REACH, floored(max(oldest, self.settings.start), DAY))
        if since < first:
            keys = [f"{since:%Y-%m-%d}", f"{first - DAY:%Y-%m-%d}"]
            self._run(DAILY_JOB, keys, only=(CIRCUIT_TRADING_DAY, SITE_TRADING_DAY))

    def aggregate_weekly(self, start: datetime | None = None, end: datetime | None = None) -> None:
        """Weeks from days; by default from the newest week that there is."""
        self._aggregate(WEEK, WEEKLY_JOB, CIRCUIT_WEEK, start, end)

    def aggregate_monthly(self, start: datetime | None = None, end: datetime | None = None) -> None:
        """Months from days, 13 months from months; by default from the newest that there is."""
        self._aggregate(MONTH, MONTHLY_JOB, CIRCUIT_MONTH, start, end)

    def _aggregate(
        self,
        period: Period,
        job: str,
        table: Table,
        start: datetime | None,
        end: datetime | None,
    ) -> None:
        """Periods from days: those that [start, end) touches. The ranking follows them.

        Raises:
            UsageError: the range is none, or its periods hold no days.
        """
        oldest, newest = self._ends(CIRCUIT_DAY, DAYS.column)
        if oldest is None or newest is None:
            raise UsageError("There are no days yet; run wan-perf aggregate daily first.")
        begun = self._ends(table, period.column)[1] or oldest
        opening = period.begun(self.settings.start)
        first, last = checked(start or begun, end or newest + DAY, DAY, opening)
        days = self.warehouse.lazy(CIRCUIT_DAY)
        ends = [period.begun(at).date() for at in (first, last - DAY)]
        touched = days.filter(period.start(days.day).between(*ends))
        self._refuse_nothing(touched, "circuit-days", (first, last), (oldest, newest))
        keys = [f"{period.begun(at):%Y-%m-%d}" for at in (first, min(last - DAY, newest))]
        with self.console.status(f"{period.column}s {keys[0]} to {keys[1]}"):
            result = self._run(job, keys)
        with self.console.status("ranking"):
            self._run(REPORTS_JOB, only=(TOP_OFFENDER,))
        count = _metadata(result, table.name)["dagster/partition_row_count"]
        rows = counted(count, f"circuit-{period.column}", f"circuit-{period.column}s")
        self.console.print(f"Aggregated {period.column}s {keys[0]} to {keys[1]}: {rows}.")

    def _refuse_nothing(
        self,
        rows: ir.Table,
        what: str,
        asked: tuple[datetime, datetime],
        held: tuple[datetime, datetime],
    ) -> None:
        """Refuse a range that holds none of what is summed up; its periods stay as they are."""
        if self.warehouse.query(rows.aggregate(count=rows.count()))["count"].iloc[0]:
            return
        asked_words, held_words = (" to ".join(f"{at:%Y-%m-%d}" for at in r) for r in (asked, held))
        raise UsageError(
            f"There are no {what} from {asked_words}, only from {held_words} (UTC); give another "
            "--start and --end, or collect the range first."
        )

    def _is_stored(self, first: datetime, last: datetime, now: datetime) -> bool:
        """Whether a range is stored and final; without a warehouse no home is opened for it."""
        if not self.warehouse.holds(CIRCUIT_HOUR):
            return False
        return is_stored(self._instance, self.warehouse, first, last, now)

    def _hear_again(self, begin: datetime, end: datetime, now: datetime) -> datetime:
        """Late events, and the end of a telemetry gap, change the hours before a range.

        Returns:
            The first of these hours; `end` where there is none.
        """
        held = self._ends(CIRCUIT_HOUR, "hour")[0]
        begin = max(begin, held or end)
        if begin < end:
            if has_final_events(self._instance, begin, end, now):
                return end
            keys = [f"{begin:%Y-%m-%d-%H:00}", f"{end - HOUR:%Y-%m-%d-%H:00}"]
            with self.console.status(f"events from {begin:%Y-%m-%d %H:%M} UTC again"):
                self._run(HOURLY_JOB, keys, only=FOLLOWING_EVENTS)
        return min(begin, end)

    def _collect_hours(self, begin: datetime, end: datetime, *, due_only: bool) -> None:
        keys = [f"{begin:%Y-%m-%d-%H:00}", f"{end - HOUR:%Y-%m-%d-%H:00}"]
        due = 1 if due_only or self.settings.clock == "real" else (end - begin) // PASS_EVERY
        # Whose history to request only an inventory says; samples need none.
        has_inventory = self.warehouse.holds(RAW_INVENTORY)
        only = () if has_inventory else SAMPLED
        with self._bar as bar:
            self._task = bar.add_task(f"passes from {begin:%Y-%m-%d %H:%M} UTC", total=due)
            result = self._run(HOURLY_JOB, keys, {DUE_TAG: "true"} if due_only else {}, only)
            bar.remove_task(self._task)
        taken = _metadata(result, "raw_port_sample")
        events = _metadata(result, "raw_gateway_event")
        hours = _metadata(result, "circuit_hour")
        self.console.print(
            f"Collected {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC: "
            f"{counted(taken['passes_taken'], 'pass', 'passes')} in "
            f"{counted(taken['calls'], 'call', 'calls')}{_left(taken['calls_left'])}, "
            f"{counted(events['dagster/partition_row_count'], 'event', 'events')}, "
            f"{counted(hours['dagster/partition_row_count'], 'circuit-hour', 'circuit-hours')}."
        )
        scores = _metadata(result, "raw_site_sle")
        past = _metadata(result, "raw_port_history") if has_inventory else {}
        if past:
            self._say_history(past)
        self._say_what_is_left(events, scores)
        for told in (past, taken, events, scores):
            self._say_kept_out(told)
        samples = taken["dagster/partition_row_count"]
        if samples and not hours["dagster/partition_row_count"] and not self._inventory_failure:
            raise WanPerfError(
                f"{counted(samples, 'sample was', 'samples were')} stored and no circuit-hour was "
                "computed: the inventory knows no circuit in service. Run wan-perf collect "
                "--inventory; where that changes nothing, look at the gateways' WAN ports in Mist."
            )
        missed = list(taken["passes_missed"].items())
        for at, why in missed[:_MISSED_SHOWN]:
            self.console.print(warning(f"The pass of {at} UTC was missed:", why))
        if len(missed) > _MISSED_SHOWN:
            self.console.print(warning(f"… and {len(missed) - _MISSED_SHOWN} more passes."))

    def _say_inventory(self, told: dict[str, Any]) -> None:
        if told["sites_left"]:
            sites = counted(told["sites_left"], "site", "sites")
            why = told["why_left"][0]
            self.console.print(warning(f"Bandwidth of {sites} stays as it was:", why))
        if told["sites_without_variables"]:
            sites = counted(told["sites_without_variables"], "site", "sites")
            why = told["why_without_variables"][0]
            self.console.print(warning(f"Template variables of {sites} stay as they were:", why))
        for name, more in (("contracts_unused", "contracts"), ("variables_unused", "variables")):
            sentences = told[name]
            for sentence in sentences[:_MISSED_SHOWN]:
                self.console.print(warning(sentence))
            if len(sentences) > _MISSED_SHOWN:
                rest = len(sentences) - _MISSED_SHOWN
                self.console.print(
                    warning(f"… and {rest:,} more {more}; wan-perf doctor lists them.")
                    if name == "contracts_unused"
                    else warning(f"… and {rest:,} more {more}.")
                )
        self._say_kept_out(told)

    def _say_history(self, past: dict[str, Any]) -> None:
        if past["ports_fetched"]:
            ports = counted(past["ports_fetched"], "port", "ports")
            calls = counted(past["calls"], "call", "calls")
            self.console.print(f"History of {ports} in {calls}.")
        if past["ports_left"]:
            ports = counted(past["ports_left"], "port", "ports")
            why = f"{past['why_left'][0]} The same command goes on where this one ended."
            self.console.print(warning(f"History of {ports} is left:", why))
        if past["ports_without_quality"]:
            ports = counted(past["ports_without_quality"], "port", "ports")
            why = past["why_without_quality"][0]
            self.console.print(warning(f"History of {ports} is without quality:", why))

    def _say_what_is_left(self, events: dict[str, Any], scores: dict[str, Any]) -> None:
        if events["why_left"]:
            self.console.print(warning("Events stay as they are:", events["why_left"]))
        if scores["hours_left"]:
            hours = counted(scores["hours_left"], "hour", "hours")
            why = scores["why_left"][0]
            self.console.print(warning(f"Scores of {hours} are left:", why))

    def _say_kept_out(self, told: dict[str, Any]) -> None:
        for sentence in told.get(KEPT_OUT, ()):
            self.console.print(warning(sentence))

    def passed(self, pass_at: datetime, calls_left: int | None) -> None:
        """A sampling pass is over; so many calls are left in the hour, where that is known."""
        said = f"pass of {pass_at:%Y-%m-%d %H:%M} UTC{_left(calls_left)}"
        self._bar.update(self._task, advance=1, description=said)

    def scored(self, done: int, of: int, calls_left: int) -> None:
        """Scores of so many hours are over, of so many; so many calls are left for them."""
        said = f"scores of hour {done:,} of {of:,}{_left(calls_left)}"
        self._bar.update(self._task, description=said)

    def fetched(self, done: int, of: int, calls_left: int) -> None:
        """So many ports' history is over, of so many; so many calls are left for it."""
        so_far = self._bar.tasks[0].elapsed or 0
        to_go = timedelta(seconds=round(so_far / done * (of - done)))
        calls = f"{calls_left:,} calls left this hour, {to_go} to go"
        self._bar.update(self._task, description=f"history of port {done:,} of {of:,}, {calls}")

    def _run(
        self,
        job: str,
        keys: list[str] | None = None,
        tags: dict[str, str] | None = None,
        only: Sequence[Table] = (),
    ) -> dg.ExecuteInProcessResult:
        ends = {
            f"dagster/asset_partition_range_{end}": key
            for end, key in zip(("start", "end"), keys or (), strict=False)
        }
        instance = self._instance
        in_lane = lane(LIVE if DUE_TAG in (tags or {}) else HISTORY)
        try:
            return self._definitions.resolve_job_def(job).execute_in_process(
                instance=instance,
                run_config=QUIET,
                tags={**self._tags, **in_lane, **(tags or {}), **ends},
                asset_selection=[dg.AssetKey(table.name) for table in only] or None,
            )
        except Exception as error:
            ours = _ours(error)
            if ours is None:
                raise
            raise ours from None

    def _inventory_is_old(self, now: datetime) -> bool:
        newest = self._ends(RAW_INVENTORY, "taken_at")[1]
        if newest is None or newest < now - INVENTORY_EVERY or self._dimensions_are_behind():
            return True
        changed = self._contracts_changed_at()
        return changed is not None and changed > newest

    def _dimensions_are_behind(self) -> bool:
        """Whether a dimension is missing, empty, or older than the inventory that feeds it.

        A run that was killed between the two leaves a fresh inventory and dimensions that know
        nothing of it; so does a table that somebody dropped.
        """
        if not all(self.warehouse.holds(table) for table in FROM_INVENTORY):
            return True
        if self._ends(DIM_SITE, "valid_from")[0] is None:
            return True
        taken = self._stored_at(RAW_INVENTORY)
        return any(self._stored_at(table) < taken for table in FROM_INVENTORY) if taken else False

    def _stored_at(self, table: Table) -> float:
        """When this home's Dagster recorded the table last; 0 where it never did. [epoch s]"""
        event = self._instance.get_latest_materialization_event(dg.AssetKey(table.name))
        return event.timestamp if event else 0.0

    def _contracts_changed_at(self) -> datetime | None:
        """When the contract file was written last; a simulated clock says nothing of that."""
        path = self.settings.circuits_path
        if path is None or not path.exists() or self.settings.clock != "real":
            return None
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        return floored(written.replace(tzinfo=None), PASS_EVERY)

    def _ends(self, table: Table, column: str) -> tuple[datetime | None, datetime | None]:
        if not self.warehouse.holds(table):
            return None, None
        rows = self.warehouse.lazy(table)
        at = rows[column].cast("timestamp")
        found = self.warehouse.query(rows.aggregate(oldest=at.min(), newest=at.max())).iloc[0]
        if pd.isna(found["oldest"]):
            return None, None
        return found["oldest"].to_pydatetime(), found["newest"].to_pydatetime()


def counted(number: int, one: str, many: str) -> str:
    """A number with its word: 1 pass, 2 passes."""
    return f"{number:,} {one if number == 1 else many}"


def _metadata(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    """What a run said about an asset; of a range every partition has the same."""
    said = (event.materialization for event in result.get_asset_materialization_events())
    first = next(told for told in said if told.asset_key == dg.AssetKey(asset))
    return {name: value.value for name, value in first.metadata.items()}


def _left(calls: int | None) -> str:
    return "" if calls is None else f", {calls:,} calls left this hour"


def _ours(error: BaseException | None) -> WanPerfError | None:
    """The failure of ours that dagster wrapped, if there is one."""
    seen: set[int] = set()
    # Contexts can form a ring: an error raised anew while it is being handled.
    while error is not None and id(error) not in seen:
        if isinstance(error, WanPerfError):
            return error
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return None
