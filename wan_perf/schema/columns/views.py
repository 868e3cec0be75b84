"""Columns of the views for BI tools."""

from collections.abc import Iterator

from wan_perf.schema.columns.column import (
    UNITS,
    Column,
    count,
    flag,
    instant,
    minutes,
    percent,
    text,
)
from wan_perf.schema.metrics import QUALITY, Metric
from wan_perf.schema.values import SEVERITIES


def _of_24_hours(metric: Metric) -> Iterator[Column]:
    """Mean and percentile of a sampled figure beside that of now."""
    unit, le = UNITS[metric.unit], 100 if metric.unit == "pct" else None
    for statistic, words in {"avg": "mean", "p95": "95th percentile"}.items():
        yield Column(
            f"{metric.quantity}_{statistic}_24h_{metric.unit}",
            "real",
            f"{metric.quantity.capitalize()} of the last 24 hours: {words}.",
            unit,
            0,
            le,
        )


OVERVIEW = (
    count("site_count", "Stores with a circuit in service in the period."),
    flag("is_whole_month", "Every day of the month is whole; else it goes on or began late."),
    percent(
        "utilization_high_hours_pct",
        "Share of the judged circuit-hours at or above the high level of utilization.",
    ),
    minutes(
        "lost_per_site_minutes",
        "Minutes of the whole day in which a store was dark or unreachable, mean of the stores.",
    ),
    percent("availability_13_month_pct", "Availability of the month and the twelve before it."),
    *(
        Column(
            f"{name}_change_pct",
            "real",
            f"{words} minus that of the month before, points; NULL without such a month.",
            "%",
        )
        for name, words in {
            "availability": "Availability",
            "utilization_high_hours": "Share of hours at or above high",
        }.items()
    ),
    Column(
        "lost_per_site_change_minutes",
        "real",
        "Minutes lost per store minus those of the month before; NULL unless both are whole.",
        "min",
    ),
    Column(
        "failover_change_count",
        "integer",
        "Failovers minus those of the month before; NULL unless both are whole.",
    ),
    percent("utilization_24h_pct", "Utilization of the last 24 hours, bytes over bytes.", le=None),
    percent(
        "utilization_p95_24h_pct",
        "95th percentile of the hours' utilization of the last 24 hours.",
        le=None,
    ),
    *(column for metric in QUALITY for column in _of_24_hours(metric)),
    percent("availability_24h_pct", "Availability of the last 24 hours."),
    percent("coverage_24h_pct", "Share of the last 24 hours whose state is known."),
    text(
        "alert_severity",
        "How bad the alert is that is open for the circuit, else for its whole site.",
        SEVERITIES,
    ),
    instant("alert_since", "Since when that alert is so; NULL where not known."),
    count("ranking_count", "Figures by which the circuit is among the worst of the period."),
)
