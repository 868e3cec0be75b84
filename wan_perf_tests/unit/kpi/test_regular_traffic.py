"""Hours of regular readings have the bytes of the rules; odd ones are left to the rules."""

import random
from datetime import timedelta
from functools import cache

import ibis
import pytest

from wan_perf.kpi.hour.regular_traffic import regular_traffic
from wan_perf.kpi.state.evidence_window import MINUTE_US, evidence_events
from wan_perf.schema.tables import RAW_GATEWAY_EVENT, RAW_PORT_SAMPLE
from wan_perf_tests.support.examples import batches
from wan_perf_tests.support.kpi.engine import MEMBERS, Query, measured, member, unbound
from wan_perf_tests.support.kpi.regular_port import (
    BYTES_A_MINUTE,
    GATEWAY,
    HOURS,
    ODDITIES,
    Life,
    Oddity,
    a_missing_reading,
    a_slow_line,
    an_old_poll,
    disturbed,
    no_uptime,
    regular_port,
    repeated_samples,
    slower_polls,
)
from wan_perf_tests.support.kpi.rows import HOUR, PORT, H, Row
from wan_perf_tests.support.kpi.state_reference import PortLife
from wan_perf_tests.support.kpi.traffic_reference import traffic

FIGURES = ("rx_bytes", "tx_bytes", "observed_us", "reset_count", "dropped_count", "sample_count")
COUNTS = FIGURES[3:]
STILL_REGULAR = {
    *(a_missing_reading, a_slow_line, an_old_poll),
    *(no_uptime, repeated_samples, slower_polls),
}


@cache
def regular_query() -> Query:
    members = ibis.table(MEMBERS, name="members")
    events = evidence_events(unbound(RAW_GATEWAY_EVENT), members)
    return Query(regular_traffic(unbound(RAW_PORT_SAMPLE), events, members))


def named(number: int, rows: list[Row]) -> list[Row]:
    return [{**row, "gateway_mac": f"{GATEWAY} {number}"} for row in rows]


def all_of(lives: list[Life]) -> tuple[list[Row], list[Row], list[tuple[str, str, object, None]]]:
    """Samples and events of all lives, each of a gateway of its own, and their ports and hours."""
    return (
        [row for n, (samples, _) in enumerate(lives) for row in named(n, samples)],
        [row for n, (_, events) in enumerate(lives) for row in named(n, events)],
        [(f"{GATEWAY} {n}", PORT, hour, None) for n in range(len(lives)) for hour in HOURS],
    )


def regular(lives: list[Life]) -> dict[int, Row]:
    """The rows of regular hours, by number: three of each life."""
    samples, events, ports = all_of(lives)
    members = [member(n, gateway, port, hour) for n, (gateway, port, hour, _) in enumerate(ports)]
    rows = regular_query().rows(members=members, raw_port_sample=samples, raw_gateway_event=events)
    return {row["circuit_hour"]: row for row in rows}


def shown(row: Row) -> Row:
    return {name: row[name] or 0 if name in COUNTS else row[name] for name in FIGURES}


def test_an_hour_of_regular_readings_is_its_share_of_the_differences():
    """Readings at 9:57, 10:02, ..., 10:57, 11:02: three fifths of the first belong to 9:00."""
    row = regular([regular_port(timedelta(minutes=2))])[1]
    assert row["rx_bytes"] == 60 * BYTES_A_MINUTE
    assert (row["observed_us"], row["sample_count"]) == (60 * MINUTE_US, 12)
    assert (row["reset_count"], row["dropped_count"]) == (0, 0)


def test_neighbouring_hours_have_every_byte():
    samples, _ = regular_port(timedelta(seconds=7))
    rows = regular([(samples, [])])
    first, last = (
        next(s for s in samples if s["sampled_at"] > HOURS[0] + hours * timedelta(hours=1))
        for hours in (0, 3)
    )
    # Over either end reaches a difference of five minutes, seven seconds of it in the later hour.
    before, after = (
        next(s for s in reversed(samples) if s["sampled_at"] < row["sampled_at"])
        for row in (first, last)
    )
    whole = first["tx_bytes_counter"] - before["tx_bytes_counter"]
    end = last["tx_bytes_counter"] - after["tx_bytes_counter"]
    expected = (
        (whole - round(whole * 293 / 300))
        + (after["tx_bytes_counter"] - first["tx_bytes_counter"])
        + round(end * 293 / 300)
    )
    assert sum(rows[n]["tx_bytes"] for n in range(3)) == expected


@pytest.mark.parametrize(
    "members",
    [
        pytest.param([{"member_from_us": 1}], id="member from within the hour"),
        pytest.param([{"member_to_us": 59 * MINUTE_US}], id="member until within the hour"),
        pytest.param([{}, {"port_id": "ge-9", "port_hour": 1}], id="two members"),
    ],
)
def test_a_circuit_that_is_not_one_port_all_hour_is_left_to_the_rules(members: list[Row]):
    samples, _ = regular_port()
    rows = [{**member(0, GATEWAY, PORT, HOUR), **more} for more in members]
    assert regular_query().rows(members=rows, raw_port_sample=samples) == []


@pytest.mark.parametrize("seeds", batches(2000, 300))
def test_a_disturbed_port_is_as_the_reference_says(seeds: range):
    lives = [disturbed(seed) for seed in seeds]
    found = measured(*all_of(lives))
    for nth, (samples, events) in enumerate(lives):
        for hour, row in zip(HOURS, found[3 * nth : 3 * nth + 3], strict=True):
            life = PortLife(samples, events, GATEWAY, PORT, hour, [])
            assert (seeds[nth], hour, shown(row)) == (seeds[nth], hour, traffic(life))
            if any(event["event_kind"] == "port_disabled" for event in events):
                continue  # the reference is of the link, which is down; its circuit is disabled
            state = {
                "up_us": life.spent_us(True, hour, hour + H),
                "down_us": life.spent_us(False, hour, hour + H),
                "flap_count": life.flap_count(),
            }
            found_state = {name: row[name] for name in state}
            assert (seeds[nth], hour, found_state) == (seeds[nth], hour, state)


@pytest.mark.parametrize("seeds", batches(2000, 300))
def test_both_ways_are_taken(seeds: range):
    lives = [disturbed(seed) for seed in seeds]
    assert 0.3 < len(regular(lives)) / (3 * len(lives)) < 0.9


@pytest.mark.parametrize("oddity", dict.fromkeys(ODDITIES), ids=lambda oddity: oddity.__name__)
def test_what_two_readings_cannot_tell_is_left_to_the_rules(oddity: Oddity):
    lives = [regular_port() for _ in range(20)]
    for seed, life in enumerate(lives):
        oddity(life, random.Random(seed))
    count = len(regular(lives))
    assert count == 60 if oddity in STILL_REGULAR else count < 60
