"""Sites and regions from their circuits, worked out by hand and in plain Python."""

from collections import defaultdict
from datetime import date, datetime
from functools import cache
from random import Random
from typing import Any

import pytest

from wan_perf.kpi.rollups.sites_and_regions import Parts, region_periods, site_minutes
from wan_perf.schema.periods import DAY
from wan_perf.schema.tables import CIRCUIT_DAY, CIRCUIT_HISTOGRAM, CIRCUIT_HOUR, DIM_SITE, SITE_HOUR
from wan_perf_tests.support.examples import seeds
from wan_perf_tests.support.kpi.engine import Query, unbound
from wan_perf_tests.support.kpi.rows import Row

TODAY = date(2026, 3, 10)
MODES = ("longest_hours", "hours")


@cache
def query() -> Query:
    minutes = site_minutes(unbound(SITE_HOUR))
    sites, hours = (rows.mutate(day=rows.hour.date()) for rows in (minutes, unbound(CIRCUIT_HOUR)))
    parts = Parts(unbound(CIRCUIT_DAY), sites, unbound(CIRCUIT_HISTOGRAM), hours)
    return Query(region_periods(parts, unbound(DIM_SITE), DAY))


def regions(days: list[Row], sites: list[Row], **more: list[Row]) -> dict[Any, Row]:
    rows = query().rows(circuit_day=days, dim_site=sites, **more)
    return {row["region"]: row for row in rows}


def site(name: str, region: str, kind: str = "store", **more: Any) -> Row:
    always = {"valid_from": datetime(1970, 1, 1), "valid_to": None}
    return {**always, "site_id": name, "site_kind": kind, "region": region, **more}


def day(circuit: str, at: str, **more: Any) -> Row:
    """A circuit's whole day, up all the time, nothing above a level."""
    row: Row = {
        "day": TODAY,
        "circuit_id": circuit,
        "site_id": at,
        "hour_count": 24,
        "observed_hour_count": 24,
        "up_minutes": 1440.0,
        "known_down_minutes": 0.0,
        "unknown_minutes": 0.0,
        "flap_count": 0,
        "utilization_judged_hours": 24,
        "utilization_high_hours": 0,
        "utilization_high_longest_hours": 0,
    }
    return {**row, **more}


WEST = [site("S1", "West"), site("S2", "West"), site("HUB", "West", "hub")]


def test_a_region_is_bytes_over_capacity_and_not_a_mean_of_its_circuits() -> None:
    """A small circuit at 90 % and one nine times as large at 10 %: 18 %, not 50 %."""
    small = {"used_rx_bytes": 90, "used_tx_bytes": 0}
    small |= {"capacity_down_bytes": 100, "capacity_up_bytes": 100}
    large = {"used_rx_bytes": 90, "used_tx_bytes": 0}
    large |= {"capacity_down_bytes": 900, "capacity_up_bytes": 900}
    found = regions([day("C1", "S1", **small), day("C2", "S2", **large)], WEST)
    assert found["West"]["utilization_pct"] == 18


def test_hubs_are_left_out() -> None:
    found = regions([day("C1", "S1"), day("C2", "HUB", flap_count=7)], WEST)
    assert (found["West"]["circuit_count"], found["West"]["flap_count"]) == (1, 0)


def test_the_longest_run_is_of_one_circuit_and_the_hours_are_of_all() -> None:
    days = [
        day("C1", "S1", utilization_high_hours=5, utilization_high_longest_hours=3),
        day("C2", "S1", utilization_high_hours=4, utilization_high_longest_hours=4),
        day("C3", "S2"),
    ]
    row = regions(days, WEST)["West"]
    assert (row["utilization_high_hours"], row["utilization_high_longest_hours"]) == (9, 4)
    assert row["utilization_high_longest_circuit_id"] == "C2"
    assert row["utilization_breach_pct"] == pytest.approx(100 * 2 / 3, abs=1e-4)


def test_the_percentile_of_utilization_is_over_the_hours_of_all_stores() -> None:
    """20 hours at 10 % and one at 71.2345 %, each of another circuit: exact, and no hub's 99 %."""
    loads = [*(("S1", 10.0) for _ in range(20)), ("S2", 71.2345), ("HUB", 99.0)]
    hours = [
        {
            "hour": datetime(2026, 3, 10, n),
            "circuit_id": f"C{n}",
            "site_id": at,
            "utilization_pct": pct,
        }
        for n, (at, pct) in enumerate(loads)
    ]
    found = regions([day("C1", "S1"), day("C20", "S2")], WEST, circuit_hour=hours)
    assert found["West"]["utilization_p95_pct"] == 10
    [more] = regions([day("C1", "S1")], WEST, circuit_hour=hours[18:]).values()
    # Of 10, 10 and 71.2345 nine tenths of the way from the second to the third.
    assert more["utilization_p95_pct"] == pytest.approx(10 + 0.9 * 61.2345, abs=0.5001e-4)


def test_a_place_without_a_run_names_no_circuit() -> None:
    row = regions([day("C1", "S1"), day("C2", "S1")], WEST)["West"]
    assert row["utilization_high_longest_hours"] == 0
    assert row["utilization_high_longest_circuit_id"] is None


