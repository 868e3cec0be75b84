"""Hours with samples and without circuit-hours."""

from datetime import timedelta

from wan_perf.kpi.hour.uncomputed_hours import uncomputed_hours
from wan_perf.schema.tables import CIRCUIT_HOUR, DIM_CIRCUIT, RAW_PORT_SAMPLE
from wan_perf_tests.support.kpi import estate
from wan_perf_tests.support.kpi.engine import Query, unbound
from wan_perf_tests.support.kpi.rows import HOUR

QUERY = Query(uncomputed_hours(*map(unbound, (RAW_PORT_SAMPLE, CIRCUIT_HOUR, DIM_CIRCUIT))))
H = timedelta(hours=1)


def found(sampled: list[int], computed: list[int], **circuit: object) -> list[int]:
    """Hours after HOUR with samples (two polls each) and those with facts, and what is found."""
    polls = [HOUR + n * H + timedelta(minutes=m) for n in sampled for m in (5, 55)]
    rows = QUERY.rows(
        raw_port_sample=[{"pass_at": at} for at in polls],
        circuit_hour=[{"hour": HOUR + n * H} for n in computed],
        dim_circuit=[estate.circuit(**circuit)],
    )
    return sorted((row["hour"] - HOUR) // H for row in rows)


def test_hours_between_samples_and_facts_are_found():
    assert found([0, 1, 2, 3], [0, 2]) == [1, 3]
    assert found([0, 1], [0, 1]) == []
    assert found([], [0]) == []


def test_an_hour_without_a_circuit_in_service_has_nothing_to_compute():
    """Else it would be requested for ever."""
    assert found([0, 1, 2], [], valid_from=HOUR + H) == [1, 2]
    assert found([0, 1, 2], [], valid_to=HOUR + H) == [0]
    assert found([0], [], is_in_service=False) == []
