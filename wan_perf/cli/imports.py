"""Landing the circuit-hours of an older tool, and running what follows from them.

Belongs here: which partitions a file touches, in which order they run, the messages about it.
Keep out: reading the file (`policy.circuit_file`), when an imported hour counts
(`kpi.hour.imported_hours`).
"""

from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from wan_perf.cli.due import CHUNK
from wan_perf.cli.ranges import DAY, HOUR
from wan_perf.cli.runs import Runs
from wan_perf.cli.terminal import warning
from wan_perf.definitions import DAILY_JOB, HOURLY_JOB, IMPORT_JOB, INVENTORY_JOB, REPORTS_JOB
from wan_perf.kpi.dimensions.in_service import has_hourly_rows
from wan_perf.kpi.hour.imported_hours import circuits_by_port
from wan_perf.mist.collect.clock import floored
from wan_perf.policy.circuit_file import HourFile, read_hours, unknown_circuits, with_circuits
from wan_perf.schema.tables import (
    CIRCUIT_HOUR,
    CIRCUIT_PORT,
    CIRCUIT_STATE,
    CIRCUIT_WINDOW,
    DIM_CIRCUIT,
    DIM_HOUR,
    DIM_SITE,
    RAW_CIRCUIT_HOUR,
    RAW_INVENTORY,
    SITE_HOUR,
)
from wan_perf.warehouse import Window
from wan_perf.wording import counted

FOLLOWING_IMPORTS = (DIM_HOUR, CIRCUIT_STATE, CIRCUIT_HOUR, SITE_HOUR)
"""An old hour receives no other data; windows that end with it follow where there are any."""
_WINDOWS_REACH = 23 * HOUR
_DAYS_AT_ONCE = timedelta(days=28)
_SHOWN = 3


