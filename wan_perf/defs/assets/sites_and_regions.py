"""Sites and regions over calendar periods: from their circuits' periods, and minutes of sites."""

from typing import Any

import dagster as dg
import ibis.expr.types as ir

from wan_perf.defs.assets.declared import declared
from wan_perf.defs.partitions import (
    CHUNK,
    DAILY,
    DAYS_OF_PERIOD,
    HOURS_OF_PERIOD,
    MONTHLY,
    MONTHS_BEFORE,
    WEEKLY,
)
from wan_perf.kpi.rollups.calendar_periods import (
    rolling_copies,
    rolling_month_histograms,
    with_period,
)
from wan_perf.kpi.rollups.sites_and_regions import (
    Parts,
    region_periods,
    site_minutes,
    site_periods,
)
from wan_perf.schema.declaration import Table
from wan_perf.schema.metrics import UTILIZATION
from wan_perf.schema.periods import PERIODS, ROLLING
from wan_perf.schema.tables import REGION_PERIODS, SITE_PERIODS
from wan_perf.warehouse import sql_asset

_PARTITIONS = {"day": DAILY, "week": WEEKLY, "month": MONTHLY, ROLLING: MONTHLY}
_SITES = {
    "day": ("site_hour", HOURS_OF_PERIOD),
    "week": ("site_day", DAYS_OF_PERIOD),
    "month": ("site_day", DAYS_OF_PERIOD),
    ROLLING: ("site_month", MONTHS_BEFORE),
}
"""Where a site's minutes come from, and how much of it."""
_HOURS = {"hours": dg.AssetIn("circuit_hour", partition_mapping=HOURS_OF_PERIOD)}
"""Where the percentile of utilization comes from, but for 13 months."""
_OF_HOURS = ("hour", "site_id", UTILIZATION.name)
_HISTOGRAMS = {
    "day": ("circuit_histogram", DAYS_OF_PERIOD),
    "week": ("circuit_histogram", DAYS_OF_PERIOD),
    "month": ("circuit_month_histogram", None),
    ROLLING: ("circuit_month_histogram", MONTHS_BEFORE),
}
"""Where percentiles of quality come from: those of a month have its days added up."""


def _period_minutes(sites: ir.Table, name: str) -> ir.Table:
    """Minutes of sites, of hours, days or months, with the period that they are summed over."""
    if name == ROLLING:
        return rolling_copies(sites)
    return with_period(site_minutes(sites) if "hour" in sites.columns else sites, PERIODS[name])


def _period_histograms(histograms: ir.Table, circuits: ir.Table, name: str) -> ir.Table:
    if name == ROLLING:
        return rolling_month_histograms(histograms, circuits)
    return histograms if name == "month" else with_period(histograms, PERIODS[name])


def _arguments(table: Table, name: str) -> dict[str, Any]:
    source, mapping = _SITES[name]
    histograms, of_histograms = _HISTOGRAMS[name]
    return {
        **declared(table),
        "kinds": {"sql"},
        "partitions_def": _PARTITIONS[name],
        "backfill_policy": CHUNK,
        "ins": {
            "circuits": dg.AssetIn(f"circuit_{name}"),
            "sites": dg.AssetIn(source, partition_mapping=mapping),
            "histograms": dg.AssetIn(histograms, partition_mapping=of_histograms),
            **({} if name == ROLLING else _HOURS),
        },
    }


def _parts(
    name: str,
    circuits: ir.Table,
    sites: ir.Table,
    histograms: ir.Table,
    hours: ir.Table | None = None,
) -> Parts:
    used = None if hours is None else with_period(hours.select(*_OF_HOURS), PERIODS[name])
    counted = _period_histograms(histograms, circuits, name)
    return Parts(circuits, _period_minutes(sites, name), counted, used)


# The SQL is stored under a name that contains the texts and tables of a function's closure; a
# period there would leave it without one (`warehouse.naming.function_name`).
def _site(name: str) -> dg.AssetsDefinition:
    table = SITE_PERIODS[name]

    def site(
        circuits: ir.Table, sites: ir.Table, histograms: ir.Table, hours: ir.Table
    ) -> ir.Table:
        rows = site_periods(_parts(name, circuits, sites, histograms, hours), PERIODS[name])
        return rows.select(*table.columns)

    def site_of_months(circuits: ir.Table, sites: ir.Table, histograms: ir.Table) -> ir.Table:
        rows = site_periods(_parts(name, circuits, sites, histograms), PERIODS[name])
        return rows.select(*table.columns)

    made = site_of_months if name == ROLLING else site
    return dg.asset(**_arguments(table, name))(sql_asset(made))


def _region(name: str) -> dg.AssetsDefinition:
    table = REGION_PERIODS[name]

    def region(
        circuits: ir.Table,
        sites: ir.Table,
        histograms: ir.Table,
        hours: ir.Table,
        dim_site: ir.Table,
    ) -> ir.Table:
        parts = _parts(name, circuits, sites, histograms, hours)
        return region_periods(parts, dim_site, PERIODS[name]).select(*table.columns)

    def region_of_months(
        circuits: ir.Table, sites: ir.Table, histograms: ir.Table, dim_site: ir.Table
    ) -> ir.Table:
        parts = _parts(name, circuits, sites, histograms)
        return region_periods(parts, dim_site, PERIODS[name]).select(*table.columns)

    made = region_of_months if name == ROLLING else region
    return dg.asset(**_arguments(table, name))(sql_asset(made))


PLACES = {name: [_site(name), _region(name)] for name in PERIODS}
"""Assets of sites and regions by the name of their period."""
