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
from wan_perf.kpi.rollups.calendar_periods import rolling_copies, rolling_month_histograms
from wan_perf.kpi.rollups.sites_and_regions import region_periods, site_minutes, site_periods
from wan_perf.schema.declaration import Table
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
_HISTOGRAMS = {
    "day": ("circuit_histogram", DAYS_OF_PERIOD),
    "week": ("circuit_histogram", DAYS_OF_PERIOD),
    "month": ("circuit_month_histogram", None),
    ROLLING: ("circuit_month_histogram", MONTHS_BEFORE),
}
"""Where percentiles come from: those of a month have its days added up."""


def _with_period(rows: ir.Table, name: str) -> ir.Table:
    """Rows of hours, days or months, with the column of the period that they are summed over."""
    period = PERIODS[name]
    if "hour" in rows.columns:
        return site_minutes(rows).mutate(day=rows.hour.date())
    if name == ROLLING:
        return rolling_copies(rows)
    return rows.mutate(**{period.column: period.start(rows.day)})


def _period_histograms(histograms: ir.Table, circuits: ir.Table, name: str) -> ir.Table:
    if name == ROLLING:
        return rolling_month_histograms(histograms, circuits)
    return histograms if name == "month" else _with_period(histograms, name)


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
        },
    }


def _site(name: str) -> dg.AssetsDefinition:
    table, column = SITE_PERIODS[name], PERIODS[name].column

    @dg.asset(**_arguments(table, name))
    @sql_asset
    def site(circuits: ir.Table, sites: ir.Table, histograms: ir.Table) -> ir.Table:
        counted = _period_histograms(histograms, circuits, name)
        return site_periods(circuits, _with_period(sites, name), counted, column).select(
            *table.columns
        )

    return site


def _region(name: str) -> dg.AssetsDefinition:
    table = REGION_PERIODS[name]

    @dg.asset(**_arguments(table, name))
    @sql_asset
    def region(
        circuits: ir.Table, sites: ir.Table, histograms: ir.Table, dim_site: ir.Table
    ) -> ir.Table:
        counted = _period_histograms(histograms, circuits, name)
        rows = region_periods(circuits, _with_period(sites, name), counted, dim_site, PERIODS[name])
        return rows.select(*table.columns)

    return region


PLACES = {name: [_site(name), _region(name)] for name in PERIODS}
"""Assets of sites and regions by the name of their period."""
