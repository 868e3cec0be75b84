"""Hours that stand on a bandwidth that is not in force any more."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from wan_perf.kpi.hour.corrections import corrected_hours, corrected_rows, rows_of_another_rank
from wan_perf.schema.tables import CIRCUIT_HOUR, CIRCUIT_STATE, DIM_CIRCUIT
from wan_perf_tests.support.kpi import estate
from wan_perf_tests.support.kpi.engine import Query, unbound
from wan_perf_tests.support.kpi.rows import HOUR, H

MINUTE = timedelta(minutes=1)


@cache
def query() -> Query:
    return Query(corrected_hours(unbound(CIRCUIT_HOUR), unbound(DIM_CIRCUIT)))


@cache
def rows_query() -> Query:
    return Query(corrected_rows(unbound(CIRCUIT_HOUR), unbound(DIM_CIRCUIT)))


def corrected(stored: list[dict[str, Any]], versions: list[dict[str, Any]]) -> list[int]:
    """Hours of the day that are found, of circuit C1's stored hours from HOUR on."""
    hours = [
        {"hour": HOUR + n * H, "circuit_id": "C1", "bandwidth_source": "contract", **row}
        for n, row in enumerate(stored)
    ]
    circuits = [estate.circuit(**version) for version in versions]
    circuits = [{**row, "circuit_id": "C1"} for row in circuits]
    rows = query().rows(circuit_hour=hours, dim_circuit=circuits)
    return sorted(row["hour"].hour for row in rows)


def rate(down: float | None, up: float | None = None, **more: Any) -> dict[str, Any]:
    return {"bandwidth_mbps": down, "bandwidth_up_mbps": up, **more}


NOON = HOUR + 2 * H
IMPORT = {"bandwidth_source": "import"}


@pytest.mark.parametrize(
    ("stored", "versions", "found"),
    [
        pytest.param([rate(100.0)], [rate(100.0)], [], id="as contracted"),
        pytest.param([rate(100.0)], [rate(200.0)], [10], id="another rate"),
        pytest.param([rate(100.0, 10.0)], [rate(100.0, 20.0)], [10], id="another upload rate"),
        pytest.param([rate(100.0)], [rate(100.0, 20.0)], [10], id="an upload rate where none was"),
        pytest.param([rate(100.0)], [rate(None)], [10], id="no rate any more"),
        pytest.param([rate(None)], [rate(None)], [], id="unknown before and now"),
        pytest.param([rate(100.0, **IMPORT)], [rate(None)], [], id="an import's own rate stands"),
        pytest.param(
            [rate(100.0, **IMPORT)], [rate(100.0)], [10], id="a contract replaces an import's rate"
        ),
        pytest.param([rate(100.0)], [rate(200.0, is_disabled=True)], [], id="not in service now"),
        pytest.param(
            [rate(100.0)] * 4,
            [rate(100.0, valid_to=NOON), rate(50.0, valid_from=NOON)],
            [12, 13],
            id="from a date on",
        ),
        pytest.param(
            [rate(100.0), rate(75.0)],
            [
                rate(100.0, valid_to=HOUR + 90 * MINUTE),
                rate(50.0, valid_from=HOUR + 90 * MINUTE),
            ],
            [],
            id="the mean of an hour in which it changes",
        ),
        pytest.param(
            [rate(60.0 + 1e-13)],
            [
                rate(100.0, valid_to=HOUR + 20 * MINUTE),
                rate(50.0, valid_from=HOUR + 20 * MINUTE, valid_to=HOUR + 40 * MINUTE),
                rate(30.0, valid_from=HOUR + 40 * MINUTE),
            ],
            [],
            id="a mean that differs in its last digit is no correction",
        ),
    ],
)
def test_hours_on_a_bandwidth_that_is_not_in_force(stored, versions, found):
    assert corrected(stored, versions) == found


@pytest.mark.parametrize(
    ("versions", "found"),
    [
        pytest.param([("C1", None, None)], [], id="as stored"),
        pytest.param(
            [("C1", None, NOON), ("C2", NOON, None)],
            [(12, "C1"), (12, "C2"), (13, "C1"), (13, "C2")],
            id="named otherwise from noon on",
        ),
        pytest.param(
            [("C1", None, None), ("C3", NOON + H, None)],
            [(13, "C3")],
            id="another circuit of the site since one",
        ),
        pytest.param(
            [("C1", None, None), ("C3", None, None, False)], [], id="one that is not in service"
        ),
    ],
)
def test_hours_of_a_circuit_that_a_contract_names_otherwise(versions, found):
    """Stored are the hours from 10 to 14 of C1, the only circuit of the site until now."""
    hours = [
        {"hour": HOUR + n * H, "circuit_id": "C1", "site_id": "S1", **rate(8.0)} for n in range(4)
    ]
    circuits = [
        estate.circuit(name, valid_from=begin or datetime(1970, 1, 1), valid_to=end)
        | {"is_in_service": in_service[0] if in_service else True}
        for name, begin, end, *in_service in versions
    ]
    rows = rows_query().rows(circuit_hour=hours, dim_circuit=circuits)
    assert sorted((row["hour"].hour, row["circuit_id"]) for row in rows) == found


@cache
def ranks_query() -> Query:
    return Query(rows_of_another_rank(unbound(CIRCUIT_STATE), unbound(DIM_CIRCUIT)))


@pytest.mark.parametrize(
    ("versions", "found"),
    [
        pytest.param([(1, None, None)], [], id="as stored"),
        pytest.param([(2, None, None)], [10, 11, 12, 13], id="the secondary all along"),
        pytest.param([(1, None, NOON), (2, NOON, None)], [12, 13], id="the secondary from noon"),
        pytest.param([(None, None, None)], [10, 11, 12, 13], id="no rank any more"),
    ],
)
def test_hours_whose_circuit_has_another_rank(versions, found):
    """Stored are the states of the hours from 10 to 14 of C1 as primary, two in each hour."""
    begun = [HOUR + n * H + part for n in range(4) for part in (timedelta(), 30 * MINUTE)]
    states = [{"circuit_id": "C1", "started_at": at, "role_rank": 1} for at in begun]
    circuits = [
        estate.circuit(role_rank=rank, valid_from=begin or datetime(1970, 1, 1), valid_to=end)
        | {"circuit_id": "C1"}
        for rank, begin, end in versions
    ]
    rows = ranks_query().rows(circuit_state=states, dim_circuit=circuits)
    assert sorted(row["hour"].hour for row in rows) == found
