"""Evidence window of an hour: its own rows and those close enough to be evidence of it.

Belongs here: how far evidence reaches into an hour, and the copy of it that each hour gets.
Keep out: what the evidence means (`port_states`, `kpi.hour.traffic`).

Each hour gets its own copy of the rows in its evidence window and is computed from nothing else: it
has the same result alone and in any range. Instants become whole microseconds from the start of
that hour: integers, whose sums are exact in any order and on any engine.
"""

from datetime import timedelta

import ibis
import ibis.expr.types as ir

SAMPLE_REACH = timedelta(minutes=20)
"""Between two samples further apart than this the state is unknown."""
_REACH_S = SAMPLE_REACH // timedelta(seconds=1)
EVENT_REACH_BACK = timedelta(hours=24)
EVENT_REACH_AHEAD = timedelta(hours=1)
"""An event is evidence for 24 hours after it, and back to the start of the hour before its own."""

EPOCH = "1970-01-01"
SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 3_600 * SECOND_US
# Added, never subtracted: Snowflake's stand-in rejects a minus before an interval.
_AN_HOUR_BACK = ibis.interval(hours=-1)


LINK_KINDS = ("port_up", "port_down", "port_disabled")
DOWN_KINDS = ("port_down", "port_disabled")
_PROVIDER_KINDS = ("arp_unresolved", "arp_resolved", "dhcp_unresolved", "dhcp_resolved")
PORT_KINDS = (*LINK_KINDS, *_PROVIDER_KINDS)


def microseconds(reach: timedelta) -> int:
    """A duration as whole microseconds."""
    return reach // timedelta(microseconds=1)


EVENT_REACH_US = microseconds(EVENT_REACH_BACK)
FOR_EVER_US = 2 * EVENT_REACH_US
"""Later than any evidence window."""


def members_in_hour(circuits: ir.Table, circuit_port: ir.Table) -> ir.Table:
    """Ports that are members of a circuit in service at any time of the hour.

    One row per circuit_hour and member, numbered by port_hour: sorting by one integer instead of
    three texts saves most of the time of later steps. Columns: circuit_hour, port_hour, hour,
    gateway_mac, port_id, interface, is_aggregate, member_from_us, member_to_us.
    """
    hours = circuits.select("circuit_hour", "circuit_id", "hour")
    end = hours.hour + ibis.interval(hours=1)
    pairs = hours.join(
        circuit_port,
        [
            hours.circuit_id == circuit_port.circuit_id,
            circuit_port.valid_from < end,
            circuit_port.valid_to.isnull() | (circuit_port.valid_to > hours.hour),
        ],
    )
    # A port that left the circuit and came back within the hour is two rows with one number each.
    members = pairs.select(
        "circuit_hour",
        "hour",
        *("gateway_mac", "port_id", "interface", "is_aggregate"),
        member_from_us=instant_us(pairs.valid_from, pairs.hour),
        member_to_us=instant_us(pairs.valid_to, pairs.hour).fill_null(FOR_EVER_US),
    )
    keys = ("circuit_hour", "gateway_mac", "port_id", "member_from_us")
    order = ibis.window(order_by=[members[key] for key in keys])
    return members.mutate(port_hour=ibis.row_number().over(order))


def path_ends(members: ir.Table) -> ir.Table:
    """Port names of a circuit in peer paths: the port's own and its interface's (pp0).

    Columns: circuit_hour, hour, gateway_mac, port_id, member_from_us, member_to_us; one row a name.
    """
    columns = ("circuit_hour", "hour", "gateway_mac", "member_from_us", "member_to_us")
    over = members.filter(members.interface != members.port_id)
    names = ibis.union(
        members.select(*columns, "port_id"), over.select(*columns, port_id=over.interface)
    )
    return names.group_by("circuit_hour", "hour", "gateway_mac", "port_id").aggregate(
        member_from_us=names.member_from_us.min(), member_to_us=names.member_to_us.max()
    )


def fresh(samples: ir.Table) -> ir.Table:
    """Samples that are not stale, each with its instant in `sampled_at`: the rule of all readers.

    A sample has its own instant, else that of its poll. Samples more than 20 minutes from their
    poll are ignored: an older one repeats the last report of a disconnected gateway, a later one
    comes from a wrong clock. So every hour with a sample in its evidence window also reads the
    sample's poll, from an hour before the hour to an hour after it, and neighbouring hours agree
    about the time between them.
    """
    timed = samples.mutate(sampled_at=samples.sampled_at.fill_null(samples.pass_at))
    return timed.filter(
        (timed.sampled_at >= timed.pass_at + ibis.interval(seconds=-_REACH_S))
        & (timed.sampled_at <= timed.pass_at + ibis.interval(seconds=_REACH_S))
    )


def hour_copies(rows: ir.Table, at: str) -> ir.Table:
    """The rows with `hour`: a copy for each hour within 20 minutes of the instant in `at`."""
    with_hour = rows.mutate(own_hour=rows[at].truncate("h"))
    into_hour = instant_us(with_hour[at], with_hour.own_hour)
    reach = microseconds(SAMPLE_REACH)
    copies = ibis.union(
        with_hour.mutate(hour=with_hour.own_hour),
        with_hour.filter(into_hour >= HOUR_US - reach).mutate(
            hour=with_hour.own_hour + ibis.interval(hours=1)
        ),
        with_hour.filter(into_hour < reach).mutate(hour=with_hour.own_hour + _AN_HOUR_BACK),
    )
    return copies.drop("own_hour")


