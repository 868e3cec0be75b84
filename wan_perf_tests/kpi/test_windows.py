"""Trailing windows: exactly their hours, and what these add up to, against plain Python."""

import random
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

import numpy as np
import pytest

from wan_perf.kpi.windows.trailing_windows import circuit_windows, region_windows, site_windows
from wan_perf.schema.tables import (
    CIRCUIT_HOUR,
    CIRCUIT_POLL,
    CIRCUIT_WINDOW,
    DIM_HOUR,
    DIM_SITE,
    SITE_HOUR,
)
from wan_perf_tests.examples import seeds
from wan_perf_tests.kpi import runs_reference
from wan_perf_tests.kpi.engine import Query, unbound
from wan_perf_tests.kpi.loads import MIDNIGHT, RAISED, loaded, ragged
from wan_perf_tests.kpi.rows import H, Row

LENGTHS = (3, 12, 24)
MBIT_MINUTE = 7_500_000
QUALITY = {"loss": "pct", "jitter": "ms", "latency": "ms"}


@cache
def query() -> Query:
    return Query(circuit_windows(*map(unbound, (CIRCUIT_HOUR, CIRCUIT_POLL, DIM_HOUR))))


def windows(hours: list[Row], *ends: datetime) -> list[Row]:
    return query().rows(
        circuit_hour=hours, circuit_poll=polls_of(hours), dim_hour=[{"hour": end} for end in ends]
    )


def test_a_window_covers_exactly_its_hours() -> None:
    """Thirty hours; that of 23:00 with three hours begins at 21:00."""
    hours = [loaded(n, float(n)) for n in range(30)]
    found = {row["window_hours"]: row for row in windows(hours, MIDNIGHT + 23 * H)}
    assert {w: row["hour_count"] for w, row in found.items()} == {3: 3, 12: 12, 24: 24}
    assert {w: row["utilization_max_pct"] for w, row in found.items()} == {3: 23, 12: 23, 24: 23}
    p95 = {w: row["utilization_p95_pct"] for w, row in found.items()}
    assert p95 == {w: round(float(np.percentile(range(24 - w, 24), 95)), 4) for w in LENGTHS}


def test_a_run_is_counted_within_the_window() -> None:
    """Above high from 19:00 on: a window of three hours has three of it, one of 12 has five."""
    hours = [loaded(n, 85.0 if n >= 19 else 10.0) for n in range(24)]
    found = {row["window_hours"]: row for row in windows(hours, MIDNIGHT + 23 * H)}
    assert {w: row["utilization_high_longest_hours"] for w, row in found.items()} == {
        3: 3,
        12: 5,
        24: 5,
    }


def test_a_circuit_that_vanished_has_rows_as_long_as_a_window_sees_it() -> None:
    hours = [loaded(0, 10.0), loaded(5, 10.0, "C2")]
    at_5 = {(r["circuit_id"], r["window_hours"]) for r in windows(hours, MIDNIGHT + 5 * H)}
    assert at_5 == {("C1", 12), ("C1", 24), ("C2", 3), ("C2", 12), ("C2", 24)}


def test_site_and_levels_are_those_of_the_last_hour_in_service() -> None:
    """Moved and raised at 2:00, without levels at 3:00; from 4:00 on it is out of service."""
    hours = [
        *(loaded(0, 10.0), loaded(1, 10.0)),
        loaded(2, 10.0, site="S2", levels=RAISED),
        loaded(3, 10.0, site="S2", levels=(None, None, None)),
    ]
    found = {
        (row["hour"].hour, row["window_hours"]): row
        for row in windows(hours, MIDNIGHT + H, MIDNIGHT + 2 * H, MIDNIGHT + 5 * H)
    }
    site_and_level = {
        key: (row["site_id"], row["utilization_high_level_pct"]) for key, row in found.items()
    }
    at_1, at_2 = (
        dict.fromkeys(((n, w) for w in LENGTHS), what)
        for n, what in ((1, ("S1", 80)), (2, ("S2", 85)))
    )
    assert site_and_level == {**at_1, **at_2, **{(5, w): ("S2", None) for w in LENGTHS}}
    assert found[5, 3]["hour_count"] == 1


