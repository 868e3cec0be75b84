"""An hour alone is the same hour in a range, each from what the partition mappings give it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wan_perf_tests.examples import oracle
from wan_perf_tests.kpi.engine import circuit_hour_query
from wan_perf_tests.kpi.estate import carried, circuit, hours, tables
from wan_perf_tests.kpi.ragged import Life, lives
from wan_perf_tests.kpi.rows import HOUR, H, Row

# Each example is several runs of the whole fact, half a second each.
pytestmark = pytest.mark.proof

PORTS = [f"ge-0/0/{n}" for n in range(4)]
FIRST, COUNT = HOUR, 5


def range_of(first, count: int, lives_of_ports: tuple[Life, ...]) -> list[Row]:
    """The fact of [first, first + count hours), from what its partitions would be given."""
    samples = [row for samples, _ in lives_of_ports for row in samples]
    events = [row for _, events in lives_of_ports for row in events]
    last = first + count * H
    found = circuit_hour_query().rows(
        **tables(
            dim_circuit=[circuit(port) for port in PORTS],
            circuit_port=[carried(port, port) for port in PORTS],
            dim_hour=hours(first, count),
            raw_port_sample=[r for r in samples if first - H <= r["pass_at"] < last + H],
            raw_gateway_event=[r for r in events if first - 24 * H <= r["event_at"] < last + H],
        )
    )
    return sorted(found, key=lambda row: (row["hour"], row["circuit_id"]))


ESTATE = st.tuples(*(lives(port, FIRST - H, FIRST + (COUNT + 1) * H) for port in PORTS))


@oracle(12)
@given(ESTATE)
def test_a_range_is_its_hours_one_by_one(estate):
    alone = [row for n in range(COUNT) for row in range_of(FIRST + n * H, 1, estate)]
    assert range_of(FIRST, COUNT, estate) == alone
    assert len(alone) == COUNT * len(PORTS)


@oracle(12)
@given(ESTATE)
def test_every_minute_is_up_or_down_or_unknown(estate):
    for row in range_of(FIRST, COUNT, estate):
        parts = row["up_minutes"] + row["known_down_minutes"] + row["unknown_minutes"]
        assert abs(parts - 60) <= 0.00015
        assert row["down_minutes"] == round(60 - row["up_minutes"], 4)
