"""Trading hours that are dated back: which stored hours they make stale, and for how long."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd

from wan_perf.defs.automation.late_data import hours_of_corrections
from wan_perf.defs.automation.trading_changes import trading_digests
from wan_perf.policy.local_calendar import local_hours
from wan_perf.policy.trading_hours import TradingHours, in_order
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import CIRCUIT_HOUR, DIM_CIRCUIT, DIM_HOUR, DIM_SITE
from wan_perf.warehouse import DuckDBWarehouse, Window
from wan_perf_tests.support.kpi.estate import circuit, site

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
START, NOW = datetime(2026, 3, 1), datetime(2026, 3, 10, 10, 20)
AT = datetime.fromisoformat
EIGHT_TO_NINE = in_order([])
"""08:00 to 21:00, the default."""
LONGER = in_order([TradingHours(opens=8, closes=22, since=date(2026, 3, 4))])


def stored(warehouse: DuckDBWarehouse, schedule: tuple[TradingHours, ...]) -> None:
    """Local hours of the ten days as this schedule has them."""
    rows = local_hours(START, NOW + HOUR, ["Europe/Berlin"], schedule)
    rows = [row for row in rows if row["hour"] <= NOW]
    warehouse.store(DIM_HOUR, conform(rows, DIM_HOUR), Window(START, START + 31 * DAY))


def warehouse_of(path: Path) -> DuckDBWarehouse:
    """Ten days of one circuit in Berlin."""
    warehouse = DuckDBWarehouse(path / "wan.duckdb")
    row = {"site_id": "S1", "up_minutes": 60.0, "down_minutes": 0.0, "known_down_minutes": 0.0}
    row |= {"unknown_minutes": 0.0, "status_hourly": "Up", "observed_minutes": 0.0}
    row |= {"sample_count": 0, "quality_minutes": 0.0, "quality_sample_count": 0}
    row |= {"circuit_id": "C1", "bandwidth_mbps": 8.0}
    hours = pd.date_range(START, NOW, freq="h").to_pydatetime()
    rows = conform([{**row, "hour": at} for at in hours], CIRCUIT_HOUR)
    warehouse.store(CIRCUIT_HOUR, rows, Window(START, START + 31 * DAY))
    warehouse.store(DIM_CIRCUIT, conform([circuit()], DIM_CIRCUIT))
    warehouse.store(DIM_SITE, conform([site()], DIM_SITE))
    return warehouse


def test_trading_hours_that_are_dated_back_are_found_until_their_hours_agree(
    tmp_path: Path,
) -> None:
    """From the 4th on stores close at 22:00 in Berlin, 21:00 UTC, no longer at 21:00.

    Of each such day the 14 trading hours, 7:00 to 21:00 UTC, are stale: the last one for it was no
    trading hour, the others for their trading day has an hour more.
    """
    warehouse = warehouse_of(tmp_path)
    stored(warehouse, EIGHT_TO_NINE)
    found, compared = hours_of_corrections(warehouse, {}, START, NOW, EIGHT_TO_NINE)
    assert (found, len(compared)) == ([], 10)
    for _ in range(2):  # its runs may fail: it is found until it is done
        found, compared = hours_of_corrections(warehouse, compared, START, NOW, LONGER)
        of_day = [at for at in found if at.date() == date(2026, 3, 4)]
        assert of_day == [AT("2026-03-04T07:00") + n * HOUR for n in range(14)]
        # Of the 10th the hours 7:00 to 10:00 are stored so far.
        assert (found[0], len(found)) == (of_day[0], 6 * 14 + 4)
        assert {date.fromisoformat(day).day for day in compared} == {1, 2, 3}
    stored(warehouse, LONGER)
    found, compared = hours_of_corrections(warehouse, compared, START, NOW, LONGER)
    assert (found, len(compared)) == ([], 10)


def test_rows_without_a_count_of_trading_hours_are_no_reason_to_compute_them_again(
    tmp_path: Path,
) -> None:
    """They are from before trading days were stored."""
    warehouse = warehouse_of(tmp_path)
    stored(warehouse, EIGHT_TO_NINE)
    with warehouse.session() as session:
        session.run("UPDATE dim_hour SET trading_day = NULL, trading_hour_count = NULL")
    assert hours_of_corrections(warehouse, {}, START, NOW, EIGHT_TO_NINE)[0] == []


def test_only_days_that_a_change_can_concern_have_another_digest() -> None:
    """Local dates are a day off at most, and a night ends on the date after its trading day."""
    days = date(2026, 3, 1), date(2026, 3, 10)
    before, after = (trading_digests(schedule, *days) for schedule in (EIGHT_TO_NINE, LONGER))
    assert [int(day[-2:]) for day in before if before[day] != after[day]] == [*range(3, 11)]
