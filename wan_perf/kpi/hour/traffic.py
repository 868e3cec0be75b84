"""Bytes of a circuit in an hour, from differences of its ports' counters.

Belongs here: which differences count, what part of one belongs to the hour, sums over members.
Keep out: utilization (`schema.formulas`), which samples belong to an hour
(`kpi.state.evidence_window`), which reading is subtracted from which (`counter_deltas`).

- A difference is taken between two samples of one counter source, by the gateway's own instants;
  which two, and which differences are dropped and counted, is in `counters`.
- A difference over more than 15 minutes is a hole: its time is not observed.
- A difference that crosses the edge of the hour is split in proportion to time, except the time in
  which the port is known to be down: a port that is down carries nothing. Only observations less
  than 20 minutes from that edge are used for this, as both hours have them: the parts of the two
  hours add up to the difference, to the byte. (Where a boot ends a telemetry gap of over 20
  minutes, the later hour does not have the sample before it, and its part stays unobserved.)
- The bytes of a circuit are the sum over its members. Its observed time is that in which any member
  is observed, since a member without telemetry is dead or gone. An aggregated interface with
  counters of its own replaces its members.
- Of two counter sources the one that observed more of the hour counts, of equal ones the first by
  name; they are never mixed in one figure. Resets and drops are those of that source, counted in
  the hour in which the difference ends, even where nothing else was observed.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.hour.counter_deltas import counter_deltas, ordered_readings
from wan_perf.kpi.state.evidence_window import HOUR_US, SECOND_US
from wan_perf.kpi.state.interval_overlay import kind_intervals, overlap_us, overlay_intervals
from wan_perf.kpi.state.telemetry_gaps import IDLE_BPS
from wan_perf.schema.columns import COLUMNS

_USE = ("idle", "used")


def circuit_traffic(readings: ir.Table, downs: ir.Table, members: ir.Table) -> ir.Table:
    """Per circuit_hour: rx_bytes, tx_bytes, observed_us, reset_count, dropped_count, sample_count.

    Bytes are NULL where no difference covers any of the hour. No row without readings.
    """
    ordered = ordered_readings(readings)
    difference = counter_deltas(ordered)
    of_hour = _of_hour(difference, members)
    split = _without_downs(of_hour, downs)
    sums = split.group_by("port_hour", "source").aggregate(
        rx_bytes=part_of_bytes(split.rx_bytes, split).sum(),
        tx_bytes=part_of_bytes(split.tx_bytes, split).sum(),
    )
    with_counts = _resets_and_drops(difference).left_join(sums, ["port_hour", "source"])
    of_circuit = _of_circuits(with_counts.drop("port_hour_right", "source_right"), members)
    keys = ["circuit_hour", "source"]
    timed = of_circuit.left_join(_observed(of_hour, members), keys)
    of_circuit = timed.drop(*(f"{key}_right" for key in keys))
    best = ibis.window(
        group_by=of_circuit.circuit_hour,
        order_by=[of_circuit.observed_us.fill_null(0).desc(), of_circuit.source],
    )
    chosen = of_circuit.mutate(row_number=ibis.row_number().over(best))
    chosen = chosen.filter(chosen.row_number == 0)
    sampled = _sample_counts(ordered, members)
    joined = sampled.left_join(chosen.drop("row_number", "source"), "circuit_hour")
    return joined.drop("circuit_hour_right")


def _sample_counts(ordered: ir.Table, members: ir.Table) -> ir.Table:
    """Per circuit_hour with readings: sample_count, those within the hour."""
    here = (ordered.at_us >= 0) & (ordered.at_us < HOUR_US)
    of_port = ordered.group_by("port_hour").aggregate(count=here.ifelse(1, 0).sum())
    owned = of_port.inner_join(members.select("port_hour", "circuit_hour"), "port_hour")
    return owned.group_by("circuit_hour").aggregate(sample_count=owned["count"].sum())


def _of_circuits(ports: ir.Table, members: ir.Table) -> ir.Table:
    """Sums over the members per circuit_hour and source."""
    circuit_of_port = members.select("port_hour", "circuit_hour", "is_aggregate")
    parts = prefer_aggregate(ports.inner_join(circuit_of_port, "port_hour"), "rx_bytes", "source")
    return parts.group_by("circuit_hour", "source").aggregate(
        rx_bytes=parts.rx_bytes.sum(),
        tx_bytes=parts.tx_bytes.sum(),
        reset_count=parts.reset_count.max(),
        dropped_count=parts.dropped_count.sum(),
    )


def _observed(of_hour: ir.Table, members: ir.Table) -> ir.Table:
    """Per circuit_hour and source: observed_us, the time that differences of any member cover.

    Differences of one port are consecutive: only circuits of several members need an overlay.
    """
    count = members.count().over(ibis.window(group_by=members.circuit_hour))
    circuit_of_port = members.select("port_hour", "circuit_hour", is_alone=count == 1)
    every = of_hour.inner_join(circuit_of_port, "port_hour")
    alone, several = every.filter(every.is_alone), every.filter(~every.is_alone)
    sums = alone.group_by("circuit_hour", "source").aggregate(observed_us=alone.inside_us.sum())
    covered = several.select(
        "circuit_hour",
        from_us=ibis.greatest(several.from_us, several.low_us),
        to_us=ibis.least(several.to_us, several.high_us),
        kind=several.source,
    )
    sources = COLUMNS["counter_source"].one_of
    overlay = overlay_intervals("circuit_hour", covered, sources)
    lengths = overlay.to_us - overlay.from_us
    return ibis.union(
        sums,
        *(
            overlay.filter(overlay[source])
            .group_by("circuit_hour", source=ibis.literal(source))
            .aggregate(observed_us=lengths.sum())
            for source in sources
        ),
    )


def prefer_aggregate(parts: ir.Table, observed: str, *within: str) -> ir.Table:
    """The parts to sum per circuit_hour: the aggregate if it was observed, else all members."""
    is_whole = parts.is_aggregate.fill_null(False) & parts[observed].notnull()
    group = ibis.window(group_by=[parts.circuit_hour, *(parts[name] for name in within)])
    marked = parts.mutate(is_whole=is_whole, has_whole=is_whole.ifelse(1, 0).max().over(group) == 1)
    return marked.filter(marked.is_whole | ~marked.has_whole)


def idle_intervals(readings: ir.Table, members: ir.Table) -> ir.Table:
    """Intervals between samples in which a circuit carried less than 1 kbit/s in each direction.

    A circuit of several members is idle while one of them is and none is known to carry more: of
    the two links of a cluster's interface one carries all traffic and the other none.

    Columns: circuit_hour, from_us, to_us.
    """
    deltas = counter_deltas(ordered_readings(readings))
    valid = deltas.filter(~deltas.is_dropped & ~deltas.is_hole)
    most = ibis.greatest(valid.rx_bytes, valid.tx_bytes)
    limit = ibis.literal(IDLE_BPS / 8 / SECOND_US) * (valid.to_us - valid.from_us)
    circuit_of_port = members.select("port_hour", "circuit_hour")
    count = circuit_of_port.count().over(ibis.window(group_by=circuit_of_port.circuit_hour))
    circuit_of_port = circuit_of_port.mutate(is_alone=count == 1)
    ports = valid.select("port_hour", "from_us", "to_us", is_idle=most < limit)
    with_circuit = ports.inner_join(circuit_of_port, "port_hour")
    alone = with_circuit.filter(with_circuit.is_alone & with_circuit.is_idle)
    idle = ibis.union(
        alone.select("circuit_hour", "from_us", "to_us"),
        _idle_together(with_circuit.filter(~with_circuit.is_alone)),
    )
    return idle.distinct()


def _idle_together(ports: ir.Table) -> ir.Table:
    """When a member of a circuit is idle and no other carries: circuit_hour, from_us, to_us.

    One counter source of a port without traffic is enough.
    """
    kind = ibis.ifelse(ports.is_idle, "idle", "used")
    of_port = overlay_intervals(
        "port_hour", ports.select("port_hour", "from_us", "to_us", kind=kind), _USE
    )
    used = of_port.filter(of_port.used & ~of_port.idle)
    circuit_of_port = ports.select("port_hour", "circuit_hour").distinct()
    both = ibis.union(
        *(
            kind_intervals(
                rows.inner_join(circuit_of_port, "port_hour"),
                "circuit_hour",
                "from_us",
                "to_us",
                of,
            )
            for rows, of in ((of_port.filter(of_port.idle), "idle"), (used, "used"))
        )
    )
    of_circuit = overlay_intervals("circuit_hour", both, _USE)
    idle = of_circuit.filter(of_circuit.idle & ~of_circuit.used)
    return idle.select("circuit_hour", "from_us", "to_us")


def hour_deltas(readings: ir.Table, members: ir.Table) -> ir.Table:
    """Valid differences that overlap an hour: port_hour, source, from_us, to_us and bytes."""
    return _of_hour(counter_deltas(ordered_readings(readings)), members)


def observed_time(readings: ir.Table, members: ir.Table) -> ir.Table:
    """Per port_hour: observed_us of the source that observed more, where any observed at all."""
    of_hour = hour_deltas(readings, members)
    sums = of_hour.group_by("port_hour", "source").aggregate(observed_us=of_hour.inside_us.sum())
    return sums.group_by("port_hour").aggregate(observed_us=sums.observed_us.max())


def _of_hour(difference: ir.Table, members: ir.Table) -> ir.Table:
    """Valid differences that overlap the hour while the port is a member.

    With low_us and high_us, the edges of that part of the hour; inside_us and whole_us.
    """
    valid = difference.filter(
        ~difference.is_dropped
        & ~difference.is_hole
        & (difference.from_us < HOUR_US)
        & (difference.to_us > 0)
    )
    edges = members.select(
        "port_hour",
        low_us=ibis.greatest(members.member_from_us, 0),
        high_us=ibis.least(members.member_to_us, HOUR_US),
    )
    # A left join: DuckDB takes the differences for few and would hash them instead of the members.
    joined = valid.left_join(edges, "port_hour").drop("port_hour_right")
    both = joined.mutate(
        low_us=joined.low_us.fill_null(HOUR_US), high_us=joined.high_us.fill_null(0)
    )
    inside = overlap_us(both.from_us, both.to_us, both.low_us, both.high_us)
    timed = both.mutate(inside_us=inside, whole_us=both.to_us - both.from_us)
    return timed.filter(timed.inside_us > 0)


def part_of_bytes(amount: ir.IntegerValue, split: ir.Table) -> ir.IntegerValue:
    """The whole bytes of a difference that belong to the hour, by its shares until its edges.

    Both hours at an edge round the same product, so that their parts add up to every byte; and
    sums of integers are the same in any order.
    """
    until, before = (amount * split.until_end).round(), (amount * split.until_start).round()
    return until.cast("int64") - before.cast("int64")


def _without_downs(valid: ir.Table, downs: ir.Table) -> ir.Table:
    """Each difference with the shares of its bytes until the hour's start and until its end."""
    crossing = valid.filter(valid.inside_us < valid.whole_us)
    down = crossing.inner_join(downs, "port_hour")

    def lost_until(edge: ir.IntegerValue | int) -> ir.IntegerValue:
        end = ibis.least(down.to_us, edge)
        return overlap_us(down.from_us, end, down.down_from_us, down.down_to_us).sum()

    lost = down.group_by("port_hour", "source", "from_us").aggregate(
        down_us=lost_until(down.to_us),
        down_until_start_us=lost_until(down.low_us),
        down_until_end_us=lost_until(down.high_us),
    )
    both = valid.left_join(lost, ["port_hour", "source", "from_us"])
    live = both.whole_us - both.down_us.fill_null(0)

    def share_until(edge: ir.IntegerValue, down_until: ir.IntegerValue) -> ir.FloatingValue:
        time = overlap_us(both.from_us, both.to_us, both.from_us, edge)
        alive = (time - down_until.fill_null(0)) / live.nullif(0)
        return ibis.ifelse(live > 0, alive, time / both.whole_us)

    return both.select(
        *("port_hour", "source", "rx_bytes", "tx_bytes", "inside_us"),
        until_start=share_until(both.low_us, both.down_until_start_us),
        until_end=share_until(both.high_us, both.down_until_end_us),
    )


def _resets_and_drops(difference: ir.Table) -> ir.Table:
    here = (difference.to_us > 0) & (difference.to_us <= HOUR_US)
    return difference.group_by("port_hour", "source").aggregate(
        reset_count=(here & difference.is_reset).ifelse(1, 0).sum(),
        dropped_count=(here & difference.is_dropped).ifelse(1, 0).sum(),
    )
