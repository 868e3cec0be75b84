"""Trailing windows of sites and regions, and any order of the hours, against plain Python."""

import random
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from wan_perf_tests.support.examples import seeds
from wan_perf_tests.support.kpi.loads import MIDNIGHT, loaded
from wan_perf_tests.support.kpi.rows import H
from wan_perf_tests.support.kpi.window_rows import (
    LENGTHS,
    filled,
    percentiles,
    place_query,
    places,
    windows,
)


def test_a_sites_window_is_of_all_its_circuits() -> None:
    """Two circuits for 24 hours, on backup for 10 minutes of each: p95 of 48 hours, not of two."""
    hours = [loaded(n, float(n + 50 * c), f"C{c}") for n in range(24) for c in range(2)]
    hour = {"site_id": "S1", "up_minutes": 55.0, "dark_minutes": 5.0, "unknown_minutes": 0.0}
    hour |= {"unreachable_minutes": 0.0, "redundancy_lost_minutes": 0.0, "on_backup_minutes": 10.0}
    sites = [{**hour, "hour": MIDNIGHT + n * H} for n in range(24)]
    found = {r["window_hours"]: r for r in places("site_id", hours, sites, MIDNIGHT + 23 * H)}
    for length, row in found.items():
        pct = [n + 50 * c for n in range(24 - length, 24) for c in range(2)]
        assert row["utilization_p95_pct"] == round(float(np.percentile(pct, 95)), 4)
        assert (row["circuit_count"], row["hour_count"]) == (2, 2 * length)
        assert (row["on_backup_minutes"], row["site_up_minutes"]) == (10 * length, 55 * length)
        assert row["site_availability_pct"] == round(100 * 55 / 60, 4)
        assert (row["utilization_p95_worst_circuit_id"], row["utilization_max_pct"]) == ("C1", 73)
    assert set(found) == set(LENGTHS)


def test_minutes_of_a_window_are_its_own_sites() -> None:
    """Of two sites with a circuit each the first has no hours of its own yet: unknown, not none."""
    hours = [loaded(n, 50.0, f"C{s}") | {"site_id": s} for n in range(3) for s in ("S1", "S2")]
    hour = {"site_id": "S2", "up_minutes": 55.0, "dark_minutes": 5.0, "unknown_minutes": 0.0}
    hour |= {"unreachable_minutes": 0.0, "redundancy_lost_minutes": 0.0, "on_backup_minutes": 10.0}
    sites = [{**hour, "hour": MIDNIGHT + n * H} for n in range(3)]
    found = places("site_id", hours, sites, MIDNIGHT + 2 * H)
    minutes = {
        r["site_id"]: (r["on_backup_minutes"], r["site_up_minutes"])
        for r in found
        if r["window_hours"] == 3
    }
    assert minutes == {"S1": (None, None), "S2": (30.0, 165.0)}


@pytest.mark.parametrize("place", ["site_id", "region"])
@pytest.mark.parametrize("seed", seeds(3, few=1))
def test_windows_of_places_are_as_the_reference_says(seed: int, place: str) -> None:
    """Moved circuits too: a circuit's window is where it was last, an hour where it was then."""
    hours = filled(seed)
    of = lambda site: site if place == "site_id" else "West" if site == "S1" else "East"  # noqa: E731
    ends = [MIDNIGHT + n * H for n in (2, 23, 40)]
    found = places(place, hours, [], *ends)
    circuits = windows(hours, *ends)
    keys = {(row["hour"], row["window_hours"], row[place]) for row in found}
    assert keys == {(r["hour"], r["window_hours"], of(r["site_id"])) for r in circuits}
    for row in found:
        start = row["hour"] + H - timedelta(hours=row["window_hours"])
        own = [h for h in hours if start <= h["hour"] <= row["hour"]]
        own = [h for h in own if of(h["site_id"]) == row[place]]
        used = [h["utilization_pct"] for h in own if h["utilization_pct"] is not None]
        p95 = float(np.percentile(used, 95)) if used else None
        exact = percentiles(own) | {"utilization_p95_pct": p95}
        off = 0.0 if place == "site_id" else 0.0197  # from histograms
        near = {n: v if v is None else pytest.approx(v, off, 0.5001e-4) for n, v in exact.items()}
        assert {name: row[name] for name in exact} == near
        key = (row["hour"], row["window_hours"])
        last = [r for r in circuits if (r["hour"], r["window_hours"]) == key]
        last = [r for r in last if of(r["site_id"]) == row[place]]
        assert row["circuit_count"] == len(last)
        for name in ("hour_count", "flap_count", "utilization_judged_hours", "latency_high_hours"):
            known = [r[name] for r in last if r[name] is not None]
            assert row[name] == (sum(known) if known else None)
        longest = [r["utilization_high_longest_hours"] for r in last]
        assert row["utilization_high_longest_hours"] == max(
            (n for n in longest if n is not None), default=None
        )


