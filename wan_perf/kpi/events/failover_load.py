"""Load and quality of a failover without samples, from the hours of its backups.

Belongs here: the figures of a failover from hours of port history or an import.
Keep out: figures from samples, and where a failover lies (`failovers`).

An hour has one mean rate and one mean of each quality figure. The rate applies to the part of the
hour in which the backup carried the site; a mean counts as one sample. Figures from samples and
from hours are never mixed: a failover with samples has none from hours.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.state.evidence_window import MINUTE_US
from wan_perf.schema.formulas import VALUE_DECIMALS, capacity_bytes
from wan_perf.schema.metrics import QUALITY, Metric

BYTES = ("rx_bytes", "tx_bytes", "capacity_down_bytes", "capacity_up_bytes")
_PIECE = ("site_day", "episode")


def with_hours(pieces: ir.Table, carrying: ir.Table, circuit_hour: ir.Table) -> ir.Table:
    """The pieces, with the figures of hours where load and quality are unknown.

    Args:
        pieces: site_day, episode, BYTES, and of each quality figure its sum, count and maximum.
        carrying: Intervals in which a backup carried the site: site_day, episode, circuit_id, hour,
            from_us, to_us.
        circuit_hour: The hours of the backups.
    """
    hours = circuit_hour.filter(circuit_hour.source != "samples")
    with_quality = circuit_hour.filter(circuit_hour.quality_source != "samples")
    joined = pieces.left_join(_load(carrying, hours), _PIECE, rname="{name}_of_hours")
    joined = joined.drop("site_day_of_hours", "episode_of_hours")
    joined = joined.left_join(_quality(carrying, with_quality), _PIECE, rname="{name}_of_hours")
    figures: dict[str, ir.Value] = {}
    for names in (BYTES, *map(_columns, QUALITY)):
        count = next((name for name in names if name.endswith("_count")), None)
        known = joined[count].fill_null(0) > 0 if count else joined[BYTES[0]].notnull()
        for name in names:
            figures[name] = ibis.ifelse(known, joined[name], joined[f"{name}_of_hours"])
    return joined.mutate(**figures).select(*pieces.columns)


def _columns(metric: Metric) -> tuple[str, str, str]:
    return f"{metric.quantity}_sum_{metric.unit}", f"{metric.quantity}_count", metric.max


def _load(carrying: ir.Table, hours: ir.Table) -> ir.Table:
    """Per piece: bytes and capacity while a backup carried the site."""
    rates = ("bandwidth_mbps", "bandwidth_up_mbps")
    known = hours.filter((hours.observed_minutes > 0) & hours.bandwidth_mbps.notnull())
    both = carrying.inner_join(
        known.select("hour", "circuit_id", "rx_bytes", "tx_bytes", "observed_minutes", *rates),
        ["hour", "circuit_id"],
    )
    minutes = ibis.least((both.to_us - both.from_us) / MINUTE_US, both.observed_minutes)
    share = minutes / both.observed_minutes
    up_mbps = both.bandwidth_up_mbps.fill_null(both.bandwidth_mbps)
    parts = both.mutate(
        rx_bytes=(both.rx_bytes * share).round().cast("int64"),
        tx_bytes=(both.tx_bytes * share).round().cast("int64"),
        capacity_down_bytes=capacity_bytes(both.bandwidth_mbps, minutes).round().cast("int64"),
        capacity_up_bytes=capacity_bytes(up_mbps, minutes).round().cast("int64"),
    )
    return parts.group_by(*_PIECE).aggregate(**{name: parts[name].sum() for name in BYTES})


def _quality(carrying: ir.Table, hours: ir.Table) -> ir.Table:
    """Per piece and figure: sum, count and maximum of the hours' means."""
    means = {name: hours[name] for m in QUALITY for name in (m.avg, m.max)}
    used = carrying.select(*_PIECE, "hour", "circuit_id").distinct()
    both = used.inner_join(hours.select("hour", "circuit_id", **means), ["hour", "circuit_id"])
    figures: dict[str, ir.Value] = {}
    for metric in QUALITY:
        total, count, highest = _columns(metric)
        figures[total] = both[metric.avg].sum().round(VALUE_DECIMALS)
        figures[count] = both[metric.avg].count()
        figures[highest] = both[metric.max].max()
    return both.group_by(*_PIECE).aggregate(**figures)
