"""Failovers of sites, each part of one UTC day with its load and quality.

Belongs here: the circuits that carried a site meanwhile, bytes, capacity and samples of them.
Keep out: where an episode begins and ends (`failover_spans`), chaining parts (`episodes`).
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.events.failover_load import with_hours
from wan_perf.kpi.events.failover_spans import A_DAY_BACK, INTERVAL, day_states, pieces_of_days
from wan_perf.kpi.hour.circuit_hours import PERCENT_DECIMALS
from wan_perf.kpi.hour.traffic import hour_deltas, prefer_aggregate
from wan_perf.kpi.state.circuit_polls import evidence_polls
from wan_perf.kpi.state.evidence_window import (
    HOUR_US,
    MINUTE_US,
    evidence_readings,
    members_in_hour,
)
from wan_perf.kpi.state.interval_overlay import overlap_us
from wan_perf.schema.formulas import VALUE_DECIMALS, capacity_bytes
from wan_perf.schema.metrics import QUALITY
from wan_perf.schema.tables import FAILOVER_PIECE


def failover_pieces(
    circuit_state: ir.Table,
    circuit_hour: ir.Table,
    raw_port_sample: ir.Table,
    circuit_poll: ir.Table,
    circuit_port: ir.Table,
) -> ir.Table:
    """One row per part of a failover within one UTC day (FAILOVER_PIECE).

    Args:
        circuit_state: From the day before to the hour after each day.
        circuit_hour: From the day before on.
        raw_port_sample: From the hour before the day to the hour after.
        circuit_poll: The same.
        circuit_port: Member ports.
    """
    states = day_states(circuit_state)
    found = pieces_of_days(states)
    carrying = _backup_use(states, found)
    pieces = found.left_join(_roles(states, found, carrying), ["site_day", "episode"])
    pieces = pieces.drop("site_day_right", "episode_right")
    for figures in (
        _load(carrying, circuit_hour, raw_port_sample, circuit_port),
        _quality(carrying, circuit_hour, circuit_poll),
        _load_and_quality_before(pieces, circuit_hour),
    ):
        pieces = pieces.left_join(figures, ["site_day", "episode"])
        pieces = pieces.drop("site_day_right", "episode_right")
    pieces = with_hours(pieces, carrying, circuit_hour)
    counts = {name: pieces[name].fill_null(0) for name in pieces.columns if name.endswith("_count")}
    return pieces.mutate(**counts).select(*FAILOVER_PIECE.columns)


def _backup_use(states: ir.Table, pieces: ir.Table) -> ir.Table:
    """Intervals in which a lower-ranked circuit carried the site in a piece, by hour.

    Columns: site_day, episode, circuit_id, hour, from_us, to_us from the hour's start.
    """
    used = states.filter(states.is_backup & states.carries).select(
        "site_day", "circuit_id", "midnight", start_us="from_us", end_us="to_us"
    )
    during = used.inner_join(pieces.select(*INTERVAL, "episode"), "site_day")
    inside = during.mutate(
        start_us=ibis.greatest(during.start_us, during.from_us),
        end_us=ibis.least(during.end_us, during.to_us),
    ).filter(lambda t: t.start_us < t.end_us)
    # State intervals lie within an hour.
    hour_us = (inside.start_us // HOUR_US) * HOUR_US
    return inside.select(
        *("site_day", "episode", "circuit_id"),
        hour=inside.midnight + hour_us.as_interval("us"),
        from_us=inside.start_us - hour_us,
        to_us=inside.end_us - hour_us,
    )


def _roles(states: ir.Table, pieces: ir.Table, carrying: ir.Table) -> ir.Table:
    """Per piece: the primary, the cause of its outage at the start, the backup used longest."""
    first = states.filter(states.is_first)
    at_start = first.inner_join(
        pieces.select("site_day", "episode", "is_begin", start_us="from_us"), "site_day"
    )
    covers = (at_start.from_us <= at_start.start_us) & (at_start.start_us < at_start.to_us)
    cause = ibis.ifelse(covers & at_start.is_begin, at_start.down_cause, ibis.null("string"))
    of_first = at_start.group_by("site_day", "episode").aggregate(
        primary_circuit_id=at_start.circuit_id.min(), failover_cause=cause.max()
    )
    lengths = carrying.group_by("site_day", "episode", "circuit_id").aggregate(
        us=(carrying.to_us - carrying.from_us).sum()
    )
    longest = ibis.window(
        group_by=[lengths.site_day, lengths.episode],
        order_by=[lengths.us.desc(), lengths.circuit_id],
    )
    used = lengths.mutate(nth=ibis.row_number().over(longest)).filter(lambda t: t.nth == 0)
    of_backup = used.select("site_day", "episode", backup_circuit_id="circuit_id")
    both = of_backup.left_join(of_first, ["site_day", "episode"])
    return both.drop("site_day_right", "episode_right")


def _circuits(carrying: ir.Table, circuit_hour: ir.Table) -> ir.Table:
    """The circuit-hours in which a backup carried a site, numbered, with their bandwidth."""
    hours = carrying.select("hour", "circuit_id").distinct()
    order = ibis.window(order_by=[hours.hour, hours.circuit_id])
    numbered = hours.mutate(circuit_hour=ibis.row_number().over(order))
    rated = numbered.left_join(circuit_hour, ["hour", "circuit_id"])
    return rated.select("circuit_hour", "hour", "circuit_id", "bandwidth_mbps", "bandwidth_up_mbps")


def _load(
    carrying: ir.Table, circuit_hour: ir.Table, raw_port_sample: ir.Table, circuit_port: ir.Table
) -> ir.Table:
    """Per piece: bytes that backups carried in it, and the capacity of their rates.

    A counter difference over the edge of an interval is split in proportion to time. Of two counter
    sources the one that covers more time is used, per circuit and piece.
    """
    circuits = _circuits(carrying, circuit_hour)
    members = members_in_hour(circuits, circuit_port)
    differences = hour_deltas(evidence_readings(raw_port_sample, members), members)
    whose = members.select("port_hour", "circuit_hour", "is_aggregate")
    owned = differences.inner_join(whose, "port_hour")
    parts = prefer_aggregate(owned, "inside_us", "source")
    used = carrying.inner_join(circuits, ["hour", "circuit_id"]).rename(
        start_us="from_us", end_us="to_us"
    )
    both = used.inner_join(parts, "circuit_hour")
    shared = overlap_us(both.from_us, both.to_us, both.start_us, both.end_us)
    share = shared / (both.to_us - both.from_us)
    timed = both.mutate(
        us=shared,
        rx=(both.rx_bytes * share).round().cast("int64"),
        tx=(both.tx_bytes * share).round().cast("int64"),
    ).filter(lambda t: t.us > 0)
    per = ("site_day", "episode", "circuit_id", "source")
    rates = ("bandwidth_mbps", "bandwidth_up_mbps")
    of_port = timed.group_by(*per, "circuit_hour", "port_hour", *rates).aggregate(
        rx=timed.rx.sum(), tx=timed.tx.sum(), us=timed.us.sum()
    )
    # Bytes of members add up; the time is that of the member known longest.
    of_hour = of_port.group_by(*per, "circuit_hour", *rates).aggregate(
        rx=of_port.rx.sum(), tx=of_port.tx.sum(), us=of_port.us.max()
    )
    minutes = of_hour.us / MINUTE_US
    up_mbps = of_hour.bandwidth_up_mbps.fill_null(of_hour.bandwidth_mbps)
    down = capacity_bytes(of_hour.bandwidth_mbps, minutes).round().cast("int64")
    rated = of_hour.mutate(
        down=down, up=capacity_bytes(up_mbps, minutes).round().cast("int64")
    ).filter(of_hour.bandwidth_mbps.notnull())
    of_circuit = rated.group_by(*per).aggregate(
        **{name: rated[name].sum() for name in ("rx", "tx", "us", "down", "up")}
    )
    best = ibis.window(
        group_by=[of_circuit.site_day, of_circuit.episode, of_circuit.circuit_id],
        order_by=[of_circuit.us.desc(), of_circuit.source],
    )
    chosen = of_circuit.mutate(nth=ibis.row_number().over(best)).filter(lambda t: t.nth == 0)
    return chosen.group_by("site_day", "episode").aggregate(
        rx_bytes=chosen.rx.sum(),
        tx_bytes=chosen.tx.sum(),
        capacity_down_bytes=chosen.down.sum(),
        capacity_up_bytes=chosen.up.sum(),
    )


def _quality(carrying: ir.Table, circuit_hour: ir.Table, circuit_poll: ir.Table) -> ir.Table:
    """Per piece: sums, counts and maxima of the samples of the circuit in use."""
    circuits = _circuits(carrying, circuit_hour)
    polls = evidence_polls(circuit_poll, circuits)
    samples = polls.filter(polls.is_up)
    used = carrying.inner_join(circuits, ["hour", "circuit_id"])
    both = used.inner_join(samples, "circuit_hour")
    inside = both.filter((both.at_us >= both.from_us) & (both.at_us < both.to_us))
    figures: dict[str, ir.NumericScalar] = {}
    for metric in QUALITY:
        values = inside[metric.name]
        figures[f"{metric.quantity}_sum_{metric.unit}"] = values.sum().round(VALUE_DECIMALS)
        figures[f"{metric.quantity}_count"] = values.count()
        figures[metric.max] = values.max()
    return inside.group_by("site_day", "episode").aggregate(**figures)


def _load_and_quality_before(pieces: ir.Table, circuit_hour: ir.Table) -> ir.Table:
    """Per piece in which a failover began: load and quality of the site's circuit in use before.

    Means over the 24 hours before the hour in which it began, weighted by the minutes in use;
    if the use is unknown, those of the primary weighted by its minutes up.
    """
    begun = pieces.filter(pieces.is_begin)
    begun = begun.select(
        *("site_day", "episode", "site_id", "primary_circuit_id"),
        began_hour=begun.started_at.truncate("h"),
    )
    hours = circuit_hour.rename(of_circuit="circuit_id")
    day_before = begun.inner_join(
        hours,
        [
            begun.site_id == hours.site_id,
            hours.hour < begun.began_hour,
            hours.hour >= begun.began_hour + A_DAY_BACK,
        ],
    )
    is_primary = day_before.of_circuit == day_before.primary_circuit_id
    weight = day_before.active_minutes.fill_null(
        ibis.ifelse(is_primary, day_before.up_minutes, 0.0)
    )
    means: dict[str, ir.NumericScalar] = {}
    for name, value, decimals in (
        ("utilization_before_pct", day_before.utilization_pct, PERCENT_DECIMALS),
        *((f"{m.quantity}_before_{m.unit}", day_before[m.avg], VALUE_DECIMALS) for m in QUALITY),
    ):
        known = value.notnull() & (weight > 0)
        total = ibis.ifelse(known, weight, 0.0).sum()
        means[name] = (ibis.ifelse(known, value * weight, 0.0).sum() / total.nullif(0)).round(
            decimals
        )
    return day_before.group_by("site_day", "episode").aggregate(**means)
