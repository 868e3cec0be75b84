"""Samples, history or import on a row, never two in one figure; what the file does not say."""

from datetime import datetime
from functools import cache
from typing import Any

import pytest

from wan_perf.kpi.hour.imported_hours import circuits_by_port
from wan_perf.kpi.hour.site_hours import site_hours
from wan_perf.schema.tables import CIRCUIT_HOUR, CIRCUIT_PORT, CIRCUIT_STATE, DIM_CIRCUIT, DIM_SITE
from wan_perf_tests.support.kpi.engine import Query, circuit_hour_query, unbound
from wan_perf_tests.support.kpi.estate import carried, circuit, site, tables
from wan_perf_tests.support.kpi.rows import HOUR, H, Row, event, past, path
from wan_perf_tests.unit.kpi.test_history import MBIT, heard_for

HALF_OF_8_MBIT = 1_800_000_000
"""Bytes of an hour at 4 Mbit/s."""


def imported_hour(hour: datetime = HOUR, circuit_id: str = "C1", **figures: Any) -> Row:
    """An imported hour: half of 8 Mbit/s down, all of it observed."""
    bytes_of_hour = {"rx_bytes": HALF_OF_8_MBIT, "tx_bytes": 0, "observed_minutes": 60.0}
    return {"hour": hour, "circuit_id": circuit_id, **bytes_of_hour, **figures}


def stated(up: float, unknown: float = 0, **figures: Any) -> Row:
    return imported_hour(up_minutes=up, unknown_minutes=unknown, **figures)


def fact(**given: Any) -> Row:
    [row] = circuit_hour_query().rows(**tables(**given))
    return row


@pytest.mark.parametrize(
    ("sampled", "recalled", "imported", "source", "observed"),
    [
        pytest.param(45, 60, 60, "samples", 45, id="45 minutes of samples suffice"),
        pytest.param(44, 60, 60, "history", 60, id="44 do not: the history is next"),
        pytest.param(44, None, 60, "import", 60, id="without history the import"),
        pytest.param(0, 0, 60, "import", 60, id="nor where Mist kept nothing"),
        pytest.param(44, None, 44, "samples", 44, id="an import that covers no more"),
        pytest.param(44, None, None, "samples", 44, id="nothing beside samples"),
        pytest.param(0, 50, 60, "history", 50, id="a history of 50 minutes suffices"),
        pytest.param(0, 10, 60, "import", 60, id="one of ten does not"),
        pytest.param(30, 10, 20, "samples", 30, id="the most of what is too little"),
        pytest.param(0, None, 20, "import", 20, id="20 minutes are better than nothing"),
        pytest.param(0, None, 0, None, 0, id="an import of no minute"),
        pytest.param(0, None, None, None, 0, id="nothing at all"),
    ],
)
def test_which_of_the_three_counts(sampled, recalled, imported, source, observed):
    row = fact(
        raw_port_sample=heard_for(sampled) if sampled else [],
        raw_port_history=[] if recalled is None else [past(HOUR, MBIT, covered=recalled)],
        raw_circuit_hour=[]
        if imported is None
        else [imported_hour(observed_minutes=float(imported))],
    )
    bytes_of = {
        "samples": 60 * sampled,
        "history": 7_500_000 * (recalled or 0),
        "import": HALF_OF_8_MBIT,
        None: None,
    }
    assert (row["source"], row["observed_minutes"]) == (source, observed)
    assert row["rx_bytes"] == bytes_of[source]


@pytest.mark.parametrize(
    "row",
    [imported_hour(HOUR + H), imported_hour(circuit_id="C2"), {"hour": HOUR, "circuit_id": "C1"}],
    ids=["another hour", "another circuit", "a row without a figure"],
)
def test_what_says_nothing_of_the_hour_changes_nothing(row: Row):
    assert fact(raw_circuit_hour=[row]) == fact()


def test_utilization_is_the_users_formula_over_the_bandwidth_of_the_dimension():
    row = fact(raw_circuit_hour=[imported_hour(bandwidth_mbps=100.0)])
    assert (row["utilization_pct"], row["utilization_severity"]) == (50, "normal")
    assert (row["bandwidth_mbps"], row["bandwidth_source"]) == (8, "contract")


def test_a_bandwidth_of_the_import_counts_where_no_dimension_knows_one():
    unknown = [circuit(bandwidth_mbps=None, bandwidth_source=None)]
    row = fact(dim_circuit=unknown, raw_circuit_hour=[imported_hour(bandwidth_mbps=5.0)])
    assert (row["utilization_pct"], row["utilization_severity"]) == (80, "high")
    assert (row["bandwidth_mbps"], row["bandwidth_source"]) == (5, "import")
    samples = heard_for(45)
    row = fact(
        dim_circuit=unknown,
        raw_port_sample=samples,
        raw_circuit_hour=[imported_hour(bandwidth_mbps=5.0)],
    )
    assert (row["source"], row["utilization_pct"], row["bandwidth_mbps"]) == ("samples", None, None)


def test_what_the_file_does_not_say_is_unknown():
    row = fact(raw_circuit_hour=[imported_hour()])
    assert (row["up_minutes"], row["known_down_minutes"], row["unknown_minutes"]) == (0, 0, 60)
    assert (row["status_hourly"], row["availability_pct"]) == ("Unknown", None)
    assert (row["state_evidence"], row["quality_source"], row["quality_minutes"]) == (None, None, 0)
    for figure in ("loss_avg_pct", "jitter_p95_ms", "latency_max_ms", "mos_avg"):
        assert row[figure] is None


