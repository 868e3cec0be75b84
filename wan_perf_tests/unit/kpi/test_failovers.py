"""Failovers and hours of a site with a primary P and a backup B, from states written by hand."""

from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from wan_perf.kpi.events.episodes import failover_events
from wan_perf.kpi.events.failovers import failover_pieces
from wan_perf.kpi.hour.site_hours import site_hours
from wan_perf.schema.tables import (
    CIRCUIT_HOUR,
    CIRCUIT_POLL,
    CIRCUIT_PORT,
    CIRCUIT_STATE,
    RAW_PORT_SAMPLE,
)
from wan_perf_tests.support.kpi.engine import Query, from_raw, unbound
from wan_perf_tests.support.kpi.rows import HOUR, H, Row

MIDNIGHT = HOUR.replace(hour=0)
RANKS = {"P": 1, "B": 2}
USUAL = {"P": ("up", "active"), "B": ("up", "inactive")}


def at(clock: str) -> datetime:
    """Of the day, or of the one after: '+1 00:30'."""
    day, _, time = clock.rpartition(" ")
    hours, minutes, *seconds = map(int, time.split(":"))
    whole = timedelta(hours=hours, minutes=minutes, seconds=sum(seconds))
    return MIDNIGHT + timedelta(days=int(day or 0)) + whole


def states(first: str, last: str, *changes: tuple[str, str, str, str, str | None]) -> list[Row]:
    """Both circuits as usual over [first, last), but for (circuit, from, to, state, activity)."""
    rows = []
    for name, (state, activity) in USUAL.items():
        own = [(at(a), at(b), s, use) for circuit, a, b, s, use in changes if circuit == name]
        edges = {at(first), at(last), *(edge for a, b, _, _ in own for edge in (a, b))}
        start = at(first)
        edges |= {start + n * H for n in range(int((at(last) - start) / H))}
        ordered = sorted(edges)
        for a, b in pairwise(ordered):
            current, use = next(((s, u) for x, y, s, u in own if x <= a < y), (state, activity))
            rows.append(
                {
                    "started_at": a,
                    "ended_at": b,
                    "circuit_id": name,
                    "site_id": "S1",
                    "role_rank": RANKS[name],
                    "state": current,
                    "down_cause": "port" if current == "down" else None,
                    "activity": use,
                    "is_link_up": current == "up",
                }
            )
    return rows


@cache
def pieces_query() -> Query:
    sources = (CIRCUIT_STATE, CIRCUIT_HOUR, RAW_PORT_SAMPLE, CIRCUIT_POLL, CIRCUIT_PORT)
    return Query(failover_pieces(*from_raw(*sources)))


@cache
def events_query() -> Query:
    pieces = failover_pieces(
        *from_raw(CIRCUIT_STATE, CIRCUIT_HOUR, RAW_PORT_SAMPLE, CIRCUIT_POLL, CIRCUIT_PORT)
    )
    return Query(failover_events(pieces, unbound(CIRCUIT_HOUR)))


def fell(start: str, end: str, use: str = "active") -> tuple[tuple[Any, ...], ...]:
    """The primary down and the backup in its place."""
    return ("P", start, end, "down", "inactive"), ("B", start, end, "up", use)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param((), [], id="none"),
        pytest.param(fell("10:10", "10:40"), [("10:10", "10:40", 30, 0, 0, "port")], id="one"),
        pytest.param(
            (*fell("10:10", "10:20"), *fell("10:20:59", "10:40")),
            [("10:10", "10:40", 29.0167, 0, 0, "port")],
            id="back for 59 seconds is not over",
        ),
        pytest.param(
            (*fell("10:10", "10:20"), *fell("10:21", "10:40")),
            [("10:10", "10:20", 10, 0, 0, "port"), ("10:21", "10:40", 19, 0, 0, "port")],
            id="back for 60 seconds is",
        ),
        pytest.param(
            (("P", "10:10", "10:40", "up", "inactive"), ("B", "10:10", "10:40", "up", "active")),
            [("10:10", "10:40", 30, 0, 0, None)],
            id="the primary is up and not used",
        ),
        pytest.param(
            (
                ("P", "10:10", "10:40", "down", "inactive"),
                ("B", "10:10", "10:20", "up", "active"),
                ("B", "10:20", "10:30", "down", "inactive"),
                ("B", "10:30", "10:40", "up", "active"),
            ),
            [("10:10", "10:40", 20, 10, 0, "port")],
            id="dark for ten minutes of it",
        ),
        pytest.param(
            (
                *fell("10:10", "10:20"),
                *((name, "10:20", "12:20", "no_telemetry", None) for name in RANKS),
                *fell("12:20", "12:30"),
            ),
            [("10:10", "12:30", 20, 0, 120, "port")],
            id="time without telemetry keeps it open",
        ),
        pytest.param(
            (
                *fell("10:10", "10:20", "inferred"),
                ("P", "10:20", "11:00", "up", None),
                ("B", "10:20", "11:00", "up", None),
            ),
            [("10:10", "10:20", 10, 0, 0, "port")],
            id="where nothing tells of use it ends as the primary is up",
        ),
    ],
)
def test_parts_of_a_day(changes, expected):
    rows = pieces_query().rows(circuit_state=states("08:00", "14:00", *changes))
    found = [
        (
            *(row["started_at"], row["ended_at"], row["on_backup_minutes"]),
            *(row["dark_minutes"], row["no_telemetry_minutes"], row["failover_cause"]),
        )
        for row in sorted(rows, key=lambda row: row["started_at"])
    ]
    assert found == [(at(a), at(b), *rest) for a, b, *rest in expected]


