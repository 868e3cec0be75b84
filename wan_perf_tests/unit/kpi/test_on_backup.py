"""Since when a site is on its backup, over days of ragged circuits, against the reference."""

import random
from datetime import timedelta
from functools import cache

import ibis
import pytest

from wan_perf.kpi.events.current_failover import on_backup_since
from wan_perf.kpi.events.failover_spans import failover_spans
from wan_perf.schema.tables import CIRCUIT_STATE, FAILOVER_PIECE
from wan_perf_tests.support.kpi import site_reference
from wan_perf_tests.support.kpi.engine import Query, unbound
from wan_perf_tests.support.kpi.rows import HOUR, H
from wan_perf_tests.support.kpi.site_reference import SLOTS_AN_HOUR, Reading, Slot
from wan_perf_tests.unit.kpi.test_ragged_sites import SLOT, rows_of

SEEDS = 12
OFTEN = (0.0004, 0.002, 0.01)
NOW_AFTER = 78
"""Hours from the first slot, at ten o'clock, to now: 16:00, and three midnights lie between."""


@cache
def pieces_query() -> Query:
    return Query(failover_spans(unbound(CIRCUIT_STATE)))


@cache
def since_query() -> Query:
    now = ibis.table({"as_of_at": "timestamp(6)"}, name="now")
    return Query(on_backup_since(unbound(CIRCUIT_STATE), unbound(FAILOVER_PIECE), now))


def life(chance: random.Random, rank: int) -> list[Reading]:
    """A circuit that is mostly up: its primary seldom carries, so that failovers last for days."""
    often, found = chance.choice(OFTEN), []
    uses = {1: ("inactive", "inactive", "active", None), 2: ("active", "active", "inactive")}[rank]
    reported = Reading(rank, "up", "active" if rank == 1 else "inactive")
    for _ in range(NOW_AFTER * SLOTS_AN_HOUR):
        if chance.random() < often:
            state = chance.choice(("up", "up", "down", "no_telemetry"))
            reported = Reading(rank, state, chance.choice(uses) if state == "up" else None)
        found.append(reported)
    return found


@cache
def lived(seed: int) -> list[Slot]:
    chance = random.Random(seed)
    both = [life(chance, rank) for rank in (1, 2)]
    return [[one[n] for one in both] for n in range(NOW_AFTER * SLOTS_AN_HOUR)]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_failover_that_goes_on_began_when_the_reference_says(seed: int) -> None:
    """Pieces of the days before yesterday are stored; of the rest only the states are."""
    slots = lived(seed)
    states = rows_of(slots)
    now = HOUR + NOW_AFTER * H
    yesterday = (now - timedelta(days=1)).date()
    stored = [row for row in pieces_query().rows(circuit_state=states) if row["day"] < yesterday]
    rows = since_query().rows(circuit_state=states, failover_piece=stored, now=[{"as_of_at": now}])
    recent = [
        start
        for start, end, *_ in site_reference.failovers(slots)
        if HOUR + end * SLOT > now - timedelta(minutes=15)
    ]
    expected = [HOUR + recent[-1] * SLOT] if recent else []
    assert [row["failover_since"] for row in rows] == expected


def test_the_ragged_failovers_are_of_today_and_of_days_ago() -> None:
    last, today = NOW_AFTER * SLOTS_AN_HOUR, (HOUR + NOW_AFTER * H).date()
    found = [
        failover for seed in range(SEEDS) for failover in site_reference.failovers(lived(seed))
    ]
    begun = [HOUR + start * SLOT for start, end, *_ in found if end == last]
    assert {(today - at.date()).days for at in begun} >= {0, 1, 2}
