"""Load and quality of a failover, and what happens to one over midnights: cases by hand."""

from datetime import datetime, timedelta

import pytest

from wan_perf_tests.support.kpi.rows import H, Row
from wan_perf_tests.unit.kpi.test_failovers import (
    MIDNIGHT,
    at,
    events_query,
    fell,
    pieces_query,
    states,
)

MINUTE = timedelta(minutes=1)
LONG_AGO = datetime.fromisoformat("2020-01-01T00:00")
BYTES_A_MINUTE = 6_000_000


def fact(clock: str, circuit: str, **more: object) -> Row:
    return {
        "hour": at(clock),
        "circuit_id": circuit,
        "site_id": "S1",
        "bandwidth_mbps": 100.0,
        "up_minutes": 60.0,
        **more,
    }


BEFORE = [
    fact("08:00", "P", active_minutes=60.0, utilization_pct=20.0, latency_avg_ms=20.0),
    fact("08:00", "B", active_minutes=0.0, utilization_pct=5.0, latency_avg_ms=70.0),
    fact("09:00", "P", active_minutes=30.0, utilization_pct=50.0, latency_avg_ms=50.0),
    fact("09:00", "B", active_minutes=30.0, utilization_pct=80.0, latency_avg_ms=None),
    fact("10:00", "P"),
    fact("10:00", "B"),
]
"""By minutes in use: (60 x 20 + 30 x 50 + 30 x 80) / 120 %, (60 x 20 + 30 x 50) / 90 ms."""


def counters(port: str, start: str, minutes: int) -> list[Row]:
    """Samples every five minutes of a port that carries 6 MB a minute in, 1 MB a minute out."""
    return [
        {
            "pass_at": at(start) + n * MINUTE,
            "sampled_at": at(start) + n * MINUTE,
            "gateway_mac": "gw",
            "port_id": port,
            "counter_source": "device",
            "is_up": True,
            "site_id": "S1",
            "uptime_seconds": 100_000.0 + 60 * n,
            "rx_bytes_counter": 10**9 + BYTES_A_MINUTE * n,
            "tx_bytes_counter": 10**6 * n,
        }
        for n in range(0, minutes + 1, 5)
    ]


def poll(clock: str, latency: float, loss: float) -> Row:
    return {
        "pass_at": at(clock),
        "sampled_at": at(clock),
        "gateway_mac": "gw",
        "site_id": "S1",
        "port_id": "b",
        "peer_mac": "hub",
        "is_up": True,
        "is_active": True,
        "latency_ms": latency,
        "loss_pct": loss,
    }


GIVEN = {
    "circuit_state": states("08:00", "11:00", *fell("10:10", "10:40")),
    "circuit_hour": BEFORE,
    "circuit_port": [
        {"circuit_id": "B", "gateway_mac": "gw", "port_id": "b", "valid_from": LONG_AGO},
        {"circuit_id": "P", "gateway_mac": "gw", "port_id": "p", "valid_from": LONG_AGO},
    ],
    "raw_port_sample": [*counters("b", "09:55", 60), *counters("p", "09:55", 60)],
    "raw_path_sample": [
        *(poll("10:05", 99.0, 9.0), poll("10:15", 40.0, 1.0), poll("10:25", 50.0, 3.0)),
        poll("10:45", 99.0, 9.0),
    ],
}


def test_load_and_quality_are_of_the_backup_while_it_carries_the_site() -> None:
    """Half an hour at 6 MB a minute: 180 MB of the 22.5 GB that 100 Mbit/s carry, 0.8 %."""
    [event] = events_query().rows(**GIVEN)
    assert (event["rx_bytes"], event["tx_bytes"]) == (180_000_000, 30_000_000)
    assert event["utilization_pct"] == 0.8
    assert (event["latency_avg_ms"], event["latency_max_ms"]) == (45, 50)
    assert (event["loss_avg_pct"], event["loss_max_pct"]) == (2, 3)
    assert (event["jitter_avg_ms"], event["jitter_max_ms"]) == (None, None)


