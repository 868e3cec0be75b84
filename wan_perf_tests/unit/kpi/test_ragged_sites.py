"""Hours and failovers of sites whose circuits do what they like, against the reference."""

import random
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby

import pytest

from wan_perf.kpi.events.episodes import flap_events
from wan_perf.kpi.events.failovers import failover_pieces
from wan_perf.kpi.hour.site_hours import site_hours
from wan_perf.schema.tables import (
    CIRCUIT_HOUR,
    CIRCUIT_POLL,
    CIRCUIT_PORT,
    CIRCUIT_STATE,
    RAW_PORT_SAMPLE,
)
from wan_perf_tests.support.examples import batches
from wan_perf_tests.support.kpi import site_reference
from wan_perf_tests.support.kpi.engine import Query, from_raw, unbound
from wan_perf_tests.support.kpi.rows import HOUR, H, Row
from wan_perf_tests.support.kpi.site_reference import SLOTS_AN_HOUR, Reading, Slot

SLOT = timedelta(seconds=30)
HOURS = 3
STATES = ("up", "up", "up", "down", "down", "no_telemetry", "unknown", "standby", "disabled")


def ragged(chance: random.Random) -> list[Slot]:
    """Three hours of a site: each circuit changes when it likes, or hardly ever."""
    ranks = chance.choice([(1, 2), (1, 2, 3), (1, 1, 2), (None, 2), (1,)])
    lives = [_life(chance, rank) for rank in ranks]
    return [[life[n] for life in lives] for n in range(HOURS * SLOTS_AN_HOUR)]


def _life(chance: random.Random, rank: int | None) -> list[Reading]:
    often, life = chance.choice([0.002, 0.02, 0.2]), []
    reading = Reading(rank, "up", chance.choice([None, "active", "inactive"]))
    for _ in range(HOURS * SLOTS_AN_HOUR):
        if chance.random() < often:
            state = chance.choice(STATES)
            uses = ("active", "inactive", "inferred", None) if state == "up" else ("inactive", None)
            reading = Reading(rank, state, chance.choice(uses))
        life.append(reading)
    return life


def rows_of(slots: list[Slot]) -> list[Row]:
    """The slots as circuit_state: intervals of one state and use, cut at every hour."""
    found = []
    for number in range(len(slots[0])):
        life = [(n // SLOTS_AN_HOUR, slot[number]) for n, slot in enumerate(slots)]
        at = HOUR
        for (_, reading), same in groupby(life):
            end = at + len(list(same)) * SLOT
            found.append(
                {
                    "started_at": at,
                    "ended_at": end,
                    "circuit_id": f"C{number}",
                    "site_id": "S1",
                    "role_rank": reading.rank,
                    "state": reading.state,
                    "down_cause": "port" if reading.state == "down" else None,
                    "activity": reading.activity,
                    "is_link_up": reading.state == "up",
                }
            )
            at = end
    return found


@cache
def pieces_query() -> Query:
    sources = (CIRCUIT_STATE, CIRCUIT_HOUR, RAW_PORT_SAMPLE, CIRCUIT_POLL, CIRCUIT_PORT)
    return Query(failover_pieces(*from_raw(*sources)))


@cache
def hours_query() -> Query:
    return Query(site_hours(unbound(CIRCUIT_STATE), unbound(CIRCUIT_HOUR)))


@cache
def flaps_query() -> Query:
    return Query(flap_events(unbound(CIRCUIT_STATE)))


def slot_of(instant: datetime) -> float:
    return (instant - HOUR) / SLOT


def among(seed: int, rows: list[Row]) -> list[Row]:
    """The rows as those of a site of its own, so that many sites are computed in one query."""
    return [{**r, "site_id": f"S{seed}", "circuit_id": f"{seed} {r['circuit_id']}"} for r in rows]


def by_seed(rows: list[Row], seeds: range) -> list[list[Row]]:
    """The rows of each site."""
    found: dict[str, list[Row]] = {f"S{seed}": [] for seed in seeds}
    for row in rows:
        found[row["site_id"]].append(row)
    return list(found.values())


@pytest.mark.parametrize("seeds", batches(80, few=8))
def test_failovers_of_ragged_sites(seeds: range) -> None:
    sites = {seed: ragged(random.Random(seed)) for seed in seeds}
    states = [row for seed, slots in sites.items() for row in among(seed, rows_of(slots))]
    pieces = by_seed(pieces_query().rows(circuit_state=states), seeds)
    for (seed, slots), of_site in zip(sites.items(), pieces, strict=True):
        found = [
            (
                *(slot_of(row["started_at"]), slot_of(row["ended_at"]), row["on_backup_minutes"]),
                *(row["dark_minutes"], row["no_telemetry_minutes"], row["is_inferred"]),
            )
            for row in of_site
        ]
        assert (seed, sorted(found)) == (seed, site_reference.failovers(slots))


@pytest.mark.parametrize("seeds", batches(80, few=8))
def test_hours_of_ragged_sites(seeds: range) -> None:
    states, facts, sites = [], [], {}
    for seed in seeds:
        chance = random.Random(seed)
        slots = ragged(chance)
        used = {
            (n, circuit): chance.choice([None, 40.0, 70.0, 70.0])
            for n in range(HOURS)
            for circuit in range(len(slots[0]))
        }
        sites[seed] = slots, used
        states += among(seed, rows_of(slots))
        of_hours = [
            {
                "hour": HOUR + n * H,
                "circuit_id": f"C{circuit}",
                "utilization_pct": percent,
                "flap_count": circuit,
            }
            for (n, circuit), percent in used.items()
        ]
        facts += among(seed, of_hours)
    found = by_seed(hours_query().rows(circuit_state=states, circuit_hour=facts), seeds)
    for (seed, site), rows in zip(sites.items(), found, strict=True):
        assert len(rows) == HOURS, seed
        for row in rows:
            assert_hour(seed, *site, row)


def assert_hour(
    seed: int, slots: list[Slot], used: dict[tuple[int, int], float | None], row: Row
) -> None:
    """The hour of a site is as the reference says."""
    n = (row["hour"] - HOUR) // H
    expected = site_reference.minutes_of(slots[n * SLOTS_AN_HOUR :][:SLOTS_AN_HOUR])
    assert (seed, {name: row[name] for name in expected}) == (seed, expected)
    known = [(p, f"{seed} C{c}") for (hour, c), p in used.items() if hour == n and p is not None]
    highest = max((p for p, _ in known), default=None)
    first = min((name for p, name in known if p == highest), default=None)
    assert row["utilization_worst_pct"] == highest
    assert row["utilization_worst_circuit_id"] == first
    circuits = range(len(slots[0]))
    assert (row["circuit_count"], row["flap_count"]) == (len(circuits), sum(circuits))


@pytest.mark.parametrize("seeds", batches(20, few=3))
def test_each_transition_is_one_flap(seeds: range) -> None:
    rows = []
    for seed in seeds:
        chance = random.Random(seed)
        rows += [
            {**row, "turned_to": chance.choice([None, "up", "down"]), "state_evidence": "observed"}
            for row in among(seed, rows_of(ragged(chance)))
        ]
    found = flaps_query().rows(circuit_state=rows)
    key = ("circuit_id", "turned_at", "turned_to")
    expected = [(r["circuit_id"], r["started_at"], r["turned_to"]) for r in rows if r["turned_to"]]
    assert sorted(tuple(row[name] for name in key) for row in found) == sorted(expected)
