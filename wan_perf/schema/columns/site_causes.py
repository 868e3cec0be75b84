"""Columns of why a site's score was low: what Mist gives as causes, and what was impacted."""

from wan_perf.schema.columns.column import flag, minutes, text
from wan_perf.schema.values import SLE_METRICS

CAUSE = (
    text("sle_metric", "The score that the row is about, by its column.", SLE_METRICS),
    text("classifier", "What degraded the score, as Mist names it."),
    minutes(
        "degraded_minutes",
        "Minutes that Mist counts as degraded, of all links, gateways or clients together.",
    ),
    minutes(
        "total_minutes",
        "Minutes that Mist counts in all, of all links, gateways or clients together.",
    ),
    minutes(
        "impact_minutes",
        "Mist's `duration` of the gateway or interface, which its API does not define.",
    ),
    flag(
        "is_answered",
        "Mist answered every request about the score; false: one failed, and is repeated.",
    ),
)
