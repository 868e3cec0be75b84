"""Weeks, months and 13 months of a circuit, merged from days and months.

Belongs here: sums, longest runs and percentiles of a period from those of shorter ones.
Keep out: days themselves (`period_sums`), what is derived from sums (`period_sums.with_ratios`).

Sums add up, maxima are compared, a percentile of quality is computed from histograms of days or
months, and the longest run is the longest of a day (of 13 months: of a month) or a run over
midnight. Of hours only utilization is read again, for its exact percentile: its histograms of days
had two rows for three hours, and took ten times as long to make, check and store.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.events.threshold_runs import joint_runs
from wan_perf.kpi.hour.circuit_hours import MINUTE_DECIMALS
from wan_perf.kpi.rollups.histograms import (
    histograms_of,
    with_percentiles,
    with_percentiles_of_hours,
)
from wan_perf.kpi.rollups.period_sums import with_ratios
from wan_perf.schema.formulas import VALUE_DECIMALS
from wan_perf.schema.metrics import JUDGED, QUALITY, UTILIZATION
from wan_perf.schema.periods import MONTH, ROLLING_MONTHS, Period
from wan_perf.schema.tables import CIRCUIT_MONTH_HISTOGRAM
from wan_perf.schema.values import SEVERITIES

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
    days: ir.Table, pieces: ir.Table, hours: ir.Table, histograms: ir.Table, period: Period
) -> ir.Table:
    """One row per circuit and period with a day of it.

    Args:
        days: Rows of circuit_day.
        pieces: Of runs above levels, of the same days (THRESHOLD_PIECE).
        hours: Rows of circuit_hour, of the same days.
        histograms: Of the same days (CIRCUIT_HISTOGRAM), or of the period.
        period: Week or month.
    """
    column = period.column
    named, of_pieces = with_period(days, period), with_period(pieces, period)
    of_samples = histograms if column in histograms.columns else with_period(histograms, period)
    across = joint_runs(of_pieces, (column, "circuit_id", "metric", "severity"))
    rows = _merge(named, "day", across, column)
    of_hours = with_period(hours, period)
    return with_percentiles_of_hours(rows, of_hours, of_samples, column, "circuit_id")


def month_histograms(circuit_hour: ir.Table, circuit_histogram: ir.Table) -> ir.Table:
    """One row per circuit, month, metric and bucket with a value (CIRCUIT_MONTH_HISTOGRAM).

    Quality is that of the month's days added up, utilization is counted in its hours. Of them 13
    months are made, and quality of months: they have up to eight times fewer rows than days.
    """
    by = (MONTH.column, "circuit_id", "site_id")
    hours = with_period(circuit_hour, MONTH)
    # Days that an earlier release stored have utilization too.
    dated = with_period(
        circuit_histogram.filter(circuit_histogram.metric != UTILIZATION.name), MONTH
    )
    of_days = dated.group_by(*by, "metric", "bucket").aggregate(
        sample_count=dated.sample_count.sum().cast("int64")
    )
    columns = CIRCUIT_MONTH_HISTOGRAM.columns
    of_hours = histograms_of(hours, (UTILIZATION,), *by)
    return ibis.union(of_hours.select(*columns), of_days.select(*columns))


def rolling_months(
    circuit_month: ir.Table, threshold_piece: ir.Table, circuit_month_histogram: ir.Table
) -> ir.Table:
    """One row per circuit and month: the month and the twelve before it, of months with a row.

    Args:
        circuit_month: From twelve months before the first one requested.
        threshold_piece: Of the days of these months.
        circuit_month_histogram: Of these months.
    """
    ends = circuit_month.select(MONTH.column).distinct()
    of_months, of_samples = (
        _copies_by_end(rows.rename(own_month=MONTH.column), ends)
        for rows in (circuit_month, circuit_month_histogram)
    )
    across = _across_months(threshold_piece, ends)
    rows = _merge(of_months, "own_month", across, MONTH.column)
    return with_percentiles(rows, of_samples, MONTH.column, "circuit_id")


def rolling_month_histograms(histograms: ir.Table, months: ir.Table) -> ir.Table:
    """Histograms of months, a copy for each 13-month period that contains the month."""
    ends = months.select(MONTH.column).distinct()
    return _copies_by_end(histograms.rename(own_month=MONTH.column), ends)


def rolling_copies(rows: ir.Table) -> ir.Table:
    """Rows of months, a copy for each 13-month period that contains the month."""
    ends = rows.select(MONTH.column).distinct()
    return _copies_by_end(rows.rename(own_month=MONTH.column), ends).drop("own_month")


def with_period(rows: ir.Table, period: Period) -> ir.Table:
    """Rows of hours or days with the period that they lie in."""
    start = rows.hour if "hour" in rows.columns else rows.day
    return rows.mutate(**{period.column: period.start(start)})


def _copies_by_end(rows: ir.Table, ends: ir.Table) -> ir.Table:
    """A copy of the row for each month that is at most twelve after its own."""
    gone = (rows.own_month.cast("timestamp") + ibis.interval(months=ROLLING_MONTHS)).cast("date")
    dated = rows.mutate(gone=gone)
    return dated.join(ends, [dated.own_month <= ends.month, dated.gone > ends.month]).drop("gone")


def _merge(parts: ir.Table, order: str, across: ir.Table, column: str) -> ir.Table:
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
    return with_ratios(_with_longest(totals, across, *by))


def _across_months(pieces: ir.Table, ends: ir.Table) -> ir.Table:
    """The runs over the end of a month, as far as they lie within the 13 months of each end."""
    of = ("circuit_id", "metric", "severity")
    begun = pieces.filter(pieces.started_at == pieces.started_at.truncate(MONTH.unit))
    ended = pieces.filter(pieces.ended_at == pieces.ended_at.truncate(MONTH.unit))
    over = begun.semi_join(ended.select(*of, started_at="ended_at"), [*of, "started_at"])
    # Few runs cross the end of a month, and only their pieces are read.
    runs = joint_runs(pieces.semi_join(over.select(*of).distinct(), list(of)), of)
    last = (runs.ended_at + ibis.interval(seconds=-1)).truncate(MONTH.unit)
    long = runs.filter(runs.started_at.truncate(MONTH.unit) < last)
    windows = ends.select(
        MONTH.column,
        since=ends.month.cast("timestamp") + ibis.interval(months=1 - ROLLING_MONTHS),
        until=ends.month.cast("timestamp") + MONTH.length,
    )
    in_window = long.join(windows, [long.started_at < windows.until, long.ended_at > windows.since])
    start = ibis.greatest(in_window.started_at, in_window.since)
    end = ibis.least(in_window.ended_at, in_window.until)
    return in_window.select(MONTH.column, *of, above_hours=end.delta(start, unit="hour"))


def _with_longest(totals: ir.Table, runs: ir.Table, *by: str) -> ir.Table:
    """The longest runs of the parts or over their ends (`runs`), whichever are longer."""
    wide = runs.group_by(*by).aggregate(
        **{
            f"{m.continuous(s)}_across": runs.above_hours.max(
                where=(runs.metric == m.name) & (runs.severity == s)
            )
            for m in JUDGED
            for s in SEVERITIES
        }
    )
    joined = totals.left_join(wide, list(by))
    longest = {
        # GREATEST gets known values only, on both engines: what could not be evaluated stays NULL.
        name: ibis.greatest(joined[name], joined[f"{name}_across"].fill_null(joined[name]))
        for name in LONGEST
    }
    return joined.mutate(**longest).select(*totals.columns)
