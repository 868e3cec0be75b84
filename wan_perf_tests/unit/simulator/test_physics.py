"""A port of 1,000 bytes/s received and 100 sent, so that every counter can be computed by hand."""

from dataclasses import replace

import pytest

from wan_perf.simulator.physics import Gateway
from wan_perf.simulator.ports import Port
from wan_perf.simulator.traffic import DailyFlow, Wave

FLOW = DailyFlow(rx=Wave(1000.0, 0.0, 0), tx=Wave(100.0, 0.0, 0))
BOOT = 1_000_000
PORT = Port("ge-0/0/0", "02", 515, 1000, FLOW, boots=(BOOT,))
GATEWAY = Gateway("02", "id", "gw", "SRX345", "s", "v", "site", (PORT,), (BOOT,), report_phase_s=7)


def test_counters_are_the_integral_of_the_rate_since_boot():
    assert PORT.counters(BOOT + 10) == (10_000, 1_000)


def test_counters_of_a_wave_are_its_integral_rounded_down():
    wave = Wave(1234.5, 0.25, 777)
    port = replace(PORT, flow=DailyFlow(wave, wave))
    expected = int(wave.volume(BOOT, BOOT + 98765))
    assert port.counters(BOOT + 98765) == (expected, expected)


@pytest.mark.parametrize(
    ("second", "up", "received"),
    [
        pytest.param(99, True, 99_000, id="before"),
        pytest.param(100, False, 100_000, id="down at the first instant"),
        pytest.param(130, False, 100_000, id="the counter stands"),
        pytest.param(159, False, 100_000, id="to the last second"),
        pytest.param(160, True, 100_000, id="up at the end"),
        pytest.param(161, True, 101_000, id="and counts on"),
    ],
)
def test_a_port_that_is_down_stops_its_counter(second, up, received):
    port = replace(PORT, downs=((BOOT + 100, BOOT + 160),))
    assert port.is_up(BOOT + second) is up
    assert port.counters(BOOT + second)[0] == received
    assert (port.rates(BOOT + second)[0] > 0) is up


def test_bytes_between_leave_the_down_seconds_out():
    port = replace(PORT, downs=((BOOT + 100, BOOT + 160), (BOOT + 300, BOOT + 310)))
    assert port.bytes_between(BOOT + 50, BOOT + 400) == pytest.approx((280_000, 28_000))
    assert port.bytes_between(BOOT + 110, BOOT + 150) == (0, 0)


def test_a_reset_zeroes_counter_and_uptime_and_loses_no_bytes():
    reset = BOOT + 500
    gateway = replace(GATEWAY, boots=(BOOT, reset))
    port = replace(PORT, boots=(BOOT, reset))
    assert port.counters(reset - 1)[0] == 499_000
    assert port.counters(reset) == (0, 0)
    assert port.counters(reset + 2)[0] == 2_000
    assert (gateway.uptime(reset - 1), gateway.uptime(reset)) == (499, 0)
    assert port.bytes_between(reset - 10, reset + 10)[0] == pytest.approx(20_000)


def test_a_reset_while_the_port_is_down_starts_at_zero():
    port = replace(PORT, boots=(BOOT, BOOT + 500), downs=((BOOT + 400, BOOT + 600),))
    assert port.counters(BOOT + 499)[0] == 400_000
    assert port.counters(BOOT + 550)[0] == 0
    assert port.counters(BOOT + 601)[0] == 1_000


def test_last_flapped_is_the_last_change_or_the_boot():
    port = replace(PORT, boots=(BOOT, BOOT + 500), downs=((BOOT + 100, BOOT + 160),))
    seen = [port.last_flapped(BOOT + second) for second in (50, 100, 159, 160, 500)]
    assert seen == [BOOT, BOOT + 100, BOOT + 100, BOOT + 160, BOOT + 500]


@pytest.mark.parametrize(
    ("at", "reported"),
    [
        pytest.param(1_000_027, 1_000_027, id="on the report itself"),
        pytest.param(1_000_086.9, 1_000_027, id="until the next one"),
        pytest.param(1_000_087, 1_000_087, id="which comes a minute later"),
    ],
)
def test_a_gateway_reports_each_minute_on_its_phase(at, reported):
    # 1,000,020 is a multiple of 60, and the gateway's phase is 7.
    assert GATEWAY.reported_at(at) == reported


def test_in_a_telemetry_gap_the_newest_report_stays_the_one_before():
    gateway = replace(GATEWAY, telemetry_gaps=((1_000_087, 1_000_687), (1_000_747, 1_001_000)))
    assert gateway.reported_at(1_000_086) == 1_000_027
    assert gateway.reported_at(1_000_087) == 1_000_027
    assert gateway.reported_at(1_000_686) == 1_000_027
    assert gateway.reported_at(1_000_687) == 1_000_687
    assert gateway.reported_at(1_000_900) == 1_000_687


def test_a_gateway_that_has_not_reported_yet_was_seen_when_it_booted():
    gateway = replace(GATEWAY, boots=(1_000_050,), telemetry_gaps=((0, 1_000_050),))
    assert gateway.reported_at(1_000_080) == 1_000_050
    assert gateway.reported_at(1_000_087) == 1_000_087
