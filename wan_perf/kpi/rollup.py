"""Sums of circuit-hours over a period, and the ratios of those sums.

Belongs here: how an hour's figures add up to a day's.
Keep out: which periods there are (`periods`), hours themselves (`circuit_hours`), hours above a
level (`threshold_runs`), longer periods (`calendar`).

Store sums, derive ratios last: a percentage is a ratio of sums over the same rows, never a mean of
percentages.
"""

import ibis
import ibis.expr.types as ir

from wan_perf import formulas
from wan_perf.columns import SEVERITIES
from wan_perf.formulas import VALUE_DECIMALS
from wan_perf.kpi.circuit_hours import MINUTE_DECIMALS, PERCENT_DECIMALS
from wan_perf.kpi.histograms import samples_behind, with_exact_percentiles
from wan_perf.kpi.threshold_runs import with_time_above
from wan_perf.metrics import JUDGED, QUALITY
from wan_perf.periods import DAY, Period

FAILOVERS = ("failover_count", "failed_over_minutes")


def circuit_days(
    circuit_hour: ir.Table,
    threshold_piece: ir.Table,
    failover_piece: ir.Table,
    circuit_poll: ir.Table,
) -> ir.Table:
    """One row per circuit and UTC day in which it was in service (CIRCUIT_DAY).

    Percentiles are exact: of utilization over the hours, of loss, jitter and latency over the
    samples of the hours whose quality comes from samples.
    """
    days = with_time_above(circuit_periods(circuit_hour, DAY), threshold_piece, DAY)
    hours = circuit_hour.mutate(day=circuit_hour.hour.date())
    samples = samples_behind(hours, circuit_poll)
    measured = with_exact_percentiles(days, samples, DAY.column, "circuit_id")
    return _with_failovers(measured, circuit_hour, failover_piece)


def _with_failovers(days: ir.Table, circuit_hour: ir.Table, failover_piece: ir.Table) -> ir.Table:
    """The days with the failovers from the circuit; NULL where nothing tells of its use."""
    told = circuit_hour.filter(circuit_hour.active_minutes.notnull())
    told = told.select("circuit_id", day=told.hour.date(), is_told=ibis.literal(True)).distinct()
    of_primary = failover_piece.group_by("day", circuit_id="primary_circuit_id").aggregate(
        failover_count=failover_piece.is_begin.ifelse(1, 0).sum(),
        failed_over_minutes=failover_piece.on_backup_minutes.sum().round(MINUTE_DECIMALS),
    )
    by = [DAY.column, "circuit_id"]
    joined = days.left_join(told, by).drop("day_right", "circuit_id_right")
    joined = joined.left_join(of_primary, by)
    none = {name: ibis.ifelse(joined.is_told, 0, None) for name in FAILOVERS}
    return joined.select(
        *days.columns, **{name: joined[name].fill_null(none[name]) for name in FAILOVERS}
    )


def circuit_periods(circuit_hour: ir.Table, period: Period) -> ir.Table:
    """One row per circuit and period in which it was in service for an hour or more; `sums`."""
    hours = circuit_hour.mutate(**{period.column: period.start(circuit_hour.hour)})
    return sums(hours, period.column, "circuit_id")


