"""Columns of the reports: rankings, trends, the current state, primary and backup."""

from collections.abc import Iterator

from wan_perf.schema.columns.column import (
    UNITS,
    Column,
    byte_count,
    count,
    flag,
    instant,
    percent,
    text,
)
from wan_perf.schema.metrics import QUALITY

REPORT = (
    Column(
        "as_of_day",
        "date",
        "Newest whole day, with which the report ends: a UTC day, of trading days a trading day.",
    ),
    count(
        "trading_day_count",
        "Last trading days in the site's zone, up to the newest whole one: those compared.",
    ),
    count("comparable_day_count", "Days compared whose state is known for long enough."),
    count("bad_day_count", "Comparable days that were bad for any reason."),
    count("high_day_count", "Bad days with a metric at or above its high level for long enough."),
    count("flapping_day_count", "Bad days with too many transitions."),
    count("outage_day_count", "Bad days with too low an availability."),
    Column("bad_since_day", "date", "First bad day of those compared."),
    Column("bad_last_day", "date", "Last bad day of those compared."),
    text("ranked_by", "Column of the period that circuits are ranked by."),
    text(
        "period",
        "Period that is ranked; 13_month is the month and the twelve before it.",
        ("day", "week", "month", "13_month"),
    ),
    Column("period_start", "date", "First UTC day of the period; of 13 months that of the last."),
    Column(
        "place", "integer", "Place in the ranking; 1 is the worst, equal values share it.", ge=1
    ),
    Column("value", "real", "Value that is ranked, in the unit of the column."),
)

TREND = (
    count("day_count", "Days that count: with enough hours of utilization in trading hours."),
    text(
        "verdict",
        "Whether the busy hours grow; too_short where there are too few days to tell.",
        ("rising", "falling", "steady", "too_short"),
    ),
    Column("p_value", "real", "Chance of such a trend where there is none.", "", 0, 1),
    Column(
        "q_value", "real", "Share of false ones among trends as sure, over the fleet.", "", 0, 1
    ),
    flag("is_significant", "The p-value is under the policy's, before the fleet's correction."),
    *(
        Column(f"slope{name}_pct_per_day", "real", meaning, "% a day")
        for name, meaning in {
            "": "Median change of the busy hours' utilization (Theil-Sen), points a day.",
            "_low": "Least change that 95 of 100 samples would have.",
            "_high": "Highest change that 95 of 100 samples would have.",
        }.items()
    ),
    Column(
        "level_pct", "real", "Utilization of the busy hours now, on the line of the trend.", "%"
    ),
    *(
        Column(
            f"days_to_{target}{name}", "integer", f"{word} days to {target} %; 0: reached.", "d", 0
        )
        for target in (80, 90)
        for name, word in {"": "Likely", "_low": "Least", "_high": "Most"}.items()
    ),
)

NOW = (
    instant(
        "as_of_at", "Instant of the newest sample of the newest poll: the now that the row is of."
    ),
    instant("state_since", "Since when it is in its state; NULL where for over 14 days."),
    instant(
        "since",
        "Since when it is down, dark, unreachable or on backup; NULL for a level, and where for "
        "over 14 days or not known.",
    ),
    flag("is_stale", "Its newest sample is more than 15 minutes older than as_of_at."),
    text("site_state", "What its site does: up, on backup, site dark, site unreachable, unknown."),
    instant(
        "failover_since",
        "Since when its site, on backup now, is in failover; NULL where not, or since unknown.",
    ),
    percent(
        "utilization_now_pct",
        "Utilization of the last 15 minutes up to its newest sample; of a first sample by its "
        "rates; NULL where that is stale.",
        le=None,
    ),
    percent("utilization_hour_pct", "Utilization of the hour so far.", le=None),
    percent(
        "utilization_usual_pct",
        "Median utilization of the same hour of the last four weeks; NULL of under three of them.",
        le=None,
    ),
    Column("utilization_trend_pct", "real", "Utilization now minus the usual one.", "%"),
    byte_count(
        "recent_rx_bytes",
        "Bytes received in the last 15 observed minutes, of which utilization now is; NULL where "
        "it is that of a single reading.",
    ),
    byte_count("recent_tx_bytes", "Bytes sent in the last 15 observed minutes, likewise."),
    count("recent_flap_count", "Transitions in the hour up to now."),
    text("messages", "What is wrong, a phrase each; NULL where nothing is."),
)


def _beside(name: str) -> Iterator[Column]:
    """State, load and quality of one of the circuits that are compared."""
    what = f"the {name} circuit"
    yield text(f"{name}_state", f"State of {what}.")
    yield percent(f"{name}_utilization_now_pct", f"Utilization of {what} now.", le=None)
    for metric in QUALITY:
        unit = UNITS[metric.unit]
        meaning = f"{metric.quantity.capitalize()} of {what} in the hour so far."
        yield Column(f"{name}_{metric.avg}", "real", meaning, unit, 0)


BACKUP = (
    text("secondary_circuit_id", "Best ranked circuit of a rank lower than 1."),
    text("active_circuit_id", "Circuit that carries the site; NULL where use is unknown."),
    *(column for name in ("primary", "secondary", "active") for column in _beside(name)),
    percent(
        "primary_usual_p95_pct",
        "Median of the 95th percentiles of the primary's utilization of 28 days; NULL of under 7.",
        le=None,
    ),
    Column(
        "headroom_pct",
        "real",
        "What the secondary would have left at least under the primary's usual load; negative: it "
        "cannot carry it. NULL where a rate is unknown.",
        "%",
    ),
)
