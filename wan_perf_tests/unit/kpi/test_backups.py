"""A store's primary beside what carries it, and the room on its backup, by hand."""

from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from wan_perf.kpi.reports.primary_vs_secondary import primaries_and_backups
from wan_perf.schema.tables import CIRCUIT_DAY, CURRENT_STATE, DIM_CIRCUIT
from wan_perf_tests.support.kpi.engine import Query, unbound
from wan_perf_tests.support.kpi.rows import HOUR, Row

ALWAYS = {"valid_from": datetime(1970, 1, 1), "valid_to": None}
RATES = {"C1": (100.0, 20.0), "C2": (50.0, None), "C3": (10.0, 10.0)}


@cache
def query() -> Query:
    return Query(primaries_and_backups(*map(unbound, (CURRENT_STATE, CIRCUIT_DAY, DIM_CIRCUIT))))


def now(circuit: str, rank: int | None, **more: Any) -> Row:
    row = {"as_of_at": HOUR, "circuit_id": circuit, "site_id": "S1", "site_kind": "store"}
    return {**row, "role_rank": rank, "state": "up", **more}


def compared(*circuits: Row, days: int = 28, rates: Any = None) -> list[Row]:
    """The primary's daily 95th percentiles are 1, 2, 3 … percent; the day in progress has 99."""
    usual = [
        {
            "circuit_id": "C1",
            "day": date(2026, 3, 1) + timedelta(days=n),
            "utilization_p95_pct": n + 1.0,
            "is_whole": True,
        }
        for n in range(days)
    ]
    morning = {"utilization_p95_pct": 99.0, "is_whole": False}
    usual += [{"circuit_id": "C1", "day": date(2026, 3, 1) + timedelta(days=days), **morning}]
    known = {**RATES, **(rates or {})}
    rows = [
        {**ALWAYS, "circuit_id": c, "bandwidth_mbps": down, "bandwidth_up_mbps": up}
        for c, (down, up) in known.items()
    ]
    return query().rows(current_state=circuits, circuit_day=usual, dim_circuit=rows)


def test_the_active_circuit_stands_beside_the_primary_that_is_down() -> None:
    [row] = compared(
        now("C1", 1, state="down", activity="inactive"),
        now("C2", 2, activity="active", utilization_now_pct=70.0, latency_avg_ms=40.0),
    )
    assert (row["primary_circuit_id"], row["primary_state"]) == ("C1", "down")
    assert (row["active_circuit_id"], row["active_utilization_now_pct"]) == ("C2", 70)
    assert (row["active_latency_avg_ms"], row["primary_latency_avg_ms"]) == (40, None)


def test_the_headroom_is_of_the_direction_that_has_less() -> None:
    """Usual is 14.5 %. Down 100 onto 50 Mbit/s takes 29 %, up 20 onto 50 less: 71 % are left."""
    [row] = compared(now("C1", 1), now("C2", 2))
    assert (row["primary_usual_p95_pct"], row["headroom_pct"]) == (14.5, 71)


def test_a_backup_that_cannot_carry_the_load_has_a_negative_headroom() -> None:
    """Ten times slower: 145 % of it."""
    [row] = compared(now("C1", 1), now("C3", 2))
    assert row["headroom_pct"] == -45


def test_the_best_ranked_backup_is_compared_and_nobody_is_active_without_evidence() -> None:
    [row] = compared(now("C1", 1), now("C3", 3), now("C2", 2))
    assert (row["secondary_circuit_id"], row["active_circuit_id"]) == ("C2", None)


@pytest.mark.parametrize("days", [6, 0])
def test_under_a_week_nothing_is_usual(days: int) -> None:
    [row] = compared(now("C1", 1), now("C2", 2), days=days)
    assert (row["primary_usual_p95_pct"], row["headroom_pct"]) == (None, None)


def test_only_the_last_28_days_are_usual() -> None:
    [row] = compared(now("C1", 1), now("C2", 2), days=40)
    assert row["primary_usual_p95_pct"] == 26.5


def test_without_a_rate_the_headroom_is_unknown() -> None:
    [row] = compared(now("C1", 1), now("C2", 2), rates={"C2": (None, None)})
    assert row["headroom_pct"] is None


def test_a_single_circuit_equal_ranks_and_hubs_are_not_compared() -> None:
    assert compared(now("C1", 1)) == []
    assert compared(now("C1", 1), now("C2", 1)) == []
    hub = {"site_kind": "hub"}
    assert compared(now("C1", 1, **hub), now("C2", 2, **hub)) == []
