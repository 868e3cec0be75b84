"""Shares of time: 100 % only where nothing is missing; failovers counted where they are known."""

from datetime import timedelta
from functools import cache
from typing import Any

import ibis
import pytest

from wan_perf.kpi.hour.circuit_hours import rounded_share_pct
from wan_perf.kpi.rollups.period_sums import circuit_days
from wan_perf.schema.tables import CIRCUIT_HOUR, CIRCUIT_POLL, FAILOVER_PIECE, THRESHOLD_PIECE
from wan_perf_tests.support.kpi.engine import Query, unbound
from wan_perf_tests.support.kpi.rows import HOUR, Row

YEAR = 397 * 24 * 60.0


@cache
def share() -> Query:
    rows = ibis.table({"part": "float64", "whole": "float64"}, name="minutes")
    return Query(rows.select(pct=rounded_share_pct(rows.part, rows.whole)))


@cache
def days() -> Query:
    sources = (CIRCUIT_HOUR, THRESHOLD_PIECE, FAILOVER_PIECE, CIRCUIT_POLL)
    return Query(circuit_days(*map(unbound, sources)))


@pytest.mark.parametrize(
    ("part", "whole", "pct"),
    [
        pytest.param(60.0, 60.0, 100.0, id="all of it"),
        pytest.param(45.0, 60.0, 75.0, id="three quarters"),
        pytest.param(YEAR - 0.1, YEAR, 99.9999, id="6 seconds in 13 months"),
        pytest.param(YEAR - 60, YEAR, 99.9895, id="an hour in 13 months"),
        pytest.param(60.0001, 60.0, 100.0, id="a step of rounding too much"),
        pytest.param(0.0, 60.0, 0.0, id="none of it"),
        pytest.param(0.0, 0.0, None, id="of nothing"),
        pytest.param(None, 60.0, None, id="unknown"),
    ],
)
def test_a_share_is_100_only_where_nothing_is_missing(part, whole, pct):
    assert share().rows(minutes=[{"part": part, "whole": whole}]) == [{"pct": pct}]


def test_the_whole_may_be_a_number():
    rows = ibis.table({"part": "float64"}, name="minutes")
    query = Query(rows.select(pct=rounded_share_pct(rows.part, 60)))
    assert query.rows(minutes=[{"part": 45.0}]) == [{"pct": 75.0}]


def day(*hours: dict[str, Any]) -> Row:
    base = {"circuit_id": "C1", "site_id": "S1", "observed_minutes": 0.0, "quality_minutes": 0.0}
    rows = [
        {**base, "hour": HOUR.replace(hour=0) + n * timedelta(hours=1), **hour}
        for n, hour in enumerate(hours)
    ]
    [row] = days().rows(circuit_hour=rows)
    return row


UP = {"up_minutes": 60.0, "known_down_minutes": 0.0, "unknown_minutes": 0.0}
UNKNOWN = {"up_minutes": 0.0, "known_down_minutes": 0.0, "unknown_minutes": 60.0}


@pytest.mark.parametrize(
    ("hours", "count"),
    [
        pytest.param([{**UP, "active_minutes": 60.0}], 0, id="in use all the time"),
        pytest.param([UP], 0, id="up, of its use nothing is known: none is inferred"),
        pytest.param([UNKNOWN], None, id="nothing is known"),
    ],
)
def test_no_failover_is_none_where_it_would_be_known(hours, count):
    row = day(*hours)
    assert (row["failover_count"], row["failed_over_minutes"]) == (count, count)


def test_six_milliseconds_lost_in_a_day_are_not_100_pct():
    lost = {"up_minutes": 59.9999, "known_down_minutes": 0.0001, "unknown_minutes": 0.0}
    assert day(*[UP] * 23, lost)["availability_pct"] == 99.9999
