"""Ragged lives, histories and imports: the row is as the reference says, also in another range."""

import pytest
from hypothesis import given

from wan_perf_tests.examples import oracle
from wan_perf_tests.kpi.circuit_reference import QUALITY, with_import
from wan_perf_tests.kpi.engine import circuit_hour_query
from wan_perf_tests.kpi.estate import carried, circuit, hours, tables
from wan_perf_tests.kpi.ragged import PORTS, Life, estates, histories, imports
from wan_perf_tests.kpi.rows import HOUR, H, Row

# Each example is several runs of the whole fact, half a second each.
pytestmark = pytest.mark.proof

NAMES = [port for _, port in PORTS]


def facts(first: int, count: int, estate: Life, past: list[Row], told: list[Row]) -> list[Row]:
    """The fact of hours from HOUR - 1 + `first` on, in the order of hour and circuit."""
    given_rows = tables(
        dim_circuit=[circuit(name) for name in NAMES],
        circuit_port=[carried(name, name) for name in NAMES],
        dim_hour=hours(HOUR - H + first * H, count),
        raw_port_sample=estate[0],
        raw_gateway_event=estate[1],
        raw_port_history=past,
        raw_circuit_hour=told,
    )
    rows = circuit_hour_query().rows(**given_rows)
    return sorted(rows, key=lambda row: (row["hour"], row["circuit_id"]))


@oracle(25)
@given(estates(), histories(), imports())
def test_each_hour_is_as_the_reference_says_alone_and_in_a_range(
    estate: Life, past: list[Row], told: list[Row]
):
    nothing = dict.fromkeys(QUALITY)
    imported = {(row["hour"], row["circuit_id"]): {**nothing, **row} for row in told}
    found = facts(0, 3, estate, past, told)
    for bare, row in zip(facts(0, 3, estate, past, []), found, strict=True):
        of_hour = imported.get((row["hour"], row["circuit_id"]))
        expected = bare if of_hour is None else with_import(bare, of_hour)
        judged = {name: row[name] for name in row if name.endswith("_severity")}
        assert row == {**expected, **judged}
    alone = [row for nth in range(3) for row in facts(nth, 1, estate, past, told)]
    assert alone == found
