"""40 sites, 48 hours, every fault: each circuit-hour against what physically happened."""

from collections.abc import Iterator
from datetime import datetime

import pandas as pd
import pytest

from wan_perf.simulator import Fleet
from wan_perf.tables import CIRCUIT_HOUR
from wan_perf_tests.graph.expected import Port, shared
from wan_perf_tests.graph.staged import HOUR, START, staged

pytestmark = pytest.mark.proof

END = START + 50 * HOUR
JUDGED = slice(1, 49)
"""The first and the last hour lack a neighbour; the 48 between them are judged."""
CLOSE_S = 0.005
"""Minutes are stored to 0.0001 min, which is 6 ms."""


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return Fleet.seeded(7, 40, START, END)


@pytest.fixture(scope="module")
def truth(fleet: Fleet) -> dict:
    return fleet.truth(START, END)


@pytest.fixture(scope="module")
def hours(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """Every stored circuit-hour by gateway, port and hour."""
    with staged(fleet, tmp_path_factory.mktemp("truth")) as stage:
        stage.runs.collect(START, END)
        rows = stage.rows(CIRCUIT_HOUR)
    return {(row.gateway_mac, row.port_id, epoch(row.hour)): row for row in rows.itertuples()}


def epoch(instant: datetime) -> float:
    return (pd.Timestamp(instant) - pd.Timestamp(0)).total_seconds()


def judged(truth: dict, hours: dict) -> Iterator[tuple]:
    """Each circuit-hour to be judged: the stored row, the truth's hour and the port's life."""
    for circuit in truth["circuits"]:
        port = Port.of(circuit, truth, epoch(START), epoch(END))
        for hour in circuit["hours"][JUDGED]:
            yield hours[circuit["gateway_mac"], circuit["port_id"], hour["hour"]], hour, port


def needed(truth: dict, hours: dict) -> Iterator[tuple]:
    """The same without the hours in which a circuit on demand was in standby for some time."""
    return (each for each in judged(truth, hours) if each[0].standby_minutes == 0)


def test_only_backups_over_lte_are_ever_in_standby(hours: dict):
    assert {row.port_id for row in hours.values() if row.standby_minutes > 0} == {"cl-1/0/0"}


def test_every_circuit_has_every_hour_once(truth: dict, hours: dict):
    assert len(hours) == len(truth["circuits"]) * 50


def test_the_fleet_suffers_every_fault(truth: dict):
    kinds = {fault["kind"] for fault in truth["faults"]}
    assert {"port_down", "counter_reset", "missed_polls", "api_outage", "congestion"} <= kinds


def test_known_down_time_is_right_to_the_second(truth: dict, hours: dict):
    wrong = [
        (row.circuit_id, row.hour, row.known_down_minutes * 60, port.known_down_s(hour["hour"]))
        for row, hour, port in needed(truth, hours)
        if abs(row.known_down_minutes * 60 - port.known_down_s(hour["hour"])) > CLOSE_S
    ]
    assert wrong == []


def test_unknown_time_is_right_to_the_second(truth: dict, hours: dict):
    wrong = [
        (row.circuit_id, row.hour, row.unknown_minutes * 60, unknown)
        for row, hour, port in needed(truth, hours)
        if abs(row.unknown_minutes * 60 - (unknown := lengths(port.unknown(hour["hour"]))))
        > CLOSE_S
    ]
    assert wrong == []


def test_no_time_is_called_up_that_was_down(truth: dict, hours: dict):
    """The one judgement that needs no rule of ours: up is at most what physically was up."""
    wrong = [
        (row.circuit_id, row.hour, row.up_minutes * 60, 3600 - hour["down_seconds"])
        for row, hour, _ in judged(truth, hours)
        if row.up_minutes * 60 > 3600 - hour["down_seconds"] + CLOSE_S
    ]
    assert wrong == []


def test_flaps_are_exact(truth: dict, hours: dict):
    wrong = [
        (row.circuit_id, row.hour, row.flap_count, hour["transitions"])
        for row, hour, _ in needed(truth, hours)
        if row.flap_count != hour["transitions"]
    ]
    assert wrong == []
    assert sum(hour["transitions"] for _, hour, _ in needed(truth, hours)) > 100


def test_observed_time_is_right_to_the_second(truth: dict, hours: dict):
    wrong = [
        (row.circuit_id, row.hour, row.observed_minutes * 60, observed)
        for row, hour, port in judged(truth, hours)
        if abs(row.observed_minutes * 60 - (observed := lengths(port.observed(hour["hour"]))))
        > CLOSE_S
    ]
    assert wrong == []


@pytest.mark.parametrize("direction", ["rx_bytes", "tx_bytes"])
def test_bytes_are_within_a_thousandth(truth: dict, hours: dict, fleet: Fleet, direction: str):
    """Over the observed parts of the hour, within 0.1 % of what the hour physically carried."""
    which = ["rx_bytes", "tx_bytes"].index(direction)
    ports = {(g.mac, p.port_id): p for g in fleet.gateways for p in g.wan_ports}
    wrong = []
    for row, hour, life in judged(truth, hours):
        port = ports[row.gateway_mac, row.port_id]
        parts = life.observed(hour["hour"])
        carried = sum(port.bytes_between(a, b)[which] for a, b in parts)
        stored = getattr(row, direction)
        if not parts:
            assert pd.isna(stored)
        elif abs(stored - carried) > 0.001 * hour[direction] + 1:
            wrong.append((row.circuit_id, row.hour, stored, carried))
    assert wrong == []


def test_an_hour_heard_in_full_has_the_truths_bytes(truth: dict, hours: dict):
    """The plain comparison, with no rule of ours: most hours, and within 0.1 %."""
    full = [(row, hour) for row, hour, _ in judged(truth, hours) if row.observed_minutes == 60]
    wrong = [
        (row.circuit_id, row.hour, row.rx_bytes, hour["rx_bytes"])
        for row, hour in full
        if abs(row.rx_bytes - hour["rx_bytes"]) > 0.001 * hour["rx_bytes"] + 1
    ]
    assert wrong == []
    assert len(full) > 0.9 * len(truth["circuits"]) * 48


def test_a_reset_is_seen_and_loses_only_what_nobody_read(truth: dict, hours: dict):
    boots = {
        (gateway["mac"], boot)
        for gateway in truth["gateways"]
        for boot in gateway["boots"]
        if epoch(START + HOUR) <= boot < epoch(END - HOUR)
    }
    counted = {}
    for row in hours.values():
        key = (row.gateway_mac, row.port_id)
        counted[key] = counted.get(key, 0) + row.reset_count
    for mac in {mac for mac, _ in boots}:
        planted = sum(1 for other, _ in boots if other == mac)
        found = [count for (gateway, _), count in counted.items() if gateway == mac]
        assert min(found) >= planted


def lengths(parts: list[tuple[float, float]]) -> float:
    return sum(b - a for a, b in parts)


def test_the_yardstick_itself_by_hand():
    """A port down 10:10 to 10:20, heard at 10:00, 10:05 and 10:50; no other event in reach."""
    ten = 36_000.0
    port = Port(downs=[(ten + 600, ten + 1200)], boots=[0.0], heard=[ten, ten + 300, ten + 3000])
    assert port.known_down_s(ten) == 600
    assert port.unknown(ten) == []
    silent = Port(downs=[], boots=[0.0], heard=port.heard)
    assert silent.unknown(ten) == [(ten + 300, ten + 3000), (ten + 3000, ten + 3600)]
    assert port.observed(ten) == [(ten, ten + 300)]
    assert shared((0, 10), (5, 20)) == 5


def test_an_event_speaks_for_24_hours_by_hand():
    """Up at 10:20 of the day before, then silence: known until 10:20, unknown from there."""
    ten = 36_000.0
    event = ten + 1200 - 24 * 3600
    port = Port(downs=[(event - 60, event)], boots=[0.0], heard=[event + 60])
    assert port.unknown(ten) == [(ten + 1200, ten + 3600)]
    assert port.unknown(ten - 3600) == []
