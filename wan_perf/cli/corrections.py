"""Collecting, and recomputing stored hours that rest on contracts corrected since.

Belongs here: when stored hours are compared with the contracts; running them and what follows from
them again; the messages about it.
Keep out: which hours are stale (`defs.automation.late_data`), what an hour is computed from
(`kpi`).
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import pandas as pd

from wan_perf.cli.due import CHUNK
from wan_perf.cli.ranges import DAY, HOUR, hour_keys
from wan_perf.cli.runs import Runs
from wan_perf.definitions import DAILY_JOB, FACTS_JOB, REPORTS_JOB
from wan_perf.defs.automation.late_data import consecutive_hours, hours_without_facts, stale_rows
from wan_perf.defs.resources import PolicyFile
from wan_perf.mist.collect.clock import floored
from wan_perf.schema.tables import (
    CIRCUIT_DAY,
    CIRCUIT_MONTH,
    CIRCUIT_WEEK,
    CIRCUIT_WINDOW,
)
from wan_perf.wording import counted

_WINDOWS_REACH = 23 * HOUR


class CorrectingRuns(Runs):
    """Runs that recompute what a new inventory describes otherwise."""

    _has_new_inventory = False

    def collect(
        self,
        start: datetime | None,
        end: datetime | None,
        *,
        inventory: bool = False,
        again: bool = False,
    ) -> datetime:
        """Collect; where an inventory was taken, recompute the stored hours that are stale since.

        Returns:
            The first hour that was computed.
        """
        self._has_new_inventory = False
        computed_from = super().collect(start, end, inventory=inventory, again=again)
        lacking = hours_without_facts(self.warehouse, floored(self.clock.now(), HOUR))
        if lacking:
            self._recompute(lacking)
            hours = counted(len(lacking), "hour")
            self.console.print(f"Computed {hours} that had samples and no circuit-hours.")
            computed_from = min(computed_from, lacking[0])
        if self._has_new_inventory:
            return min(computed_from, self.correct() or computed_from)
        return computed_from

    def _take_inventory(self) -> None:
        super()._take_inventory()
        # Not by its instant: a simulator's clock stands still between two of them.
        self._has_new_inventory = self._inventory_failure is None

    def correct(self) -> datetime | None:
        """Recompute hours that contracts or the policy describe otherwise than they are stored.

        Hours are compared once: until contracts or the policy change, those of older days are not
        read again.

        Returns:
            The first hour that was recomputed, if any was.
        """
        file = self.settings.home / "compared_days.json"
        now = self.clock.now()
        schedule = PolicyFile(self.settings).read().trading_hours
        bounds = (self.settings.start, now, schedule, None)
        rows, compared = stale_rows(self.warehouse, _read(file), *bounds)
        if len(rows):
            self._print_stale(rows)
            hours = sorted(pd.Timestamp(at).to_pydatetime() for at in rows["hour"].unique())
            self._recompute(hours)
            again, compared = stale_rows(self.warehouse, compared, *bounds)
            self._print_recomputed(len(rows) - len(again))
        _write(file, compared)
        return None if rows.empty else rows["hour"].min().to_pydatetime()

    def _print_stale(self, rows: pd.DataFrame) -> None:
        hours = counted(len(rows), "stored hour")
        circuits = counted(rows["circuit_id"].nunique(), "circuit")
        ends = (rows["hour"].min(), rows["hour"].max() + HOUR)
        span = " to ".join(f"{at:%Y-%m-%d %H:%M}" for at in ends)
        verb = "rests" if len(rows) == 1 else "rest"
        self.console.print(
            f"{hours} of {circuits} from {span} UTC {verb} on another bandwidth, role, level "
            "or trading hours than the contracts and the policy give now; recomputing."
        )

    def _print_recomputed(self, count: int) -> None:
        self.console.print(f"Recomputed {counted(count, 'circuit-hour')}.")

    def _recompute(self, hours: list[datetime]) -> None:
        for first, last in consecutive_hours(hours):
            keys = hour_keys(first, last + HOUR)
            with self.notices.status(f"hours {keys[0]} to {keys[1]}"):
                self._run(FACTS_JOB, keys)
        newest = self._ends(CIRCUIT_WINDOW, "hour")[1] or hours[-1]
        touched = _of_windows(hours, self.windows_from(), max(newest, hours[-1]))
        for first, last in consecutive_hours(touched):
            with self.notices.status(f"windows {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}"):
                self._run_windows(first, last + HOUR)
        self._aggregate_again(hours)

    def _aggregate_again(self, hours: Iterable[datetime]) -> None:
        """The days, weeks and months of the hours, as far as there are any; and the reports."""
        oldest, newest = self._ends(CIRCUIT_DAY, "day")
        if oldest is None or newest is None:
            return
        # A trading day may reach into the UTC days beside its own.
        around = {floored(hour, DAY) + n * DAY for hour in hours for n in (-1, 0, 1)}
        days = sorted(day for day in around if oldest <= day <= newest)
        for first, last in _runs_of_days(days):
            keys = [f"{at:%Y-%m-%d}" for at in (first, last)]
            with self.notices.status(f"days {keys[0]} to {keys[1]}"):
                self._run(DAILY_JOB, keys)
        if not days:
            return
        if self._ends(CIRCUIT_WEEK, "week")[1] is not None:
            self.aggregate_weekly(days[0], days[-1] + DAY)
        if self._ends(CIRCUIT_MONTH, "month")[1] is not None:
            # Thirteen months from a corrected one on look back at it.
            self.aggregate_monthly(days[0], newest + DAY)
        with self.notices.status("reports"):
            self._run(REPORTS_JOB)


def _of_windows(hours: list[datetime], oldest: datetime, newest: datetime) -> list[datetime]:
    """The hours and those within a day after them, between the oldest and the newest."""
    reach = _WINDOWS_REACH // HOUR
    touched = {hour + n * HOUR for hour in hours for n in range(reach + 1)}
    return sorted(hour for hour in touched if oldest <= hour <= newest)


def _runs_of_days(days: list[datetime]) -> Iterator[tuple[datetime, datetime]]:
    """First and last of consecutive days, at most a chunk of hours each."""
    first: datetime | None = None
    for day, following in zip(days, [*days[1:], None], strict=True):
        first = first or day
        if following != day + DAY or day + DAY - first >= CHUNK:
            yield first, day
            first = None


def _read(file: Path) -> dict[str, str]:
    """What was compared before; nothing where the file is missing or damaged."""
    try:
        compared = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    is_known = isinstance(compared, dict) and all(isinstance(v, str) for v in compared.values())
    return compared if is_known else {}


def _write(file: Path, compared: dict[str, str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.write_text(json.dumps(compared), encoding="utf-8")
    new.replace(file)
