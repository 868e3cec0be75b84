"""Weeks, months and 13 months from days, against plain Python over their hours."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from functools import cache
from random import Random

import numpy as np
import pytest

from wan_perf.kpi.events.threshold_runs import threshold_pieces
from wan_perf.kpi.rollups.calendar_periods import longer_periods, month_histograms, rolling_months
from wan_perf.kpi.rollups.histograms import (
    GROWTH,
    circuit_histograms,
)
from wan_perf.kpi.rollups.period_sums import circuit_days
from wan_perf.schema.periods import MONTH, WEEK
from wan_perf.schema.tables import CIRCUIT_HOUR, CIRCUIT_POLL, FAILOVER_PIECE
from wan_perf_tests.support.examples import seeds
from wan_perf_tests.support.kpi import runs_reference
from wan_perf_tests.support.kpi.engine import Query, unbound
from wan_perf_tests.support.kpi.loads import MIDNIGHT, loaded, ragged
from wan_perf_tests.support.kpi.rows import Row

STEP = 0.5001e-4
AT_MOST_OFF = (GROWTH - 1) / (GROWTH + 1)
MINUTES = ("up_minutes", "known_down_minutes", "unknown_minutes")
MBIT_MINUTE = 7_500_000
AN_HOUR = timedelta(hours=1)


@cache
def query(name: str) -> Query:
    """From hours to the period, as the assets are chained."""
    hours = unbound(CIRCUIT_HOUR)
    sources = (hours, unbound(CIRCUIT_POLL))
    pieces, histograms = threshold_pieces(hours), circuit_histograms(*sources)
    days = circuit_days(hours, pieces, unbound(FAILOVER_PIECE), *sources[1:])
    if name == "week":
        return Query(longer_periods(days, pieces, hours, histograms, WEEK))
    of_months = month_histograms(hours, histograms)
    months = longer_periods(days, pieces, hours, of_months, MONTH)
    return Query(rolling_months(months, pieces, of_months) if name == "13_month" else months)


def filled(seed: int, hours: int, start: datetime) -> list[Row]:
    """Ragged hours from a start on, with bytes and states."""
    chance = Random(seed)
    found = []
    for row in ragged(seed, circuits=2, hours=hours):
        pct, observed = row["utilization_pct"], row["observed_minutes"] or 0.0
        bytes_ = None if pct is None else round(10 * observed * MBIT_MINUTE * pct / 100)
        up = float(chance.randrange(61))
        down = float(chance.randrange(61 - int(up)))
        more = {
            "hour": row["hour"] - MIDNIGHT + start,
            "bandwidth_mbps": 10.0,
            "up_minutes": up,
            "known_down_minutes": down,
            "unknown_minutes": 60 - up - down,
            "flap_count": chance.randrange(3),
            "rx_bytes": bytes_,
            "tx_bytes": 0,
        }
        found.append({**row, **more})
    return found


def expected(own: list[Row]) -> Row:
    """What the hours of one period and circuit come to, from the definitions."""
    own = sorted(own, key=lambda h: h["hour"])
    up, down, unknown = (sum(h[name] for h in own) for name in MINUTES)
    total = 60 * len(own)
    used = [h for h in own if h["utilization_pct"] is not None]
    capacity = sum(round(10 * h["observed_minutes"] * MBIT_MINUTE) for h in used)
    levels = [
        h["utilization_high_level_pct"] for h in own if h["utilization_high_level_pct"] is not None
    ]
    row: Row = {
        "site_id": own[-1]["site_id"],
        "hour_count": len(own),
        "observed_hour_count": len(used),
        "rx_bytes": sum(h["rx_bytes"] for h in used) if used else None,
        "utilization_pct": 100 * sum(h["rx_bytes"] for h in used) / capacity if capacity else None,
        "utilization_max_pct": max((h["utilization_pct"] for h in used), default=None),
        "utilization_high_level_pct": levels[-1] if levels else None,
        "up_minutes": up,
        "unknown_minutes": unknown,
        "flap_count": sum(h["flap_count"] for h in own),
        "availability_pct": 100 * up / (up + down) if up + down else None,
        "availability_low_pct": 100 * up / total,
        "availability_high_pct": 100 * (total - down) / total,
        "coverage_pct": 100 * (up + down) / total,
    }
    for metric in runs_reference.METRICS:
        name = metric.name.split("_")[0]
        count = sum(metric.is_judged(hour, "warning") for hour in own)
        row[f"{name}_judged_hours"] = count
        for severity in runs_reference.SEVERITIES:
            lengths = [len(run) for run in runs_reference.unbroken_runs(own, metric, severity)]
            row[f"{name}_{severity}_hours"] = sum(lengths) if count else None
            longest = max(lengths, default=0) if count else None
            row[f"{name}_{severity}_longest_hours"] = longest
        if name != "utilization":
            known = [h for h in own if h[metric.value] is not None]
            weight = sum(h["quality_minutes"] for h in known)
            part = sum(h[metric.value] * h["quality_minutes"] for h in known)
            row[metric.value] = part / weight if weight else None
    return row


def assert_as_expected(
    found: list[Row],
    column: str,
    periods: dict[tuple[str, date], list[Row]],
    at_most_off: float = 0.0,
) -> None:
    """Every row equal, none missing, none too many; the percentile of utilization that near."""
    assert {(row["circuit_id"], row[column]) for row in found} == set(periods)
    for row in found:
        own = periods[row["circuit_id"], row[column]]
        figures = expected(own)
        assert {name: row[name] for name in figures} == pytest.approx(figures, abs=STEP)
        used = [h["utilization_pct"] for h in own if h["utilization_pct"] is not None]
        exact = float(np.percentile(used, 95)) if used else None
        assert row["utilization_p95_pct"] == pytest.approx(exact, rel=at_most_off, abs=STEP)


@pytest.mark.parametrize("seed", seeds(6, few=1))
def test_ragged_weeks_are_as_the_reference_says(seed: int) -> None:
    hours = filled(seed, 24 * 17, MIDNIGHT)
    periods = defaultdict(list)
    for hour in hours:
        monday = hour["hour"].date() - timedelta(days=hour["hour"].weekday())
        periods[hour["circuit_id"], monday].append(hour)
    assert_as_expected(query("week").rows(circuit_hour=hours), "week", periods)


@pytest.mark.parametrize("seed", seeds(2, few=0))
def test_ragged_months_are_as_the_reference_says(seed: int) -> None:
    hours = filled(seed, 24 * 64, datetime(2026, 1, 28))
    periods = defaultdict(list)
    for hour in hours:
        periods[hour["circuit_id"], hour["hour"].date().replace(day=1)].append(hour)
    assert_as_expected(query("month").rows(circuit_hour=hours), "month", periods)


def thinned(hours: list[Row], every: int) -> list[Row]:
    """Six hours around midnight of each so manieth day: runs over its edges, and little else."""
    return [h for h in hours if (h["hour"].toordinal() + h["hour"].hour // 12) % every == 0]


@pytest.mark.parametrize("seed", seeds(2, few=0))
def test_ragged_13_months_are_the_month_and_the_twelve_before_it(seed: int) -> None:
    hours = thinned(filled(seed, 24 * 450, datetime(2025, 1, 20)), 9)
    months = sorted({hour["hour"].date().replace(day=1) for hour in hours})
    periods: dict[tuple[str, date], list[Row]] = {}
    for month in months:
        first = month.replace(year=month.year - 1)
        end = (month + timedelta(days=31)).replace(day=1)
        for hour in hours:
            if first <= hour["hour"].date() < end:
                periods.setdefault((hour["circuit_id"], month), []).append(hour)
    assert_as_expected(query("13_month").rows(circuit_hour=hours), "month", periods, AT_MOST_OFF)


def test_a_run_over_sunday_and_monday_is_counted_in_each_week_as_far_as_it_lies_there() -> None:
    """The day of HOUR is a Tuesday; 20 hours above high from Sunday 18:00 on: six and fourteen."""
    sunday = 5 * 24
    hours = [loaded(sunday + n, 85.0 if 18 <= n < 38 else 10.0) for n in range(48)]
    rows = sorted(query("week").rows(circuit_hour=hours), key=lambda row: row["week"])
    assert [row["utilization_high_longest_hours"] for row in rows] == [6, 14]


def test_a_run_of_three_days_is_one_within_its_week() -> None:
    hours = [loaded(n, 85.0 if 20 <= n < 60 else 10.0) for n in range(96)]
    [row] = query("week").rows(circuit_hour=hours)
    assert (row["utilization_high_longest_hours"], row["utilization_high_hours"]) == (40, 40)


def above(start: datetime, end: datetime, pct: float = 85.0) -> list[Row]:
    """Every hour of [start, end) at so many percent, which is above high."""
    first, last = ((at - MIDNIGHT) // AN_HOUR for at in (start, end))
    return [loaded(nth, pct) for nth in range(first, last)]


@pytest.mark.parametrize(
    ("start", "end", "longest"),
    [
        pytest.param(
            datetime(2026, 1, 31, 18),
            datetime(2026, 2, 1, 6),
            {"2026-01": 6, "2026-02": 12, "2027-01": 12, "2027-02": 6},
            id="in each 13 months as far as it lies there",
        ),
        pytest.param(
            datetime(2026, 1, 31, 18),
            datetime(2026, 3, 1, 6),
            {"2026-01": 6, "2026-02": 678, "2026-03": 684, "2027-02": 678, "2027-03": 6},
            id="over a whole month: 6 and 28 times 24 and 6 hours",
        ),
        pytest.param(
            datetime(2026, 1, 31, 18), datetime(2026, 2, 1), {"2026-01": 6, "2026-02": 6},
            id="up to the end of a month",
        ),
    ],
)  # fmt: skip
def test_a_run_over_the_end_of_a_month_in_13_months(start, end, longest):
    """One hour below the level of each month up to March of the next year makes its row."""
    months = [datetime(2026 + n // 12, n % 12 + 1, 15, 12) for n in range(15)]
    lows = [row for at in months if not start <= at < end for row in above(at, at + AN_HOUR, 10.0)]
    rows = query("13_month").rows(circuit_hour=[*above(start, end), *lows])
    found = {f"{row['month']:%Y-%m}": row["utilization_high_longest_hours"] for row in rows}
    assert len(found) == 15
    assert {month: found[month] for month in longest} == longest


def test_a_run_that_is_cut_at_the_end_of_the_month_is_two():
    """Above to midnight, an hour below, above again: the longest is the longer of the two."""
    first = datetime(2026, 2, 1)
    hours = [
        *above(first - 6 * AN_HOUR, first),
        *above(first, first + AN_HOUR, 10.0),
        *above(first + AN_HOUR, first + 9 * AN_HOUR),
    ]
    rows = {row["month"]: row for row in query("13_month").rows(circuit_hour=hours)}
    assert rows[first.date()]["utilization_high_longest_hours"] == 8


def test_a_level_that_changes_at_noon_does_not_cut_a_run_over_midnight() -> None:
    """Above from noon of one day to noon of the next; the level is raised at 18:00 of the first."""
    raised = {"levels": (71.0, 81.0, 91.0)}
    above = [loaded(n, 85.0, **(raised if n >= 18 else {})) for n in range(12, 36)]
    [row] = query("week").rows(circuit_hour=above)
    assert row["utilization_high_longest_hours"] == 24
    assert row["utilization_high_level_pct"] == 81
