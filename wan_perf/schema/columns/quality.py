"""Columns of loss, jitter, latency and MOS over the samples of an hour."""

from collections.abc import Iterator

from wan_perf.schema.columns.column import UNITS, Column, count, text
from wan_perf.schema.metrics import QUALITY, Metric


def _sample_columns(metric: Metric) -> Iterator[Column]:
    """Average, maximum and percentile of an hour's samples of the peer paths."""
    unit, le = UNITS[metric.unit], 100 if metric.unit == "pct" else None
    name = metric.quantity.capitalize()
    of = "of the circuit's peer paths in the hour"
    yield Column(
        metric.minutes, "real", f"Minutes that {metric.avg} of a period rests on.", "min", 0
    )
    yield Column(
        metric.weighted,
        "real",
        f"Sum of the hours' {metric.avg}, each times its minutes.",
        f"{unit} min",
        0,
    )
    yield Column(metric.avg, "real", f"{name} {of}: mean of its samples.", unit, 0, le)
    yield Column(
        metric.max,
        "real",
        f"{name} {of}: highest sample; NULL where only the history is known.",
        unit,
        0,
        le,
    )
    yield Column(
        metric.p95,
        "real",
        f"{name} {of}: 95th percentile of its samples (linear); exact for a circuit up to a day "
        "and in windows of sites, else at most 2 % off; NULL where only the history is known.",
        unit,
        0,
        le,
    )


QUALITY_OF_HOUR = (
    *(column for metric in QUALITY for column in _sample_columns(metric)),
    Column(
        "mos_avg", "real", "Mean opinion score of a call, mean of the hour's samples.", "", 0, 5
    ),
    count("quality_sample_count", "Polls of the circuit (`circuit_poll`) with loss or delay."),
    text(
        "quality_source",
        "Where loss, jitter and latency come from, never mixed; NULL where nothing is known.",
        ("samples", "history", "import"),
    ),
)