def test_the_day_before_is_of_the_circuit_in_use_then() -> None:
    [event] = events_query().rows(**GIVEN)
    assert event["utilization_before_pct"] == 42.5
    assert event["latency_before_ms"] == 30
    assert event["loss_before_pct"] is None


def test_without_samples_load_and_quality_are_those_of_the_backups_hour() -> None:
    """360 MB in the hour, half of it on backup: 180 MB, 0.8 % of what 100 Mbit/s carry."""
    past = {"source": "history", "observed_minutes": 60.0, "quality_source": "history"}
    past |= {"rx_bytes": 360_000_000, "tx_bytes": 60_000_000, "latency_avg_ms": 45.0}
    hours = [*BEFORE[:5], fact("10:00", "B", **past)]
    [event] = events_query().rows(circuit_state=GIVEN["circuit_state"], circuit_hour=hours)
    assert (event["rx_bytes"], event["tx_bytes"]) == (180_000_000, 30_000_000)
    assert event["utilization_pct"] == 0.8
    assert (event["latency_avg_ms"], event["latency_max_ms"]) == (45, None)
    assert event["loss_avg_pct"] is None


def test_figures_of_hours_are_not_mixed_with_those_of_samples() -> None:
    """Samples give 180 MB and 45 ms; the hour says 36 GB and 900 ms."""
    past = {"source": "history", "observed_minutes": 60.0, "quality_source": "history"}
    past |= {"rx_bytes": 36_000_000_000, "tx_bytes": 0, "latency_avg_ms": 900.0}
    hours = [*BEFORE[:5], fact("10:00", "B", **past)]
    [event] = events_query().rows(**{**GIVEN, "circuit_hour": hours})
    assert (event["rx_bytes"], event["latency_avg_ms"]) == (180_000_000, 45)


def test_a_failover_without_telemetry_is_recorded_without_figures() -> None:
    [event] = events_query().rows(circuit_state=GIVEN["circuit_state"], circuit_hour=BEFORE[4:])
    unknown = ("rx_bytes", "utilization_pct", "latency_avg_ms", "loss_max_pct")
    assert [event[name] for name in (*unknown, "utilization_before_pct")] == [None] * 5
    assert event["on_backup_minutes"] == 30


def test_one_over_three_days_is_one_row_of_three_parts() -> None:
    lived = states("20:00", "+2 04:00", *fell("23:00", "+2 01:30"))
    newest = [{"hour": at("+2 03:00"), "circuit_id": "P", "site_id": "S1"}]
    parts = sorted(pieces_query().rows(circuit_state=lived), key=lambda part: part["started_at"])
    days = [MIDNIGHT + n * 24 * H for n in range(3)]
    assert [part["day"] for part in parts] == [day.date() for day in days]
    assert [part["on_backup_minutes"] for part in parts] == [60, 1440, 90]
    [event] = events_query().rows(circuit_state=lived, circuit_hour=newest)
    assert (event["started_at"], event["ended_at"]) == (at("23:00"), at("+2 01:30"))
    assert (event["on_backup_minutes"], event["is_open"], event["failover_cause"]) == (
        1590,
        False,
        "port",
    )


@pytest.mark.parametrize(
    ("edge", "expected"),
    [
        pytest.param("10:25", "B", id="both as long: the first by name"),
        pytest.param("10:20", "C", id="the one that was used longer"),
    ],
)
def test_the_backup_that_is_named(edge: str, expected: str) -> None:
    """B carries the site from 10:10 to the edge, C from there to 10:40."""
    lived = states(
        *("08:00", "11:00", ("P", "10:10", "10:40", "down", "inactive")),
        *(("B", "10:10", edge, "up", "active"), ("B", edge, "10:40", "up", "inactive")),
    )
    third = [
        {**row, "circuit_id": "C", "role_rank": 3}
        for row in states("08:00", "11:00", ("B", edge, "10:40", "up", "active"))
        if row["circuit_id"] == "B"
    ]
    newest = [{"hour": at("10:00"), "circuit_id": "P", "site_id": "S1"}]
    [event] = events_query().rows(circuit_state=[*lived, *third], circuit_hour=newest)
    assert event["backup_circuit_id"] == expected
