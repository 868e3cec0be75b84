"""Days of trading: local days, days of 23 and 25 hours, minutes that stores lost."""

from datetime import date, datetime, timedelta
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from wan_perf.kpi.rollups.trading_days import circuit_trading_days, site_trading_days
from wan_perf.policy.local_calendar import local_hours
from wan_perf.policy.thresholds import TradingHours
from wan_perf.policy.trading_hours import in_order
from wan_perf.schema.tables import CIRCUIT_HOUR, CIRCUIT_POLL, DIM_HOUR, DIM_SITE, SITE_HOUR
from wan_perf_tests.support.examples import seeds
from wan_perf_tests.support.kpi.engine import Query, unbound
from wan_perf_tests.support.kpi.loads import loaded
from wan_perf_tests.support.kpi.rows import H, Row

NEW_YORK, SYDNEY = "America/New_York", "Australia/Sydney"
ALL_DAY = TradingHours(opens=0, closes=24)
SHOP = TradingHours(opens=8, closes=21)
NIGHT = TradingHours(opens=22, closes=2)


@cache
def query(of: str) -> Query:
    dimensions = unbound(DIM_SITE), unbound(DIM_HOUR)
    if of == "circuit":
        return Query(
            circuit_trading_days(unbound(CIRCUIT_HOUR), unbound(CIRCUIT_POLL), *dimensions)
        )
    return Query(site_trading_days(unbound(SITE_HOUR), unbound(CIRCUIT_HOUR), *dimensions))


def dimensions(
    start: datetime, hours: int, zone: str | None, trading: TradingHours
) -> dict[str, list[Row]]:
    site = {"site_id": "S1", "time_zone": zone, "valid_from": datetime(1970, 1, 1)}
    rows = local_hours(start, start + hours * H, [zone], in_order([trading]))
    return {"dim_site": [site], "dim_hour": rows}


def hours_from(start: datetime, loads: list[float | None]) -> list[Row]:
    return [{**loaded(0, pct), "hour": start + n * H} for n, pct in enumerate(loads)]


def sites_of(hours: list[Row]) -> list[Row]:
    """Hours of the site, up throughout, for the same hours."""
    minutes = {"up_minutes": 60.0, "dark_minutes": 0.0, "unreachable_minutes": 0.0}
    minutes |= {"unknown_minutes": 0.0}
    return [{"hour": row["hour"], "site_id": "S1", **minutes} for row in hours]


def counts(start: datetime, hours: int, zone: str | None, trading: TradingHours) -> Row:
    rows = query("circuit").rows(
        circuit_hour=hours_from(start, [50.0] * hours), **dimensions(start, hours, zone, trading)
    )
    return {row["day"]: row["hour_count"] for row in rows}


def test_a_day_has_the_hours_from_opening_to_closing() -> None:
    """In New York in January 8:00 is 13:00 UTC and 21:00 is 2:00 UTC of the next day."""
    found = counts(datetime(2026, 1, 14, 12), 30, NEW_YORK, SHOP)
    assert found == {date(2026, 1, 14): 13, date(2026, 1, 15): 5}


def test_a_day_on_which_clocks_go_forward_has_23_hours_and_back_25() -> None:
    """New York: 8 March and 1 November 2026."""
    assert counts(datetime(2026, 3, 7), 72, NEW_YORK, ALL_DAY)[date(2026, 3, 8)] == 23
    assert counts(datetime(2026, 10, 31), 72, NEW_YORK, ALL_DAY)[date(2026, 11, 1)] == 25


def test_a_shop_has_its_13_hours_on_these_days_too() -> None:
    assert counts(datetime(2026, 3, 7), 72, NEW_YORK, SHOP)[date(2026, 3, 8)] == 13
    assert counts(datetime(2026, 10, 31), 72, NEW_YORK, SHOP)[date(2026, 11, 1)] == 13


def test_a_day_in_sydney_begins_in_the_utc_day_before() -> None:
    """8:00 on the 15th is 21:00 UTC on the 14th."""
    assert counts(datetime(2026, 1, 14, 21), 3, SYDNEY, SHOP) == {date(2026, 1, 15): 3}


@pytest.mark.parametrize("zone", [None, "Nowhere/Land"])
def test_a_site_of_an_unknown_time_zone_has_no_trading_days(zone: str | None) -> None:
    """As none of its circuit-hours is known to be a trading hour."""
    given = dimensions(datetime(2026, 1, 14), 24, zone, SHOP)
    hours = hours_from(datetime(2026, 1, 14), [50.0] * 24)
    assert query("circuit").rows(circuit_hour=hours, **given) == []
    sites = sites_of(hours)
    assert query("site").rows(site_hour=sites, circuit_hour=hours, **given) == []


