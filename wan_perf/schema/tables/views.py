"""Views for BI tools: stored rows beside each other, with names."""

from wan_perf.schema.declaration import View
from wan_perf.schema.metrics import QUALITY, UTILIZATION
from wan_perf.schema.tables.figures import TIME_ABOVE
from wan_perf.schema.tables.reports import CURRENT_STATE
from wan_perf.schema.tables.rollups import CIRCUIT_DAY, REGION_PERIODS
from wan_perf.schema.values import SEVERITIES

OF_MONTH = (
    *("circuit_count", "availability_pct", "availability_low_pct", "availability_high_pct"),
    *("site_availability_pct", "dark_minutes", "unreachable_minutes", "site_unknown_minutes"),
    *(UTILIZATION.cumulative(SEVERITIES[1]), UTILIZATION.judged, UTILIZATION.breach),
    *("utilization_p95_worst_pct", "utilization_p95_worst_circuit_id"),
    *("failover_count", "failed_over_minutes", "flap_count", "coverage_pct"),
)
"""Columns of a region's month that the executive view takes from its table unchanged."""

OF_24_HOURS = {
    "utilization_24h_pct": "utilization_pct",
    "utilization_p95_24h_pct": "utilization_p95_pct",
    **{f"{m.quantity}_avg_24h_{m.unit}": m.avg for m in QUALITY},
    **{f"{m.quantity}_p95_24h_{m.unit}": m.p95 for m in QUALITY},
    "availability_24h_pct": "availability_pct",
    "coverage_24h_pct": "coverage_pct",
}
"""Figures of the 24-hour window under the names that they have beside those of now."""

EXECUTIVE_OVERVIEW = View(
    "executive_overview",
    "One row per region and month: availability, minutes lost, load and failovers of its stores, "
    "each beside its change against the month before.",
    group="overviews",
    key=("month", "region"),
    columns=(
        *("month", "region", "is_whole_month", "site_count", *OF_MONTH),
        *("availability_change_pct", "availability_13_month_pct", "utilization_high_hours_pct"),
        *("utilization_high_hours_change_pct", "lost_per_site_minutes"),
        *("lost_per_site_change_minutes", "failover_change_count"),
    ),
    # The one that is stored least often: each store of it looks whether the view is as declared.
    sources=("region_13_month", "region_month", "region_day", "site_month", "dim_site"),
    computed_by="wan_perf.kpi.reports.overviews:executive_overviews",
)

ENGINEERING_VIEW = View(
    "engineering_view",
    "One row per circuit in service, as of the newest pass; hours above and flaps are those of the "
    "24 hours up to the end of the newest hour.",
    group="overviews",
    key=("circuit_id",),
    columns=(
        *CURRENT_STATE.columns,
        *("alert_severity", "alert_since", "store_type", "wan_name", "provider", "medium"),
        *("bandwidth_mbps", "bandwidth_up_mbps", "bandwidth_source", "hour"),
        *(*OF_24_HOURS, *TIME_ABOVE, "flap_count"),
        *("verdict", "slope_pct_per_day", "level_pct", "days_to_80", "days_to_90"),
    ),
    sources=(
        *("trend", "active_alert", "current_state", "circuit_window", "dim_site", "dim_circuit"),
    ),
    computed_by="wan_perf.kpi.reports.overviews:engineering_views",
)

TOP_OFFENDERS = View(
    "top_offenders",
    "One row per figure, period and circuit of top_offender, with who it is now and whether it is "
    "a chronic offender; the worst first.",
    group="overviews",
    # With the place, so that what is read in the order of the key begins with the worst.
    key=("period", "ranked_by", "place", "circuit_id"),
    columns=(
        *("period", "period_start", "ranked_by", "place", "value", "circuit_id", "wan_name"),
        *("provider", "medium", "role", "bandwidth_mbps", "bandwidth_up_mbps", "site_id"),
        *("site_name", "region", "store_type", "coverage_pct", "ranking_count"),
        *("bad_day_count", "comparable_day_count", "bad_since_day", "bad_last_day"),
    ),
    sources=("chronic_offender", "top_offender", "dim_site", "dim_circuit"),
    computed_by="wan_perf.kpi.reports.overviews:named_offenders",
)

_DRILLDOWN = (
    "circuit_count",
    *(n for n in REGION_PERIODS["day"].columns if n in CIRCUIT_DAY.columns and n != "day"),
    "utilization_high_hours_pct",
)
"""The measures of every level: what a region, a site and a circuit have in common."""

DRILLDOWN_REGION = View(
    "drilldown_region",
    "One row per region and UTC day; drilldown_site has its stores.",
    group="overviews",
    sums_circuits=True,
    key=("day", "region"),
    columns=("day", "region", *_DRILLDOWN),
    sources=("region_day",),
    computed_by="wan_perf.kpi.reports.overviews:region_drilldowns",
)

DRILLDOWN_SITE = View(
    "drilldown_site",
    "One row per store and UTC day, under its region; drilldown_circuit has its circuits.",
    group="overviews",
    sums_circuits=True,
    key=("day", "site_id"),
    columns=("day", "region", "site_id", "site_name", "store_type", *_DRILLDOWN),
    sources=("site_day", "dim_site"),
    computed_by="wan_perf.kpi.reports.overviews:site_drilldowns",
)

DRILLDOWN_CIRCUIT = View(
    "drilldown_circuit",
    "One row per circuit of a store and UTC day, under its site; circuit_hour has its hours.",
    group="overviews",
    key=("day", "circuit_id"),
    columns=(
        *("day", "region", "site_id", "site_name", "circuit_id", "wan_name", "provider"),
        *("medium", "role", *_DRILLDOWN),
    ),
    sources=("circuit_day", "dim_site", "dim_circuit"),
    computed_by="wan_perf.kpi.reports.overviews:circuit_drilldowns",
)
