"""Bytes of the hour 10:00 to 11:00: the line's rate as a limit, and what both hours share."""

import pytest

from wan_perf_tests.support.kpi.engine import measured
from wan_perf_tests.support.kpi.measured_cases import MINUTE_US
from wan_perf_tests.support.kpi.rows import GATEWAY, HOUR, PORT, H, event, sample


@pytest.mark.parametrize("speed", [None, 0.0, -1.0])
def test_an_unknown_speed_drops_nothing(speed):
    samples = [sample("10:00", 0), sample("10:05", 40_000_000_000)]
    [row] = measured(samples, [], [(GATEWAY, PORT, HOUR, speed)])
    assert (row["rx_bytes"], row["dropped_count"]) == (40_000_000_000, 0)


def test_the_speed_that_a_port_negotiates_in_the_hour_is_the_limit():
    """10 Mbit/s carry 394 MB in 5 minutes; the port's own rows say 1000 from 10:29 on."""
    samples = [sample(f"10:{5 * n:02}", n * 1_000_000_000) for n in range(7)]
    samples += [
        sample(clock, source="port", port_speed_mbps=speed)
        for clock, speed in (("9:59", 10.0), ("10:29", 1000.0))
    ]
    [row] = measured(samples, [], [(GATEWAY, PORT, HOUR, None)])
    assert (row["rx_bytes"], row["dropped_count"]) == (6_000_000_000, 0)


def test_over_the_edge_of_the_hour_the_speed_is_that_of_both_readings():
    """Polled at 10 Mbit/s before the edge and at 1000 after it: no limit of the older one holds."""
    samples = [
        sample("10:58", 0, port_speed_mbps=10.0),
        sample("11:03", 1_000_000_000, port_speed_mbps=1000.0),
        sample("11:08", 1_000_000_000),
        sample("11:13", 2_000_000_000),
    ]
    rows = measured(samples, [], [(GATEWAY, PORT, HOUR + n * H, None) for n in (0, 1)])
    assert [row["rx_bytes"] for row in rows] == [400_000_000, 1_600_000_000]


def test_nothing_flows_through_a_port_that_is_down():
    """10:56 to 11:06 with the port down from 10:58 to 11:00: 2 of 8 live minutes in this hour."""
    samples = [sample("10:56", 0), sample("11:06", 800)]
    events = [event("10:58", "down"), event("11:00", "up")]
    rows = measured(samples, events, [(GATEWAY, PORT, HOUR + n * H, 1000.0) for n in (0, 1)])
    assert [row["rx_bytes"] for row in rows] == [200, 600]
    assert [row["observed_us"] for row in rows] == [4 * MINUTE_US, 6 * MINUTE_US]


def test_bytes_though_it_was_down_all_the_time_are_split_by_time():
    samples = [sample("10:56", 0, up=False), sample("11:06", 800, up=False)]
    rows = measured(samples, [], [(GATEWAY, PORT, HOUR + n * H, 1000.0) for n in (0, 1)])
    assert [row["rx_bytes"] for row in rows] == [320, 480]


@pytest.mark.parametrize("carried", [1, 3, 101, 9_999_999_999])
def test_no_byte_is_lost_or_doubled_at_the_edge_of_the_hour(carried):
    samples = [sample("10:55", 0), sample("11:05", carried)]
    rows = measured(samples, [], [(GATEWAY, PORT, HOUR + n * H, None) for n in (0, 1)])
    assert sum(row["rx_bytes"] for row in rows) == carried


def test_what_one_hour_alone_knows_does_not_move_bytes_to_the_other():
    """Only the hour of 11:00 sees the event of 12:30, which proves it down from its start."""
    samples = [sample("10:58", 0, up=None), sample("11:03", 1000, up=None)]
    hours = [(GATEWAY, PORT, HOUR + n * H, 1000.0) for n in (0, 1)]
    rows = measured(samples, [event("12:30", "up")], hours)
    assert [row["rx_bytes"] for row in rows] == [400, 600]
    assert [row["down_us"] for row in rows] == [0, 60 * MINUTE_US]
