"""When a circuit is idle: a circuit of two links is in use while either of them carries."""

from functools import cache

import ibis
import pytest

from wan_perf.kpi.hour.traffic import idle_intervals
from wan_perf.kpi.state.evidence_window import evidence_readings
from wan_perf.schema.tables import RAW_PORT_SAMPLE
from wan_perf_tests.support.kpi.engine import MEMBERS, Query, member, unbound
from wan_perf_tests.support.kpi.rows import GATEWAY, HOUR, Row, sample

MINUTE_US = 60_000_000
A, B = "ge-0/0/7", "ge-5/0/7"
BUSY = 4_500_000
"""Bytes of five minutes at 120 kbit/s; at 1 kbit/s these are 37,500."""


@cache
def query() -> Query:
    members = ibis.table(MEMBERS, name="members")
    readings = evidence_readings(unbound(RAW_PORT_SAMPLE), members)
    return Query(idle_intervals(readings, members))


def link(port: str, *counters: int, source: str = "device") -> list[Row]:
    """Readings at 10:10, 10:15, 10:20, up to as many counters as there are."""
    return [
        sample(f"10:{10 + 5 * n}", counter, port=port, source=source)
        for n, counter in enumerate(counters)
    ]


@pytest.mark.parametrize(
    ("links", "samples", "idle"),
    [
        pytest.param([A], link(A, 0, 0, BUSY), [(10, 15)], id="one link"),
        pytest.param(
            [A, B],
            [*link(A, 0, BUSY, 2 * BUSY), *link(B, 0, 0, 0)],
            [],
            id="one link carries, the other none",
        ),
        pytest.param(
            [A, B], [*link(A, 0, BUSY, BUSY), *link(B, 0, 0, 0)], [(15, 20)], id="then neither"
        ),
        pytest.param([A, B], link(B, 0, 0), [(10, 15)], id="a link without samples"),
        pytest.param(
            [A, B],
            [*link(A, 0, 0), *link(A, 0, BUSY, source="port"), *link(B, 0, 0)],
            [(10, 15)],
            id="two sources of one link of which one shows no traffic",
        ),
    ],
)
def test_a_circuit_is_idle_while_none_of_its_links_carries(
    links: list[str], samples: list[Row], idle: list[tuple[int, int]]
) -> None:
    members = [member(0, GATEWAY, port, HOUR, port_hour=n) for n, port in enumerate(links)]
    rows = query().rows(members=members, raw_port_sample=samples)
    found = {(row["from_us"] / MINUTE_US, row["to_us"] / MINUTE_US) for row in rows}
    minutes = {m for a, b in found for m in range(int(a), int(b))}
    assert minutes == {m for a, b in idle for m in range(a, b)}
