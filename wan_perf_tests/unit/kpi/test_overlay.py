"""Overlays of intervals, whatever their number; and what a crowded site is."""

import random
from functools import cache
from itertools import pairwise

import ibis
import pytest

from wan_perf.kpi.hour.site_hours import site_hours
from wan_perf.kpi.state.interval_overlay import overlay_intervals
from wan_perf.schema.tables import CIRCUIT_HOUR, CIRCUIT_STATE
from wan_perf_tests.support.kpi.engine import Query, unbound
from wan_perf_tests.support.kpi.rows import HOUR, H, Row

KINDS = tuple(f"kind_{n}" for n in range(18))
SPANS = {"key": "int64", "from_us": "int64", "to_us": "int64", "kind": "string"}


@cache
def overlay() -> Query:
    return Query(overlay_intervals("key", ibis.table(SPANS, name="spans"), KINDS))


@cache
def sites() -> Query:
    return Query(site_hours(unbound(CIRCUIT_STATE), unbound(CIRCUIT_HOUR)))


def by_hand(spans: list[Row]) -> set[tuple[int, int, frozenset[str]]]:
    """Between two neighbouring edges of all, which kinds cover it; equal neighbours as one."""
    edges = sorted(
        {s[end] for s in spans if s["from_us"] < s["to_us"] for end in ("from_us", "to_us")}
    )
    parts: list[tuple[int, int, frozenset[str]]] = []
    for low, high in pairwise(edges):
        open_ = frozenset(s["kind"] for s in spans if s["from_us"] <= low and s["to_us"] >= high)
        if parts and parts[-1][2] == open_:
            low = parts.pop()[0]
        parts.append((low, high, open_))
    return set(parts)


@pytest.mark.parametrize("count", [1, 15, 16, 17, 300])
def test_intervals_of_any_number_overlap(count: int):
    """All kinds, each `count` times over the same hour, and random ones across their ends."""
    chance = random.Random(count)
    spans = [
        {"key": 1, "from_us": 0, "to_us": 60, "kind": kind} for kind in KINDS for _ in range(count)
    ]
    for _ in range(count):
        start = chance.randint(-30, 90)
        end = start + chance.randint(0, 40)
        spans.append({"key": 1, "from_us": start, "to_us": end, "kind": chance.choice(KINDS)})
    rows = overlay().rows(spans=spans)
    found = {(r["from_us"], r["to_us"], frozenset(k for k in KINDS if r[k])) for r in rows}
    assert found == by_hand(spans)


def test_more_kinds_than_bits_are_refused():
    with pytest.raises(ValueError, match="63 kinds"):
        overlay_intervals("key", ibis.table(SPANS, name="spans"), [f"k{n}" for n in range(63)])


@pytest.mark.parametrize("count", [2, 15, 16, 17, 31, 32, 500])
def test_a_site_of_many_circuits_that_are_up_is_up(count: int):
    known = {"known_down_minutes": 0.0, "unknown_minutes": 0.0, "down_minutes": 0.0}
    states = [
        {
            "started_at": HOUR,
            "ended_at": HOUR + H,
            "circuit_id": f"c{n}",
            "site_id": "S1",
            "role_rank": 1,
            "state": "up",
            "activity": "active",
            "is_link_up": True,
        }
        for n in range(count)
    ]
    hours = [
        {"hour": HOUR, "circuit_id": f"c{n}", "site_id": "S1", "up_minutes": 60.0, **known}
        for n in range(count)
    ]
    [row] = sites().rows(circuit_state=states, circuit_hour=hours)
    figures = ("up_minutes", "dark_minutes", "redundancy_lost_minutes", "on_backup_minutes")
    assert [row[name] for name in figures] == [60.0, 0.0, 0.0, 0.0]
