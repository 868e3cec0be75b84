"""What is planted, and that it stays within its bounds."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from wan_perf.simulator import Fleet
from wan_perf.simulator.instants import DAY, epoch


def of_kind(fleet: Fleet, kind: str) -> list:
    return [fault for fault in fleet.faults if fault.kind == kind]


@pytest.mark.parametrize("seed", [1, 7, 2026])
def test_every_kind_occurs_often_in_forty_sites_and_two_days(seed, window):
    counts = Counter(fault.kind for fault in Fleet.seeded(seed, 40, *window).faults)
    per_port = ("port_down", "counter_reset", "missed_polls", "congestion")
    assert all(counts[kind] >= 10 for kind in per_port), counts
    assert counts["api_outage"] >= 2
    assert counts["lan_port_down"] >= 1


def test_one_seed_gives_one_fleet_and_another_seed_another(window):
    assert Fleet.seeded(3, 5, *window) == Fleet.seeded(3, 5, *window)
    assert Fleet.seeded(3, 5, *window) != Fleet.seeded(4, 5, *window)


def test_without_faults_nothing_is_planted(calm_fleet):
    assert calm_fleet.faults == ()
    assert all(not p.downs for g in calm_fleet.gateways for p in g.ports)
    assert all(len(g.boots) == 1 and not g.telemetry_gaps for g in calm_fleet.gateways)


def test_faults_of_one_port_are_a_minute_apart(window):
    # A year of twenty stores: enough neighbours for some to come too close, were it allowed.
    fleet = Fleet.seeded(7, 20, window[0], window[0] + timedelta(days=365))
    ports = {gateway.mac: [port.port_id for port in gateway.ports] for gateway in fleet.gateways}
    by_port = defaultdict(list)
    for fault in fleet.faults:
        struck = [fault.port_id] if fault.port_id else ports.get(fault.gateway_mac, [])
        for port_id in struck:
            by_port[fault.gateway_mac, port_id].append((fault.start, fault.end))
    gaps = [b[0] - a[1] for faults in by_port.values() for a, b in pairwise(sorted(faults))]
    assert len(gaps) > 10_000
    assert min(gaps) >= 60


def test_lengths_are_those_that_are_promised(fleet):
    lengths = {
        kind: [fault.end - fault.start for fault in of_kind(fleet, kind)]
        for kind in ("port_down", "counter_reset", "missed_polls", "congestion", "api_outage")
    }
    assert min(lengths["port_down"]) < 60
    assert max(lengths["port_down"]) > 3600
    assert set(lengths["counter_reset"]) == {0}
    assert min(lengths["missed_polls"]) >= 600
    assert max(lengths["missed_polls"]) <= 5400
    assert max(lengths["congestion"]) == 6 * 3600
    assert all(300 <= length <= 900 for length in lengths["api_outage"])


def test_some_port_flaps(fleet):
    downs = [port.downs for gateway in fleet.gateways for port in gateway.wan_ports]
    gaps = [b[0] - a[1] for intervals in downs for a, b in pairwise(intervals)]
    assert sum(gap < 300 for gap in gaps) >= 5


def test_at_most_two_api_outages_a_day():
    start = datetime.fromisoformat("2026-03-01 18:00")
    fleet = Fleet.seeded(5, 2, start, start + timedelta(days=20))
    by_day = Counter(fault.start // DAY for fault in of_kind(fleet, "api_outage"))
    assert len(by_day) == 21
    assert set(by_day.values()) == {1, 2}


def test_a_congested_circuit_peaks_near_its_contract_and_a_healthy_one_does_not(fleet):
    congested = {(f.gateway_mac, f.port_id) for f in of_kind(fleet, "congestion")}
    loads = defaultdict(list)
    for gateway in fleet.gateways:
        for port in gateway.wan_ports:
            peak = port.flow.rx.rate(port.flow.rx.phase + DAY / 4) / 125_000
            load = peak / port.line.provisioned_mbps[0]
            loads[(gateway.mac, port.port_id) in congested].append(load)
    assert 0.85 <= min(loads[True]) <= max(loads[True]) <= 1.1
    assert max(loads[False]) <= 0.6
    assert len(loads[True]) / 82 == pytest.approx(0.06, abs=0.02)


def test_the_peak_of_a_congestion_lies_in_its_middle(fleet):
    ports = {(g.mac, p.port_id): p for g in fleet.gateways for p in g.wan_ports}
    whole = [f for f in of_kind(fleet, "congestion") if f.end - f.start == 6 * 3600]
    assert whole
    for fault in whole:
        wave = ports[fault.gateway_mac, fault.port_id].flow.rx
        middle = (fault.start + fault.end) / 2
        assert wave.rate(middle) == pytest.approx(wave.base * (1 + wave.swing))


def test_every_fault_lies_in_the_window_on_whole_seconds(fleet):
    first, last = epoch(fleet.start), epoch(fleet.end)
    assert all(first <= f.start <= f.end <= last for f in fleet.faults)
    assert all(isinstance(f.start, int) and isinstance(f.end, int) for f in fleet.faults)


@pytest.mark.parametrize(("sites", "hours"), [(0, 1), (1, 0), (1, -1)])
def test_an_empty_fleet_is_refused(sites, hours, window):
    with pytest.raises(ValueError, match="at least one site"):
        Fleet.seeded(1, sites, window[0], window[0] + timedelta(hours=hours))
