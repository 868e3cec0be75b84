"""Reports from days: chronic and top offenders, named cases and a slow reference."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from wan_perf.kpi.reports.chronic_offenders import chronic_offenders
from wan_perf.kpi.reports.top_offenders import RANKED, top_offenders
from wan_perf.policy.thresholds import ChronicRule
from wan_perf.schema.tables import (
    CIRCUIT_13_MONTH,
    CIRCUIT_DAY,
    CIRCUIT_MONTH,
    CIRCUIT_TRADING_DAY,
    CIRCUIT_WEEK,
    DIM_HOUR,
    DIM_SITE,
    TOP_OFFENDER,
)
from wan_perf_tests.support.kpi.engine import Query, unbound
from wan_perf_tests.support.kpi.estate import site
from wan_perf_tests.support.kpi.ragged_days import LAST, calendar, day, ragged
from wan_perf_tests.support.kpi.reports_reference import slow_chronic, slow_top
from wan_perf_tests.support.kpi.rows import Row

RULE = ChronicRule()
PLACES = 2
CIRCUIT_TABLES = {
    "day": CIRCUIT_DAY,
    "week": CIRCUIT_WEEK,
    "month": CIRCUIT_MONTH,
    "13_month": CIRCUIT_13_MONTH,
}


@cache
def chronic_query() -> Query:
    sources = (CIRCUIT_TRADING_DAY, DIM_SITE, DIM_HOUR)
    return Query(chronic_offenders(*map(unbound, sources), RULE))


@cache
def top_query() -> Query:
    circuits = {period: unbound(table) for period, table in CIRCUIT_TABLES.items()}
    return Query(top_offenders(circuits, unbound(DIM_SITE), PLACES))


def chronic(
    days: Sequence[Row], hours: Sequence[Row] | None = None, sites: Sequence[Row] | None = None
) -> list[Row]:
    rows = chronic_query().rows(
        circuit_trading_day=days, dim_hour=hours or calendar(), dim_site=sites or [site()]
    )
    return sorted(rows, key=lambda row: row["circuit_id"])


BAD = {"flap_count": 4}


@pytest.mark.parametrize(
    ("bad", "is_bad"),
    [
        pytest.param({"utilization_high_hours": 1}, True, id="one hour at high"),
        pytest.param({"latency_high_hours": 3}, True, id="of any metric"),
        pytest.param({"flap_count": 4}, True, id="four flaps"),
        pytest.param({"flap_count": 3}, False, id="three flaps"),
        pytest.param({"availability_pct": 99.4999}, True, id="under 99.5 %"),
        pytest.param({"availability_pct": 99.5}, False, id="99.5 % itself is enough"),
        pytest.param({"availability_pct": None}, False, id="unknown is not bad"),
        pytest.param({"loss_high_hours": None}, False, id="hours that could not be judged"),
        pytest.param({"flap_count": 9, "coverage_pct": 50.0}, True, id="half of it is known"),
        pytest.param({"flap_count": 9, "coverage_pct": 49.9}, False, id="less is known"),
    ],
)
def test_what_a_bad_day_is(bad: Row, is_bad: bool):
    days = [day(back, **bad) for back in range(10)] + [day(back) for back in range(10, 20)]
    assert [row["bad_day_count"] for row in chronic(days)] == ([10] if is_bad else [])


@pytest.mark.parametrize(
    ("bad", "closed", "found"),
    [
        pytest.param(range(10), (), [10], id="ten of the last twenty"),
        pytest.param(range(9), (), [], id="nine"),
        pytest.param(range(10, 20), (), [10], id="the ten oldest of them"),
        pytest.param(range(11, 21), (), [], id="the tenth is the 21st day back"),
        pytest.param(range(11, 21), (0,), [10], id="a day without trading is no day"),
        pytest.param(range(10), (3,), [], id="what was bad while closed does not count"),
    ],
)
def test_which_days_are_compared(bad: range, closed: tuple, found: list):
    days = [day(back, **(BAD if back in bad else {})) for back in range(30)]
    assert [row["bad_day_count"] for row in chronic(days, calendar(closed=closed))] == found


def test_an_offender_has_its_reasons_and_its_days():
    """Ten days of flaps, four of them also out: ten bad days, not fourteen; one day has no row."""
    days = [
        day(back, flap_count=6, availability_pct=90.0 if back < 4 else 100)
        for back in (*range(10),)
    ]
    days += [day(back) for back in range(10, 19)]
    [row] = chronic(days)
    assert row == {
        "as_of_day": LAST,
        "circuit_id": "C1",
        "site_id": "S1",
        "site_name": "Store 1",
        "region": "West",
        "trading_day_count": 20,
        "comparable_day_count": 19,
        "bad_day_count": 10,
        "high_day_count": 0,
        "flapping_day_count": 10,
        "outage_day_count": 4,
        "bad_since_day": LAST - timedelta(days=9),
        "bad_last_day": LAST,
    }


def test_the_day_in_progress_is_not_compared_and_hubs_are_left_out():
    begun = [day(-1, hour_count=5, is_whole=False, **BAD)]
    assert chronic([*begun, *(day(back, **BAD) for back in range(9))]) == []
    ten = [day(back, **BAD) for back in range(10)]
    assert len(chronic([*begun, *ten])) == 1
    assert chronic(ten, sites=[site(site_kind="hub")]) == []


def test_a_zone_ends_with_its_own_newest_whole_day():
    """In New York the last day goes on when Berlin's is over: ten bad days before it count."""
    sites = [site(), site(site_id="S2", time_zone="America/New_York")]
    both = [*calendar(), *calendar(zone="America/New_York")]
    berlin = [day(back, "C1") for back in range(20)]
    bad = [day(back, "C2", "S2", **BAD) for back in range(11, 21)]
    rest = [day(back, "C2", "S2") for back in range(1, 11)]
    in_progress = day(0, "C2", "S2", is_whole=False)
    [row] = chronic([*berlin, *bad, *rest, in_progress], both, sites)
    assert (row["circuit_id"], row["bad_day_count"], row["as_of_day"]) == ("C2", 10, LAST)
    assert chronic([*berlin, *bad, *rest, in_progress | {"is_whole": True}], both, sites) == []