def test_hours_after_midnight_belong_to_the_day_on_which_the_store_opened() -> None:
    """22:00 to 2:00 in New York in January is 3:00 to 7:00 UTC of the day after."""
    found = counts(datetime(2026, 1, 14), 48, NEW_YORK, NIGHT)
    assert found == {date(2026, 1, 13): 4, date(2026, 1, 14): 4}


def test_a_run_over_local_midnight_is_one_where_the_store_is_open() -> None:
    start = datetime(2026, 1, 14)
    loads = [85.0 if n >= 23 else 10.0 for n in range(26)]
    rows = query("circuit").rows(
        circuit_hour=hours_from(start, loads), **dimensions(start, 26, "UTC", NIGHT)
    )
    runs = {row["day"].day: row["utilization_high_longest_hours"] for row in rows}
    assert runs == {13: 0, 14: 3}


@pytest.mark.parametrize(
    ("last", "source", "whole"),
    [
        pytest.param(12, "samples", False, id="the morning"),
        pytest.param(20, "samples", False, id="the last hour is in progress"),
        pytest.param(21, "samples", True, id="a later hour has rows"),
        pytest.param(20, "history", True, id="history knows hours that are over only"),
        pytest.param(20, "import", True, id="so does an import"),
        pytest.param(19, "history", False, id="the last hour is not there"),
    ],
)
def test_a_trading_day_is_whole_once_its_last_hour_is_closed(
    last: int, source: str, whole: bool
) -> None:
    """8:00 to 21:00 UTC; hours from 0:00 up to `last` have rows."""
    start = datetime(2026, 1, 14)
    hours = [row | {"source": source} for row in hours_from(start, [50.0] * (last + 1))]
    given = dimensions(start, last + 1, "UTC", SHOP)
    for of in ("circuit", "site"):
        [row] = query(of).rows(circuit_hour=hours, site_hour=sites_of(hours), **given)
        assert (row["is_whole"], row["hour_count"]) == (whole, min(last, 20) - 7)


def test_a_day_whose_first_trading_hours_have_no_rows_is_not_whole() -> None:
    start = datetime(2026, 1, 14, 10)
    hours = hours_from(start, [50.0] * 14)
    given = dimensions(start, 14, "UTC", SHOP)
    for of in ("circuit", "site"):
        [row] = query(of).rows(circuit_hour=hours, site_hour=sites_of(hours), **given)
        assert (row["is_whole"], row["hour_count"]) == (False, 11)


def test_a_day_of_the_evening_in_los_angeles_is_not_whole_at_midnight_utc() -> None:
    """8:00 to 21:00 is 16:00 to 5:00 UTC: whole once 5:00 has rows."""
    start, zone = datetime(2026, 1, 14, 8), "America/Los_Angeles"

    def at(last: datetime) -> list[bool]:
        count = (last - start) // H + 1
        given = dimensions(start, count, zone, SHOP)
        rows = query("circuit").rows(circuit_hour=hours_from(start, [50.0] * count), **given)
        return [row["is_whole"] for row in rows]

    assert [at(datetime(2026, 1, 15, hour)) for hour in (0, 4, 5)] == [[False], [False], [True]]


def test_a_night_does_not_count_and_cuts_a_run() -> None:
    """Above high from 18:00 on one day to 10:00 on the next: three hours and two."""
    start = datetime(2026, 1, 14)
    loads = [85.0 if 18 <= n < 34 else 10.0 for n in range(48)]
    rows = query("circuit").rows(
        circuit_hour=hours_from(start, loads), **dimensions(start, 48, "UTC", SHOP)
    )
    found = {row["day"].day: row["utilization_high_longest_hours"] for row in rows}
    assert found == {14: 3, 15: 2}


def test_a_run_over_utc_midnight_is_one_where_the_shop_is_open() -> None:
    """22:00 to 2:00 UTC is 17:00 to 21:00 in New York."""
    start = datetime(2026, 1, 14, 13)
    loads = [85.0 if 9 <= n < 13 else 10.0 for n in range(13)]
    [row] = query("circuit").rows(
        circuit_hour=hours_from(start, loads), **dimensions(start, 13, NEW_YORK, SHOP)
    )
    assert (row["utilization_high_longest_hours"], row["hour_count"]) == (4, 13)


