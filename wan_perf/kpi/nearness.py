"""What an hour may look at: its own rows and those near enough to speak about it.

Belongs here: how far evidence reaches into an hour, and the copy of it that each hour gets.
Keep out: what the evidence means (`state`, `traffic`).

Each hour gets its own copy of what lies near it and is computed from nothing else, so that an hour
alone and the same hour in any range are equal by construction. Instants become whole microseconds
from the start of that hour: plain integers that add up exactly in any order and on any engine.
"""

from datetime import timedelta

import ibis
import ibis.expr.types as ir

SAMPLE_REACH = timedelta(minutes=20)
"""Two samples further apart than this say nothing about the time between them."""
EVENT_REACH_BACK = timedelta(hours=24)
EVENT_REACH_AHEAD = timedelta(hours=1)
"""An event speaks for 24 hours after it, and from it back to the hour before its own."""

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 3_600 * SECOND_US
# Added, never subtracted: minus before an interval compiles to what Snowflake's stand-in refuses.
_AN_HOUR_BACK = ibis.interval(hours=-1)


def microseconds(reach: timedelta) -> int:
    """A duration as whole microseconds."""
    return reach // timedelta(microseconds=1)


def port_hours(service: ir.Table) -> ir.Table:
    """Ports of circuits in service x hour, with a narrow number for each: port_hour.

    Sorting by one integer instead of three texts is most of the speed of what follows.
    """
    ports = service.filter(service.port_id.notnull())
    ports = ports.select("gateway_mac", "port_id", "hour", "port_speed_mbps").distinct()
    order = ibis.window(order_by=[ports.hour, ports.gateway_mac, ports.port_id])
    return ports.mutate(port_hour=ibis.row_number().over(order))


def samples_near(raw_port_sample: ir.Table, ports: ir.Table) -> ir.Table:
    """Samples within 20 minutes of each port's hour: port_hour, source, at_us and the readings.

    Statistics with no newer instant are no new sample: of equal ones the first that was heard
    counts. A sample counts where every hour that it is near to sees its pass, from an hour before
    that hour to an hour after it; one that was heard later, or by a pass due long before it, counts
    for none, so that neighbouring hours never differ about what lies between them.
    """
    sampled_at, pass_at = raw_port_sample.sampled_at, raw_port_sample.pass_at
    reach_s = SAMPLE_REACH // timedelta(seconds=1)
    first_hour = (sampled_at + ibis.interval(seconds=-reach_s)).truncate("h")
    last_hour = (sampled_at + ibis.interval(seconds=reach_s)).truncate("h")
    in_time = raw_port_sample.filter(
        (pass_at < first_hour + ibis.interval(hours=2)) & (pass_at >= last_hour + _AN_HOUR_BACK)
    )
    keys = ["gateway_mac", "port_id", "counter_source", "sampled_at"]
    readings = ["is_up", "uptime_seconds", "rx_bytes_counter", "tx_bytes_counter"]
    readings += ["last_flapped_at"]
    equal = ibis.window(group_by=[in_time[key] for key in keys], order_by=in_time.pass_at)
    numbered = in_time.select(*keys, *readings, nth=ibis.row_number().over(equal))
    first = numbered.filter(numbered.nth == 0).mutate(own_hour=lambda t: t.sampled_at.truncate("h"))
    into_hour = instant_us(first.sampled_at, first.own_hour)
    reach = microseconds(SAMPLE_REACH)
    copies = ibis.union(
        first.mutate(hour=first.own_hour),
        first.filter(into_hour >= HOUR_US - reach).mutate(
            hour=first.own_hour + ibis.interval(hours=1)
        ),
        first.filter(into_hour < reach).mutate(hour=first.own_hour + _AN_HOUR_BACK),
    )
    near = copies.inner_join(ports, ["gateway_mac", "port_id", "hour"])
    return near.select(
        "port_hour",
        "port_speed_mbps",
        source=near.counter_source,
        at_us=instant_us(near.sampled_at, near.hour),
        is_up=ibis.cases((near.is_up, 1), (~near.is_up, 0)),
        flapped_us=instant_us(near.last_flapped_at, near.hour),
        uptime_us=(near.uptime_seconds * SECOND_US).round().cast("int64"),
        rx=near.rx_bytes_counter,
        tx=near.tx_bytes_counter,
    )


def events_near(raw_gateway_event: ir.Table, ports: ir.Table) -> ir.Table:
    """Port events from 24 hours before each port's hour to one after: port_hour, at_us, is_up."""
    changes = raw_gateway_event.filter(raw_gateway_event.event_kind.isin(["port_up", "port_down"]))
    pairs = changes.inner_join(ports, ["gateway_mac", "port_id"])
    at_us = instant_us(pairs.event_at, pairs.hour)
    near = pairs.filter(
        (at_us >= -microseconds(EVENT_REACH_BACK))
        & (at_us < HOUR_US + microseconds(EVENT_REACH_AHEAD))
    )
    return near.select("port_hour", at_us=at_us, is_up=(near.event_kind == "port_up").ifelse(1, 0))


def instant_us(instant: ir.TimestampValue, origin: ir.TimestampValue) -> ir.IntegerValue:
    """Where an instant lies from the origin. [us]"""
    return instant.delta(origin, unit="microsecond").cast("int64")
