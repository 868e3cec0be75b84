"""UTC hours as they are at a site."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from wan_perf.policy.local_calendar import local_hours
from wan_perf.policy.thresholds import Policy

SHOP = Policy().trading_hours
BERLIN = "Europe/Berlin"


def local(first: datetime, hours: int, zone: str, trading: Any = SHOP) -> list[dict]:
    """The rows of that zone."""
    rows = local_hours(first, first + timedelta(hours=hours), [zone], trading)
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
    rows = local_hours(midnight, midnight + timedelta(hours=2), ["Mars/Olympus"], SHOP)
    assert [(row["hour"].hour, row["time_zone"]) for row in rows] == [(0, "UTC"), (1, "UTC")]


def test_each_zone_once():
    rows = local_hours(
        datetime(2026, 3, 10), datetime(2026, 3, 10, 1), [BERLIN, None, BERLIN, ""], SHOP
    )
    assert [row["time_zone"] for row in rows] == [BERLIN, "UTC"]


NIGHT = {"opens": "22:00", "closes": "02:00"}
LATE, ALWAYS = {"opens": 22, "closes": 4}, {"opens": 0, "closes": 0}


def trading(*entries: dict[str, Any]) -> Any:
    """Trading hours as the policy file has them."""
    return Policy.model_validate({"trading_hours": entries}).trading_hours


def opened(zone: str, day: date, *entries: dict[str, Any]) -> tuple[list[int], set[int]]:
    """Local hours of the trading day in order, and the number of hours that its rows have."""
    first = datetime(day.year, day.month, day.day) - timedelta(hours=24)
    rows = [r for r in local(first, 96, zone, trading(*entries)) if r["trading_day"] == day]
    assert all(row["is_trading_hour"] for row in rows)
    return [row["local_hour"] for row in rows], {row["trading_hour_count"] for row in rows}


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        pytest.param({"opens": 8, "closes": 21}, [*range(8, 21)], id="8 to 21"),
        pytest.param(NIGHT, [22, 23, 0, 1], id="past midnight"),
        pytest.param({"opens": "08:00", "closes": 24}, [*range(8, 24)], id="until midnight, 24"),
        pytest.param({"opens": 8, "closes": 0}, [*range(8, 24)], id="until midnight, 0"),
        pytest.param({"opens": 0, "closes": 0}, [*range(24)], id="round the clock"),
        pytest.param({"opens": 6, "closes": 6}, [*range(24)], id="always, by another hour"),
        pytest.param({"opens": 0, "closes": 24}, [*range(24)], id="0 to 24"),
        pytest.param({"opens": "8:30", "closes": "11:30"}, [9, 10, 11], id="begin in it"),
        pytest.param({"opens": 14, "closes": 13}, [*range(14, 24), *range(13)], id="23 hours"),
    ],
)
@pytest.mark.parametrize("zone", ["America/Chicago", "Pacific/Kiritimati", "Etc/GMT+12", "UTC"])
def test_a_trading_day_has_the_hours_from_opening_to_closing(zone, hours, expected):
    """The day is the local date on which the store opens, in zones from 12 behind to 14 ahead."""
    assert opened(zone, date(2026, 3, 10), hours) == (expected, {len(expected)})


@pytest.mark.parametrize(
    ("day", "hours", "expected"),
    [
        pytest.param(date(2026, 3, 28), NIGHT, [22, 23, 0, 1], id="before clocks go forward"),
        pytest.param(date(2026, 3, 28), LATE, [22, 23, 0, 1, 3], id="2 skipped"),
        pytest.param(date(2026, 10, 24), LATE, [22, 23, 0, 1, 2, 2, 3], id="2 twice"),
        pytest.param(date(2026, 3, 29), ALWAYS, [0, 1, *range(3, 24)], id="23 hours"),
        pytest.param(date(2026, 10, 25), ALWAYS, [0, 1, 2, *range(2, 24)], id="25 hours"),
    ],
)
def test_a_trading_day_on_which_clocks_change(day, hours, expected):
    assert opened(BERLIN, day, hours) == (expected, {len(expected)})


def test_trading_hours_hold_from_their_trading_day_on():
    """The night that began before the change goes on as it was; old hours do not change."""
    now = {"opens": 9, "closes": 12, "from": date(2026, 3, 10)}
    assert opened(BERLIN, date(2026, 3, 9), NIGHT, now) == ([22, 23, 0, 1], {4})
    assert opened(BERLIN, date(2026, 3, 10), NIGHT, now) == ([9, 10, 11], {3})
    assert opened(BERLIN, date(2026, 3, 9), now) == ([*range(8, 21)], {13})


def test_an_hour_alone_is_that_hour_of_a_range():
    night = trading(NIGHT)
    together = local(datetime(2026, 10, 23), 96, BERLIN, night)
    alone = [row for n in range(96) for row in local(together[n]["hour"], 1, BERLIN, night)]
    assert alone == together
