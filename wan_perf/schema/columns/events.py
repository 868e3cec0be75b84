"""Columns of failovers, flaps and runs above a level."""

from collections.abc import Iterator

from wan_perf.schema.columns.column import (
    UNITS,
    Column,
    byte_count,
    count,
    flag,
    instant,
    minutes,
    percent,
    text,
)
from wan_perf.schema.metrics import QUALITY, Metric


def _of_failover(metric: Metric) -> Iterator[Column]:
    """Sums of the samples during a failover, and the mean before it."""
    unit, name = UNITS[metric.unit], metric.quantity
    yield Column(f"{name}_sum_{metric.unit}", "real", f"Sum of the samples' {name}.", unit, 0)
    yield count(f"{name}_count", f"Samples with {name}.")
    yield Column(
        f"{name}_before_{metric.unit}",
        "real",
        f"Mean {name} of the circuit in use in the 24 hours before the hour in which it began.",
        unit,
        0,
    )


FAILOVER = (
    text("primary_circuit_id", "Circuit of rank 1; the first by name of several."),
    count(
        "failover_count",
        "Failovers that began, of those from the circuit; NULL where use is unknown.",
    ),
    minutes(
        "failed_over_minutes",
        "Minutes on a backup in failovers from the circuit; NULL where use is unknown.",
    ),
    text("backup_circuit_id", "Lower-ranked circuit that carried the site longest."),
    text(
        "failover_cause",
        "What the primary was down with as it began, in the words of down_cause; NULL where it "
        "was not known to be down.",
        ("port", "isp", "path", "gateway", "wan"),
    ),
    flag("is_inferred", "No poll saw the backup in use: the primary was down, the backup up."),
    flag("is_begin", "The failover began in this part; else it goes on from the day before."),
    byte_count(
        "capacity_down_bytes", "What the rates carry down in the time the bytes are known of."
    ),
    byte_count("capacity_up_bytes", "What the rates carry up in the time the bytes are known of."),
    percent(
        "utilization_before_pct",
        "Mean utilization of the circuit in use in the 24 hours before the hour in which it began.",
        le=None,
    ),
    *(column for metric in QUALITY for column in _of_failover(metric)),
    instant("turned_at", "Instant of the transition."),
)

EPISODE = (
    instant("started_at", "When it began."),
    instant("ended_at", "When it ended, not included: the part goes from start to end."),
    count("above_hours", "Hours at or above the level, end to end."),
    Column("value_max", "real", "Highest value of the hours, in the metric's unit."),
    Column("value_sum", "real", "Sum of the hours' values, in the metric's unit; makes the mean."),
    Column("value_mean", "real", "Mean value of the hours, in the metric's unit."),
    flag("is_open", "No hour that is known ends it: it can go on. NULL where no hours are known."),
)
