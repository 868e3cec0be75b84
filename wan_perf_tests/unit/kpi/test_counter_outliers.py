"""Readings of a counter that are none: outliers, and counters of another boot or node."""

import pytest

from wan_perf_tests.support.kpi.engine import measured
from wan_perf_tests.support.kpi.measured_cases import MINUTE, MINUTE_US, measured_at_once
from wan_perf_tests.support.kpi.rows import BOOTED, GATEWAY, HOUR, PORT, H, at, sample
from wan_perf_tests.support.kpi.state_reference import PortLife
from wan_perf_tests.support.kpi.traffic_reference import traffic

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
