"""Bytes of the hour 10:00 to 11:00 from differences of counters, cases to check in the head."""

from datetime import timedelta

import pytest

from wan_perf_tests.kpi.engine import measured
from wan_perf_tests.kpi.rows import BOOTED, GATEWAY, HOUR, PORT, H, at, event, polled_at, sample
from wan_perf_tests.kpi.state_reference import PortLife
from wan_perf_tests.kpi.traffic_reference import traffic

MINUTE_US = 60_000_000
MINUTE = timedelta(minutes=1)
FIGURES = ("rx_bytes", "tx_bytes", "observed_us", "reset_count", "dropped_count", "sample_count")


def figures(rx=None, tx=None, minutes=None, resets=0, drops=0, samples=0):
    observed = None if minutes is None else minutes * MINUTE_US
    return (rx, tx, observed, resets, drops, samples)


CASES = [
    pytest.param(
        [sample("10:10", 1000, 500), sample("10:15", 4000, 700)],
        figures(3000, 200, 5, samples=2),
        id="a difference within the hour",
    ),
    pytest.param(
        [sample("10:58", 0), sample("11:03", 1000)],
        figures(400, 400, 2, samples=1),
        id="10:58 to 11:03: two fifths are of this hour",
    ),
    pytest.param(
        [sample("09:57", 0), sample("10:02", 1001)],
        figures(400, 400, 2, samples=1),
        id="09:57 to 10:02: what the hour before does not get",
    ),
    pytest.param(
        [sample("10:00", 9000), sample("10:10", 300, booted="10:06")],
        figures(300, 300, 4, resets=1, samples=2),
        id="a boot at 10:06: all of the new value since then",
    ),
    pytest.param(
        [sample("10:00", 100), sample("10:10", 3000, booted="10:06")],
        figures(3000, 3000, 4, resets=1, samples=2),
        id="a boot is seen by the uptime also where the counter grew",
    ),
    pytest.param(
        [
            sample("10:00", 9000),
            sample("10:10", 300, booted="10:06"),
            sample("10:20", 100, booted="10:18"),
        ],
        figures(400, 400, 6, resets=2, samples=3),
        id="two boots",
    ),
    pytest.param(
        [sample("10:00", 9000), sample("10:40", 300, booted="10:35")],
        figures(300, 300, 5, resets=1, samples=2),
        id="a boot in a hole: the time since it is observed",
    ),
    pytest.param(
        [
            sample("10:00", 9000, booted="09:59"),
            sample("10:05", 500, booted="09:58"),
        ],
        figures(drops=1, samples=2),
        id="an older boot than before: went back without a boot",
    ),
    pytest.param(
        [sample("10:00", 9000), sample("10:05", 500, booted="09:50")],
        figures(drops=1, samples=2),
        id="a younger uptime, yet the boot was before the earlier sample: no boot in between",
    ),
    pytest.param(
        [sample("10:00", 9000), sample("10:05", 500), sample("10:10", 700)],
        figures(200, 200, 5, drops=1, samples=3),
        id="went back without a boot: dropped, and the next one counts",
    ),
    pytest.param(
        [sample("10:00", 500, 500), sample("10:05", 900, 400)],
        figures(drops=1, samples=2),
        id="one direction went back: neither counts",
    ),
    pytest.param(
        [sample("10:00", 0), sample("10:05", 40_000_000_000), sample("10:10", 40_000_000_500)],
        figures(500, 500, 5, drops=1, samples=3),
        id="40 GB in 5 minutes through 1000 Mbit/s: dropped and counted",
    ),
    pytest.param(
        [sample("10:00", 0), sample("10:05", 39_375_000_000)],
        figures(39_375_000_000, 39_375_000_000, 5, samples=2),
        id="exactly 1.05 times the line: counts",
    ),
    pytest.param(
        [sample("10:00", 0), sample("10:15", 600)],
        figures(600, 600, 15, samples=2),
        id="15:00 minutes count",
    ),
    pytest.param(
        [sample("10:00", 0), sample("10:15:01", 600)],
        figures(samples=2),
        id="15:01 is a hole",
    ),
    pytest.param(
        [sample("10:00", 0), sample("10:00", 0, polled="10:05"), sample("10:10", 600)],
        figures(600, 600, 10, samples=2),
        id="repeated rows are no new sample",
    ),
    pytest.param(
        [sample("10:00", 0), sample("10:10", 600), sample("10:10", 999, polled="10:15")],
        figures(600, 600, 10, samples=2),
        id="of equal instants the first that was received counts",
    ),
    pytest.param(
        [
            sample("10:00", 0),
            sample("10:10", None, polled="10:10"),
            sample("10:10", 9, polled="10:15"),
        ],
        figures(samples=2),
        id="also where the first says nothing",
    ),
    pytest.param(
        [sample("10:00", 0), sample("10:10", 600)]
        + [sample(f"10:{m}", m, source="port") for m in (10, 20, 30)],
        figures(20, 20, 20, samples=5),
        id="the source that observed more counts, nothing of the other",
    ),
    pytest.param(
        [sample("10:00", 0), sample("10:10", 600)]
        + [sample(f"10:{m}", m, source="port") for m in (20, 30)],
        figures(600, 600, 10, samples=4),
        id="of two that observed the same the first by name counts",
    ),
    pytest.param(
        [sample("10:00", 0), sample("10:10", 600, source="port")],
        figures(samples=2),
        id="two sources make no difference between them",
    ),
    pytest.param(
        [sample("10:00", 0), sample("10:05", None), sample("10:10", 600)],
        figures(600, 600, 10, samples=3),
        id="a sample without counters is passed over",
    ),
    pytest.param(
        [sample("10:00", 0), {**sample("10:05", 300), "tx_bytes_counter": None}],
        figures(samples=2),
        id="one counter alone says nothing",
    ),
    pytest.param(
        [sample("10:00", 9000, booted=None), sample("10:05", 500, booted=None)],
        figures(drops=1, samples=2),
        id="went back and no uptime is known: dropped",
    ),
    pytest.param(
        [sample("09:40", 0), sample("09:50", 100)], figures(), id="not of the hour, though near"
    ),
    pytest.param(
        [sample("10:58", 0), sample("11:03", 1000, polled="12:10")],
        figures(samples=1),
        id="received after the hour's evidence window: of neither hour",
    ),
]


