"""Columns of levels, severities and the time above them."""

from collections.abc import Iterator

from wan_perf.schema.columns.column import UNITS, Column, count, percent, text
from wan_perf.schema.metrics import JUDGED, Metric
from wan_perf.schema.values import SCOPES, SEVERITIES, SEVERITY_WORDS

POLICY = (
    text("metric", "Column that the level is for."),
    text("severity", "How bad it is; of a level how bad reaching it is.", SEVERITY_WORDS),
    text("scope", "What the level is set for.", SCOPES),
    text("scope_name", "Name of the region, store type, site or circuit; empty for the default."),
    Column("level", "real", "A value at the level is above it."),
)


def _judged_columns(metric: Metric) -> Iterator[Column]:
    """Levels of an hour, and of a period the hours above them in both modes."""
    yield count(
        metric.judged,
        f"Hours with {metric.quantity} and levels, observed for 30 minutes or more: those that can "
        "be above.",
    )
    yield text(metric.severity, f"Highest level that {metric.quantity} reaches.", SEVERITY_WORDS)
    for severity in SEVERITIES:
        yield Column(
            metric.level(severity),
            "real",
            f"The {severity} level of {metric.quantity} in force in the hour, of a period in its "
            "last hour in service; at it is above.",
            unit=UNITS[metric.unit],
        )
        yield count(
            metric.cumulative(severity),
            f"Hours at or above the {severity} level in force, in all (cumulative); NULL where "
            "none could be judged.",
        )
        yield count(
            metric.continuous(severity),
            f"Longest run of hours at or above the {severity} level in force (continuous); NULL "
            "where none could be judged.",
        )
        yield text(
            metric.longest_circuit(severity),
            f"Circuit of the place that had the longest run at or above the {severity} level.",
        )
    yield percent(
        metric.breach,
        f"Share of the place's circuits that were at or above the high level of {metric.quantity} "
        "for an hour or more, of those that could be judged.",
    )


TIME_ABOVE = (*(column for metric in JUDGED for column in _judged_columns(metric)),)
