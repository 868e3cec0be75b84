"""A day from its hours: sums over sums, and what missing hours do."""

from datetime import timedelta
from functools import cache

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from wan_perf.kpi.rollups.period_sums import sums
from wan_perf.schema.periods import DAY
from wan_perf.schema.tables import CIRCUIT_HOUR
from wan_perf_tests.support.examples import oracle
from wan_perf_tests.support.kpi.engine import Query, unbound
from wan_perf_tests.support.kpi.rows import HOUR, Row

MBIT_MINUTE = 7_500_000


@cache
def query() -> Query:
    hours = unbound(CIRCUIT_HOUR)
    return Query(sums(hours.mutate(day=hours.hour.date()), DAY.column, "circuit_id"))


def hour(nth: int, **more: object) -> Row:
    """An hour up and observed all the time, 10 Mbit/s, half used."""
    row: Row = {
        "hour": HOUR.replace(hour=0) + timedelta(hours=nth),
        "circuit_id": "C1",
        "site_id": "S1",
        "rx_bytes": 5 * 60 * MBIT_MINUTE,
        "tx_bytes": 60 * MBIT_MINUTE,
        "observed_minutes": 60.0,
        "bandwidth_mbps": 10.0,
        "utilization_pct": 50.0,
        "utilization_severity": "normal",
        "up_minutes": 60.0,
        "known_down_minutes": 0.0,
        "unknown_minutes": 0.0,
        "flap_count": 0,
    }
    return {**row, **more}


NO_TELEMETRY = {
    "rx_bytes": None,
    "tx_bytes": None,
    "observed_minutes": 0.0,
    "utilization_pct": None,
    "utilization_severity": None,
    "up_minutes": 0.0,
    "unknown_minutes": 60.0,
}


def day(*hours: Row) -> Row:
    [row] = query().rows(circuit_hour=hours)
    return row


def test_utilization_is_a_ratio_of_sums_not_a_mean_of_ratios():
    """60 minutes at 50 % and 6 minutes at 100 %: 36 of 66 minutes, not 75 %."""
    short = {"rx_bytes": 60 * MBIT_MINUTE, "observed_minutes": 6.0, "utilization_pct": 100.0}
    row = day(hour(0), hour(1, **short))
    assert row["utilization_pct"] == 54.5455
    assert row["utilization_max_pct"] == 100


def test_an_hour_without_bandwidth_counts_its_bytes_and_not_its_capacity():
    blind = {"bandwidth_mbps": None, "utilization_pct": None, "utilization_severity": None}
    row = day(hour(0), hour(1, **blind))
    assert (row["utilization_pct"], row["rx_bytes"]) == (50, 2 * 5 * 60 * MBIT_MINUTE)
    assert (row["hour_count"], row["observed_hour_count"]) == (2, 1)


def test_the_upload_has_its_own_capacity():
    row = day(hour(0, bandwidth_up_mbps=1.0, utilization_pct=100.0))
    assert row["utilization_pct"] == 100


def test_a_day_without_telemetry_is_unknown_and_never_0_or_100():
    row = day(hour(0, **NO_TELEMETRY), hour(1, **NO_TELEMETRY))
    unknown = ("utilization_pct", "utilization_max_pct", "utilization_p95_pct", "rx_bytes")
    assert [row[name] for name in (*unknown, "availability_pct")] == [None] * 5
    assert (row["availability_low_pct"], row["availability_high_pct"]) == (0, 100)
    assert (row["coverage_pct"], row["down_minutes"], row["unknown_minutes"]) == (0, 120, 120)


def test_availability_is_bounded_by_what_is_unknown():
    """60 up, 30 down, 30 unknown of 120 minutes."""
    row = day(hour(0), hour(1, up_minutes=0.0, known_down_minutes=30.0, unknown_minutes=30.0))
    assert row["availability_pct"] == 66.6667
    assert (row["availability_low_pct"], row["availability_high_pct"]) == (50, 75)
    assert (row["coverage_pct"], row["down_minutes"]) == (75, 60)


def test_an_hour_is_judged_where_it_has_value_and_level_and_30_minutes():
    level = {"utilization_warning_level_pct": 70.0}
    short, blind = {"observed_minutes": 29.9}, {"utilization_pct": None}
    row = day(hour(0, **level), hour(1, **level, **short), hour(2, **level, **blind), hour(3))
    assert (row["utilization_judged_hours"], row["hour_count"]) == (1, 4)


def test_a_missing_hour_is_not_in_the_denominator():
    row = day(hour(0), hour(5, up_minutes=30.0, known_down_minutes=30.0))
    assert (row["hour_count"], row["availability_low_pct"], row["coverage_pct"]) == (2, 75, 100)


def test_an_hour_belongs_to_the_day_it_starts_in():
    rows = query().rows(circuit_hour=[hour(23), hour(24)])
    assert sorted(row["hour_count"] for row in rows) == [1, 1]


PARTS = st.integers(0, 60).flatmap(
    lambda up: st.integers(0, 60 - up).map(lambda down: (float(up), float(down)))
)
USED = st.one_of(st.none(), st.floats(0, 300).map(lambda pct: round(pct, 4)))


@oracle(40)
@given(st.lists(st.tuples(PARTS, USED, st.integers(0, 5)), min_size=1, max_size=24))
def test_a_ragged_day_is_as_the_reference_says(drawn):
    rows = []
    for nth, ((up, down), pct, flaps) in enumerate(drawn):
        carried = None if pct is None else round(10 * 60 * MBIT_MINUTE * pct / 100)
        seen = {"up_minutes": up, "known_down_minutes": down, "unknown_minutes": 60 - up - down}
        used = {"rx_bytes": carried, "tx_bytes": carried, "utilization_pct": pct}
        unknown = NO_TELEMETRY if pct is None else {}
        rows.append(hour(nth, **{**unknown, **seen, **used, "flap_count": flaps}))
    row = day(*rows)
    up, down = (sum(r[name] for r in rows) for name in ("up_minutes", "known_down_minutes"))
    total = 60 * len(rows)
    known = [r["utilization_pct"] for r in rows if r["utilization_pct"] is not None]
    assert (row["up_minutes"], row["unknown_minutes"]) == (up, total - up - down)
    assert row["flap_count"] == sum(r["flap_count"] for r in rows)
    assert row["availability_low_pct"] == round(100 * up / total, 4)
    assert row["availability_high_pct"] == round(100 * (total - down) / total, 4)
    assert row["availability_pct"] == (round(100 * up / (up + down), 4) if up + down else None)
    assert row["observed_hour_count"] == len(known)
    if known:
        assert abs(row["utilization_p95_pct"] - np.percentile(known, 95)) <= 0.00005 + 1e-9
        assert abs(row["utilization_pct"] - sum(known) / len(known)) <= 0.0001
        assert row["utilization_max_pct"] == max(known)