@pytest.mark.parametrize("seed", range(12))
def test_chronic_offenders_equal_the_reference(seed: int):
    days, sites, hours = ragged(seed)
    expected = slow_chronic(days, sites, hours)
    assert expected
    assert chronic(days, hours, sites) == expected


def top(sites: Sequence[Row], **circuits: Sequence[Row]) -> list[Row]:
    """Of circuits over days, weeks, months and 13 months."""
    tables = {CIRCUIT_TABLES[period].name: rows for period, rows in circuits.items()}
    return top_query().rows(dim_site=sites, **tables)


def places(
    rows: Sequence[Row], ranked_by: str, period: str = "day"
) -> list[tuple[int, str, float]]:
    return sorted(
        (r["place"], r["circuit_id"], r["value"])
        for r in rows
        if (r["ranked_by"], r["period"]) == (ranked_by, period)
    )


def test_the_worst_come_first_and_what_is_harmless_or_unknown_is_no_offender():
    """Two places: of three equal ones the first two by id share the first place."""
    days = [
        day(0, "C3", flap_count=6, utilization_p95_pct=None),
        day(0, "C1", flap_count=6, availability_pct=98.0, utilization_p95_pct=91.5),
        day(0, "C2", flap_count=6, availability_pct=97.0, coverage_pct=89.9),
        day(0, "C4", flap_count=2, availability_pct=99.0, coverage_pct=90.0),
        day(1, "C5", flap_count=90),
    ]
    rows = top([site()], day=days)
    assert places(rows, "flap_count") == [(1, "C1", 6), (1, "C2", 6)]
    assert places(rows, "availability_pct") == [(1, "C1", 98.0), (2, "C4", 99.0)]
    assert places(rows, "utilization_p95_pct") == [(1, "C1", 91.5)]
    assert places(rows, "known_down_minutes") == []
    assert {row["period_start"] for row in rows} == {LAST}


def over(period: str, first: date, circuit: str, flaps: int, **more: Any) -> Row:
    """A circuit over a week or month that begins with a day."""
    row = day(0, circuit, flap_count=flaps, **more)
    return {**row, period: first}


def test_each_period_is_ranked_by_itself_and_13_months_are_no_month():
    """The newest week, month and 13 months; of three circuits the worst two."""
    march, february = date(2026, 3, 1), date(2026, 2, 1)
    monday, before = date(2026, 3, 9), date(2026, 3, 2)
    flaps = {"C1": 7, "C2": 5, "C3": 9}
    rows = top(
        [site()],
        day=[day(0, circuit, flap_count=1) for circuit in ("C2", "C3")],
        week=[over("week", monday, "C1", 3), over("week", before, "C2", 99)],
        month=[over("month", march, "C2", 20), over("month", february, "C1", 50)],
        **{"13_month": [over("month", march, c, n * 100) for c, n in flaps.items()]},
    )
    assert places(rows, "flap_count", "day") == [(1, "C2", 1), (1, "C3", 1)]
    assert places(rows, "flap_count", "week") == [(1, "C1", 3)]
    assert places(rows, "flap_count", "month") == [(1, "C2", 20)]
    assert places(rows, "flap_count", "13_month") == [(1, "C3", 900), (2, "C1", 700)]
    starts = {(row["period"], row["period_start"]) for row in rows}
    assert starts == {("day", LAST), ("week", monday), ("month", march), ("13_month", march)}
    keys = [tuple(row[name] for name in TOP_OFFENDER.key) for row in rows]
    assert len(set(keys)) == len(keys)


def test_a_period_of_which_nothing_is_stored_has_no_rows():
    rows = top([site()], day=[day(0, flap_count=4)])
    assert {row["period"] for row in rows} == {"day"}


def test_a_store_is_described_as_of_the_end_of_the_period():
    """Moved to the East on the tenth: the day before it was in the West, at the month's end not."""
    moved = datetime(2026, 3, 10)
    sites = [site(valid_to=moved), site(region="East", valid_from=moved)]
    month = [over("month", date(2026, 3, 1), "C1", 4)]
    rows = top(sites, day=[day(2, flap_count=4)], month=month)
    assert {(row["period"], row["region"]) for row in rows} == {("day", "West"), ("month", "East")}


@pytest.mark.parametrize("seed", range(6))
def test_top_offenders_equal_the_reference(seed: int):
    days, sites, _ = ragged(seed)
    starts = {
        "week": lambda at: at - timedelta(days=at.weekday()),
        "month": lambda at: at.replace(day=1),
        "13_month": lambda at: at.replace(day=1),
    }
    by_period: dict[str, list[Row]] = {"day": days}
    for n, (period, begun) in enumerate(starts.items()):
        column = period.removeprefix("13_")
        # One day stands for the period's sums; of the 13 months it is another one.
        newest = {(begun(r["day"]), r["circuit_id"]): r for r in days[:: -1 if n == 2 else 1]}
        by_period[period] = [{**row, column: first} for (first, _), row in newest.items()]
    rows = top(sites, **by_period)
    for period, of_period in by_period.items():
        expected = slow_top(of_period, sites, PLACES, period)
        assert expected["flap_count"]
        assert {name: sorted(found) for name, found in expected.items()} == {
            ranked.column: places(rows, ranked.column, period) for ranked in RANKED
        }