def test_minutes_lost_are_dark_or_unreachable_and_only_while_the_shop_is_open() -> None:
    """Dark from 20:30 to 22:00, unreachable from 9:00 to 9:15: 30 and 15 minutes lost."""
    start = datetime(2026, 1, 14)
    rows: list[Row] = []
    for n in range(24):
        dark, gone = {20: 30.0, 21: 60.0}.get(n, 0.0), {9: 15.0}.get(n, 0.0)
        state = {"dark_minutes": dark, "unreachable_minutes": gone, "unknown_minutes": 0.0}
        up = {"up_minutes": 60 - dark - gone}
        rows.append({"hour": start + n * H, "site_id": "S1", **state, **up})
    [row] = query("site").rows(site_hour=rows, **dimensions(start, 24, "UTC", SHOP))
    assert (row["lost_minutes"], row["hour_count"]) == (45, 13)
    assert row["site_availability_pct"] == round(100 * (13 * 60 - 45) / (13 * 60), 4)


def opened_on(local: datetime, trading: TradingHours) -> date | None:
    """The trading day of a local time, of these hours; None while the store is closed."""
    if trading.opens == trading.closes:
        return local.date()
    is_overnight = trading.closes < trading.opens
    if not is_overnight:
        return local.date() if trading.opens <= local.time() < trading.closes else None
    if local.time() >= trading.opens:
        return local.date()
    return local.date() - timedelta(days=1) if local.time() < trading.closes else None


@pytest.mark.parametrize("seed", seeds(6, few=1))
def test_ragged_days_are_as_the_reference_says(seed: int) -> None:
    """Around a change of clocks, with missing hours, over all kinds of zones."""
    chance = Random(seed)
    zone = chance.choice([NEW_YORK, SYDNEY, "Asia/Kathmandu", "Pacific/Kiritimati", "UTC"])
    late = TradingHours(opens="06:30", closes=23)
    trading = chance.choice([SHOP, ALL_DAY, late, NIGHT, TradingHours(opens=18, closes="04:30")])
    start = chance.choice([datetime(2026, 3, 6), datetime(2026, 10, 2), datetime(2026, 10, 30)])
    loads = [chance.choice([None, 10.0, 85.0, 85.0, 95.5]) for _ in range(96)]
    hours = [row for row in hours_from(start, loads) if chance.random() < 0.95]
    for hour in hours:
        hour["quality_source"] = chance.choice(["samples", "samples", "history", None])
    polls = polled(chance, start, 96)
    rows = query("circuit").rows(
        circuit_hour=hours, circuit_poll=polls, **dimensions(start, 96, zone, trading)
    )
    own: dict[date, list[Row]] = {}
    for hour in hours:
        local = hour["hour"].replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone))
        if day := opened_on(local.replace(tzinfo=None), trading):
            own.setdefault(day, []).append(hour)
    assert {row["day"] for row in rows} == set(own)
    for row in rows:
        used = [h for h in own[row["day"]] if h["utilization_pct"] is not None]
        high = [h["hour"] for h in used if h["utilization_pct"] >= 80]
        assert row["hour_count"] == len(own[row["day"]])
        assert row["utilization_high_hours"] == (len(high) if used else None)
        assert row["utilization_high_longest_hours"] == (longest(high) if used else None)
        sampled = [h["hour"] for h in own[row["day"]] if h["quality_source"] == "samples"]
        delays = [
            p["latency_ms"]
            for p in polls
            if p["is_up"] and p["sampled_at"].replace(minute=0) in sampled
        ]
        exact = float(np.percentile(delays, 95)) if delays else None
        assert row["latency_p95_ms"] == pytest.approx(exact, abs=0.5001e-4)
        if used:
            p95 = np.percentile([h["utilization_pct"] for h in used], 95)
            assert row["utilization_p95_pct"] == pytest.approx(p95, abs=0.5001e-4)


def polled(chance: Random, start: datetime, hours: int) -> list[Row]:
    """A poll every twenty minutes; a path is up in most."""
    return [
        {
            "pass_at": start + n * H / 3,
            "circuit_id": "C1",
            "sampled_at": start + n * H / 3,
            "is_up": chance.random() < 0.9,
            "latency_ms": round(chance.uniform(5, 300), 4),
        }
        for n in range(3 * hours)
    ]


def longest(hours: list[datetime]) -> int:
    """Of sorted hours the most that follow each other."""
    best = run = 0
    before = None
    for hour in hours:
        run = run + 1 if before == hour - timedelta(hours=1) else 1
        best, before = max(best, run), hour
    return best