def test_state_of_an_import():
    row = fact(raw_circuit_hour=[stated(45, 10, flap_count=2)])
    assert (row["up_minutes"], row["known_down_minutes"], row["unknown_minutes"]) == (45, 5, 10)
    assert (row["down_minutes"], row["status_hourly"], row["availability_pct"]) == (15, "Up", 90)
    assert (row["state_evidence"], row["flap_count"], row["down_cause"]) == ("import", 2, None)
    for part in ("standby_minutes", "disabled_minutes", "no_telemetry_minutes", "link_up_minutes"):
        assert row[part] is None


def test_an_import_that_counts_no_transitions_has_none_that_are_known():
    assert fact(raw_circuit_hour=[stated(45)])["flap_count"] is None
    assert fact(raw_circuit_hour=[stated(45, flap_count=0)])["flap_count"] == 0
    assert fact()["flap_count"] == 0


@pytest.mark.parametrize(
    ("events", "up", "down", "evidence"),
    [
        pytest.param([event("-1 10:50", "down")], 0, 50, "observed", id="50 minutes are known"),
        pytest.param([event("-1 10:30", "down")], 60, 0, "import", id="30 are too few"),
        pytest.param([event("09:00", "down")], 0, 60, "observed", id="events of the whole hour"),
        pytest.param([], 60, 0, "import", id="no telemetry"),
    ],
)
def test_a_state_that_is_known_for_45_minutes_stands(events, up, down, evidence):
    row = fact(raw_circuit_hour=[stated(60)], raw_gateway_event=events)
    assert (row["up_minutes"], row["known_down_minutes"]) == (up, down)
    assert row["state_evidence"] == evidence


def test_traffic_state_and_quality_are_chosen_one_by_one():
    """Samples of 45 minutes have bytes and state; paths were polled for 20."""
    polls = [path(f"10:{minute:02}", latency_ms=30.0) for minute in (0, 10, 20)]
    row = fact(
        raw_port_sample=heard_for(45),
        raw_path_sample=polls,
        raw_circuit_hour=[
            stated(0, latency_avg_ms=90.0, latency_p95_ms=99.0, quality_minutes=60.0)
        ],
    )
    assert (row["source"], row["state_evidence"]) == ("samples", "observed")
    assert (row["quality_source"], row["quality_minutes"]) == ("import", 60)
    assert (row["latency_avg_ms"], row["latency_p95_ms"], row["latency_max_ms"]) == (90, 99, None)
    assert (row["latency_severity"], row["loss_avg_pct"]) == ("warning", None)


@cache
def site_hour_query() -> Query:
    return Query(site_hours(unbound(CIRCUIT_STATE), unbound(CIRCUIT_HOUR)))


def of_circuit(name: str, up: float, down: float, flaps: int | None = 0) -> Row:
    row = {"hour": HOUR, "circuit_id": name, "site_id": "S1", "state_evidence": "import"}
    return {**row, "up_minutes": up, "known_down_minutes": down, "flap_count": flaps}


@pytest.mark.parametrize(
    ("circuits", "up", "dark", "lost"),
    [
        pytest.param([(50, 10)], 50, 10, 0, id="alone: the site is as its circuit"),
        pytest.param([(60, 0), (0, 60)], 60, 0, 60, id="one up all hour"),
        pytest.param([(0, 60), (0, 60)], 0, 60, 0, id="both down all hour"),
        pytest.param([(40, 20), (30, 30)], 40, 0, 10, id="when is not said"),
        pytest.param([(10, 50), (20, 40)], 20, 30, 10, id="both must have been down for half"),
        pytest.param([(0, 60), (0, 0)], 0, 0, 0, id="unknown beside down"),
    ],
)
def test_a_site_has_what_the_minutes_of_its_circuits_prove(circuits, up, dark, lost):
    rows = [of_circuit(f"C{n}", *minutes) for n, minutes in enumerate(circuits)]
    [row] = site_hour_query().rows(circuit_hour=rows)
    assert (row["up_minutes"], row["dark_minutes"], row["redundancy_lost_minutes"]) == (
        up,
        dark,
        lost,
    )
    assert (row["unknown_minutes"], row["unreachable_minutes"]) == (60 - up - dark, 0)


def test_transitions_that_no_circuit_of_a_site_counts_are_unknown():
    [row] = site_hour_query().rows(circuit_hour=[of_circuit("C1", 60, 0, None)])
    assert row["flap_count"] is None


@cache
def ports_query() -> Query:
    return Query(circuits_by_port(*map(unbound, (DIM_SITE, DIM_CIRCUIT, CIRCUIT_PORT))))


def test_a_port_is_its_circuits_while_all_of_it_holds():
    """The gateway's port moved to another circuit; the site had another name before."""
    found = ports_query().rows(
        dim_site=[site(valid_to=HOUR), site(valid_from=HOUR, site_name="Store One")],
        dim_circuit=[circuit("C1"), circuit("C2", valid_from=HOUR + H)],
        circuit_port=[
            carried("C1", valid_to=HOUR + H, interface="pp0"),
            carried("C2", valid_from=HOUR + H),
        ],
    )
    keys = ("site_name", "port_id", "circuit_id", "valid_to")
    assert sorted(tuple(str(row[key]) for key in keys) for row in found) == [
        ("Store 1", "ge-0/0/0", "C1", str(HOUR)),
        ("Store 1", "pp0", "C1", str(HOUR)),
        ("Store One", "ge-0/0/0", "C1", str(HOUR + H)),
        ("Store One", "ge-0/0/0", "C2", "None"),
        ("Store One", "pp0", "C1", str(HOUR + H)),
    ]
