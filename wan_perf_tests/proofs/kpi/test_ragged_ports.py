"""State and traffic of ragged lives: what the warehouse computes is what the reference says.

Planning a query takes longer than its rows do, so that all estates are computed in one.
"""

from collections.abc import Iterable
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import strategies as st

from wan_perf_tests.support.examples import drawn
from wan_perf_tests.support.kpi.engine import measured
from wan_perf_tests.support.kpi.ragged import PORTS, Life, estates, histories
from wan_perf_tests.support.kpi.rows import HOUR, H, Row, polled_at
from wan_perf_tests.support.kpi.seen import NEAR, hour_of
from wan_perf_tests.support.kpi.state_reference import PortLife
from wan_perf_tests.support.kpi.traffic_reference import (
    Difference,
    boots_of,
    chosen_pairs,
    differences,
    nearest_pairs,
    speed_mbps,
    traffic,
)

pytestmark = pytest.mark.oracle

HOURS = [HOUR - H, HOUR, HOUR + H]
SPEEDS = [1000.0, None, 50.0, 1000.0, 300.0, 1000.0]
COUNTS = ("reset_count", "dropped_count", "sample_count", "flap_count")
JUDGED = ("up_us", "down_us", "rx_bytes", "tx_bytes", "observed_us", *COUNTS)


def reference(
    samples: list[Row], events: list[Row], where: tuple, history: list[Row] | None = None
) -> Row:
    gateway, port, hour, speed = where
    life = PortLife(polled_at(speed, samples), events, gateway, port, hour, history or [])
    return {
        "up_us": life.spent_us(True, hour, hour + H),
        "down_us": life.spent_us(False, hour, hour + H),
        "flap_count": life.flap_count(),
        **traffic(life),
    }


def everywhere() -> list[tuple]:
    return [(*port, hour, s) for port, s in zip(PORTS, SPEEDS, strict=True) for hour in HOURS]


@cache
def lives() -> list[tuple[Life, list[Row]]]:
    """Estates that know nothing of each other, each with a history."""
    return drawn(st.tuples(estates(), histories()))


def gateway_of(estate: int) -> str:
    """The name that an estate's gateway has among the others."""
    return f"{PORTS[0][0]} of estate {estate}"


def renamed(number: int, rows: Iterable[Row]) -> list[Row]:
    return [{**row, "gateway_mac": gateway_of(number)} for row in rows]


def together(several: list[Life], histories: Iterable[list[Row]] = ()) -> list[list[Row]]:
    """The figures of each estate, computed in one query: a row for each of `everywhere()`."""
    count = len(everywhere())
    found = measured(
        [row for n, (samples, _) in enumerate(several) for row in renamed(n, samples)],
        [row for n, (_, events) in enumerate(several) for row in renamed(n, events)],
        [(gateway_of(n), *where[1:]) for n in range(len(several)) for where in everywhere()],
        [row for n, history in enumerate(histories) for row in renamed(n, history)],
    )
    assert len(found) == count * len(several)
    return [found[first : first + count] for first in range(0, len(found), count)]


def test_each_port_and_hour_is_as_the_reference_says():
    several = [estate for estate, _ in lives()]
    for nth, (estate, found) in enumerate(zip(several, together(several), strict=True)):
        for where, row in zip(everywhere(), found, strict=True):
            shown = {name: row[name] or 0 if name in COUNTS else row[name] for name in JUDGED}
            assert (nth, where, shown) == (nth, where, reference(*estate, where))
            assert 0 <= row["up_us"] + row["down_us"] <= 3_600_000_000


def test_history_settles_what_is_unknown_and_nothing_else():
    several = [estate for estate, _ in lives()]
    found = together(several, [history for _, history in lives()])
    for nth, (of_estate, bare) in enumerate(zip(found, together(several), strict=True)):
        estate, history = lives()[nth]
        for where, row, without in zip(everywhere(), of_estate, bare, strict=True):
            shown = {name: row[name] or 0 if name in COUNTS else row[name] for name in JUDGED}
            assert (nth, where, shown) == (nth, where, reference(*estate, where, history))
            settled = dict.fromkeys(("up_us", "link_up_us", "flap_count", "state_evidence"))
            assert (nth, {**row, **settled}) == (nth, {**without, **settled})
            assert row["up_us"] >= without["up_us"]


def test_an_estate_is_computed_alone_as_among_others():
    several = [estate for estate, _ in lives()]
    numbers = dict.fromkeys(("circuit_hour", "circuit_id"))
    for nth, found in list(enumerate(together(several)))[:5]:
        alone = measured(*several[nth], everywhere())
        assert [{**row, **numbers} for row in found] == [{**row, **numbers} for row in alone]


def test_the_order_of_the_rows_changes_nothing():
    several = [estate for estate, _ in lives()]
    reversed_rows = [(samples[::-1], events[::-1]) for samples, events in several]
    for nth, (found, plain) in enumerate(
        zip(together(reversed_rows), together(several), strict=True)
    ):
        assert (nth, found) == (nth, plain)


def limited(difference: Difference, rows: list[Row]) -> Difference:
    """The difference as the hour judges it in which it starts."""
    hour = hour_of(difference.start)
    around = [r for r in rows if hour - NEAR <= r["sampled_at"] < hour + H + NEAR]
    fastest = max((speed for row in around if (speed := speed_mbps(row))), default=None)
    return difference.limited(hour, fastest)


def without_delays(samples: list[Row]) -> dict[tuple, Row]:
    """The samples of one source, each polled when it was sampled."""
    return {
        (row["port_id"], row["sampled_at"]): {**row, "pass_at": row["sampled_at"]}
        for row in samples
        if row["counter_source"] == "device"
    }


def test_hours_together_have_every_byte_of_the_differences_that_count():
    """One source without delays, so that all three hours choose it and see the same samples."""
    devices = [without_delays(samples) for (samples, _), _ in lives()]
    several = [
        ([*device.values()], events)
        for device, ((_, events), _) in zip(devices, lives(), strict=True)
    ]
    for estate, (device, found) in enumerate(zip(devices, together(several), strict=True)):
        assert_every_byte(estate, device, found)


def assert_every_byte(estate: int, device: dict[tuple, Row], found: list[Row]) -> None:
    """The bytes of a port's three hours are those of its differences."""
    for nth, ((_, port), speed) in enumerate(zip(PORTS, SPEEDS, strict=True)):
        of_port = [
            row
            for (where, _), row in sorted(device.items(), key=lambda item: item[0])
            if where == port
        ]
        of_port = polled_at(speed, of_port)
        with_counter = [row for row in of_port if row["rx_bytes_counter"] is not None]
        series = with_counter, boots_of(with_counter)
        if chosen_pairs(*series) != nearest_pairs(*series):
            continue  # of two series that overlap one hour may see more than the other
        whole = [limited(d, of_port) for d in differences(of_port)]
        apart = [row["sampled_at"] - last["sampled_at"] for last, row in pairwise(with_counter)]
        if any(d.is_reset and gap > NEAR for d, gap in zip(whole, apart, strict=True)):
            continue  # the later hour does not see the sample before such a boot
        carried = sum(d.rx for d in whole if d.counts and d.end > d.start)
        of_hours = (row["rx_bytes"] or 0 for row in found[3 * nth : 3 * nth + 3])
        assert (estate, port, sum(of_hours)) == (estate, port, carried)
