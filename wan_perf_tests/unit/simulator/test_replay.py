"""A recorded series on one port: the gateway reports when the recording does."""

from datetime import datetime, timedelta

import pytest

from wan_perf.simulator import Fleet
from wan_perf.simulator.instants import epoch

FIRST = datetime.fromisoformat("2026-03-08 06:00:00")
ROWS = [(0, 1000), (300, 501.5), (300, 7), (600, 250), (4440, 100)]


@pytest.fixture
def replay(fleet, tmp_path) -> Fleet:
    """Four intervals, the second timestamp twice, a hole of 64 minutes before the last."""
    file = tmp_path / "received.csv"
    lines = [f"{(FIRST + timedelta(seconds=s)).isoformat(' ')},{value}" for s, value in ROWS]
    file.write_text("\n".join(["timestamp,value", *lines, ""]), encoding="utf-8")
    return fleet.replaying(file, "Store 0003", "ge-0/0/0")


@pytest.mark.parametrize(
    ("second", "reported", "received"),
    [
        pytest.param(0, 0, 1000, id="the first row"),
        pytest.param(299, 0, 1000, id="nothing new before the second"),
        pytest.param(300, 300, 1501, id="of a repeated timestamp the first row counts"),
        pytest.param(600, 600, 1751, id="fractions are kept until the counter is read"),
        pytest.param(4439, 600, 1751, id="a hole is a telemetry gap"),
        pytest.param(4440, 4440, 1851, id="and ends with the next row"),
        pytest.param(90000, 4440, 1851, id="after the recording there is nothing"),
    ],
)
def test_counters_at_the_reports(replay, second, reported, received):
    gateway = replay.gateways[2]
    port = gateway.wan_ports[0]
    at = gateway.reported_at(epoch(FIRST) + second)
    assert at == epoch(FIRST) + reported
    start = port.flow.counter_start
    assert port.counters(at) == (start + received, start + received // 2)


def test_before_the_recording_the_boot_is_the_only_report(replay):
    gateway = replay.gateways[2]
    assert gateway.reported_at(epoch(FIRST) - 1) == gateway.boots[0]
    assert (
        gateway.wan_ports[0].counters(gateway.boots[0])[0]
        == gateway.wan_ports[0].flow.counter_start
    )


def test_the_gateway_is_calm_and_the_others_keep_their_faults(fleet, replay):
    gateway = replay.gateways[2]
    assert all(not port.downs for port in gateway.ports)
    assert (len(gateway.boots), gateway.telemetry_gaps) == (1, ())
    mine = [fault for fault in fleet.faults if fault.gateway_mac == gateway.mac]
    assert set(fleet.faults) - set(replay.faults) == set(mine)
    assert replay.gateways[3:] == fleet.gateways[3:]


def test_the_truth_of_a_replay_is_the_recording(replay):
    truth = replay.truth(FIRST - timedelta(hours=1), FIRST + timedelta(hours=2))
    circuit = next(c for c in truth["circuits"] if c["gateway_mac"] == replay.gateways[2].mac)
    assert [hour["rx_bytes"] for hour in circuit["hours"]] == pytest.approx(
        # 100 bytes over the 3,840 s of the hole: 3,000 of them before the hour ends.
        [1000, 501.5 + 250 + 100 * 3000 / 3840, 100 * 840 / 3840]
    )
    gateway = truth["gateways"][2]
    assert (gateway["report_phase_s"], gateway["report_every_s"]) == (None, None)


@pytest.mark.parametrize(("site", "port"), [("Store 9999", "ge-0/0/0"), ("Store 0001", "ge-0/0/1")])
def test_only_a_wan_port_of_the_fleet_can_replay(fleet, tmp_path, site, port):
    file = tmp_path / "received.csv"
    file.write_text("timestamp,value\n2026-03-08 06:00:00,1\n2026-03-08 06:05:00,1\n", "utf-8")
    with pytest.raises(KeyError, match="no WAN port"):
        fleet.replaying(file, site, port)
