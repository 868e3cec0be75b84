"""Weeks, months and 13 months of a circuit, merged from days and months.

Belongs here: how sums, longest runs and percentiles of shorter periods make those of a longer one.
Keep out: days themselves (`rollup`), what is derived of sums (`rollup.with_ratios`).

Nothing is read of hours again: sums add up, highest values are compared, a percentile is made of
the days' histograms, and the longest run is the longest of a day or one of those over midnight.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.columns import SEVERITIES
from wan_perf.episodes import chained
from wan_perf.formulas import VALUE_DECIMALS
from wan_perf.kpi.circuit_hours import MINUTE_DECIMALS
from wan_perf.kpi.histograms import with_percentiles
from wan_perf.kpi.rollup import with_ratios
from wan_perf.metrics import JUDGED, QUALITY
from wan_perf.periods import MONTH, ROLLING_MONTHS, Period

COUNTS = (
    *("hour_count", "observed_hour_count", "rx_bytes", "tx_bytes", "used_rx_bytes"),
    *("used_tx_bytes", "capacity_down_bytes", "capacity_up_bytes", "flap_count"),
    "failover_count",
    *(m.judged for m in JUDGED),
    *(m.cumulative(s) for m in JUDGED for s in SEVERITIES),
)
MINUTES = (
    *("observed_minutes", "up_minutes", "known_down_minutes", "unknown_minutes"),
    "failed_over_minutes",
)
PEAKS = ("utilization_max_pct", *(m.max for m in QUALITY))
LONGEST = tuple(m.continuous(s) for m in JUDGED for s in SEVERITIES)


def longer_periods(
    days: ir.Table, pieces: ir.Table, histograms: ir.Table, period: Period
) -> ir.Table:
    """One row per circuit and period with a day of it.

    Args:
        days: Rows of circuit_day.
        pieces: Of runs above levels, of the same days (THRESHOLD_PIECE).
        histograms: Of the same days (CIRCUIT_HISTOGRAM).
        period: Week or month.
    """
    named, of_pieces, of_samples = (
        rows.mutate(**{period.column: period.start(rows.day)})
        for rows in (days, pieces, histograms)
    )
    return _merged(named, "day", of_pieces, of_samples, period.column)


def rolling_months(months: ir.Table, pieces: ir.Table, histograms: ir.Table) -> ir.Table:
    """One row per circuit and month: the month and the twelve before it, of months with a row.

    Args:
        months: Rows of circuit_month, from twelve months before the first one asked for.
        pieces: Of runs above levels, of the days of these months.
        histograms: Of the days of these months.
    """
    ends = months.select(MONTH.column).distinct()
    rolled = _rolled(months.rename(own_month=MONTH.column), ends)
    of_pieces, of_samples = (
        _rolled(rows.mutate(own_month=MONTH.start(rows.day)), ends) for rows in (pieces, histograms)
    )
    return _merged(rolled, "own_month", of_pieces, of_samples, MONTH.column)


def of_months(histograms: ir.Table, months: ir.Table) -> ir.Table:
    """The days' histograms, a copy for each of the 13 months that hold the day."""
    ends = months.select(MONTH.column).distinct()
    return _rolled(histograms.mutate(own_month=MONTH.start(histograms.day)), ends)


def rolled(rows: ir.Table) -> ir.Table:
    """Rows of months, a copy for each of the 13 months that hold theirs."""
    ends = rows.select(MONTH.column).distinct()
    return _rolled(rows.rename(own_month=MONTH.column), ends).drop("own_month")


def _rolled(rows: ir.Table, ends: ir.Table) -> ir.Table:
    """A copy of the row for each month that is at most twelve after its own."""
    gone = (rows.own_month.cast("timestamp") + ibis.interval(months=ROLLING_MONTHS)).cast("date")
    dated = rows.mutate(gone=gone)
    return dated.join(ends, [dated.own_month <= ends.month, dated.gone > ends.month]).drop("gone")


def _merged(
    parts: ir.Table, order: str, pieces: ir.Table, histograms: ir.Table, column: str
) -> ir.Table:
    by = (column, "circuit_id")
    figures: dict[str, ir.Scalar] = {name: parts[name].sum() for name in COUNTS}
    figures |= {name: parts[name].sum().round(MINUTE_DECIMALS) for name in MINUTES}
    figures |= {name: parts[name].max() for name in (*PEAKS, *LONGEST)}
    for metric in JUDGED:
        for name in map(metric.level, SEVERITIES):
            figures[name] = parts[name].argmax(parts[order], where=parts[name].notnull())
    for metric in QUALITY:
        figures[metric.minutes] = parts[metric.minutes].sum().round(MINUTE_DECIMALS)
        figures[metric.weighted] = parts[metric.weighted].sum().round(VALUE_DECIMALS)
    totals = parts.group_by(*by).aggregate(site_id=parts.site_id.argmax(parts[order]), **figures)
    return with_percentiles(with_ratios(_with_longest(totals, pieces, *by)), histograms, *by)


def _with_longest(totals: ir.Table, pieces: ir.Table, *by: str) -> ir.Table:
    """The longest runs of the parts, or of those that go on over midnight, whichever is longer.

    Only days with a run that touches midnight are chained; in all others it ended where it began.
    """
    midnight, next_midnight = pieces.started_at.truncate("D"), pieces.ended_at.truncate("D")
    touching = (
        pieces.filter((pieces.started_at == midnight) | (pieces.ended_at == next_midnight))
        .select(*by, "metric", "severity", "day")
        .distinct()
    )
    open_days = pieces.semi_join(touching, [*by, "metric", "severity", "day"])
    within = (*by, "metric", "severity")
    chain = chained(open_days, within)
    runs = chain.group_by(*within, "episode").aggregate(above_hours=chain.above_hours.sum())
    across = runs.group_by(*by).aggregate(
        **{
            f"{m.continuous(s)}_across": runs.above_hours.max(
                where=(runs.metric == m.name) & (runs.severity == s)
            )
            for m in JUDGED
            for s in SEVERITIES
        }
    )
    joined = totals.left_join(across, list(by))
    longest = {
        # Both engines' GREATEST with nothing but known values: what could not be judged stays NULL.
        name: ibis.greatest(joined[name], joined[f"{name}_across"].fill_null(joined[name]))
        for name in LONGEST
    }
    return joined.mutate(**longest).select(*totals.columns)
