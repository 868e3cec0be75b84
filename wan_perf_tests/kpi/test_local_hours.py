"""UTC hours as they are at a site."""

from datetime import date, datetime, time, timedelta

import pytest

from wan_perf.periods import local_hours

OPENS, CLOSES = time(8), time(21)
BERLIN = "Europe/Berlin"


def local(first: datetime, hours: int, zone: str) -> list[dict]:
    """The rows of that zone."""
    rows = local_hours(first, first + timedelta(hours=hours), [zone], OPENS, CLOSES)
    return [row for row in rows if row["time_zone"] == zone]


@pytest.mark.parametrize(
    ("first", "day", "hours"),
    [
        pytest.param(datetime(2026, 3, 28), date(2026, 3, 29), 23, id="clocks go forward"),
        pytest.param(datetime(2026, 10, 24), date(2026, 10, 25), 25, id="clocks go back"),
        pytest.param(datetime(2026, 6, 1), date(2026, 6, 2), 24, id="a plain day"),
    ],
)
def test_a_local_day_has_23_24_or_25_hours(first, day, hours):
    rows = [row for row in local(first, 72, BERLIN) if row["local_day"] == day]
    assert len(rows) == hours
    assert sum(row["is_trading_hour"] for row in rows) == 13


def test_a_half_hour_zone():
    [row] = local(datetime(2026, 3, 10, 2), 1, "Asia/Kolkata")
    assert (row["utc_offset_minutes"], row["local_hour"]) == (330, 7)
    assert row["is_trading_hour"] is False
    [row] = local(datetime(2026, 3, 10, 3), 1, "Asia/Kolkata")
    assert row["is_trading_hour"] is True


def test_trading_hours_begin_at_opening_and_end_before_closing():
    rows = local(datetime(2026, 1, 15), 24, "Etc/UTC")
    assert [row["local_hour"] for row in rows if row["is_trading_hour"]] == list(range(8, 21))


def test_calendar_at_the_site():
    [row] = local(datetime(2027, 1, 1, 12), 1, BERLIN)
    assert (row["local_iso_week"], row["local_month"]) == ("2026-W53", "2027-01")
    assert (row["local_quarter"], row["is_weekend"]) == ("2027-Q1", False)
    [row] = local(datetime(2026, 3, 13, 23, 0), 1, BERLIN)
    assert (row["local_day"], row["is_weekend"]) == (date(2026, 3, 14), True)


def test_an_unknown_zone_has_no_local_time_and_the_hour_still_is():
    midnight = datetime(2026, 3, 10)
    rows = local_hours(midnight, midnight + timedelta(hours=2), ["Mars/Olympus"], OPENS, CLOSES)
    assert [(row["hour"].hour, row["time_zone"]) for row in rows] == [(0, "UTC"), (1, "UTC")]


def test_each_zone_once():
    rows = local_hours(
        datetime(2026, 3, 10), datetime(2026, 3, 10, 1), [BERLIN, None, BERLIN, ""], OPENS, CLOSES
    )
    assert [row["time_zone"] for row in rows] == [BERLIN, "UTC"]