def test_a_window_is_of_the_sites_that_are_in_the_region_at_its_end() -> None:
    """Of five sites S3 moves from East to West at 10:00 and S5 to North, and S4 closes then."""
    load = {"S1": 10.0, "S2": 20.0, "S3": 30.0, "S4": 40.0, "S5": 25.0}
    moved = MIDNIGHT + 10 * H
    hours = [loaded(n, load[s], f"C{s}") | {"site_id": s} for n in range(14) for s in load]
    site = {"site_id": "", "up_minutes": 60.0, "dark_minutes": 0.0, "unknown_minutes": 0.0}
    site |= {"unreachable_minutes": 0.0, "redundancy_lost_minutes": 0.0, "on_backup_minutes": 1.0}
    sites = [{**site, "site_id": h["site_id"], "hour": h["hour"]} for h in hours]
    always = {"site_kind": "store", "valid_from": datetime(1970, 1, 1), "valid_to": None}
    dim_site = [
        {**always, "site_id": "S1", "region": "West"},
        {**always, "site_id": "S2", "region": "East"},
        {**always, "site_id": "S3", "region": "East", "valid_to": moved},
        {**always, "site_id": "S3", "region": "West", "valid_from": moved},
        {**always, "site_id": "S5", "region": "East", "valid_to": moved},
        {**always, "site_id": "S5", "region": "North", "valid_from": moved},
        {**always, "site_id": "S4", "region": "East", "valid_to": moved},
    ]
    ends = [MIDNIGHT + n * H for n in (8, 9, 12)]  # that of 09:00 ends as S3 moves: of East still
    found = place_query("region").rows(
        circuit_window=windows(hours, *ends),
        circuit_hour=hours,
        circuit_poll=[],
        site_hour=sites,
        dim_site=dim_site,
        dim_hour=[{"hour": end} for end in ends],
    )
    of_three_hours = {
        (row["hour"].hour, row["region"]): (row["on_backup_minutes"], row["utilization_p95_pct"])
        for row in found
        if row["window_hours"] == 3
    }
    near = lambda value: pytest.approx(value, 0.0197)  # noqa: E731
    assert of_three_hours == {
        (8, "West"): (3.0, near(10.0)),
        (8, "East"): (12.0, near(40.0)),
        (9, "West"): (3.0, near(10.0)),
        (9, "East"): (12.0, near(40.0)),
        (12, "West"): (6.0, near(30.0)),
        (12, "East"): (3.0, near(20.0)),
        (12, "North"): (3.0, near(25.0)),
    }


@pytest.mark.parametrize("seed", seeds(3, few=1))
def test_any_order_of_the_hours_gives_the_same(seed: int) -> None:
    hours = filled(seed)
    ends = [MIDNIGHT + n * H for n in (5, 23, 40)]
    mixed = random.Random(seed).sample(hours, len(hours))
    for rows in (windows, lambda *of: places("region", of[0], [], *of[1:])):
        first, second = (sorted(map(str, rows(given, *ends))) for given in (hours, mixed))
        assert first == second


def test_a_sum_halfway_between_two_roundings_is_the_same_in_any_order() -> None:
    """Half minutes times 1203 latencies of odd ten thousandths: the fifth decimal is a five."""
    chance = random.Random(3)
    hours = [
        {
            **loaded(n, 10.0, f"C{c}"),
            "latency_avg_ms": (2 * chance.randrange(4_000_000) + 1) / 10_000,
            "quality_minutes": 0.5,
        }
        for n in range(3)
        for c in range(401)
    ]
    end = [{"hour": MIDNIGHT + 2 * H}]
    circuits = windows(hours, MIDNIGHT + 2 * H)
    found = set()
    for _ in range(10):
        chance.shuffle(circuits)
        rows = place_query("site_id").rows(circuit_window=circuits, dim_hour=end)
        found |= {row["latency_minute_sum_ms"] for row in rows}
    exact = sum(Decimal(str(h["latency_avg_ms"])) / 2 for h in hours)
    assert [float(total) for total in found] == pytest.approx([float(exact)], abs=0.5001e-4)
