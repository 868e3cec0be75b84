"""Trailing windows of circuits, sites and regions."""

from wan_perf.schema.declaration import Rule, Table
from wan_perf.schema.tables.figures import PERIOD_FIGURES, site_or_region_table
from wan_perf.schema.tables.publication import WINDOWS_DAYS
from wan_perf.schema.tables.rules import PERIOD_RULES

CIRCUIT_WINDOW = Table(
    "circuit_window",
    "One row per circuit, hour and length of a trailing window that ends with the hour.",
    group="rollups",
    partition="hour",
    minutes=1440,
    published_days=WINDOWS_DAYS,
    key=("hour", "window_hours", "circuit_id"),
    required=("site_id", "hour_count", "up_minutes", "down_minutes", "unknown_minutes"),
    columns=("hour", "window_hours", "circuit_id", *PERIOD_FIGURES),
    own_rules=(
        *PERIOD_RULES,
        Rule(
            "a_window_has_at_most_its_hours",
            "hour_count <= window_hours.",
            lambda t: t.hour_count <= t.window_hours,
        ),
    ),
)

SITE_WINDOW = site_or_region_table(
    "site_window",
    "One row per site, hour and length of a trailing window that ends with the hour.",
    *("hour", "window_hours", "site_id"),
)

REGION_WINDOW = site_or_region_table(
    "region_window",
    "One row per region, hour and length of a trailing window that ends with the hour.",
    *("hour", "window_hours", "region"),
)

TRAILING_WINDOWS = (CIRCUIT_WINDOW, SITE_WINDOW, REGION_WINDOW)
"""Each from those before it. Those of old hours follow from the hours; the policy names how many
days of them are computed automatically and retained."""
