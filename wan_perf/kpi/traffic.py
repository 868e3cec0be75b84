"""Bytes of a circuit in an hour, from differences of its ports' counters.

Belongs here: which differences count, what part of one belongs to the hour, what members add up to.
Keep out: utilization (`formulas`), which samples an hour may see (`nearness`), which reading is
subtracted from which (`counters`).

- A difference is taken between two samples of one counter source, by the gateway's own instants;
  which two, and which differences are dropped and counted, is in `counters`.
- A difference over more than 15 minutes is a hole: its time is not observed.
- A difference that reaches over the edge of the hour is split in proportion to time, leaving out
  the time in which the port is known to be down: nothing flows through a port that is down. Only
  observations less than 20 minutes from that edge tell so, which both hours see: what one hour does
  not get the other does, to the byte. (Where a boot ends a silence of over 20 minutes, the later
  hour does not see the sample before it, and its part stays unobserved.)
- Members of a circuit add up; observed is the time in which any of them is, since one that is not
  heard of is dead or gone. An aggregated interface that is read itself stands for its members.
- The source that observed more of the hour counts, the first by name of equal ones; the two are
  never mixed in one figure. Resets and drops are counted of that source, in the hour in which the
  difference ends, also where nothing else was observed.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.columns import COLUMNS
from wan_perf.kpi.counters import counter_deltas
from wan_perf.kpi.nearness import HOUR_US, SECOND_US
from wan_perf.kpi.silences import IDLE_BPS
from wan_perf.kpi.sweep import kind_intervals, overlap_us, overlay_intervals

_USE = ("idle", "used")


def circuit_traffic(samples: ir.Table, downs: ir.Table, members: ir.Table) -> ir.Table:
    """Per circuit_hour: rx_bytes, tx_bytes, observed_us, reset_count, dropped_count, sample_count.

    Bytes are NULL where no difference covers any of the hour. No row where nothing was heard.
    """
    difference = counter_deltas(samples)
    of_hour = _of_hour(difference, members)
    split = _without_downs(of_hour, downs)
    sums = split.group_by("port_hour", "source").aggregate(
        rx_bytes=_part(split.rx_bytes, split).sum(),
        tx_bytes=_part(split.tx_bytes, split).sum(),
    )
    told = _oddities(difference).left_join(sums, ["port_hour", "source"])
    of_circuit = _of_circuits(told.drop("port_hour_right", "source_right"), members)
    keys = ["circuit_hour", "source"]
    timed = of_circuit.left_join(_observed(of_hour, members), keys)
    of_circuit = timed.drop(*(f"{key}_right" for key in keys))
    best = ibis.window(
        group_by=of_circuit.circuit_hour,
        order_by=[of_circuit.observed_us.fill_null(0).desc(), of_circuit.source],
    )
    chosen = of_circuit.mutate(nth=ibis.row_number().over(best)).filter(lambda t: t.nth == 0)
    owned = samples.select("port_hour", "at_us").inner_join(
        members.select("port_hour", "circuit_hour"), "port_hour"
    )
    here = (owned.at_us >= 0) & (owned.at_us < HOUR_US)
    heard = owned.group_by("circuit_hour").aggregate(sample_count=here.ifelse(1, 0).sum())
    joined = heard.left_join(chosen.drop("nth", "source"), "circuit_hour")
    return joined.drop("circuit_hour_right")


def _of_circuits(told: ir.Table, members: ir.Table) -> ir.Table:
    """The members' sums per circuit_hour and source."""
    whose = members.select("port_hour", "circuit_hour", "is_aggregate")
    parts = prefer_aggregate(told.inner_join(whose, "port_hour"), "rx_bytes", "source")
    return parts.group_by("circuit_hour", "source").aggregate(
        rx_bytes=parts.rx_bytes.sum(),
        tx_bytes=parts.tx_bytes.sum(),
        reset_count=parts.reset_count.max(),
        dropped_count=parts.dropped_count.sum(),
    )


def _observed(of_hour: ir.Table, members: ir.Table) -> ir.Table:
    """Per circuit_hour and source: observed_us, the time that differences of any member cover.

    Those of one port follow each other, so that only members of several are laid over each other.
    """
    count = members.count().over(ibis.window(group_by=members.circuit_hour))
    whose = members.select("port_hour", "circuit_hour", is_alone=count == 1)
    every = of_hour.inner_join(whose, "port_hour")
    alone, owned = every.filter(every.is_alone), every.filter(~every.is_alone)
    sums = alone.group_by("circuit_hour", "source").aggregate(observed_us=alone.inside_us.sum())
    covered = owned.select(
        "circuit_hour",
        from_us=ibis.greatest(owned.from_us, owned.low_us),
        to_us=ibis.least(owned.to_us, owned.high_us),
        kind=owned.source,
    )
    sources = COLUMNS["counter_source"].one_of
    stretches = overlay_intervals("circuit_hour", covered, sources)
    lengths = stretches.to_us - stretches.from_us
    return ibis.union(
        sums,
        *(
            stretches.filter(stretches[source])
            .group_by("circuit_hour", source=ibis.literal(source))
            .aggregate(observed_us=lengths.sum())
            for source in sources
        ),
    )