class ImportRuns(Runs):
    """Runs that begin with a file."""

    def import_file(self, path: Path) -> None:
        """Store the file's circuit-hours, then compute what follows from them, to 13 months.

        The same file again changes nothing. Rows of circuits that no inventory knows are stored
        too, and count once one does.

        Raises:
            UsageError: the file is refused; nothing is stored.
            WanPerfError: the warehouse failed; what was stored stays, and the same command goes on.
        """
        opening = floored(self.settings.start, HOUR)
        with self.notices.status(f"reading {path.name}"):
            file = read_hours(path, opening, floored(self.clock.now(), HOUR))
        if self._ends(RAW_INVENTORY, "taken_at")[1] is None:
            with self.notices.status("inventory"):
                self._run(INVENTORY_JOB)
        dimensions = [self.warehouse.lazy(t) for t in (DIM_SITE, DIM_CIRCUIT, CIRCUIT_PORT)]
        file = with_circuits(file, self.warehouse.query(circuits_by_port(*dimensions)))
        self._print_file(file)
        self._imported.hours = file.hours[list(RAW_CIRCUIT_HOUR.columns)]
        hours = file.hours["hour"]
        first, last = hours.min(), hours.max()
        self._run_hours(hours)
        self._run_windows_after(first, last)
        self._run_days(hours)
        newest = self._ends(CIRCUIT_HOUR, "hour")[1]
        if newest is None:
            return
        self.aggregate_weekly(max(first - DAY, opening), min(last, newest) + DAY)
        # Thirteen months from an imported one on look back at it.
        self.aggregate_monthly(max(first - DAY, opening), newest + HOUR)
        with self.notices.status("reports"):
            self._run(REPORTS_JOB)
        self._print_imported(first, last)

    def _run_hours(self, hours: pd.Series) -> None:
        chunks = _chunks(hours, CHUNK)
        with self._report.bar as bar:
            task = bar.add_task("hours", total=len(chunks))
            for first, last in chunks:
                bar.update(task, description=f"hours from {first:%Y-%m-%d %H:%M} UTC")
                keys = [f"{at:%Y-%m-%d-%H:00}" for at in (first, last)]
                self._run(IMPORT_JOB, keys)
                self._run(HOURLY_JOB, keys, only=FOLLOWING_IMPORTS)
                bar.advance(task)
            bar.remove_task(task)

    def _run_windows_after(self, first: datetime, last: datetime) -> None:
        """Windows that end within a day of an imported hour, as far as there are any."""
        oldest, newest = self._ends(CIRCUIT_WINDOW, "hour")
        if oldest is None or newest is None:
            return
        begin = max(first, oldest, self.windows_from())
        end = min(last + _WINDOWS_REACH, newest) + HOUR
        while begin < end:
            until = min(begin + CHUNK, end)
            with self.notices.status(f"windows from {begin:%Y-%m-%d %H:%M} UTC"):
                self._run_windows(begin, until)
            begin = until

    def _run_days(self, hours: pd.Series) -> None:
        """Days of imported hours, and those beside them, whose trading hours can be of them."""
        oldest, newest = self._ends(CIRCUIT_HOUR, "hour")
        if oldest is None or newest is None:
            return
        own = hours.dt.floor("D").drop_duplicates()
        around = pd.concat([own - DAY, own, own + DAY])
        days = around[around.between(floored(oldest, DAY), floored(newest, DAY))]
        for first, last in _chunks(days, _DAYS_AT_ONCE):
            keys = [f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}"]
            with self.notices.status(f"days {keys[0]} to {keys[1]}"):
                self._run(DAILY_JOB, keys)

    def _print_file(self, file: HourFile) -> None:
        hours = file.hours
        circuits = counted(hours["circuit_id"].nunique(), "circuit")
        first, last = (f"{at:%Y-%m-%d %H:%M}" for at in (hours["hour"].min(), hours["hour"].max()))
        rows = counted(len(hours), "row")
        self.console.print(f"Read {rows} of {circuits} from {first} to {last} UTC.")
        if file.not_taken:
            self.console.print(f"Columns that are not taken: {', '.join(file.not_taken)}.")
        dimension = self.warehouse.lazy(DIM_CIRCUIT)
        in_service = dimension.filter(has_hourly_rows(dimension))
        names = ("circuit_id", "valid_from", "valid_to")
        unknown = unknown_circuits(hours, self.warehouse.query(in_service.select(*names)))
        if len(unknown):
            unknown_ids = unknown.drop_duplicates()
            more = ", …" if len(unknown_ids) > _SHOWN else ""
            self.notices.print(
                warning(
                    f"{counted(len(unknown), 'row is', 'rows are')} of no circuit that was in "
                    "service then, stored, and count once an inventory knows it:",
                    f"{', '.join(unknown_ids[:_SHOWN])}{more}.",
                )
            )

    def _print_imported(self, first: datetime, last: datetime) -> None:
        hours = self.warehouse.lazy(CIRCUIT_HOUR, Window(first, last + HOUR))
        used = (hours.source == "import").fill_null(False)
        stated = (hours.state_evidence == "import").fill_null(False)
        sums = hours.aggregate(
            rows=hours.count(), used=used.ifelse(1, 0).sum(), stated=stated.ifelse(1, 0).sum()
        )
        totals = self.warehouse.query(sums).fillna(0).iloc[0]
        self.console.print(
            f"Imported {first:%Y-%m-%d %H:%M} to {last + HOUR:%Y-%m-%d %H:%M} UTC: of "
            f"{counted(int(totals['rows']), 'circuit-hour')} "
            f"{int(totals['used']):,} "
            f"have their bytes and {int(totals['stated']):,} their state from the import."
        )


def _chunks(instants: pd.Series, length: timedelta) -> list[tuple[datetime, datetime]]:
    """First and last instant of each interval of a length, from the first on, that has any."""
    interval = (instants - instants.min()) // length
    ends = instants.groupby(interval).agg(first="min", last="max")
    return [(row.first.to_pydatetime(), row.last.to_pydatetime()) for row in ends.itertuples()]
