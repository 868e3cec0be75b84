"""The truth agrees with physics, and physics with itself."""

import json
from datetime import timedelta

import pytest

from wan_perf.simulator.instants import epoch


@pytest.fixture(scope="module")
def truth(fleet):
    return fleet.truth(fleet.start, fleet.end)


def ports_of(fleet) -> dict:
    return {(g.mac, p.port_id): p for g in fleet.gateways for p in g.wan_ports}


def test_it_is_plain_json(truth):
    assert json.loads(json.dumps(truth)) == truth


def test_hours_sum_to_the_bytes_between(fleet, truth):
    ports = ports_of(fleet)
    assert len(truth["circuits"]) == len(ports)
    for circuit in truth["circuits"]:
        port = ports[circuit["gateway_mac"], circuit["port_id"]]
        rx, tx = port.bytes_between(epoch(fleet.start), epoch(fleet.end))
        assert sum(hour["rx_bytes"] for hour in circuit["hours"]) == pytest.approx(rx, rel=1e-9)
        assert sum(hour["tx_bytes"] for hour in circuit["hours"]) == pytest.approx(tx, rel=1e-9)


def test_down_seconds_and_transitions_are_those_of_the_faults(fleet, truth):
    for circuit in truth["circuits"]:
        downs = [
            fault
            for fault in fleet.faults
            if (fault.kind, fault.gateway_mac, fault.port_id)
            == ("port_down", circuit["gateway_mac"], circuit["port_id"])
        ]
        assert circuit["down"] == [[fault.start, fault.end] for fault in downs]
        seconds = sum(fault.end - fault.start for fault in downs)
        assert sum(hour["down_seconds"] for hour in circuit["hours"]) == seconds
        assert sum(hour["transitions"] for hour in circuit["hours"]) == 2 * len(downs)


def test_an_hour_of_a_known_outage(fleet):
    fault = next(
        f for f in fleet.faults if f.kind == "port_down" and f.start // 3600 == f.end // 3600
    )
    hour = fault.start // 3600 * 3600
    start = fleet.start + timedelta(seconds=hour - epoch(fleet.start))
    truth = fleet.truth(start, start + timedelta(minutes=5))
    circuit = next(
        c
        for c in truth["circuits"]
        if (c["gateway_mac"], c["port_id"]) == (fault.gateway_mac, fault.port_id)
    )
    assert [h["hour"] for h in circuit["hours"]] == [hour], "the whole hour is in the truth"
    inside = [f for f in circuit["down"] if hour <= f[0] and f[1] < hour + 3600]
    assert circuit["hours"][0]["transitions"] == 2 * len(inside)
    assert circuit["hours"][0]["down_seconds"] == sum(end - start for start, end in inside)


def test_gateways_have_boots_telemetry_gaps_and_how_they_report(fleet, truth):
    resets = [f for f in fleet.faults if f.kind == "counter_reset"]
    assert sum(len(gateway["boots"]) - 1 for gateway in truth["gateways"]) == len(resets)
    gaps = sorted(s for gateway in truth["gateways"] for s in gateway["telemetry_gaps"])
    planted = [[f.start, f.end] for f in fleet.faults if f.kind == "missed_polls"]
    assert gaps == sorted(planted)
    assert all(0 <= gateway["report_phase_s"] < 60 for gateway in truth["gateways"])


def test_circuits_without_contract_have_no_identifier_and_no_bandwidth(fleet, truth):
    without = [c for c in truth["circuits"] if c["circuit_id"] is None]
    assert len(without) == round(0.1 * len(truth["circuits"]))
    assert all(c["bandwidth_down_mbps"] is None for c in without)
    assert len(truth["circuits"]) - len(without) == len(fleet.contracts)