def sums(hours: ir.Table, *by: str) -> ir.Table:
    """One row per value of the columns: what the circuit-hours with it add up to.

    utilization_pct is the busier direction's bytes over capacity, both summed over the hours with a
    utilization; its 95th percentile is over those hours, interpolated linearly. availability_pct is
    up over the minutes whose state is known; low and high are what the unknown minutes allow. Loss,
    jitter and latency are means over the minutes that their hours speak for. A level is the one in
    force in the last hour that has one.
    """
    used = hours.utilization_pct.notnull()
    up_mbps = hours.bandwidth_up_mbps.fill_null(hours.bandwidth_mbps)
    capacity_down = formulas.capacity_bytes(hours.bandwidth_mbps, hours.observed_minutes)
    capacity_up = formulas.capacity_bytes(up_mbps, hours.observed_minutes)
    figures: dict[str, ir.Scalar] = {}
    for metric in JUDGED:
        judged = formulas.is_judged(
            hours[metric.value], hours[metric.level(SEVERITIES[0])], hours[metric.observed]
        )
        figures[metric.judged] = judged.ifelse(1, 0).sum()
        for name in map(metric.level, SEVERITIES):
            figures[name] = hours[name].argmax(hours.hour, where=hours[name].notnull())
    for metric in QUALITY:
        minutes = ibis.ifelse(hours[metric.avg].notnull(), hours.quality_minutes, 0.0)
        # Whole parts: their sum is the same in any order of the rows.
        weight = (minutes * 10**MINUTE_DECIMALS).round().cast("int64")
        part = (hours[metric.avg] * 10**VALUE_DECIMALS).round().cast("int64") * weight
        figures[metric.minutes] = weight.sum() / 10**MINUTE_DECIMALS
        figures[metric.weighted] = part.sum() / 10 ** (MINUTE_DECIMALS + VALUE_DECIMALS)
        figures[metric.max] = hours[metric.max].max()
    return with_ratios(
        hours.group_by(*by).aggregate(
            site_id=hours.site_id.argmax(hours.hour),
            hour_count=hours.count(),
            observed_hour_count=used.ifelse(1, 0).sum(),
            rx_bytes=hours.rx_bytes.sum(),
            tx_bytes=hours.tx_bytes.sum(),
            observed_minutes=hours.observed_minutes.sum().round(MINUTE_DECIMALS),
            used_rx_bytes=hours.rx_bytes.sum(where=used),
            used_tx_bytes=hours.tx_bytes.sum(where=used),
            # Decimal sums of rounded parts: the same in any order of the rows.
            capacity_down_bytes=capacity_down.round().cast("int64").sum(where=used),
            capacity_up_bytes=capacity_up.round().cast("int64").sum(where=used),
            utilization_max_pct=hours.utilization_pct.max(),
            utilization_p95_pct=hours.utilization_pct.quantile(0.95).round(PERCENT_DECIMALS),
            up_minutes=hours.up_minutes.sum().round(MINUTE_DECIMALS),
            known_down_minutes=hours.known_down_minutes.sum().round(MINUTE_DECIMALS),
            unknown_minutes=hours.unknown_minutes.sum().round(MINUTE_DECIMALS),
            flap_count=hours.flap_count.sum(),
            **figures,
        )
    )


def with_ratios(totals: ir.Table) -> ir.Table:
    """The sums with what is derived of them: utilization, availability, means."""
    total = 60 * totals.hour_count
    known = totals.up_minutes + totals.known_down_minutes
    utilization = formulas.utilization_pct(
        totals.used_rx_bytes,
        totals.used_tx_bytes,
        totals.capacity_down_bytes,
        totals.capacity_up_bytes,
    )
    return totals.mutate(
        **{
            metric.avg: formulas.mean_value(totals[metric.weighted], totals[metric.minutes]).round(
                VALUE_DECIMALS
            )
            for metric in QUALITY
        },
        utilization_pct=utilization.round(PERCENT_DECIMALS),
        down_minutes=formulas.down_minutes(totals.up_minutes, total).round(MINUTE_DECIMALS),
        availability_pct=formulas.availability_pct(totals.up_minutes, known).round(
            PERCENT_DECIMALS
        ),
        availability_low_pct=_share(totals.up_minutes, total),
        availability_high_pct=_share(total - totals.known_down_minutes, total),
        coverage_pct=_share(known, total),
    )


def _share(part: ir.NumericValue, whole: ir.NumericValue) -> ir.NumericValue:
    # Rounded minutes can exceed their hour by a step; a share cannot exceed the whole.
    return (100.0 * part / whole).round(PERCENT_DECIMALS).clip(0, 100)
