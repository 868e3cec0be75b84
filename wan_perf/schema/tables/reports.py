"""Reports: the current state, alerts, rankings, trends, primary beside secondary."""

import ibis

from wan_perf.schema.declaration import Rule, Table
from wan_perf.schema.metrics import QUALITY
from wan_perf.schema.values import SEVERITIES

CHRONIC_OFFENDER = Table(
    "chronic_offender",
    "One row per circuit of a store that was bad on many of its last trading days.",
    group="reports",
    key=("circuit_id",),
    required=(
        *("as_of_day", "site_id", "trading_day_count", "comparable_day_count", "bad_day_count"),
        *("bad_since_day", "bad_last_day"),
    ),
    columns=(
        *("as_of_day", "circuit_id", "site_id", "site_name", "region", "trading_day_count"),
        *("comparable_day_count", "bad_day_count", "high_day_count", "flapping_day_count"),
        *("outage_day_count", "bad_since_day", "bad_last_day"),
    ),
    own_rules=(
        Rule(
            "bad_days_are_among_the_comparable",
            "Bad days are among the comparable ones, those among the trading days.",
            lambda t: (
                (t.bad_day_count <= t.comparable_day_count)
                & (t.comparable_day_count <= t.trading_day_count)
            ),
        ),
        Rule(
            "a_bad_day_has_a_reason",
            "Each bad day has one to three of the reasons.",
            lambda t: t.bad_day_count.between(
                ibis.greatest(t.high_day_count, t.flapping_day_count, t.outage_day_count),
                t.high_day_count + t.flapping_day_count + t.outage_day_count,
            ),
        ),
    ),
)

TOP_OFFENDER = Table(
    "top_offender",
    "One row per figure, period and circuit of a store among the worst by it.",
    group="reports",
    key=("period", "ranked_by", "circuit_id"),
    required=("period_start", "place", "site_id", "value"),
    columns=(
        *("period", "period_start", "ranked_by", "place", "circuit_id", "site_id", "site_name"),
        *("region", "value", "coverage_pct"),
    ),
)

LOAD_OF = ("recent_rx_bytes", "recent_tx_bytes", "capacity_down_bytes", "capacity_up_bytes")
"""What utilization now is computed from; NULL where it is that of a single reading."""

CURRENT_STATE = Table(
    "current_state",
    "One row per circuit in service, as of the newest sample.",
    group="reports",
    key=("circuit_id",),
    required=("as_of_at", "site_id", "is_stale"),
    columns=(
        *("as_of_at", "circuit_id", "site_id", "site_name", "site_kind", "region", "role"),
        *("role_rank", "state", "state_since", "down_cause", "activity", "site_state"),
        *(
            "failover_since",
            "sampled_at",
            "is_stale",
            "utilization_now_pct",
            "utilization_hour_pct",
        ),
        *("utilization_usual_pct", "utilization_trend_pct", *(m.avg for m in QUALITY)),
        *LOAD_OF,
        *("recent_flap_count", "severity", "messages"),
    ),
    own_rules=(
        Rule(
            "what_is_wrong_is_said",
            "A severity above normal has a message, and only such a one.",
            lambda t: t.severity.isin(SEVERITIES).fill_null(False) == t.messages.notnull(),
        ),
    ),
)

ACTIVE_ALERT = Table(
    "active_alert",
    "One row per circuit at warning or worse; one per site that is dark or unreachable.",
    group="reports",
    key=("site_id", "circuit_id"),
    nullable_key=("circuit_id",),
    required=("as_of_at", "severity", "messages"),
    columns=(
        *("as_of_at", "severity", "site_id", "site_name", "site_kind", "region", "circuit_id"),
        *("since", "messages"),
    ),
)

PRIMARY_VS_SECONDARY = Table(
    "primary_vs_secondary",
    "One row per store with a primary and a circuit of lower rank, as of the newest pass.",
    group="reports",
    key=("site_id",),
    required=("as_of_at", "primary_circuit_id", "secondary_circuit_id"),
    columns=(
        *("as_of_at", "site_id", "site_name", "region"),
        *(
            f"{name}_{figure}"
            for name in ("primary", "secondary", "active")
            for figure in (
                *("circuit_id", "state", "utilization_now_pct"),
                *(metric.avg for metric in QUALITY),
            )
        ),
        *("primary_usual_p95_pct", "headroom_pct"),
    ),
)

TREND = Table(
    "trend",
    "One row per circuit of a store with a day of trading of late.",
    group="reports",
    key=("circuit_id",),
    required=("as_of_day", "site_id", "day_count", "verdict"),
    columns=(
        *("as_of_day", "circuit_id", "site_id", "site_name", "region", "verdict", "day_count"),
        *("slope_pct_per_day", "slope_low_pct_per_day", "slope_high_pct_per_day", "p_value"),
        *("q_value", "is_significant", "level_pct", "days_to_80", "days_to_80_low"),
        *("days_to_80_high", "days_to_90", "days_to_90_low", "days_to_90_high"),
    ),
    own_rules=(
        Rule(
            "what_is_too_short_has_no_figures",
            "Without enough days there is neither slope nor p-value.",
            lambda t: (t.verdict != "too_short") | (t.p_value.isnull() & t.level_pct.isnull()),
        ),
    ),
)
