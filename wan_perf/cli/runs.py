"""Running the graph's jobs in the order in which they feed each other.

Belongs here: which jobs and partitions a command covers.
Keep out: running one job (`jobs`), what is printed of it (`report`), what it computes (`defs`).
"""

from datetime import datetime, timedelta

import ibis.expr.types as ir

from wan_perf.cli.final_hours import has_final_events
from wan_perf.cli.hour_jobs import HOURLY, SAMPLED, HourJobs
from wan_perf.cli.ranges import DAY, HOUR, ceiled, check_range
from wan_perf.cli.report import rows_of
from wan_perf.cli.terminal import warning
from wan_perf.definitions import (
    DAILY_JOB,
    INVENTORY_JOB,
    MONTHLY_JOB,
    REPORTS_JOB,
    WEEKLY_JOB,
)
from wan_perf.defs.assets.raw import DUE_TAG
from wan_perf.errors import UsageError, WanPerfError
from wan_perf.kpi.state.evidence_window import EVENT_REACH_BACK
from wan_perf.mist.collect.cadence import PASS_EVERY
from wan_perf.mist.collect.clock import floored
from wan_perf.schema.periods import DAY as DAYS
from wan_perf.schema.periods import MONTH, WEEK, Period
from wan_perf.schema.tables import (
    CIRCUIT_13_MONTH,
    CIRCUIT_DAY,
    CIRCUIT_HOUR,
    CIRCUIT_MONTH,
    CIRCUIT_STATE,
    CIRCUIT_TRADING_DAY,
    CIRCUIT_WEEK,
    RAW_GATEWAY_EVENT,
    RAW_INVENTORY,
    REGION_PERIODS,
    SITE_HOUR,
    SITE_PERIODS,
    SITE_TRADING_DAY,
    TELEMETRY_GAP,
    TOP_OFFENDER,
    TRAILING_WINDOWS,
)
from wan_perf.warehouse import Window
from wan_perf.wording import counted

FOLLOWING_EVENTS = (
    *(RAW_GATEWAY_EVENT, TELEMETRY_GAP, CIRCUIT_STATE, CIRCUIT_HOUR, SITE_HOUR),
    *TRAILING_WINDOWS,
)
"""What is brought up to date where only events can have changed."""
OF_PERIODS = {
    DAYS.column: (CIRCUIT_DAY, SITE_PERIODS["day"], REGION_PERIODS["day"]),
    WEEK.column: (CIRCUIT_WEEK, SITE_PERIODS["week"], REGION_PERIODS["week"]),
    MONTH.column: (
        *(CIRCUIT_MONTH, SITE_PERIODS["month"], REGION_PERIODS["month"]),
        *(CIRCUIT_13_MONTH, SITE_PERIODS["13_month"], REGION_PERIODS["13_month"]),
    ),
}
"""Tables with rows of every period that was computed whole, by its column, circuits first."""
_TRADING_DAY_REACH = timedelta(days=2)
"""A trading day ends less than two days after the UTC day of its name (`defs.partitions`)."""