def filled(seed: int) -> list[Row]:
    """Ragged hours with bytes and states."""
    chance = random.Random(seed)
    found = []
    for row in ragged(seed, circuits=3, hours=60):
        pct, observed = row["utilization_pct"], row["observed_minutes"] or 0.0
        bytes_ = None if pct is None else round(10 * observed * MBIT_MINUTE * pct / 100)
        up = float(chance.randrange(61))
        down = float(chance.randrange(61 - int(up)))
        state = {"up_minutes": up, "known_down_minutes": down, "unknown_minutes": 60 - up - down}
        more = {"bandwidth_mbps": 10.0, "flap_count": chance.randrange(3)}
        peaks = {
            f"{q}_max_{u}": row[f"{q}_avg_{u}"] and row[f"{q}_avg_{u}"] + 1
            for q, u in QUALITY.items()
        }
        more["quality_source"] = chance.choice(["samples", "samples", "history", None])
        found.append({**row, **state, **more, **peaks, "rx_bytes": bytes_, "tx_bytes": 0})
    return found


def polls_of(hours: list[Row]) -> list[Row]:
    """Up to six polls in each hour, of which the history's hours and those of no path are none."""
    found = []
    for hour in hours:
        chance = random.Random(f"{hour['circuit_id']} {hour['hour']}")
        for minute in sorted(chance.sample(range(60), chance.randrange(7))):
            at = hour["hour"] + timedelta(minutes=minute)
            row = {"circuit_id": hour["circuit_id"], "pass_at": at, "sampled_at": at}
            row |= {"is_up": chance.random() < 0.9}
            row |= {name: round(chance.uniform(0, 90), 4) for name in ("latency_ms", "jitter_ms")}
            found.append(row | {"loss_pct": chance.choice([None, 0.0, 0.0, 2.5])})
    return found


def percentiles(own: list[Row]) -> Row:
    """Of the samples behind the hours' quality, as numpy has them."""
    polls = polls_of([hour for hour in own if hour.get("quality_source") == "samples"])
    found: Row = {}
    for quantity, unit in QUALITY.items():
        samples = [poll[f"{quantity}_{unit}"] for poll in polls if poll["is_up"]]
        values = [value for value in samples if value is not None]
        exact = float(np.percentile(values, 95)) if values else None
        found[f"{quantity}_p95_{unit}"] = exact
    return found


def expected(own: list[Row]) -> Row:
    """What the hours of one window and circuit come to, from the definitions."""
    up, down = (sum(h[name] for h in own) for name in ("up_minutes", "known_down_minutes"))
    total = 60 * len(own)
    used = [h["utilization_pct"] for h in own if h["utilization_pct"] is not None]
    row: Row = {
        "hour_count": len(own),
        "observed_hour_count": len(used),
        "utilization_max_pct": max(used, default=None),
        "utilization_p95_pct": float(np.percentile(used, 95)) if used else None,
        "up_minutes": up,
        "unknown_minutes": total - up - down,
        "flap_count": sum(h["flap_count"] for h in own),
        "availability_pct": 100 * up / (up + down) if up + down else None,
        "availability_low_pct": 100 * up / total,
        "availability_high_pct": 100 * (total - down) / total,
        "coverage_pct": 100 * (up + down) / total,
    }
    for quantity, unit in QUALITY.items():
        known = [h for h in own if h[f"{quantity}_avg_{unit}"] is not None]
        weight = sum(h["quality_minutes"] for h in known)
        part = sum(h[f"{quantity}_avg_{unit}"] * h["quality_minutes"] for h in known)
        row[f"{quantity}_avg_{unit}"] = part / weight if weight else None
        row[f"{quantity}_max_{unit}"] = max(
            (h[f"{quantity}_max_{unit}"] for h in known), default=None
        )
    return row


