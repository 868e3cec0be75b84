"""Trends: by hand, against plain Python, and on fleets that are known to grow or not."""

import math
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from functools import cache
from itertools import combinations
from random import Random
from statistics import median
from typing import Any, NamedTuple

import ibis
import pytest

from wan_perf.kpi.reports.normal_tail import two_sided_p
from wan_perf.kpi.reports.trend import trends
from wan_perf.policy.thresholds import TrendRule
from wan_perf.schema.tables import CIRCUIT_TRADING_DAY, DIM_SITE
from wan_perf_tests.support.examples import seeds
from wan_perf_tests.support.kpi.engine import Query, unbound
from wan_perf_tests.support.kpi.rows import Row
from wan_perf_tests.support.kpi.trend_fleet import trading_days

MONDAY = date(2026, 1, 5)
STORE = {
    "site_id": "S1",
    "site_kind": "store",
    "site_name": "Store 1",
    "region": "West",
    "valid_from": datetime(1970, 1, 1),
}


@cache
def query() -> Query:
    return Query(trends(unbound(CIRCUIT_TRADING_DAY), unbound(DIM_SITE), TrendRule()))


def trend_by_circuit(days: list[Row]) -> dict[str, Row]:
    rows = query().rows(circuit_trading_day=days, dim_site=[STORE])
    return {row["circuit_id"]: row for row in rows}


def days_of(values: list[float | None], circuit: str = "C1", **more: Any) -> list[Row]:
    """Days from a Monday on; None is a day without enough hours."""
    return [
        {
            "day": MONDAY + timedelta(days=n),
            "circuit_id": circuit,
            "site_id": "S1",
            "is_whole": True,
            "observed_hour_count": 3 if value is None else 13,
            "utilization_p95_pct": 99.0 if value is None else value,
            **more,
        }
        for n, value in enumerate(values)
    ]


def test_a_line_rises_by_its_slope_and_reaches_its_levels() -> None:
    """From 30 % by half a point a day, 56 days: 57.5 % now, 45 days to 80 %, 65 to 90 %."""
    row = trend_by_circuit(days_of([30 + 0.5 * n for n in range(56)]))["C1"]
    assert (row["verdict"], row["slope_pct_per_day"], row["level_pct"]) == ("rising", 0.5, 57.5)
    assert (row["days_to_80"], row["days_to_80_low"], row["days_to_80_high"]) == (45, 45, 45)
    assert row["days_to_90"] == 65


def test_what_is_over_the_level_has_reached_it() -> None:
    row = trend_by_circuit(days_of([60 + 0.5 * n for n in range(56)]))["C1"]
    assert (row["days_to_80"], row["days_to_90"]) == (0, 5)


def test_a_constant_load_is_steady_and_a_falling_one_reaches_nothing() -> None:
    still = trend_by_circuit(days_of([50.0] * 56))["C1"]
    assert (still["verdict"], still["p_value"], still["days_to_80"]) == ("steady", 1, None)
    falls = trend_by_circuit(days_of([90 - 0.5 * n for n in range(56)]))["C1"]
    assert (falls["verdict"], falls["days_to_80"]) == ("falling", None)


def test_the_rhythm_of_the_week_is_no_trend() -> None:
    """Four weeks that each rise from Monday to Sunday and begin anew."""
    row = trend_by_circuit(days_of([20.0 + 10 * (n % 7) for n in range(28)]))["C1"]
    assert (row["verdict"], row["slope_pct_per_day"]) == ("steady", 0)


def test_a_slope_too_small_to_matter_is_steady_though_it_is_sure() -> None:
    row = trend_by_circuit(days_of([50 + 0.05 * n for n in range(56)]))["C1"]
    assert (row["verdict"], row["is_significant"]) == ("steady", True)


def test_27_days_are_too_short_and_28_are_not() -> None:
    rising = [30.0 + n for n in range(28)]
    short = trend_by_circuit(days_of([None, *rising[1:]]))["C1"]
    assert (short["verdict"], short["day_count"]) == ("too_short", 27)
    figures = ("slope_pct_per_day", "p_value", "q_value", "is_significant", "level_pct")
    assert [short[name] for name in figures] == [None] * 5
    assert trend_by_circuit(days_of(rising))["C1"]["verdict"] == "rising"


def test_a_day_in_progress_is_no_day() -> None:
    """27 whole days and a morning of four busy hours are 27 days, and end with the last whole."""
    days = days_of([30.0 + n for n in range(27)])
    morning = {**days[-1], "day": MONDAY + timedelta(days=27), "observed_hour_count": 4}
    morning |= {"is_whole": False, "utilization_p95_pct": 57.0}
    row = trend_by_circuit([*days, morning])["C1"]
    assert (row["verdict"], row["day_count"]) == ("too_short", 27)
    assert row["as_of_day"] == MONDAY + timedelta(days=26)
    assert trend_by_circuit([*days, morning | {"is_whole": True}])["C1"]["verdict"] == "rising"


def test_of_rows_from_before_wholeness_was_stored_the_newest_day_is_left_out() -> None:
    old = [row | {"is_whole": None} for row in days_of([30.0 + n for n in range(28)])]
    assert trend_by_circuit(old)["C1"]["day_count"] == 27


def test_hubs_and_days_of_long_ago_are_left_out() -> None:
    """A jump 100 days ago is not seen any more."""
    values = [10.0] * 20 + [50.0] * 91
    assert trend_by_circuit(days_of(values))["C1"]["day_count"] == 91
    hub = {**STORE, "site_kind": "hub"}
    assert query().rows(circuit_trading_day=days_of(values), dim_site=[hub]) == []