class Runs(HourJobs):
    """What commands run: collecting, and aggregating."""

    _inventory_failure: Exception | None = None

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
            UsageError: the range is empty, or outside the retention.
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
        first, last, now = self.hours_to_collect(start, end)
        if start is not None and not (inventory or again) and self.is_stored(first, last, now):
            self.console.print(
                f"All of {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC is stored and final; "
                "nothing was requested. --again computes it again."
            )
            return last
        if inventory or self.inventory_is_due(now):
            self._take_inventory()
        try:
            return self._collect_range(first, last, now, due_only=start is None)
        except Exception as error:
            if self._inventory_failure and str(self._inventory_failure) != str(error):
                why = str(self._inventory_failure)
                self.notices.print(warning("The inventory failed too:", why))
            raise

    def _take_inventory(self) -> None:
        self._inventory_failure = None
        with self.notices.status("inventory"):
            try:
                result = self._run(INVENTORY_JOB)
            except Exception as error:  # whatever it is: a missed poll cannot be taken later
                self._inventory_failure = error
                return
        self._report.inventory(result)

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
        earliest = self.earliest(now)
        computed_from = first
        for begin, until in self.chunks(first, last, now, due_only=due_only):
            self._collect_hours(begin, until, due_only=due_only)
            if not due_only:
                begin = self._fetch_events_again(
                    max(begin - EVENT_REACH_BACK, earliest), begin, now
                )
            computed_from = min(computed_from, begin)
        return computed_from

    def aggregate_daily(self, start: datetime | None = None, end: datetime | None = None) -> None:
        """Days from circuit-hours, and the reports; by default from the newest day that there is.

        Raises:
            UsageError: the range is none, or holds no circuit-hours.
            WanPerfError: there are no circuit-hours at all yet.
        """
        oldest, newest = self._ends(CIRCUIT_HOUR, "hour")
        if oldest is None or newest is None:
            raise WanPerfError("There are no circuit-hours yet; run wan-perf collect first.")
        begun = self.newest_of_all(DAYS) or oldest
        first, last = check_range(start or begun, end or newest + HOUR, DAY, self.settings.start)
        touched = self.warehouse.lazy(CIRCUIT_HOUR, Window(first, last))
        self._refuse_nothing(touched, "circuit-hours", (first, last), (oldest, newest))
        last = min(last, ceiled(newest + HOUR, DAY))
        keys = [f"{first:%Y-%m-%d}", f"{last - DAY:%Y-%m-%d}"]
        with self.notices.status(f"days {keys[0]} to {keys[1]}"):
            # First: once the days are stored, a command that is repeated begins later.
            self._trading_days_before(first, oldest)
            result = self._run(DAILY_JOB, keys)
        with self.notices.status("reports"):
            self._run(REPORTS_JOB)
        days = counted(rows_of(result, "circuit_day"), "circuit-day")
        self.console.print(f"Aggregated {keys[0]} to {keys[1]}: {days}.")

    def _trading_days_before(self, first: datetime, oldest: datetime) -> None:
        """Trading days of the UTC days before a range, as far as their last hours lie in it."""
        since = max(first - _TRADING_DAY_REACH, floored(max(oldest, self.settings.start), DAY))
        if since < first:
            keys = [f"{since:%Y-%m-%d}", f"{first - DAY:%Y-%m-%d}"]
            self._run(DAILY_JOB, keys, only=(CIRCUIT_TRADING_DAY, SITE_TRADING_DAY))

    def aggregate_weekly(self, start: datetime | None = None, end: datetime | None = None) -> None:
        """Weeks from days; by default from the newest week that there is."""
        self._aggregate(WEEK, WEEKLY_JOB, start, end)

    def aggregate_monthly(self, start: datetime | None = None, end: datetime | None = None) -> None:
        """Months from days, 13 months from months; by default from the newest that there is."""
        self._aggregate(MONTH, MONTHLY_JOB, start, end)

    def _aggregate(
        self,
        period: Period,
        job: str,
        start: datetime | None,
        end: datetime | None,
    ) -> None:
        """Periods from days: those that [start, end) touches. The ranking follows them.

        Raises:
            UsageError: the range is none, or its periods hold no days.
            WanPerfError: there are no days at all yet.
        """
        oldest, newest = self._ends(CIRCUIT_DAY, DAYS.column)
        if oldest is None or newest is None:
            raise WanPerfError("There are no days yet; run wan-perf aggregate daily first.")
        begun = self.newest_of_all(period) or oldest
        opening = period.begun(self.settings.start)
        first, last = check_range(start or begun, end or newest + DAY, DAY, opening)
        days = self.warehouse.lazy(CIRCUIT_DAY)
        ends = [period.begun(at).date() for at in (first, last - DAY)]
        touched = days.filter(period.start(days.day).between(*ends))
        self._refuse_nothing(touched, "circuit-days", (first, last), (oldest, newest))
        keys = [f"{period.begun(at):%Y-%m-%d}" for at in (first, min(last - DAY, newest))]
        with self.notices.status(f"{period.column}s {keys[0]} to {keys[1]}"):
            result = self._run(job, keys)
        with self.notices.status("ranking"):
            self._run(REPORTS_JOB, only=(TOP_OFFENDER,))
        rows = counted(
            rows_of(result, OF_PERIODS[period.column][0].name),
            f"circuit-{period.column}",
            f"circuit-{period.column}s",
        )
        self.console.print(f"Aggregated {period.column}s {keys[0]} to {keys[1]}: {rows}.")

    def newest_of_all(self, period: Period) -> datetime | None:
        """The newest day, week or month that all of its tables have; None where one has none.

        A command that was killed has stored a range in some of its tables only.
        """
        newest = [self._ends(table, period.column)[1] for table in OF_PERIODS[period.column]]
        known = [at for at in newest if at is not None]
        return min(known) if len(known) == len(newest) else None

    def _refuse_nothing(
        self,
        rows: ir.Table,
        what: str,
        requested: tuple[datetime, datetime],
        stored: tuple[datetime, datetime],
    ) -> None:
        """Refuse a range without rows to aggregate; its periods stay as they are."""
        if self.warehouse.query(rows.aggregate(count=rows.count()))["count"].iloc[0]:
            return
        wanted, known = (" to ".join(f"{at:%Y-%m-%d}" for at in r) for r in (requested, stored))
        raise UsageError(
            f"There are no {what} from {wanted}, only from {known} (UTC); give another "
            "--start and --end, or collect the range first."
        )

    def _fetch_events_again(self, begin: datetime, end: datetime, now: datetime) -> datetime:
        """Late events, and the end of a telemetry gap, change the hours before a range.

        Returns:
            The first of these hours; `end` where there is none.
        """
        oldest = self._ends(CIRCUIT_HOUR, "hour")[0]
        begin = max(begin, oldest or end)
        if begin < end:
            if has_final_events(self._instance, begin, end, now):
                return end
            with self.notices.status(f"events from {begin:%Y-%m-%d %H:%M} UTC again"):
                self._run_hourly(begin, end, FOLLOWING_EVENTS)
        return min(begin, end)

    def _collect_hours(self, begin: datetime, end: datetime, *, due_only: bool) -> None:
        due = 1 if due_only or self.settings.clock == "real" else (end - begin) // PASS_EVERY
        # Whose history to request only an inventory says; samples need none.
        has_inventory = self.warehouse.holds(RAW_INVENTORY)
        tables = HOURLY if has_inventory else SAMPLED
        with self._report.passes(begin, due):
            result = self._run_hourly(begin, end, tables, {DUE_TAG: "true"} if due_only else {})
        self._report.collected(begin, end, result)
        self._report.left(result, has_history=has_inventory)
        samples = rows_of(result, "raw_port_sample")
        if samples and not rows_of(result, "circuit_hour") and not self._inventory_failure:
            raise WanPerfError(
                f"{counted(samples, 'sample was', 'samples were')} stored and no circuit-hour was "
                "computed: the inventory knows no circuit in service. Run wan-perf collect "
                "--inventory; where that changes nothing, look at the gateways' WAN ports in Mist."
            )
        self._report.missed(result)
