"""Loss, jitter, latency, MOS of a circuit in an hour, from the samples of its peer paths.

Belongs here: what the samples of an hour add up to, and how much of the hour they speak for.
Keep out: what one sample is (`polls`), when the history replaces it (`history`).

A sample belongs to the hour in which it was taken. Averages are over samples, and percentiles too,
interpolated linearly. Each sample speaks for the time back to the one before it, 20 minutes at
most: over a longer hole nothing is known. What is measured while no path is up is no delay: such a
poll is no sample. Sources: RFC 7679 and RFC 7680 (delay is conditional on arrival, loss stands
beside it); numpy's default for the percentile.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.formulas import VALUE_DECIMALS
from wan_perf.kpi.nearness import HOUR_US, SAMPLE_REACH, microseconds
from wan_perf.kpi.polls import FIGURES
from wan_perf.kpi.sweep import overlap_us
from wan_perf.metrics import QUALITY

P95 = 0.95


def circuit_quality(polls: ir.Table) -> ir.Table:
    """Per circuit_hour: average, maximum, p95 of each figure, MOS, their number and reach.

    Columns: circuit_hour, {loss,jitter,latency}_{avg,max,p95}_{pct,ms}, mos_avg,
    quality_sample_count, quality_us (time of the hour that samples speak for).
    """
    samples = samples_of(polls)
    along = ibis.window(group_by=samples.circuit_hour, order_by=[samples.at_us, samples.pass_at])
    told = samples.mutate(last_us=samples.at_us.lag().over(along))
    speaks = told.at_us - told.last_us <= microseconds(SAMPLE_REACH)
    reach = ibis.ifelse(speaks, overlap_us(told.last_us, told.at_us, 0, HOUR_US), 0)
    here = (told.at_us >= 0) & (told.at_us < HOUR_US)
    figures: dict[str, ir.NumericScalar] = {}
    for metric in QUALITY:
        values = told[metric.name]
        figures[metric.avg] = values.mean(where=here).round(VALUE_DECIMALS)
        figures[metric.max] = values.max(where=here)
        figures[metric.p95] = values.quantile(P95, where=here).round(VALUE_DECIMALS)
    return told.group_by("circuit_hour").aggregate(
        **figures,
        mos_avg=told.mos.mean(where=here).round(VALUE_DECIMALS),
        quality_sample_count=here.ifelse(1, 0).sum(),
        quality_us=reach.fill_null(0).sum(),
    )


def samples_of(polls: ir.Table) -> ir.Table:
    """The polls that are samples: taken while a path was up, with loss or delay."""
    return polls.filter(polls.is_up & _has_any(polls))


def _has_any(polls: ir.Table) -> ir.BooleanValue:
    first, *others = (polls[name].notnull() for name in FIGURES)
    for other in others:
        first = first | other
    return first