def test_a_circuit_that_could_not_be_judged_is_in_no_share() -> None:
    blind = {"utilization_judged_hours": 0}
    blind |= {"utilization_high_hours": None, "utilization_high_longest_hours": None}
    days = [day("C1", "S1", **blind), day("C2", "S1", utilization_high_hours=1)]
    assert regions(days, WEST)["West"]["utilization_breach_pct"] == 100
    assert regions(days[:1], WEST)["West"]["utilization_breach_pct"] is None


def test_a_site_that_moved_belongs_to_the_region_of_the_end_of_the_day() -> None:
    noon = datetime(2026, 3, 10, 12)
    moved = [site("S1", "West", valid_to=noon), site("S1", "East", valid_from=noon)]
    assert set(regions([day("C1", "S1")], moved)) == {"East"}


def test_an_unreachable_site_is_down_for_the_sites_and_unknown_for_the_circuits() -> None:
    half_unknown = {"up_minutes": 720.0, "unknown_minutes": 720.0}
    hours = [
        {
            "hour": datetime(2026, 3, 10, n),
            "site_id": "S1",
            "dark_minutes": 0.0,
            "up_minutes": 60.0 * (n < 12),
            "unreachable_minutes": 60.0 * (n >= 12),
            "unknown_minutes": 0.0,
            "redundancy_lost_minutes": 0.0,
        }
        for n in range(24)
    ]
    row = regions([day("C1", "S1", **half_unknown)], WEST, site_hour=hours)["West"]
    assert (row["availability_pct"], row["availability_low_pct"]) == (100, 50)
    assert (row["site_availability_pct"], row["unreachable_minutes"]) == (50, 720)
    assert row["on_backup_minutes"] is None


@pytest.mark.parametrize("seed", seeds(5, few=1))
def test_ragged_regions_are_as_the_reference_says(seed: int) -> None:
    chance = Random(seed)
    sites = [site(f"S{n}", chance.choice(["West", "East"])) for n in range(6)]
    region = {row["site_id"]: row["region"] for row in sites}
    days = []
    for n in range(20):
        longest = chance.choice([None, 0, 2, 2, 5])
        hours = None if longest is None else longest + chance.randrange(3) * (longest > 0)
        used, size = chance.choice([None, 40, 95]), chance.choice([100, 1000])
        up = chance.randrange(1441)
        down = chance.randrange(1441 - up)
        more = {
            "up_minutes": float(up),
            "known_down_minutes": float(down),
            "unknown_minutes": 1440.0 - up - down,
            "flap_count": chance.randrange(5),
            "utilization_judged_hours": 0 if longest is None else 20,
            "utilization_high_hours": hours,
            "utilization_high_longest_hours": longest,
            "used_rx_bytes": used,
            "used_tx_bytes": used and 1,
            "capacity_down_bytes": used and size,
            "capacity_up_bytes": used and size,
            "utilization_p95_pct": used and 100 * used / size,
        }
        days.append(day(f"C{n:02}", chance.choice(list(region)), **more))
    own = defaultdict(list)
    for row in days:
        own[region[row["site_id"]]].append(row)
    found = regions(days, sites)
    assert set(found) == set(own)
    for name, rows in own.items():
        reference = expected(rows)
        assert {key: found[name][key] for key in reference} == pytest.approx(
            reference, abs=0.5001e-4
        )


def expected(rows: list[Row]) -> Row:
    """What the days of one region come to, from the definitions."""
    up, down = (sum(r[name] for r in rows) for name in ("up_minutes", "known_down_minutes"))
    loaded = [r for r in rows if r["used_rx_bytes"] is not None]
    judged = [r for r in rows if r["utilization_high_hours"] is not None]
    longest = max((r["utilization_high_longest_hours"] for r in judged), default=None)
    ids = [r["circuit_id"] for r in judged if r["utilization_high_longest_hours"] == longest]
    peak = max((r["utilization_p95_pct"] for r in loaded), default=None)
    busy = [r["circuit_id"] for r in loaded if r["utilization_p95_pct"] == peak]
    carried = sum(r["used_rx_bytes"] for r in loaded)
    able = sum(r["capacity_down_bytes"] for r in loaded)
    breached = [r for r in judged if r["utilization_high_hours"] > 0]
    return {
        "circuit_count": len(rows),
        "hour_count": 24 * len(rows),
        "flap_count": sum(r["flap_count"] for r in rows),
        "availability_pct": 100 * up / (up + down) if up + down else None,
        "coverage_pct": 100 * (up + down) / (1440 * len(rows)),
        "utilization_pct": 100 * carried / able if able else None,
        "utilization_high_hours": sum(r["utilization_high_hours"] for r in judged)
        if judged
        else None,
        "utilization_high_longest_hours": longest,
        "utilization_high_longest_circuit_id": min(ids) if longest else None,
        "utilization_breach_pct": 100 * len(breached) / len(judged) if judged else None,
        "utilization_p95_worst_pct": peak,
        "utilization_p95_worst_circuit_id": min(busy, default=None),
    }