def test_the_tail_of_the_normal_distribution() -> None:
    scores = ibis.table({"z": "float64"}, name="scores")
    rows = Query(scores.mutate(p=two_sided_p(scores.z))).rows(
        scores=[{"z": n / 10} for n in range(-120, 121)]
    )
    for row in rows:
        assert row["p"] == pytest.approx(math.erfc(abs(row["z"]) / math.sqrt(2)), rel=2e-7)


class Expected(NamedTuple):
    """p-value, slope and its interval, and where the line through the days is on the last one."""

    p: float
    slope: float
    low: float
    high: float
    level: float


def expected(days: list[Row], last: date) -> Expected:
    """Of one circuit, from the definitions, pair by pair."""
    known = [d for d in days if d["observed_hour_count"] >= 4]
    by_weekday = defaultdict(list)
    for row in known:
        by_weekday[row["day"].weekday()].append((row["day"], row["utilization_p95_pct"]))
    score, variance, slopes = 0, 0.0, []
    for own in by_weekday.values():
        for (early, low), (late, high) in combinations(sorted(own), 2):
            score += (high > low) - (high < low)
            slopes.append((high - low) / (late - early).days)
        n = len(own)
        ties = Counter(value for _, value in own).values()
        variance += n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)
    spread = math.sqrt(variance / 18)
    z = max(abs(score) - 1, 0) / spread if variance else 0.0
    half = 1.959964 * spread
    slopes.sort()
    low = max(round((len(slopes) - half) / 2), 1)
    high = min(round((len(slopes) + half) / 2) + 1, len(slopes))
    slope = median(slopes)
    middle = median((row["day"] - last).days for row in known)
    level = median(row["utilization_p95_pct"] for row in known) - slope * middle
    return Expected(math.erfc(z / math.sqrt(2)), slope, slopes[low - 1], slopes[high - 1], level)


def days_until(target: float, level: float, slope: float) -> int | None:
    """None where the line does not rise."""
    return math.ceil(max(target - level, 0) / slope) if slope > 0 else None


@pytest.mark.parametrize("seed", seeds(4, few=1))
def test_ragged_fleets_are_as_the_reference_says(seed: int) -> None:
    """Ties, holes, short histories; and the correction over the circuits that were tested."""
    chance = Random(seed)
    days: dict[str, list[Row]] = {}
    for n in range(12):
        growth, length = chance.choice([0, 0, 0.1, 0.4, -0.3]), chance.choice([20, 40, 56, 91])
        values = [
            None if chance.random() < 0.1 else float(round(50 + growth * k + chance.gauss(0, 4)))
            for k in range(length)
        ]
        shift = timedelta(days=91 - length)
        own = days_of(values, f"C{n:02}")
        days[f"C{n:02}"] = [{**row, "day": row["day"] + shift} for row in own]
    found = trend_by_circuit([row for own in days.values() for row in own])
    tested: dict[str, Expected] = {}
    last = MONDAY + timedelta(days=90)
    for circuit, own in days.items():
        counts = sum(row["observed_hour_count"] >= 4 for row in own)
        if counts >= 28:
            tested[circuit] = expected(own, last)
        assert (found[circuit]["verdict"] == "too_short") == (counts < 28)
    order = sorted(tested, key=lambda c: (tested[c].p, c))
    least = 1.0
    for place in range(len(order), 0, -1):
        circuit = order[place - 1]
        p, slope, low, high, level = tested[circuit]
        least = min(least, p * len(order) / place)
        row = found[circuit]
        assert row["p_value"] == pytest.approx(p, rel=2e-7)
        assert row["q_value"] == pytest.approx(least, rel=4e-7)
        named = ("slope_pct_per_day", "slope_low_pct_per_day", "slope_high_pct_per_day")
        for name, value in zip(named, (slope, low, high), strict=True):
            assert row[name] == pytest.approx(value, abs=0.5001e-4)
        assert row["level_pct"] == pytest.approx(level, abs=0.01)
        sure = p < 0.01 and least < 0.01 and abs(slope) >= 0.1
        assert (row["verdict"] in ("rising", "falling")) == sure
        for target in (80, 90):
            ends = [days_until(target, row["level_pct"], row[name]) for name in named]
            row_ends = [row[f"days_to_{target}{end}"] for end in ("", "_high", "_low")]
            assert row_ends == (ends if sure and slope > 0 else [None] * 3)


@pytest.mark.parametrize("seed", seeds(5, few=0))
def test_no_growth_is_seldom_flagged_and_growth_nearly_always_found(seed: int) -> None:
    """Of 2,000 circuits over 8 weeks; a quarter of a point a day is to be found."""
    flat = trend_by_circuit(trading_days(seed, 2000, 56, 0.0).to_dict("records")).values()
    before = sum(row["is_significant"] for row in flat) / 2000
    after = sum(row["verdict"] != "steady" for row in flat) / 2000
    grown = trend_by_circuit(trading_days(seed, 2000, 56, 0.25).to_dict("records")).values()
    power = sum(row["verdict"] == "rising" for row in grown) / 2000
    assert len(flat) == len(grown) == 2000
    assert (before <= 0.05, after <= 0.01, power >= 0.95) == (True, True, True), (
        f"{before:.2%} before, {after:.2%} after, {power:.2%} found"
    )
