"""Histograms of a day, from which percentiles of longer periods, sites and regions are computed.

Belongs here: buckets, the rows of a day, the percentile of merged rows.
Keep out: what a sample is (`kpi.state.circuit_polls`), exact percentiles (`kpi.hour.quality`,
`period_sums`).

Percentiles cannot be merged, but counts by bucket add up over time and circuits. The upper bound of
a bucket is GROWTH times that of the last one, so its middle is at most (GROWTH - 1) / (GROWTH + 1)
= 1.96 % away from each of its values. Zero has a bucket of its own. Values have VALUE_DECIMALS
places, so the first bucket above zero begins there.
Source: C. Masson, J. Rim, H. Lee, DDSketch (VLDB 2019), the logarithmic mapping.
"""

import math
from collections.abc import Iterable, Sequence

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.hour.quality import P95, samples_of
from wan_perf.schema.formulas import VALUE_DECIMALS
from wan_perf.schema.metrics import JUDGED, QUALITY, UTILIZATION, Metric

GROWTH = 1.04
_LEAST = 10.0**-VALUE_DECIMALS
_HUNDREDTHS = round(100 * P95)
"""Of a whole number, so that the rank of a percentile is exact."""


def bucket(value: ir.FloatingValue) -> ir.IntegerValue:
    """Number of the bucket: 0 for zero, 1 for the smallest value, then one per factor GROWTH."""
    # `ln`, not `log`, which Ibis writes as LOG(NULL, x) for Snowflake.
    steps = ((value.nullif(0) / _LEAST).ln() / math.log(GROWTH)).ceil().cast("int64")
    return ibis.ifelse(value < _LEAST / 2, 0, ibis.greatest(1 + steps, 1))


def middle(number: ir.IntegerValue) -> ir.FloatingValue:
    """The middle of the bucket, at most 1.96 % from each of its values."""
    top = _LEAST * ibis.literal(GROWTH, "float64") ** (number - 1)
    return ibis.ifelse(number == 0, 0.0, top * (2 / (GROWTH + 1)))


def circuit_histograms(circuit_hour: ir.Table, circuit_poll: ir.Table) -> ir.Table:
    """One row per circuit, UTC day, metric and bucket with a value (CIRCUIT_HISTOGRAM).

    Loss, jitter and latency count samples, of hours whose quality comes from samples. Utilization
    has one value an hour, so its percentiles are computed from the hours.
    """
    hours = circuit_hour.mutate(day=circuit_hour.hour.date())
    by = ("day", "circuit_id", "site_id")
    return histograms_of(samples_behind(hours, circuit_poll, *by), QUALITY, *by)


def histograms_of(rows: ir.Table, metrics: Iterable[Metric], *by: str) -> ir.Table:
    """One row per value of the columns, metric and bucket with a value: its `sample_count`.

    Args:
        rows: With the columns and a column of each metric's name.
        metrics: Which values are counted.
        by: The columns.
    """
    counts = []
    for metric in metrics:
        known = rows.filter(rows[metric.name].notnull())
        counted = known.mutate(bucket=bucket(known[metric.name]))
        of_metric = counted.group_by(*by, "bucket").aggregate(sample_count=counted.count())
        counts.append(of_metric.mutate(metric=ibis.literal(metric.name)))
    return ibis.union(*counts) if len(counts) > 1 else counts[0]


def samples_behind(hours: ir.Table, circuit_poll: ir.Table, *named: str) -> ir.Table:
    """The samples from which the quality of hours is computed, with the named columns of hours."""
    sampled = hours.filter(hours.quality_source == "samples")
    samples = samples_of(circuit_poll)
    timed = samples.mutate(hour=samples.sampled_at.truncate("h"))
    columns = dict.fromkeys((*named, "hour", "circuit_id"))
    owned = timed.inner_join(sampled.select(*columns), ["hour", "circuit_id"])
    return owned.select(*named, *(metric.name for metric in QUALITY))


def with_percentiles(totals: ir.Table, histograms: ir.Table, *by: str) -> ir.Table:
    """The rows with the 95th percentile of every metric, from histograms with the columns `by`."""
    return _with_merged_percentiles(totals, histograms, JUDGED, *by)


def with_percentiles_of_hours(
    totals: ir.Table, hours: ir.Table, histograms: ir.Table, *by: str
) -> ir.Table:
    """The same, but that of utilization is exact, over hours with the columns `by`."""
    exact = with_exact_percentiles(totals, hours, (UTILIZATION,), *by)
    return _with_merged_percentiles(exact, histograms, QUALITY, *by)


def _with_merged_percentiles(
    totals: ir.Table, histograms: ir.Table, metrics: Sequence[Metric], *by: str
) -> ir.Table:
    """The rows with the 95th percentile of each metric over the histograms.

    Linear interpolation between the two samples next to the rank, each at the middle of its
    bucket: at most 1.96 % from the exact one. NULL where there is no sample.
    """
    key = (*by, "metric")
    merged = histograms.group_by(*key, "bucket").aggregate(
        sample_count=histograms.sample_count.sum().cast("int64")
    )
    values = _percentiles(merged, key)
    wide = values.group_by(*by).aggregate(
        **{m.p95: values.value.max(where=values.metric == m.name) for m in metrics}
    )
    own = [name for name in totals.columns if name not in wide.columns or name in by]
    joined = totals.select(*own).left_join(wide, list(by))
    return joined.select(*own, *(m.p95 for m in metrics))


def _percentiles(merged: ir.Table, key: tuple[str, ...]) -> ir.Table:
    """The 95th percentile of the buckets with the same key: the columns `key` and `value`."""
    totals = merged.group_by(*key).aggregate(total=merged.sample_count.sum().cast("int64"))
    # Sorted by a number: twice as fast as by dates and texts.
    number = ibis.row_number().over(ibis.window(order_by=[totals[name] for name in key]))
    hundredths = (totals.total - 1) * _HUNDREDTHS
    groups = totals.mutate(group=number, below=hundredths // 100, part=hundredths % 100 / 100)
    groups = groups.mutate(above=groups.below + (groups.part > 0).ifelse(1, 0)).drop("total")
    numbered = merged.inner_join(groups, list(key)).select(
        "group", "below", "above", "bucket", "sample_count"
    )
    so_far = ibis.cumulative_window(group_by=numbered.group, order_by=numbered.bucket)
    ranked = numbered.mutate(
        reached=numbered.sample_count.sum().over(so_far).cast("int64"),
    )
    beside = ranked.filter(
        (ranked.reached > ranked.below) & (ranked.reached - ranked.sample_count <= ranked.above)
    )
    found = beside.group_by("group").aggregate(
        low=beside.bucket.min(), high=beside.bucket.min(where=beside.reached > beside.above)
    )
    both = groups.inner_join(found, "group")
    low, high = middle(both.low), middle(both.high)
    return both.select(*key, value=(low + (high - low) * both.part).round(VALUE_DECIMALS))


def with_exact_percentiles(
    totals: ir.Table, rows: ir.Table, metrics: Sequence[Metric], *by: str
) -> ir.Table:
    """The rows with the 95th percentile of each metric over rows with the columns `by`."""
    found = rows.group_by(*by).aggregate(**exact_percentiles(rows, metrics))
    joined = totals.left_join(found, list(by))
    return joined.select(*totals.columns, *(m.p95 for m in metrics))


def exact_percentiles(rows: ir.Table, metrics: Iterable[Metric]) -> dict[str, ir.Scalar]:
    """The 95th percentile of each metric over hours or samples, interpolated linearly."""
    return {m.p95: rows[m.name].quantile(P95).round(VALUE_DECIMALS) for m in metrics}
