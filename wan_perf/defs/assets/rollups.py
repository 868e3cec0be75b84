"""Calendar periods: days from hours, weeks and months from days, 13 months from months."""

import dagster as dg
import ibis.expr.types as ir

from wan_perf.defs.assets.declared import declared
from wan_perf.defs.partitions import (
    CHUNK,
    DAILY,
    DAYS_OF_MONTHS,
    DAYS_OF_PERIOD,
    HOURS_OF_DAY_AND_NEXT,
    HOURS_OF_PERIOD,
    HOURS_OF_TRADING_DAY,
    MONTHLY,
    MONTHS_BEFORE,
    POLLS_OF_TRADING_DAY,
    SAMPLES_AROUND,
    WEEKLY,
)
from wan_perf.kpi.rollups.calendar_periods import longer_periods, month_histograms, rolling_months
from wan_perf.kpi.rollups.histograms import circuit_histograms
from wan_perf.kpi.rollups.period_sums import circuit_days
from wan_perf.kpi.rollups.trading_days import circuit_trading_days, site_trading_days
from wan_perf.schema.periods import MONTH, WEEK
from wan_perf.schema.tables import (
    CIRCUIT_13_MONTH,
    CIRCUIT_DAY,
    CIRCUIT_HISTOGRAM,
    CIRCUIT_MONTH,
    CIRCUIT_MONTH_HISTOGRAM,
    CIRCUIT_TRADING_DAY,
    CIRCUIT_WEEK,
    SITE_TRADING_DAY,
)
from wan_perf.warehouse import sql_asset

_OF_DAY = {
    "circuit_hour": dg.AssetIn(partition_mapping=HOURS_OF_PERIOD),
    "circuit_poll": dg.AssetIn(partition_mapping=SAMPLES_AROUND),
}
_OF_DAYS = {
    name: dg.AssetIn(partition_mapping=DAYS_OF_PERIOD)
    for name in ("circuit_day", "threshold_piece", "circuit_histogram")
}
_OF_MONTH = {name: _OF_DAYS[name] for name in ("circuit_day", "threshold_piece")}
_OF_MONTHS = {
    "circuit_month": dg.AssetIn(partition_mapping=MONTHS_BEFORE),
    "threshold_piece": dg.AssetIn(partition_mapping=DAYS_OF_MONTHS),
    "circuit_month_histogram": dg.AssetIn(partition_mapping=MONTHS_BEFORE),
}


@dg.asset(
    **declared(CIRCUIT_DAY),
    kinds={"sql"},
    partitions_def=DAILY,
    backfill_policy=CHUNK,
    ins=_OF_DAY | {"circuit_hour": dg.AssetIn(partition_mapping=HOURS_OF_DAY_AND_NEXT)},
)
@sql_asset
def circuit_day(
    circuit_hour: ir.Table,
    threshold_piece: ir.Table,
    failover_piece: ir.Table,
    circuit_poll: ir.Table,
) -> ir.Table:
    return circuit_days(circuit_hour, threshold_piece, failover_piece, circuit_poll)


@dg.asset(
    **declared(CIRCUIT_HISTOGRAM),
    kinds={"sql"},
    partitions_def=DAILY,
    backfill_policy=CHUNK,
    ins=_OF_DAY,
)
@sql_asset
def circuit_histogram(circuit_hour: ir.Table, circuit_poll: ir.Table) -> ir.Table:
    return circuit_histograms(circuit_hour, circuit_poll)


@dg.asset(
    **declared(CIRCUIT_WEEK),
    kinds={"sql"},
    partitions_def=WEEKLY,
    backfill_policy=CHUNK,
    ins=_OF_DAYS,
)
@sql_asset
def circuit_week(
    circuit_day: ir.Table, threshold_piece: ir.Table, circuit_histogram: ir.Table
) -> ir.Table:
    return longer_periods(circuit_day, threshold_piece, circuit_histogram, WEEK)


@dg.asset(
    **declared(CIRCUIT_MONTH_HISTOGRAM),
    kinds={"sql"},
    partitions_def=MONTHLY,
    backfill_policy=CHUNK,
    ins={"circuit_histogram": dg.AssetIn(partition_mapping=DAYS_OF_PERIOD)},
)
@sql_asset
def circuit_month_histogram(circuit_histogram: ir.Table) -> ir.Table:
    return month_histograms(circuit_histogram)


@dg.asset(
    **declared(CIRCUIT_MONTH),
    kinds={"sql"},
    partitions_def=MONTHLY,
    backfill_policy=CHUNK,
    ins=_OF_MONTH,
)
@sql_asset
def circuit_month(
    circuit_day: ir.Table, threshold_piece: ir.Table, circuit_month_histogram: ir.Table
) -> ir.Table:
    return longer_periods(circuit_day, threshold_piece, circuit_month_histogram, MONTH)


@dg.asset(
    **declared(CIRCUIT_13_MONTH),
    kinds={"sql"},
    partitions_def=MONTHLY,
    backfill_policy=CHUNK,
    ins=_OF_MONTHS,
)
@sql_asset
def circuit_13_month(
    circuit_month: ir.Table, threshold_piece: ir.Table, circuit_month_histogram: ir.Table
) -> ir.Table:
    return rolling_months(circuit_month, threshold_piece, circuit_month_histogram)


_OF_TRADING_DAY = {
    name: dg.AssetIn(partition_mapping=HOURS_OF_TRADING_DAY)
    for name in ("circuit_hour", "site_hour", "dim_hour")
} | {"circuit_poll": dg.AssetIn(partition_mapping=POLLS_OF_TRADING_DAY)}


@dg.asset(
    **declared(CIRCUIT_TRADING_DAY),
    kinds={"sql"},
    partitions_def=DAILY,
    backfill_policy=CHUNK,
    ins={name: _OF_TRADING_DAY[name] for name in ("circuit_hour", "circuit_poll", "dim_hour")},
)
@sql_asset
def circuit_trading_day(
    circuit_hour: ir.Table, circuit_poll: ir.Table, dim_site: ir.Table, dim_hour: ir.Table
) -> ir.Table:
    return circuit_trading_days(circuit_hour, circuit_poll, dim_site, dim_hour)


@dg.asset(
    **declared(SITE_TRADING_DAY),
    kinds={"sql"},
    partitions_def=DAILY,
    backfill_policy=CHUNK,
    ins={name: _OF_TRADING_DAY[name] for name in ("site_hour", "circuit_hour", "dim_hour")},
)
@sql_asset
def site_trading_day(
    site_hour: ir.Table, circuit_hour: ir.Table, dim_site: ir.Table, dim_hour: ir.Table
) -> ir.Table:
    return site_trading_days(site_hour, circuit_hour, dim_site, dim_hour)
