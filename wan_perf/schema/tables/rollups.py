"""Calendar periods of circuits, sites and regions, and trading days."""

from wan_perf.schema.declaration import Rule, Table
from wan_perf.schema.tables.figures import (
    CALENDAR_FIGURES,
    PERIOD_FIGURES,
    REQUIRED_FIGURES,
    site_or_region_table,
)
from wan_perf.schema.tables.rules import PERIOD_RULES, STEP, agrees

CIRCUIT_DAY = Table(
    "circuit_day",
    "One row per circuit and UTC day in which it was in service for an hour or more.",
    group="rollups",
    partition="day",
    minutes=1440,
    key=("day", "circuit_id"),
    required=("site_id", "hour_count", "up_minutes", "down_minutes", "unknown_minutes"),
    columns=("day", "circuit_id", "is_whole", *CALENDAR_FIGURES),
    own_rules=PERIOD_RULES,
)

CIRCUIT_HISTOGRAM = Table(
    "circuit_histogram",
    "One row per circuit, UTC day, figure of quality and range of its values that occurred.",
    group="rollups",
    partition="day",
    published_days=0,
    key=("day", "circuit_id", "site_id", "metric", "bucket"),
    required=("sample_count",),
    columns=("day", "circuit_id", "site_id", "metric", "bucket", "sample_count"),
)

CIRCUIT_WEEK = Table(
    "circuit_week",
    "One row per circuit and ISO week in which it was in service for an hour or more.",
    group="rollups",
    partition="week",
    minutes=7 * 1440,
    key=("week", "circuit_id"),
    required=REQUIRED_FIGURES,
    columns=("week", "circuit_id", *CALENDAR_FIGURES),
    own_rules=PERIOD_RULES,
)

CIRCUIT_MONTH_HISTOGRAM = Table(
    "circuit_month_histogram",
    "One row per circuit, month, metric and range of values that occurred.",
    group="rollups",
    partition="month",
    published_days=0,
    key=("month", "circuit_id", "site_id", "metric", "bucket"),
    required=("sample_count",),
    columns=("month", "circuit_id", "site_id", "metric", "bucket", "sample_count"),
)

CIRCUIT_MONTH = Table(
    "circuit_month",
    "One row per circuit and month in which it was in service for an hour or more.",
    group="rollups",
    partition="month",
    minutes=31 * 1440,
    key=("month", "circuit_id"),
    required=REQUIRED_FIGURES,
    columns=("month", "circuit_id", *CALENDAR_FIGURES),
    own_rules=PERIOD_RULES,
)

CIRCUIT_13_MONTH = Table(
    "circuit_13_month",
    "One row per circuit and month: the month and the twelve before it, as far as it was in "
    "service.",
    group="rollups",
    partition="month",
    minutes=397 * 1440,
    key=("month", "circuit_id"),
    required=REQUIRED_FIGURES,
    columns=("month", "circuit_id", *CALENDAR_FIGURES),
    own_rules=PERIOD_RULES,
)

_LENGTHS = {
    "day": ("UTC day", "day"),
    "week": ("ISO week", "week"),
    "month": ("month", "month"),
    "13_month": ("month: it and the twelve before it", "month"),
}

SITE_PERIODS = {
    name: site_or_region_table(f"site_{name}", f"One row per site and {words}.", column, "site_id")
    for name, (words, column) in _LENGTHS.items()
}

REGION_PERIODS = {
    name: site_or_region_table(
        f"region_{name}", f"One row per region and {words}.", column, "region"
    )
    for name, (words, column) in _LENGTHS.items()
}

CIRCUIT_TRADING_DAY = Table(
    "circuit_trading_day",
    "One row per circuit and trading day of its store: figures over its trading hours.",
    group="rollups",
    partition="day",
    minutes=25 * 60,
    key=("day", "circuit_id"),
    required=REQUIRED_FIGURES,
    columns=("day", "circuit_id", "is_whole", *PERIOD_FIGURES),
    own_rules=PERIOD_RULES,
)

SITE_TRADING_DAY = Table(
    "site_trading_day",
    "One row per site and trading day: minutes over its trading hours.",
    group="rollups",
    partition="day",
    minutes=25 * 60,
    key=("day", "site_id"),
    required=("hour_count", "site_up_minutes", "lost_minutes", "site_unknown_minutes"),
    columns=(
        *("day", "site_id", "is_whole", "hour_count", "site_up_minutes", "dark_minutes"),
        *("unreachable_minutes", "lost_minutes", "site_unknown_minutes", "site_availability_pct"),
        *("on_backup_minutes", "redundancy_lost_minutes"),
    ),
    own_rules=(
        Rule(
            "lost_is_dark_and_unreachable",
            "lost_minutes = dark_minutes + unreachable_minutes.",
            lambda t: agrees(t.lost_minutes, t.dark_minutes + t.unreachable_minutes, STEP),
        ),
    ),
)
