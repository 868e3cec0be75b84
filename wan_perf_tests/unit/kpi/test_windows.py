"""Trailing windows of circuits: their hours and what these add up to, against plain Python."""

from datetime import timedelta

import numpy as np
import pytest

from wan_perf_tests.support.examples import seeds
from wan_perf_tests.support.kpi import runs_reference
from wan_perf_tests.support.kpi.loads import MIDNIGHT, RAISED, loaded
from wan_perf_tests.support.kpi.rows import H, Row
from wan_perf_tests.support.kpi.window_rows import LENGTHS, QUALITY, filled, percentiles, windows


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
            lengths = [len(run) for run in runs_reference.unbroken_runs(own, metric, severity)]
            longest = max(lengths, default=0)
            found[f"{name}_{severity}_hours"] = sum(lengths) if count else None
            found[f"{name}_{severity}_longest_hours"] = longest if count else None
    return found


@pytest.mark.parametrize("seed", seeds(4, few=1))
def test_an_hour_alone_is_the_hour_in_a_range(seed: int) -> None:
    hours = filled(seed)
    ends = [MIDNIGHT + n * H for n in range(20, 32)]
    key = ("hour", "window_hours", "circuit_id")
    alone = [row for end in ends for row in windows(hours, end)]
    together = windows(hours, *ends)
    order = lambda row: [str(row[name]) for name in key]  # noqa: E731
    assert sorted(alone, key=order) == sorted(together, key=order)
