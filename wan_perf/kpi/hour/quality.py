"""Loss, jitter, latency, MOS of a circuit in an hour, from the samples of its peer paths.

Belongs here: figures over the samples of an hour, and how much of the hour they cover.
Keep out: what one sample is (`kpi.state.circuit_polls`), when the history replaces it
(`port_history`).

A sample belongs to the hour in which it was taken. Averages are over samples, and percentiles too,
interpolated linearly. Each sample covers the time back to the one before it if that is 20 minutes
at most; a longer gap is not covered. Polls while no path is up are ignored: what they measure is no
delay. Sources: RFC 7679 and RFC 7680 (delay is conditional on arrival, loss is reported beside
it); numpy's default for the percentile.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.state.circuit_polls import FIGURES
from wan_perf.kpi.state.evidence_window import (
    HOUR_US,
    SAMPLE_REACH,
    microseconds,
    since_1970_us,
)
from wan_perf.schema.formulas import VALUE_DECIMALS
from wan_perf.schema.metrics import QUALITY

P95 = 0.95


def circuit_quality(circuit_poll: ir.Table, circuits: ir.Table) -> ir.Table:
    """Per circuit_hour: average, maximum, p95 of each figure, MOS, sample count, covered time.

    Args:
        circuit_poll: The polls from an hour before the first hour to an hour after the last.
        circuits: circuit_hour, circuit_id, hour.

    Returns:
        circuit_hour, {loss,jitter,latency}_{avg,max,p95}_{pct,ms}, mos_avg, quality_sample_count,
        quality_us (time of the hour that samples cover).
    """
    order = ibis.window(order_by=circuits.circuit_id)
    numbered = circuits.select(
        "circuit_hour",
        "circuit_id",
        circuit=ibis.dense_rank().over(order),
        hour_us=since_1970_us(circuits.hour),
    )
    timed = _timed(circuit_poll, numbered.select("circuit_id", "circuit").distinct())
    # A sample covers at most 20 minutes before it, so never more than the hour before its own.
    crossing = timed.filter(timed.covered_from_us < timed.hour_us)
    before = crossing.group_by("circuit", hour_us=crossing.hour_us - HOUR_US).aggregate(
        until_end_us=(crossing.hour_us - crossing.covered_from_us).sum()
    )
    own_us = timed.at_us - ibis.greatest(timed.covered_from_us, timed.hour_us)
    figures: dict[str, ir.NumericScalar] = {}
    for metric in QUALITY:
        values = timed[metric.name]
        figures[metric.avg] = values.mean().round(VALUE_DECIMALS)
        figures[metric.max] = values.max()
        figures[metric.p95] = values.quantile(P95).round(VALUE_DECIMALS)
    own = timed.group_by("circuit", "hour_us").aggregate(
        **figures,
        mos_avg=timed.mos.mean().round(VALUE_DECIMALS),
        quality_sample_count=timed.count(),
        own_us=own_us.sum(),
    )
    key = ["circuit", "hour_us"]
    rows = numbered.left_join(own, key).drop("circuit_right", "hour_us_right")
    rows = rows.left_join(before, key).drop("circuit_right", "hour_us_right")
    return rows.mutate(quality_us=rows.own_us.fill_null(0) + rows.until_end_us.fill_null(0)).drop(
        "circuit_id", *key, "own_us", "until_end_us"
    )


def _timed(circuit_poll: ir.Table, circuits: ir.Table) -> ir.Table:
    """Samples with the time that each covers, from covered_from_us to at_us since 1970.

    `hour_us` is the start of its hour.
    """
    samples = samples_of(circuit_poll).inner_join(circuits, "circuit_id")
    figures = samples.select(
        "circuit", "pass_at", *FIGURES, at_us=since_1970_us(samples.sampled_at)
    )
    in_order = ibis.window(group_by=figures.circuit, order_by=[figures.at_us, figures.pass_at])
    timed = figures.mutate(
        last_us=figures.at_us.lag().over(in_order),
        hour_us=figures.at_us - figures.at_us % HOUR_US,
    )
    is_close = (timed.at_us - timed.last_us <= microseconds(SAMPLE_REACH)).fill_null(False)
    return timed.mutate(covered_from_us=ibis.ifelse(is_close, timed.last_us, timed.at_us))


def samples_of(polls: ir.Table) -> ir.Table:
    """The polls that are samples: taken while a path was up, with loss or delay."""
    return polls.filter(polls.is_up & _has_any(polls))


def _has_any(polls: ir.Table) -> ir.BooleanValue:
    first, *others = (polls[name].notnull() for name in FIGURES)
    for other in others:
        first = first | other
    return first
