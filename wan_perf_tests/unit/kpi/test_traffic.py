"""Bytes of the hour 10:00 to 11:00 from differences of counters, cases to check in the head."""

import pytest

from wan_perf_tests.support.kpi.measured_cases import MINUTE_US, measured_at_once
from wan_perf_tests.support.kpi.rows import GATEWAY, HOUR, PORT, polled_at, sample
from wan_perf_tests.support.kpi.state_reference import PortLife
from wan_perf_tests.support.kpi.traffic_reference import traffic

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