def measured_at_once(cases, speed):
    """The row of each case: each has a port of its own, since a query costs half a second."""
    ports = [f"ge-0/0/{n}" for n, _ in enumerate(cases)]
    samples = [
        {**row, "port_id": port}
        for port, case in zip(ports, cases, strict=True)
        for row in case.values[0]
    ]
    rows = measured(samples, [], [(GATEWAY, port, HOUR, speed) for port in ports])
    return {case.id: row for case, row in zip(cases, rows, strict=True)}


@pytest.fixture(scope="module")
def measured_cases():
    return measured_at_once(CASES, 1000.0)


@pytest.mark.parametrize(("samples", "expected"), CASES)
def test_bytes_observed_time_and_oddities(samples, expected, measured_cases, request):
    row = measured_cases[request.node.callspec.id]
    counts = ("reset_count", "dropped_count", "sample_count")
    assert tuple(row[f] or 0 if f in counts else row[f] for f in FIGURES) == expected


@pytest.mark.parametrize(("samples", "expected"), CASES)
def test_the_reference_gives_the_same(samples, expected):
    reference = traffic(PortLife(polled_at(1000.0, samples), [], GATEWAY, PORT, HOUR))
    assert tuple(reference[f] for f in FIGURES) == expected


BASE, MB = 5_000_000_000, 1_000_000
OTHER_NODE = 2_000_000_000


def polled(**odd):
    """09:55 to 11:05 every 5 minutes, 1 MB each; `odd` says what a poll reads instead, by its n."""
    readings = {n: BASE + n * MB for n in range(15)} | {int(n[1:]): c for n, c in odd.items()}
    return [sample(at("9:55") + 5 * n * MINUTE, counter) for n, counter in readings.items()]


OUTLIERS = [
    pytest.param(polled(), (12, 60, 0), id="no outlier: 12 MB in the hour"),
    pytest.param(polled(p6=0), (12, 60, 1), id="a 0 between two good readings"),
    pytest.param(polled(p6=OTHER_NODE), (12, 60, 1), id="one reading of another node"),
    pytest.param(polled(p6=0, p7=0), (12, 60, 2), id="two low readings: a difference over 15"),
    pytest.param(
        polled(p6=0, p7=0, p8=0), (8, 40, 3), id="three: 20 minutes are a hole, no traffic"
    ),
    pytest.param(polled(p6=9 * BASE), (12, 60, 1), id="a high outlier"),
    pytest.param(polled(p6=9 * BASE, p7=9 * BASE + 5), (12, 60, 2), id="two high outliers"),
    pytest.param(
        polled(**{f"p{n}": OTHER_NODE + n * MB for n in range(1, 14, 2)}),
        (12, 60, 6),
        id="two nodes by turns: the higher counter's differences",
    ),
    pytest.param(
        polled(**{f"p{n}": OTHER_NODE + n * MB for n in (*range(5), 6, 8)}),
        (11, 55, 3),
        id="the other node first, then by turns, then this one: no jump counts",
    ),
    pytest.param(
        polled(**{f"p{n}": (n - 6) * MB for n in range(6, 15)}),
        (11, 55, 1),
        id="it stays low: the counter starts over",
    ),
    pytest.param(
        polled(**{f"p{n}": (n - 5) * MB for n in range(6, 15)} | {"p8": 0}),
        (11, 55, 2),
        id="an outlier right after it started over",
    ),
    pytest.param(polled(p1=0), (12, 60, 0), id="at 10:00: the drop is of the hour before"),
    pytest.param(polled(p13=0), (12, 60, 1), id="at 11:00: the drop is of this hour"),
    pytest.param(polled(p12=0), (12, 60, 1), id="at 10:55"),
]


