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
from wan_perf.kpi.state.evidence_window import HOUR_US, SAMPLE_REACH, microseconds
from wan_perf.kpi.state.interval_overlay import overlap_us
from wan_perf.schema.formulas import VALUE_DECIMALS
from wan_perf.schema.metrics import QUALITY

P95 = 0.95


def circuit_quality(polls: ir.Table) -> ir.Table:
    """Per circuit_hour: average, maximum, p95 of each figure, MOS, sample count, covered time.

    Columns: circuit_hour, {loss,jitter,latency}_{avg,max,p95}_{pct,ms}, mos_avg,
    quality_sample_count, quality_us (time of the hour that samples cover).
    """
    samples = samples_of(polls)
    in_order = ibis.window(group_by=samples.circuit_hour, order_by=[samples.at_us, samples.pass_at])
    timed = samples.mutate(last_us=samples.at_us.lag().over(in_order))
    is_close = timed.at_us - timed.last_us <= microseconds(SAMPLE_REACH)
    covered = ibis.ifelse(is_close, overlap_us(timed.last_us, timed.at_us, 0, HOUR_US), 0)
    here = (timed.at_us >= 0) & (timed.at_us < HOUR_US)
    figures: dict[str, ir.NumericScalar] = {}
    for metric in QUALITY:
        values = timed[metric.name]
        figures[metric.avg] = values.mean(where=here).round(VALUE_DECIMALS)
        figures[metric.max] = values.max(where=here)
        figures[metric.p95] = values.quantile(P95, where=here).round(VALUE_DECIMALS)
    return timed.group_by("circuit_hour").aggregate(
        **figures,
        mos_avg=timed.mos.mean(where=here).round(VALUE_DECIMALS),
        quality_sample_count=here.ifelse(1, 0).sum(),
        quality_us=covered.fill_null(0).sum(),
    )


def samples_of(polls: ir.Table) -> ir.Table:
    """The polls that are samples: taken while a path was up, with loss or delay."""
    return polls.filter(polls.is_up & _has_any(polls))


def _has_any(polls: ir.Table) -> ir.BooleanValue:
    first, *others = (polls[name].notnull() for name in FIGURES)
    for other in others:
        first = first | other
    return first
