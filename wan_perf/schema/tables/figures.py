"""Figures that every window and every calendar period has, of circuits, sites and regions.

Keep out: which windows and periods there are (`windows`, `rollups`).
"""

from wan_perf.schema import formulas
from wan_perf.schema.declaration import Rule, Table
from wan_perf.schema.metrics import JUDGED, QUALITY
from wan_perf.schema.tables.publication import WINDOWS_DAYS
from wan_perf.schema.tables.rules import STEP, agrees
from wan_perf.schema.values import SEVERITIES

TIME_ABOVE = tuple(
    name
    for metric in JUDGED
    for name in (
        metric.judged,
        *(mode(s) for s in SEVERITIES for mode in (metric.cumulative, metric.continuous)),
    )
)
"""Both modes of time above as columns of every period and scope, beside the hours judged."""

PERIOD_FIGURES = (
    *("site_id", "hour_count", "observed_hour_count", "rx_bytes"),
    *("tx_bytes", "observed_minutes", "used_rx_bytes", "used_tx_bytes", "capacity_down_bytes"),
    *("capacity_up_bytes", "utilization_pct", "utilization_max_pct", "utilization_p95_pct"),
    *(n for m in QUALITY for n in (m.minutes, m.weighted, m.avg, m.max, m.p95)),
    *TIME_ABOVE,
    *(metric.level(severity) for metric in JUDGED for severity in SEVERITIES),
    *("up_minutes", "down_minutes", "known_down_minutes", "unknown_minutes"),
    *("availability_pct", "availability_low_pct"),
    *("availability_high_pct", "coverage_pct", "flap_count"),
)

CALENDAR_FIGURES = (*PERIOD_FIGURES, "failover_count", "failed_over_minutes")

REQUIRED_FIGURES = ("site_id", "hour_count", "up_minutes", "down_minutes", "unknown_minutes")

_SITE_FIGURES = (
    *("site_up_minutes", "dark_minutes", "unreachable_minutes", "site_unknown_minutes"),
    *("site_availability_pct", "on_backup_minutes", "redundancy_lost_minutes"),
)


def _figures_of_several(figures: tuple[str, ...]) -> tuple[str, ...]:
    """A circuit's figures without what only one circuit has, and what several have together."""
    own = {"site_id", *(m.level(s) for m in JUDGED for s in SEVERITIES)}
    return (
        "circuit_count",
        *(name for name in figures if name not in own),
        *(m.longest_circuit(s) for m in JUDGED for s in SEVERITIES),
        *(m.breach for m in JUDGED),
        *("utilization_p95_worst_pct", "utilization_p95_worst_circuit_id"),
        *_SITE_FIGURES,
    )


_SITE_AND_REGION_RULES = (
    Rule(
        "down_minutes_is_the_rest",
        "down_minutes = 60 * hour_count - up_minutes.",
        lambda t: agrees(
            t.down_minutes,
            formulas.down_minutes(t.up_minutes, 60 * t.hour_count),
            STEP * t.circuit_count,
        ),
    ),
)


def site_or_region_table(name: str, grain: str, partition: str, *key: str) -> Table:
    """The table of a window or a period of sites or regions, which `key` names last."""
    figures = PERIOD_FIGURES if "window_hours" in key else CALENDAR_FIGURES
    of_day = ("is_whole",) if partition == "day" else ()
    published = WINDOWS_DAYS if "window_hours" in key else None
    return Table(
        name,
        grain,
        group="rollups",
        partition=partition,
        sums_circuits=True,
        key=(partition, *key),
        required=("circuit_count", "hour_count", "up_minutes", "down_minutes", "unknown_minutes"),
        columns=(partition, *key, *of_day, *_figures_of_several(figures)),
        own_rules=_SITE_AND_REGION_RULES,
        published_days=published,
    )