def test_over_midnight_two_parts_are_one_failover():
    lived = states("20:00", "+1 04:00", *fell("23:50", "+1 00:30"))
    parts = pieces_query().rows(circuit_state=lived)
    assert sorted((p["started_at"], p["ended_at"], p["is_begin"]) for p in parts) == [
        (at("23:50"), at("+1 00:00"), True),
        (at("+1 00:00"), at("+1 00:30"), False),
    ]
    newest = [{"hour": at("+1 03:00"), "circuit_id": "P", "site_id": "S1"}]
    [event] = events_query().rows(circuit_state=lived, circuit_hour=newest)
    assert (event["started_at"], event["ended_at"]) == (at("23:50"), at("+1 00:30"))
    assert (event["on_backup_minutes"], event["is_open"]) == (40, False)
    assert (event["primary_circuit_id"], event["backup_circuit_id"]) == ("P", "B")


def test_one_that_reaches_the_newest_hour_is_open():
    lived = states("08:00", "11:00", *fell("10:10", "11:00"))
    newest = [{"hour": at("10:00"), "circuit_id": "P", "site_id": "S1"}]
    [event] = events_query().rows(circuit_state=lived, circuit_hour=newest)
    assert (event["ended_at"], event["is_open"]) == (at("11:00"), True)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param((), (60, 0, 0, 0, 0, 0), id="all well"),
        pytest.param(fell("10:10", "10:40"), (60, 0, 0, 0, 30, 30), id="on backup"),
        pytest.param(
            (*fell("10:10", "10:40"), ("B", "10:10", "10:40", "down", "inactive"))[::-1],
            (30, 30, 0, 0, 0, 0),
            id="dark",
        ),
        pytest.param(
            tuple((name, "10:10", "10:40", "no_telemetry", None) for name in RANKS),
            (30, 0, 30, 0, 0, 0),
            id="unreachable",
        ),
        pytest.param(
            (("P", "10:10", "10:40", "unknown", None), ("B", "10:10", "10:40", "down", "inactive")),
            (30, 0, 0, 30, 0, 0),
            id="one down and one unknown is not dark",
        ),
    ],
)
def test_an_hour_of_a_site(changes, expected):
    query = Query(site_hours(unbound(CIRCUIT_STATE), unbound(CIRCUIT_HOUR)))
    facts = [
        {"hour": HOUR, "circuit_id": name, "site_id": "S1", "utilization_pct": pct, "flap_count": 0}
        for name, pct in (("P", 40.0), ("B", 70.0))
    ]
    [row] = query.rows(circuit_state=states("10:00", "11:00", *changes), circuit_hour=facts)
    names = ("up", "dark", "unreachable", "unknown", "on_backup", "redundancy_lost")
    assert tuple(row[f"{name}_minutes"] for name in names) == expected
    assert (row["utilization_worst_pct"], row["utilization_worst_circuit_id"]) == (70.0, "B")


@pytest.mark.parametrize("rank", [2, None])
def test_where_no_circuit_of_rank_1_is_in_service_there_is_no_failover(rank: int | None):
    """It was one that never ended: the whole day on backup, since nothing of rank 1 came back."""
    rows = [
        row | {"role_rank": rank if row["circuit_id"] == "P" else 2}
        for row in states("08:00", "12:00", *fell("10:10", "10:40"))
    ]
    assert pieces_query().rows(circuit_state=rows) == []
    hours = [row for row in rows if row["started_at"].hour == 10]
    whole = {"up_minutes": 60.0, "down_minutes": 0.0, "known_down_minutes": 0.0}
    whole |= {"unknown_minutes": 0.0, "flap_count": 0, "hour": HOUR, "site_id": "S1"}
    stored = [{**whole, "circuit_id": name} for name in RANKS]
    query = Query(site_hours(unbound(CIRCUIT_STATE), unbound(CIRCUIT_HOUR)))
    [site] = query.rows(circuit_state=hours, circuit_hour=stored)
    assert site["on_backup_minutes"] is None