def prefer_aggregate(parts: ir.Table, observed: str, *within: str) -> ir.Table:
    """The parts of each circuit_hour that add up: an aggregate that was observed, else all."""
    is_whole = parts.is_aggregate.fill_null(False) & parts[observed].notnull()
    group = ibis.window(group_by=[parts.circuit_hour, *(parts[name] for name in within)])
    marked = parts.mutate(is_whole=is_whole, has_whole=is_whole.ifelse(1, 0).max().over(group) == 1)
    return marked.filter(marked.is_whole | ~marked.has_whole)


def idle_intervals(samples: ir.Table, members: ir.Table) -> ir.Table:
    """Intervals between samples in which a circuit carried less than 1 kbit/s in each direction.

    A circuit of several members is idle while one of them is and none is known to carry more: of
    the two links of a cluster's interface one carries everything and the other nothing.

    Columns: circuit_hour, from_us, to_us.
    """
    valid = counter_deltas(samples).filter(lambda t: ~t.is_dropped & ~t.is_hole)
    most = ibis.greatest(valid.rx_bytes, valid.tx_bytes)
    limit = ibis.literal(IDLE_BPS / 8 / SECOND_US) * (valid.to_us - valid.from_us)
    whose = members.select("port_hour", "circuit_hour")
    count = whose.count().over(ibis.window(group_by=whose.circuit_hour))
    whose = whose.mutate(is_alone=count == 1)
    ports = valid.select("port_hour", "from_us", "to_us", is_idle=most < limit)
    owned = ports.inner_join(whose, "port_hour")
    alone = owned.filter(owned.is_alone & owned.is_idle)
    idle = ibis.union(
        alone.select("circuit_hour", "from_us", "to_us"),
        _idle_together(owned.filter(~owned.is_alone)),
    )
    return idle.distinct()


def _idle_together(ports: ir.Table) -> ir.Table:
    """When a member of a circuit is idle and no other carries: circuit_hour, from_us, to_us.

    Of one port's counter sources, either that shows no traffic is enough.
    """
    kind = ibis.ifelse(ports.is_idle, "idle", "used")
    of_port = overlay_intervals(
        "port_hour", ports.select("port_hour", "from_us", "to_us", kind=kind), _USE
    )
    used = of_port.filter(of_port.used & ~of_port.idle)
    owner = ports.select("port_hour", "circuit_hour").distinct()
    both = ibis.union(
        *(
            kind_intervals(
                rows.inner_join(owner, "port_hour"), "circuit_hour", "from_us", "to_us", of
            )
            for rows, of in ((of_port.filter(of_port.idle), "idle"), (used, "used"))
        )
    )
    of_circuit = overlay_intervals("circuit_hour", both, _USE)
    idle = of_circuit.filter(of_circuit.idle & ~of_circuit.used)
    return idle.select("circuit_hour", "from_us", "to_us")


def hour_deltas(samples: ir.Table, members: ir.Table) -> ir.Table:
    """The differences that count and touch an hour: port_hour, source, from_us, to_us and bytes."""
    return _of_hour(counter_deltas(samples), members)


def observed_time(samples: ir.Table, members: ir.Table) -> ir.Table:
    """Per port_hour: observed_us of the source that observed more, where any observed at all."""
    of_hour = hour_deltas(samples, members)
    sums = of_hour.group_by("port_hour", "source").aggregate(observed_us=of_hour.inside_us.sum())
    return sums.group_by("port_hour").aggregate(observed_us=sums.observed_us.max())


def _of_hour(difference: ir.Table, members: ir.Table) -> ir.Table:
    """The differences that count and touch the hour while the port is held.

    With low_us and high_us, the edges of that part of the hour; inside_us and whole_us.
    """
    valid = difference.filter(~difference.is_dropped & ~difference.is_hole)
    edges = members.select(
        "port_hour",
        low_us=ibis.greatest(members.member_from_us, 0),
        high_us=ibis.least(members.member_to_us, HOUR_US),
    )
    both = valid.inner_join(edges, "port_hour")
    inside = overlap_us(both.from_us, both.to_us, both.low_us, both.high_us)
    timed = both.mutate(inside_us=inside, whole_us=both.to_us - both.from_us)
    return timed.filter(timed.inside_us > 0)


def _part(amount: ir.IntegerValue, split: ir.Table) -> ir.IntegerValue:
    """The whole bytes of a difference that belong to the hour.

    Both hours at an edge round the same product, so that together they have every byte; and whole
    numbers add up to the same in any order.
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


def _oddities(difference: ir.Table) -> ir.Table:
    here = (difference.to_us > 0) & (difference.to_us <= HOUR_US)
    return difference.group_by("port_hour", "source").aggregate(
        reset_count=(here & difference.is_reset).ifelse(1, 0).sum(),
        dropped_count=(here & difference.is_dropped).ifelse(1, 0).sum(),
    )
