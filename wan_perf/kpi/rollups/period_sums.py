"""Sums of circuit-hours over a period, and the ratios of those sums.

Belongs here: how the figures of hours are summed to those of a day.
Keep out: which periods there are (`schema.periods`), hours themselves (`kpi.hour.circuit_hours`),
hours above a level (`kpi.events.threshold_runs`), longer periods (`calendar_periods`).

Store sums, derive ratios last: a percentage is a ratio of sums over the same rows, never a mean of
percentages.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.events.threshold_runs import with_time_above
from wan_perf.kpi.hour.circuit_hours import MINUTE_DECIMALS, PERCENT_DECIMALS, rounded_share_pct
from wan_perf.kpi.rollups.histograms import (
    exact_percentiles,
    samples_behind,
    with_exact_percentiles,
)
from wan_perf.kpi.rollups.whole_days import whole_utc_days
from wan_perf.schema import formulas
from wan_perf.schema.formulas import VALUE_DECIMALS
from wan_perf.schema.metrics import JUDGED, QUALITY, UTILIZATION
from wan_perf.schema.periods import DAY
from wan_perf.schema.values import SEVERITIES

FAILOVERS = ("failover_count", "failed_over_minutes")
_SUMMED = (
    *("rx_bytes", "tx_bytes", "used_rx_bytes", "used_tx_bytes"),
    *("capacity_down_bytes", "capacity_up_bytes", "flap_count"),
)
_MINUTES = ("observed_minutes", "up_minutes", "known_down_minutes", "unknown_minutes")


def circuit_days(
    circuit_hour: ir.Table,
    threshold_piece: ir.Table,
    failover_piece: ir.Table,
    circuit_poll: ir.Table,
) -> ir.Table:
    """One row per circuit and UTC day in which it was in service (CIRCUIT_DAY).

    Percentiles are exact: of utilization over the hours, of loss, jitter and latency over the
    samples of the hours whose quality comes from samples. The hour after a day is read too: it
    decides whether the day is whole.
    """
    hours = circuit_hour.mutate(day=circuit_hour.hour.date())
    by = (DAY.column, "circuit_id")
    days = sums(hours, *by, known_hours=_has_known_failovers(hours).ifelse(1, None).count())
    days = with_time_above(days, threshold_piece, DAY)
    samples = samples_behind(hours, circuit_poll, *by)
    measured = with_exact_percentiles(days, samples, QUALITY, *by)
    counted = _with_failovers(measured, failover_piece)
    joined = counted.left_join(whole_utc_days(circuit_hour), DAY.column)
    return joined.select(*counted.columns, "is_whole")


def _has_known_failovers(hours: ir.Table) -> ir.BooleanValue:
    """Whether use or state of the hour is known; without use failovers are inferred from state."""
    return hours.active_minutes.notnull() | (hours.up_minutes + hours.known_down_minutes > 0)


def _with_failovers(days: ir.Table, failover_piece: ir.Table) -> ir.Table:
    """The days with the failovers from the circuit, in the place of `known_hours`.

    Without any they are 0 where hours are known, else NULL.
    """
    of_primary = failover_piece.group_by("day", circuit_id="primary_circuit_id").aggregate(
        failover_count=failover_piece.is_begin.ifelse(1, 0).sum(),
        failed_over_minutes=failover_piece.on_backup_minutes.sum().round(MINUTE_DECIMALS),
    )
    joined = days.left_join(of_primary, [DAY.column, "circuit_id"])
    none = ibis.ifelse(joined.known_hours > 0, 0, None)
    columns = [name for name in days.columns if name != "known_hours"]
    return joined.select(*columns, **{name: joined[name].fill_null(none) for name in FAILOVERS})


def sums(hours: ir.Table, *by: str, **more: ir.Scalar) -> ir.Table:
    """One row per value of the columns, circuit_id among them: sums over its hours, and `more`.

    utilization_pct is the busier direction's bytes over capacity, both summed over the hours with a
    utilization; its 95th percentile is over those hours, interpolated linearly. availability_pct is
    up over the minutes whose state is known; low and high are the bounds that the unknown minutes
    allow. Loss, jitter and latency are means over the minutes covered in their hours. Site and
    levels are those of the last hour in service.
    """
    parts = hour_parts(hours)
    totals = parts.group_by(*by).aggregate(**figures(parts), **more)
    return with_ratios_and_levels(totals, hours)


def hour_parts(hours: ir.Table) -> ir.Table:
    """The hours with their addends to a period: integers, whose sum is the same in any order."""
    used = hours.utilization_pct.notnull()
    up_mbps = hours.bandwidth_up_mbps.fill_null(hours.bandwidth_mbps)
    capacity_down = formulas.capacity_bytes(hours.bandwidth_mbps, hours.observed_minutes)
    capacity_up = formulas.capacity_bytes(up_mbps, hours.observed_minutes)
    parts: dict[str, ir.Value] = {
        "used_rx_bytes": used.ifelse(hours.rx_bytes, None),
        "used_tx_bytes": used.ifelse(hours.tx_bytes, None),
        "capacity_down_bytes": used.ifelse(capacity_down.round(), None),
        "capacity_up_bytes": used.ifelse(capacity_up.round(), None),
    }
    for metric in JUDGED:
        judged = formulas.is_judged(
            hours[metric.value], hours[metric.level(SEVERITIES[0])], hours[metric.observed]
        )
        parts[metric.judged] = judged.nullif(False)
    for metric in QUALITY:
        minutes = ibis.ifelse(hours[metric.avg].notnull(), hours.quality_minutes, 0.0)
        parts[metric.minutes] = (minutes * 10**MINUTE_DECIMALS).round()
        value = (hours[metric.avg] * 10**VALUE_DECIMALS).round()
        parts[metric.weighted] = value * parts[metric.minutes]
    return hours.mutate(**parts)


def figures(parts: ir.Table) -> dict[str, ir.Scalar]:
    """Sums of `hour_parts`, each under its column's name, and the last hour."""
    found: dict[str, ir.Scalar] = {name: parts[name].sum() for name in _SUMMED}
    # Minutes have few decimals and are few enough for their sum to be the same in any order.
    found |= {name: parts[name].sum().round(MINUTE_DECIMALS) for name in _MINUTES}
    found |= {metric.judged: parts[metric.judged].count() for metric in JUDGED}
    for metric in QUALITY:
        found[metric.minutes] = parts[metric.minutes].sum() / 10**MINUTE_DECIMALS
        weighted = parts[metric.weighted].sum()
        found[metric.weighted] = weighted / 10 ** (MINUTE_DECIMALS + VALUE_DECIMALS)
        found[metric.max] = parts[metric.max].max()
    return found | {
        "last_hour": parts.hour.max(),
        "hour_count": parts.count(),
        "observed_hour_count": parts.utilization_pct.count(),
        "utilization_max_pct": parts.utilization_pct.max(),
        **exact_percentiles(parts, (UTILIZATION,)),
    }


def with_ratios_and_levels(totals: ir.Table, hours: ir.Table) -> ir.Table:
    """The figures with their ratios, and with site and levels as of the last of the hours."""
    levels = [metric.level(severity) for metric in JUDGED for severity in SEVERITIES]
    last = hours.select("site_id", *levels, last_hour="hour", last_circuit_id="circuit_id")
    joined = totals.inner_join(
        last,
        [totals.circuit_id == last.last_circuit_id, totals.last_hour == last.last_hour],
    )
    return with_ratios(joined.select(*totals.columns, "site_id", *levels).drop("last_hour"))


def with_ratios(totals: ir.Table) -> ir.Table:
    """The sums with the ratios derived from them: utilization, availability, means."""
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
        availability_pct=rounded_share_pct(totals.up_minutes, known),
        availability_low_pct=rounded_share_pct(totals.up_minutes, total),
        availability_high_pct=rounded_share_pct(total - totals.known_down_minutes, total),
        coverage_pct=rounded_share_pct(known, total),
    )