@pytest.fixture(scope="module")
def measured_outliers():
    return measured_at_once(OUTLIERS, None)


@pytest.mark.parametrize(("samples", "expected"), OUTLIERS)
def test_outliers_are_passed_over(samples, expected, measured_outliers, request):
    """A 0 between two good readings was 5,017 MB of traffic: the return to 5,007 MB counted."""
    row = measured_outliers[request.node.callspec.id]
    figures = row["rx_bytes"] / MB, row["observed_us"] / MINUTE_US, row["dropped_count"]
    assert (*figures, row["reset_count"]) == (*expected, 0)
    reference = traffic(PortLife(samples, [], GATEWAY, PORT, HOUR))
    assert (reference["rx_bytes"], reference["dropped_count"]) == (expected[0] * MB, expected[2])


def test_an_outlier_at_the_edge_is_none_of_either_hour():
    """10:58 to 11:08 through 0 at 11:03: two and eight tenths of 1000 bytes."""
    samples = [sample(c, 9000) for c in ("10:48", "10:53")]
    samples += [sample("10:58", 9000), sample("11:03", 0), sample("11:08", 10_000)]
    hours = [(GATEWAY, PORT, HOUR + n * H, None) for n in (0, 1)]
    rows = measured(samples, [], hours)
    assert [row["rx_bytes"] for row in rows] == [200, 800]
    assert [row["dropped_count"] for row in rows] == [0, 1]


def test_an_outlier_of_one_direction_costs_neither():
    samples = [sample("10:00", 9000, 100), sample("10:05", 0, 150), sample("10:10", 9500, 300)]
    [row] = measured(samples, [], [(GATEWAY, PORT, HOUR, None)])
    assert (row["rx_bytes"], row["tx_bytes"], row["dropped_count"]) == (500, 200, 1)


def test_an_outlier_right_after_a_boot():
    samples = [sample("10:00", 9000)] + [
        sample(f"10:{5 * n:02}", counter, booted="10:02")
        for n, counter in enumerate((300, 0, 500), start=1)
    ]
    [row] = measured(samples, [], [(GATEWAY, PORT, HOUR, None)])
    assert (row["rx_bytes"], row["reset_count"], row["dropped_count"]) == (500, 1, 1)


@pytest.mark.parametrize(
    ("later", "figures"),
    [
        pytest.param("10:02", (900 + 8600, 1, 0), id="its uptime is as young: a boot"),
        pytest.param(BOOTED, (500, 0, 1), id="its uptime denies the boot: an outlier"),
        pytest.param(None, (900 + 8600, 1, 0), id="it has no uptime: nothing denies the boot"),
    ],
)
def test_a_return_after_a_younger_uptime(later, figures):
    samples = [
        sample("10:00", 9000),
        sample("10:05", 900, booted="10:02"),
        sample("10:10", 9500, booted=later),
    ]
    [row] = measured(samples, [], [(GATEWAY, PORT, HOUR, None)])
    assert (row["rx_bytes"], row["reset_count"], row["dropped_count"]) == figures


def test_the_counters_of_another_boot_are_never_subtracted():
    """A cluster changes over to a node that booted a week earlier, with the higher counter."""
    samples = [
        sample("10:00", 1000, booted="-2 00:00"),
        sample("10:05", 1300, booted="-2 00:00"),
        sample("10:10", 4_000_000, booted="-9 00:00"),
        sample("10:15", 4_000_500, booted="-9 00:00"),
    ]
    [row] = measured(samples, [], [(GATEWAY, PORT, HOUR, None)])
    assert (row["rx_bytes"], row["observed_us"]) == (800, 10 * MINUTE_US)
    assert (row["dropped_count"], row["reset_count"]) == (1, 0)


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
