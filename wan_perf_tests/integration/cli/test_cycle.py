"""A full cycle: every period that the collected hours are part of is aggregated, none is stale."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar, Self

import dagster as dg
import pytest

from wan_perf.cli.cycle import FullCycle
from wan_perf.cli.runs import OF_PERIODS
from wan_perf.cli.terminal import Terminal
from wan_perf.definitions import DAILY_JOB, HOURLY_JOB, MONTHLY_JOB, REPORTS_JOB, WEEKLY_JOB
from wan_perf.schema.declaration import Table
from wan_perf.schema.tables import (
    CIRCUIT_13_MONTH,
    CIRCUIT_DAY,
    CIRCUIT_HISTOGRAM,
    CIRCUIT_HOUR,
    CIRCUIT_MONTH,
    CIRCUIT_MONTH_HISTOGRAM,
    CIRCUIT_WEEK,
    FAILOVER_PIECE,
    REGION_PERIODS,
    SITE_PERIODS,
    THRESHOLD_PIECE,
    TOP_OFFENDER,
)
from wan_perf.settings import read_settings
from wan_perf.simulator import Fleet
from wan_perf_tests.support.graph.staged import HOUR, UpToFacts, WithoutChecks, staged

NOW = datetime(2026, 3, 11, 14)
OLDEST = datetime(2026, 2, 10)
DAY = timedelta(days=1)


class Planned(FullCycle):
    """A full cycle that records its ranges in place of running them, on these newest periods."""

    collected_from = NOW
    newest: ClassVar[dict[Table, datetime]] = {}

    def __enter__(self) -> Self:
        self.ranges: dict[str, str] = {}
        return self

    def collect_what_succeeds(self, *_: object, **__: object) -> datetime:
        return self.collected_from

    def _ends(self, table: Table, column: str) -> tuple[datetime | None, datetime | None]:
        if table == CIRCUIT_HOUR:
            return OLDEST, NOW
        return (OLDEST, self.newest[table]) if table in self.newest else (None, None)

    def aggregate_daily(self, start=None, end=None) -> None:
        self.ranges["days"] = f"{start:%m-%d %H} to {end:%m-%d %H}"

    def aggregate_weekly(self, start=None, end=None) -> None:
        self.ranges["weeks"] = f"{start:%m-%d %H} to {end:%m-%d %H}"

    def aggregate_monthly(self, start=None, end=None) -> None:
        self.ranges["months"] = f"{start:%m-%d %H} to {end:%m-%d %H}"


@pytest.mark.parametrize(
    ("collected_from", "newest", "ranges"),
    [
        pytest.param(
            NOW, (11, 9, 1), ["03-10 14", "03-09 00", "03-01 00"], id="a live pass of an afternoon"
        ),
        pytest.param(
            datetime(2026, 3, 4, 14),
            (11, 9, 1),
            ["03-03 14", "03-03 14", "03-01 00"],
            id="a past range",
        ),
        pytest.param(
            NOW, (6, 2, 1), ["03-06 00", "03-02 00", "03-01 00"], id="days were only collected"
        ),
        pytest.param(
            datetime(2026, 2, 20, 14), (11, 9, 1), ["02-19 14"] * 3, id="of the month before"
        ),
        pytest.param(NOW, (), ["02-10 00"] * 3, id="the first one of a home"),
    ],
)
def test_the_periods_of_the_collected_hours(
    tmp_path: Path, collected_from: datetime, newest: tuple[int, ...], ranges: list[str]
):
    """`newest` are the days of March of the newest day, week and month that are stored."""
    settings = read_settings(WAN_PERF_HOME=tmp_path, WAN_PERF_START="2026-02-01")
    with Planned(settings, Terminal()) as runs:
        runs.collected_from = collected_from
        runs.newest = {
            table: datetime(2026, 3, day)
            for tables, day in zip(OF_PERIODS.values(), newest, strict=False)
            for table in tables
        }
        runs.full_cycle(None, None)
        found = runs.ranges
    assert found == {
        period: f"{start} to 03-11 15"
        for period, start in zip(("days", "weeks", "months"), ranges, strict=True)
    }


def test_periods_of_which_a_killed_command_stored_some_tables_begin_earlier(tmp_path: Path):
    settings = read_settings(WAN_PERF_HOME=tmp_path, WAN_PERF_START="2026-02-01")
    with Planned(settings, Terminal()) as runs:
        runs.newest = dict.fromkeys(
            (table for tables in OF_PERIODS.values() for table in tables), datetime(2026, 3, 11)
        ) | {
            SITE_PERIODS["day"]: datetime(2026, 3, 8),
            REGION_PERIODS["week"]: datetime(2026, 3, 2),
        }
        runs.full_cycle(None, None)
        assert runs.ranges == {
            "days": "03-08 00 to 03-11 15",
            "weeks": "03-02 00 to 03-11 15",
            "months": "03-02 00 to 03-11 15",
        }


class OfCircuits(WithoutChecks, FullCycle):
    """Full cycles of the tables that the test reads and those that these are made of."""

    tables: ClassVar[dict[str, tuple[Table, ...]]] = {
        HOURLY_JOB: tuple(UpToFacts.tables),
        DAILY_JOB: (THRESHOLD_PIECE, FAILOVER_PIECE, CIRCUIT_DAY, CIRCUIT_HISTOGRAM),
        WEEKLY_JOB: (CIRCUIT_WEEK,),
        MONTHLY_JOB: (CIRCUIT_MONTH_HISTOGRAM, CIRCUIT_MONTH, CIRCUIT_13_MONTH),
        REPORTS_JOB: (TOP_OFFENDER,),
    }

    def _job(self, name: str, only: Sequence[Table]) -> dg.JobDefinition:
        return super()._job(name, self.tables.get(name, only))

    def _trading_days_before(self, *_: datetime) -> None:
        """No trading day is read."""


@pytest.mark.proof
def test_a_full_cycle_of_a_past_range_leaves_no_week_and_month_stale(tmp_path: Path):
    """Hours of a Saturday that come after those of the Monday are in the week and month of both."""
    saturday = datetime(2026, 3, 7, 20)
    fleet = Fleet.seeded(7, 1, saturday, saturday + 4 * DAY, faults=False)
    with staged(fleet, tmp_path, saturday, saturday, OfCircuits) as stage:
        monday = saturday + 36 * HOUR
        stage.cloud.clock.advance_to(monday)
        stage.runs.full_cycle(monday, monday + HOUR)
        stage.runs.full_cycle(saturday, saturday + 2 * HOUR)
        hours = stage.rows(CIRCUIT_HOUR)
        for table in (CIRCUIT_WEEK, CIRCUIT_MONTH, CIRCUIT_13_MONTH):
            assert stage.rows(table)["hour_count"].sum() == len(hours)
