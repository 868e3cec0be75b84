"""State and traffic of ragged lives: what the warehouse computes is what the reference says."""

from itertools import pairwise

from hypothesis import given

from wan_perf_tests.examples import oracle
from wan_perf_tests.kpi.engine import measured
from wan_perf_tests.kpi.ragged import PORTS, Life, estates, histories
from wan_perf_tests.kpi.rows import HOUR, H, Row, polled_at
from wan_perf_tests.kpi.seen import NEAR, hour_of
from wan_perf_tests.kpi.state_reference import PortLife
from wan_perf_tests.kpi.traffic_reference import (
    Difference,
    boots_of,
    chosen_pairs,
    differences,
    nearest_pairs,
    speed_mbps,
    traffic,
)

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


@oracle(60)
@given(estates())
def test_each_port_and_hour_is_as_the_reference_says(estate: Life):
    samples, events = estate
    found = measured(samples, events, everywhere())
    for where, row in zip(everywhere(), found, strict=True):
        shown = {name: row[name] or 0 if name in COUNTS else row[name] for name in JUDGED}
        assert (where, shown) == (where, reference(samples, events, where))
        assert 0 <= row["up_us"] + row["down_us"] <= 3_600_000_000


@oracle(30)
@given(estates(), histories())
def test_history_settles_what_is_unknown_and_nothing_else(estate: Life, history: list[Row]):
    samples, events = estate
    found = measured(samples, events, everywhere(), history)
    without = measured(samples, events, everywhere())
    for where, row, bare in zip(everywhere(), found, without, strict=True):
        shown = {name: row[name] or 0 if name in COUNTS else row[name] for name in JUDGED}
        assert (where, shown) == (where, reference(samples, events, where, history))
        settled = dict.fromkeys(("up_us", "link_up_us", "flap_count", "state_evidence"))
        assert {**row, **settled} == {**bare, **settled}
        assert row["up_us"] >= bare["up_us"]


@oracle(15)
@given(estates())
def test_the_order_of_the_rows_changes_nothing(estate: Life):
    samples, events = estate
    assert measured(samples[::-1], events[::-1], everywhere()) == measured(*estate, everywhere())


def limited(difference: Difference, rows: list[Row]) -> Difference:
    """The difference as the hour judges it in which it starts."""
    hour = hour_of(difference.start)
    around = [r for r in rows if hour - NEAR <= r["sampled_at"] < hour + H + NEAR]
    fastest = max((speed for row in around if (speed := speed_mbps(row))), default=None)
    return difference.limited(hour, fastest)


@oracle(60)
@given(estates())
def test_hours_together_have_every_byte_of_the_differences_that_count(estate: Life):
    """One source without delays, so that all three hours choose it and see the same samples."""
    samples, events = estate
    device = {
        (row["port_id"], row["sampled_at"]): {**row, "pass_at": row["sampled_at"]}
        for row in samples
        if row["counter_source"] == "device"
    }
    found = measured([*device.values()], events, everywhere())
    for nth, ((_, port), speed) in enumerate(zip(PORTS, SPEEDS, strict=True)):
        of_port = [
            row
            for (where, _), row in sorted(device.items(), key=lambda item: item[0])
            if where == port
        ]
        of_port = polled_at(speed, of_port)
        heard = [row for row in of_port if row["rx_bytes_counter"] is not None]
        series = heard, boots_of(heard)
        if chosen_pairs(*series) != nearest_pairs(*series):
            continue  # of two series that overlap one hour may see more than the other
        whole = [limited(d, of_port) for d in differences(of_port)]
        apart = [row["sampled_at"] - last["sampled_at"] for last, row in pairwise(heard)]
        if any(d.is_reset and gap > NEAR for d, gap in zip(whole, apart, strict=True)):
            continue  # the later hour does not see the sample before such a boot
        carried = sum(d.rx for d in whole if d.counts and d.end > d.start)
        of_hours = (row["rx_bytes"] or 0 for row in found[3 * nth : 3 * nth + 3])
        assert (port, sum(of_hours)) == (port, carried)