@pytest.mark.parametrize("seed", seeds(12, few=2))
def test_ragged_windows_are_as_the_reference_says(seed: int) -> None:
    hours = filled(seed)
    ends = [MIDNIGHT + n * H for n in (0, 2, 11, 23, 24, 40, 59)]
    found = windows(hours, *ends)
    seen = set()
    for row in found:
        start = row["hour"] + H - timedelta(hours=row["window_hours"])
        own = [
            h
            for h in hours
            if h["circuit_id"] == row["circuit_id"] and start <= h["hour"] <= row["hour"]
        ]
        # Rounded to four places: half a step, for what is no exact decimal.
        figures = expected(own) | percentiles(own)
        assert {name: row[name] for name in figures} == pytest.approx(figures, abs=0.5001e-4)
        modes = _time_above(own)
        assert {name: row[name] for name in modes} == modes
        seen.add((row["hour"], row["window_hours"], row["circuit_id"]))
    assert seen == {
        (end, length, h["circuit_id"])
        for end in ends
        for length in LENGTHS
        for h in hours
        if end + H - timedelta(hours=length) <= h["hour"] <= end
    }


def _time_above(own: list[Row]) -> dict[str, int | None]:
    """As of a day, but over whatever hours there are: midnight ends nothing within a window."""
    found: dict[str, int | None] = {}
    for metric in runs_reference.METRICS:
        name = metric.name.split("_")[0]
        count = sum(metric.is_judged(hour, "warning") for hour in own)
        found[f"{name}_judged_hours"] = count
        for severity in runs_reference.SEVERITIES:
            lengths = [len(run) for run in runs_reference.stretches(own, metric, severity)]
            longest = max(lengths, default=0)
            found[f"{name}_{severity}_hours"] = sum(lengths) if count else None
            found[f"{name}_{severity}_longest_hours"] = longest if count else None
    return found


@cache
def place_query(place: str) -> Query:
    sources = [*map(unbound, (CIRCUIT_WINDOW, CIRCUIT_HOUR, CIRCUIT_POLL, SITE_HOUR))]
    ends = unbound(DIM_HOUR)
    if place == "site_id":
        return Query(site_windows(*sources, ends))
    return Query(region_windows(*sources, unbound(DIM_SITE), ends))


def places(place: str, hours: list[Row], sites: list[Row], *ends: datetime) -> list[Row]:
    """Windows of sites, or of the regions West (S1) and East (all others)."""
    always = {"site_kind": "store", "valid_from": datetime(1970, 1, 1), "valid_to": None}
    names = sorted({row["site_id"] for row in hours})
    return place_query(place).rows(
        circuit_window=windows(hours, *ends),
        circuit_hour=hours,
        circuit_poll=polls_of(hours),
        site_hour=sites,
        dim_site=[
            {**always, "site_id": name, "region": "West" if name == "S1" else "East"}
            for name in names
        ],
        dim_hour=[{"hour": end} for end in ends],
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
        delays = percentiles(own)
        assert {name: row[name] for name in delays} == pytest.approx(delays, abs=0.5001e-4)
        used = [h["utilization_pct"] for h in own if h["utilization_pct"] is not None]
        p95 = float(np.percentile(used, 95)) if used else None
        assert row["utilization_p95_pct"] == pytest.approx(p95, abs=0.5001e-4)
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


@pytest.mark.parametrize("seed", seeds(4, few=1))
def test_an_hour_alone_is_the_hour_in_a_range(seed: int) -> None:
    hours = filled(seed)
    ends = [MIDNIGHT + n * H for n in range(20, 32)]
    key = ("hour", "window_hours", "circuit_id")
    alone = [row for end in ends for row in windows(hours, end)]
    together = windows(hours, *ends)
    order = lambda row: [str(row[name]) for name in key]  # noqa: E731
    assert sorted(alone, key=order) == sorted(together, key=order)
