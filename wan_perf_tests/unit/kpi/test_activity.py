"""Which circuit is in use between polls: cases by hand, then ragged sites against the reference."""

import random
from datetime import timedelta
from functools import cache
from itertools import islice, pairwise

import ibis
import pytest

from wan_perf.kpi.state.activity import with_activity
from wan_perf_tests.support.examples import batches
from wan_perf_tests.support.kpi.activity_reference import (
    AT_REST,
    CAUSES,
    MINUTE,
    Poll,
    Site,
    StateInterval,
    Use,
)
from wan_perf_tests.support.kpi.engine import CIRCUITS, Query
from wan_perf_tests.support.kpi.rows import HOUR, Row

START, END = -20 * MINUTE, 80 * MINUTE
STATE_INTERVALS = {
    "circuit_hour": "int64",
    "from_us": "int64",
    "to_us": "int64",
    "outcome": "string",
    "turned_to": "string",
    "linked": "boolean",
    "settled": "boolean",
    "recalled": "boolean",
}
POLLS = {
    "circuit_hour": "int64",
    "pass_at": "timestamp(6)",
    "at_us": "int64",
    "is_active": "boolean",
}
IDLE = {"circuit_hour": "int64", "from_us": "int64", "to_us": "int64"}


@cache
def query() -> Query:
    polls, idle = ibis.table(POLLS, name="polls"), ibis.table(IDLE, name="idle")
    state_intervals = ibis.table(STATE_INTERVALS, name="state_intervals")
    circuits = ibis.table(CIRCUITS, name="circuits")
    return Query(with_activity(state_intervals, circuits, polls, idle))


def found(site: Site) -> list[list[Row]]:
    """The intervals of each circuit, in order."""
    return together([site])[0]


def together(sites: list[Site]) -> list[list[list[Row]]]:
    """The intervals of each circuit of each site, in order, computed in one query."""
    circuits = [(site, use) for site, of in enumerate(sites) for use in of.circuits]
    numbered = [(n, use) for n, (_, use) in enumerate(circuits)]
    rows = query().rows(
        circuits=[
            {"circuit_hour": n, "hour": HOUR, "site_id": f"S{site}", "role_rank": use.rank}
            for n, (site, use) in enumerate(circuits)
        ],
        state_intervals=[
            {
                "circuit_hour": n,
                "from_us": s.start,
                "to_us": s.end,
                "outcome": s.outcome,
                "turned_to": s.turned_to,
                "linked": s.outcome == "up",
                "settled": False,
                "recalled": False,
            }
            for n, u in numbered
            for s in u.state_intervals
        ],
        polls=[
            {"circuit_hour": n, "pass_at": p.pass_at, "at_us": p.at, "is_active": p.is_active}
            for n, u in numbered
            for p in new(u.polls)
        ],
        idle=[
            {"circuit_hour": n, "from_us": a, "to_us": b} for n, u in numbered for a, b in u.idle
        ],
    )
    intervals: list[list[Row]] = [[] for _ in circuits]
    for row in sorted(rows, key=lambda row: row["from_us"]):
        intervals[row["circuit_hour"]].append(row)
    of_circuits = iter(intervals)
    return [list(islice(of_circuits, len(site.circuits))) for site in sites]


def new(polls: list[Poll]) -> list[Poll]:
    """As they are stored: what repeats an instant is no poll of its own."""
    return list({p.at: p for p in sorted(polls, key=lambda p: p.pass_at, reverse=True)}.values())


def state_intervals(*parts: tuple[int, str | None]) -> list[StateInterval]:
    """End to end from 20 minutes before the hour, each (minute it ends, outcome)."""
    edges = [-20, *(end for end, _ in parts)]
    rows: list[StateInterval] = []
    for (a, b), (_, outcome) in zip(pairwise(edges), parts, strict=True):
        was = rows[-1].outcome if rows else None
        turned = "down" if was == "up" and outcome in CAUSES else None
        rows.append(StateInterval(a * MINUTE, b * MINUTE, outcome, turned))
    return rows


def polls(**is_active_at: bool | None) -> list[Poll]:
    """By minute of the hour: m10=True."""
    return [
        Poll(HOUR + timedelta(minutes=int(m[1:])), int(m[1:]) * MINUTE, is_active)
        for m, is_active in is_active_at.items()
    ]


UP = [(80, "up")]
FELL = [(12, "up"), (40, "port"), (80, "up")]
BRIEF = [(12, "up"), (13, "port"), (80, "up")]