def without_repeats(readings: ir.Table) -> ir.Table:
    """Only the first of readings with the same instant: the others repeat the sample."""
    return first_per_key(readings, "port_hour", "source", "at_us").drop("pass_at")


def first_per_key(rows: ir.Table, *key: str) -> ir.Table:
    """Of rows with the same key that of the first poll.

    Sorting all rows is cheaper than counting each key to sort only repeated ones: the rows would be
    buffered to be read a second time.
    """
    in_order = ibis.window(group_by=[rows[name] for name in key], order_by=rows.pass_at)
    numbered = rows.mutate(row_number=ibis.row_number().over(in_order))
    return numbered.filter(numbered.row_number == 0).drop("row_number")


def evidence_readings(raw_port_sample: ir.Table, ports: ir.Table) -> ir.Table:
    """Fresh readings within 20 minutes of each port's hour, repeated ones included.

    Columns: those of a sample, and pass_at.
    """
    fresh_samples = fresh(raw_port_sample)
    readings = ["is_up", "uptime_seconds", "rx_bytes_counter", "tx_bytes_counter"]
    readings += ["port_speed_mbps", "last_flapped_at", "counter_source", "sampled_at", "pass_at"]
    copies = hour_copies(fresh_samples.select("gateway_mac", "port_id", *readings), "sampled_at")
    selected = copies.inner_join(ports, ["gateway_mac", "port_id", "hour"])
    return selected.select(
        *("port_hour", "port_speed_mbps", "pass_at"),
        at_us=instant_us(selected.sampled_at, selected.hour),
        source=selected.counter_source,
        is_up=ibis.cases((selected.is_up, 1), (~selected.is_up, 0)),
        flapped_us=instant_us(selected.last_flapped_at, selected.hour),
        **counters(selected),
    )


def counters(samples: ir.Table) -> dict[str, ir.IntegerValue]:
    """What differences of a sample are taken of: uptime_us, and rx and tx [bytes]."""
    return {
        "uptime_us": (samples.uptime_seconds * SECOND_US).round().cast("int64"),
        "rx": samples.rx_bytes_counter,
        "tx": samples.tx_bytes_counter,
    }


def evidence_events(raw_gateway_event: ir.Table, ports: ir.Table) -> ir.Table:
    """Events that name a port or its interface: port_hour, at_us, event_kind.

    From 24 hours before each port's hour to one after. Where a port went down and up in one
    instant, it was down: the UP counts a microsecond later.
    """
    others = ports.filter(ports.interface != ports.port_id)
    names = ibis.union(
        ports.select("port_hour", "gateway_mac", "hour", "port_id"),
        others.select("port_hour", "gateway_mac", "hour", port_id=others.interface),
    )
    chosen = raw_gateway_event.filter(raw_gateway_event.event_kind.isin(PORT_KINDS))
    of_port = _in_reach(chosen.inner_join(names, ["gateway_mac", "port_id"]))
    at_once = ibis.window(group_by=[of_port.port_hour, of_port.at_us])
    bounced = of_port.event_kind.isin(DOWN_KINDS).ifelse(1, 0).max().over(at_once) == 1
    later = ibis.ifelse(bounced & (of_port.event_kind == "port_up"), 1, 0)
    return of_port.mutate(at_us=of_port.at_us + later)


def evidence_gateway_events(raw_gateway_event: ir.Table, ports: ir.Table) -> ir.Table:
    """Connect and disconnect events of a gateway for each of its ports.

    Columns: port_hour, at_us, event_kind.
    """
    kinds = ("gateway_disconnected", "gateway_connected")
    chosen = raw_gateway_event.filter(raw_gateway_event.event_kind.isin(kinds)).drop("port_id")
    return _in_reach(chosen.inner_join(ports, "gateway_mac"))


def evidence_telemetry_gaps(gateway_silence: ir.Table, ports: ir.Table) -> ir.Table:
    """Telemetry gaps that overlap the hour: port_hour, from_us, to_us, outcome, port_id.

    Rows of the gateway (port_id NULL) and of the port itself. A telemetry gap lasts 24 hours at
    most: one that overlaps an hour ends in that hour or in one of the 24 hours after it.
    """
    own = gateway_silence.rename(of_port="port_id")
    pairs = own.inner_join(ports, "gateway_mac")
    theirs = pairs.filter(pairs.of_port.isnull() | (pairs.of_port == pairs.port_id))
    timed = theirs.select(
        "port_hour",
        "outcome",
        port_id=theirs.of_port,
        from_us=instant_us(theirs.started_at, theirs.hour),
        to_us=instant_us(theirs.ended_at, theirs.hour),
    )
    return timed.filter((timed.from_us < HOUR_US) & (timed.to_us > 0))


def _in_reach(pairs: ir.Table) -> ir.Table:
    timed = pairs.select("port_hour", "event_kind", at_us=instant_us(pairs.event_at, pairs.hour))
    return timed.filter(
        (timed.at_us >= -EVENT_REACH_US) & (timed.at_us < HOUR_US + microseconds(EVENT_REACH_AHEAD))
    )


def since_1970_us(instant: ir.TimestampValue) -> ir.IntegerValue:
    """Time from the start of 1970 to the instant. [us]"""
    return instant_us(instant, ibis.timestamp(EPOCH))


def instant_us(instant: ir.TimestampValue, origin: ir.TimestampValue) -> ir.IntegerValue:
    """Time from the origin to the instant. [us]"""
    return instant.delta(origin, unit="microsecond").cast("int64")
