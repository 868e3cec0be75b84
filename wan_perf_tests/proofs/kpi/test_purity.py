"""An hour alone is the same hour in a range, each from what the partition mappings give it.

Planning the whole fact takes longer than its rows do, so that all estates are computed in one.
"""

from datetime import datetime
from functools import cache

import pytest
from hypothesis import strategies as st

from wan_perf_tests.support.examples import drawn
from wan_perf_tests.support.kpi.engine import circuit_hour_query
from wan_perf_tests.support.kpi.estate import carried, circuit, hours, site, tables
from wan_perf_tests.support.kpi.ragged import Life, among, lives
from wan_perf_tests.support.kpi.rows import HOUR, H, Row

pytestmark = [pytest.mark.proof, pytest.mark.oracle]

PORTS = [f"ge-0/0/{n}" for n in range(4)]
FIRST, COUNT = HOUR, 5


@cache
def estates() -> list[tuple[Life, ...]]:
    """Ragged lives of four ports each, over the range and the hours around it."""
    each = (lives(port, FIRST - H, FIRST + (COUNT + 1) * H) for port in PORTS)
    return drawn(st.tuples(*each), 12)


def of_all(rows_of_each: list[list[Row]]) -> list[Row]:
    return [row for nth, rows in enumerate(rows_of_each) for row in among(nth, rows)]


@cache
def range_of(first: datetime, count: int) -> list[Row]:
    """The fact of [first, first + count hours), from what its partitions would be given."""
    samples = of_all([[row for rows, _ in estate for row in rows] for estate in estates()])
    events = of_all([[row for _, rows in estate for row in rows] for estate in estates()])
    several = len(estates())
    last = first + count * H
    found = circuit_hour_query().rows(
        **tables(
            dim_site=of_all([[site()]] * several),
            dim_circuit=of_all([[circuit(port) for port in PORTS]] * several),
            circuit_port=of_all([[carried(port, port) for port in PORTS]] * several),
            dim_hour=hours(first, count),
            raw_port_sample=[r for r in samples if first - H <= r["pass_at"] < last + H],
            raw_gateway_event=[r for r in events if first - 24 * H <= r["event_at"] < last + H],
        )
    )
    return sorted(found, key=lambda row: (row["hour"], row["circuit_id"]))


def test_a_range_is_its_hours_one_by_one():
    alone = [row for n in range(COUNT) for row in range_of(FIRST + n * H, 1)]
    assert range_of(FIRST, COUNT) == alone
    assert len(alone) == COUNT * len(PORTS) * len(estates())


def test_every_minute_is_up_or_down_or_unknown():
    for row in range_of(FIRST, COUNT):
        parts = row["up_minutes"] + row["known_down_minutes"] + row["unknown_minutes"]
        assert abs(parts - 60) <= 0.00015
        assert row["down_minutes"] == round(60 - row["up_minutes"], 4)
