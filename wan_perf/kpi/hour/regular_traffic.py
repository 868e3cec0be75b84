"""Bytes of circuits whose one port is read without any irregularity: differences taken once.

Belongs here: which circuit-hours are regular, and what the rules come to for them.
Keep out: the rules (`traffic`, `counter_deltas`), which decide wherever a reading is out of line.

Nearly all ports are read every few minutes for months, with counters that only grow. Their
differences are the same in every evidence window, so no hour needs a copy of the readings to sort
for itself. Tests disturb such a port in twenty ways and compare every hour with the oracle of the
rules.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.hour.counter_deltas import (
    LONGEST_DIFFERENCE,
    READING_VALUES,
    adjacent_pairs,
    byte_differences,
    is_irregular,
)
from wan_perf.kpi.hour.line_rate import exceeds_line, speed_limit
from wan_perf.kpi.hour.traffic import circuit_traffic, part_of_bytes
from wan_perf.kpi.state.evidence_window import (
    HOUR_US,
    SAMPLE_REACH,
    counters,
    evidence_readings,
    fresh,
    microseconds,
    since_1970_us,
)
from wan_perf.kpi.state.interval_overlay import overlap_us
from wan_perf.kpi.state.port_states import close_down_events, edge_downs

_REACH_US = microseconds(SAMPLE_REACH)
_COMPARED = (*READING_VALUES, "source")


def hourly_traffic(raw_port_sample: ir.Table, events: ir.Table, members: ir.Table) -> ir.Table:
    """The traffic of each circuit_hour, see `traffic.circuit_traffic`.

    Args:
        raw_port_sample: From an hour before the first hour to an hour after the last.
        events: Those of the members, see `evidence_window.evidence_events`.
        members: Ports of circuits by hour, see `evidence_window.members_in_hour`.
    """
    regular = regular_traffic(raw_port_sample, events, members)
    others = members.anti_join(regular, "circuit_hour").select(*members.columns)
    # Few ports, found before their readings are copied for each hour.
    samples = raw_port_sample.semi_join(others, ["gateway_mac", "port_id"])
    readings = evidence_readings(samples, others)
    rest = circuit_traffic(readings, edge_downs(readings, events, others), others)
    return ibis.union(regular, rest.select(*regular.columns))


def regular_traffic(raw_port_sample: ir.Table, events: ir.Table, members: ir.Table) -> ir.Table:
    """Traffic of the circuit-hours of one port, all hour, without an irregular reading near it.

    Columns: circuit_hour, rx_bytes, tx_bytes, observed_us, reset_count, dropped_count,
    sample_count. No row of other circuit-hours, nor of those without a reading.
    """
    order = ibis.window(order_by=[members.gateway_mac, members.port_id])
    numbered = members.mutate(port=ibis.dense_rank().over(order))
    ports = numbered.select("gateway_mac", "port_id", "port").distinct()
    sums = _sums_by_hour(_pairs(raw_port_sample, ports))
    regular = sums.anti_join(_irregular_hours(sums), ["port", "hour_us"])
    alone = _alone_all_hour(numbered, events)
    return regular.inner_join(alone, ["port", "hour_us"]).select(
        *("circuit_hour", "rx_bytes", "tx_bytes", "observed_us"),
        *("reset_count", "dropped_count", "sample_count"),
    )


def _alone_all_hour(members: ir.Table, events: ir.Table) -> ir.Table:
    """Members that are all of a circuit for all of the hour, without a DOWN event close to it."""
    count = members.count().over(ibis.window(group_by=members.circuit_hour))
    counted = members.mutate(member_count=count)
    whole = counted.filter(
        (counted.member_count == 1)
        & (counted.member_from_us <= 0)
        & (counted.member_to_us >= HOUR_US)
    )
    up = whole.anti_join(close_down_events(events), "port_hour")
    return up.select("circuit_hour", "port", hour_us=since_1970_us(up.hour))


def _pairs(raw_port_sample: ir.Table, ports: ir.Table) -> ir.Table:
    """Each fresh reading with the one before it on its port, whatever the source.

    Columns: port, at_us since 1970, hour_us: the start of its hour, is_repeat: it says what the one
    before it says; is_odd: the rules need more than these two readings.
    """
    samples = fresh(raw_port_sample).inner_join(ports, ["gateway_mac", "port_id"])
    readings = samples.select(
        *("port", "pass_at", "is_up"),
        at_us=since_1970_us(samples.sampled_at),
        speed_mbps=speed_limit(samples.port_speed_mbps),
        source=samples.counter_source,
        **counters(samples),
    )
    pairs = adjacent_pairs(readings, ["port"], _COMPARED)
    apart = pairs.at_us - pairs.last_us
    has_same = {name: pairs[name].identical_to(pairs[f"last_{name}"]) for name in _COMPARED}
    is_same = ibis.and_(*has_same.values())
    is_alike = has_same["speed_mbps"] & has_same["source"]
    is_odd = (
        (pairs.rx.isnull() | pairs.tx.isnull() | ~pairs.is_up.fill_null(True))
        | (pairs.last_us.notnull() & ~is_alike)
        | ((apart == 0) & ~is_same).fill_null(False)
        | (apart > _REACH_US).fill_null(False)
        | is_irregular(pairs)
    )
    return pairs.mutate(
        hour_us=pairs.at_us - pairs.at_us % HOUR_US,
        is_repeat=(apart == 0).fill_null(False),
        is_odd=is_odd,
    )


def _sums_by_hour(pairs: ir.Table) -> ir.Table:
    """Per port and hour the figures of its traffic, where nothing in it or near it is odd.

    With odd_count, odd_early_count and odd_late_count: odd readings of the hour, and those that the
    hours before and after it see too.
    """
    # What counts lasts 15 minutes at most, so that it belongs to no hour before the previous one.
    crossing = pairs.filter(pairs.last_us < pairs.hour_us)
    copies = ibis.union(
        pairs.mutate(is_own=ibis.literal(True)),
        crossing.mutate(hour_us=crossing.hour_us - HOUR_US, is_own=ibis.literal(False)),
    )
    timed = byte_differences(copies)
    start, end = timed.from_us - timed.hour_us, timed.to_us - timed.hour_us
    took = end - start
    inside = overlap_us(start, end, 0, HOUR_US)
    is_dropped = exceeds_line(timed.rx_bytes, timed.tx_bytes, took, timed.speed_mbps)
    counts = ~is_dropped & (took <= microseconds(LONGEST_DIFFERENCE)) & (inside > 0)
    parts = timed.mutate(
        inside_us=ibis.ifelse(counts, inside, ibis.null("int64")),
        until_start=overlap_us(start, end, start, 0) / took.nullif(0),
        until_end=overlap_us(start, end, start, HOUR_US) / took.nullif(0),
        is_dropped=is_dropped,
        ends_here=(end > 0) & (end <= HOUR_US),
        is_early=timed.at_us - timed.hour_us < _REACH_US,
        is_late=timed.at_us - timed.hour_us >= HOUR_US - _REACH_US,
    )
    is_counted = parts.inside_us.notnull()

    def carried(amount: ir.IntegerValue) -> ir.IntegerScalar:
        return part_of_bytes(amount, parts).sum(where=is_counted)

    def count(where: ir.BooleanValue) -> ir.IntegerScalar:
        return where.fill_null(False).ifelse(1, 0).sum()

    is_odd = parts.is_odd & parts.is_own
    return parts.group_by("port", "hour_us").aggregate(
        rx_bytes=carried(parts.rx_bytes),
        tx_bytes=carried(parts.tx_bytes),
        observed_us=parts.inside_us.sum(),
        reset_count=count(parts.ends_here & parts.is_reset),
        dropped_count=count(parts.ends_here & parts.is_dropped),
        sample_count=count(parts.is_own & ~parts.is_repeat),
        odd_count=count(is_odd),
        odd_early_count=count(is_odd & parts.is_early),
        odd_late_count=count(is_odd & parts.is_late),
    )


def _irregular_hours(sums: ir.Table) -> ir.Table:
    """Hours of ports with an odd reading in them or within 20 minutes of them: port, hour_us."""
    return ibis.union(
        *(
            sums.filter(sums[count] > 0).select("port", hour_us=sums.hour_us + offset)
            for count, offset in (
                ("odd_count", 0),
                ("odd_early_count", -HOUR_US),
                ("odd_late_count", HOUR_US),
            )
        )
    )