@pytest.mark.parametrize(
    ("primary", "backup", "expected"),
    [
        pytest.param(
            (UP, polls(m0=True, m10=True, m20=True)),
            (UP, polls(m0=False, m10=False, m20=False)),
            {5: "inactive", 19: "inactive", 21: None},
            id="as usual, known until the last poll",
        ),
        pytest.param(
            (FELL, polls(m10=True, m20=False, m30=False)),
            (UP, polls(m10=False, m20=True, m30=True)),
            {11: "inactive", 12: "active", 29: "active", 35: "inferred", 41: None},
            id="taken over when the primary fell, then inferred until it is up",
        ),
        pytest.param(
            (BRIEF, polls(m10=True, m20=True)),
            (UP, polls(m10=False, m20=False)),
            {11: "inactive", 12: "inferred", 13: "inactive"},
            id="a minute that no poll saw is inferred",
        ),
        pytest.param(
            ([(12, "up"), (40, "port"), (70, "up"), (80, "port")], []),
            (UP, []),
            {11: None, 12: "inferred", 39: "inferred", 40: None, 69: None, 70: "inferred"},
            id="between two outages nothing is inferred",
        ),
        pytest.param(
            (FELL, []),
            ([(20, "up"), (80, "isp")], []),
            {15: "inferred", 25: "inactive"},
            id="a backup that fell too carries nothing",
        ),
        pytest.param(
            (UP, polls(m0=False, m10=False)),
            (UP, polls(m0=True, m10=True)),
            {5: "active"},
            id="reported as active though the primary is up",
        ),
    ],
)
def test_use_of_the_backup(primary, backup, expected) -> None:
    circuits = [
        Use(rank, state_intervals(*states), polled)
        for rank, (states, polled) in enumerate((primary, backup), 1)
    ]
    site = Site(circuits)
    _, rows = found(site)
    activities = {
        minute: next(
            row["activity"] for row in rows if row["from_us"] <= minute * MINUTE < row["to_us"]
        )
        for minute in expected
    }
    assert activities == expected
    assert {m: site.activity(site.circuits[1], m * MINUTE) for m in expected} == expected


def test_circuits_of_equal_rank_are_not_inferred() -> None:
    site = Site(
        [Use(1, state_intervals(*FELL)), Use(1, state_intervals(*UP)), Use(2, state_intervals(*UP))]
    )
    assert {row["activity"] for rows in found(site)[1:] for row in rows} == {None}


OUTCOMES = ("up", "up", "up", None, "no_telemetry", *AT_REST)


def ragged(chance: random.Random) -> Site:
    """Three circuits whose states, polls and idle times have nothing to do with each other."""
    ranks = chance.choice([(1, 2, 3), (1, 1, 2), (None, 1, 2), (1, 2, 2), (2, 3, 3)])
    passes = sorted(chance.sample(range(-40, 160), chance.randrange(14)))
    return Site([_use(chance, rank, passes) for rank in ranks])


def _use(chance: random.Random, rank: int | None, passes: list[int]) -> Use:
    half = MINUTE // 2
    cuts = sorted(chance.sample(range(-39, 160), chance.randrange(7)))
    edges = [START, *(c * half for c in cuts), END]
    rows: list[StateInterval] = []
    for a, b in pairwise(edges):
        outcome = chance.choice(OUTCOMES)
        fell = rows and rows[-1].outcome == "up" and outcome in CAUSES
        rows.append(StateInterval(a, b, outcome, "down" if fell else None))
    steady = chance.choice([None, True, False])
    polled = [
        Poll(
            HOUR + timedelta(minutes=at / 2),
            (at - chance.choice([0, 0, 0, 1, 7])) * half,
            chance.choice([True, False, None]) if steady is None else steady,
        )
        for at in passes
        if chance.random() < 0.85
    ]
    idle = [
        (at * half, (at + chance.randrange(1, 30)) * half)
        for at in chance.sample(range(-40, 130), chance.randrange(3))
    ]
    return Use(rank, rows, [p for p in polled if p.at >= START], idle)


@pytest.mark.parametrize("seeds", batches(150, few=15))
def test_ragged_sites_equal_the_reference(seeds: range) -> None:
    sites = [ragged(random.Random(seed)) for seed in seeds]
    for seed, site, intervals in zip(seeds, sites, together(sites), strict=True):
        assert_equals_the_reference(seed, site, intervals)


def assert_equals_the_reference(seed: int, site: Site, intervals: list[list[Row]]) -> None:
    edges = {e for u in site.circuits for s in u.state_intervals for e in (s.start, s.end)}
    edges |= {p.at for u in site.circuits for p in u.polls}
    edges |= {e for u in site.circuits for span in u.idle for e in span}
    instants = sorted(e for e in edges if START <= e < END)
    for use, rows in zip(site.circuits, intervals, strict=True):
        assert [row["from_us"] for row in rows[1:]] == [row["to_us"] for row in rows[:-1]], seed
        assert (rows[0]["from_us"], rows[-1]["to_us"]) == (START, END)
        computed = {
            t: next(
                (row["outcome"], row["activity"])
                for row in rows
                if row["from_us"] <= t < row["to_us"]
            )
            for t in instants
        }
        expected = {t: (use.outcome(t), site.activity(use, t)) for t in instants}
        assert (seed, computed) == (seed, expected)
