"""Calendar periods: days from hours, weeks and months from days, 13 months from months."""

import ibis.expr.types as ir

from wan_perf.defs.assets.declared import asset_of
from wan_perf.defs.partitions import (
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

_OF_DAY = {"circuit_hour": HOURS_OF_PERIOD, "circuit_poll": SAMPLES_AROUND}
_OF_DAYS = {
    **dict.fromkeys(("circuit_day", "threshold_piece"), DAYS_OF_PERIOD),
    "circuit_hour": HOURS_OF_PERIOD,
}
_OF_MONTHS = {
    "circuit_month": MONTHS_BEFORE,
    "threshold_piece": DAYS_OF_MONTHS,
    "circuit_month_histogram": MONTHS_BEFORE,
}
_OF_TRADING_DAY = {
    "circuit_hour": HOURS_OF_TRADING_DAY,
    "dim_hour": HOURS_OF_TRADING_DAY,
}


def _weeks(
    circuit_day: ir.Table,
    threshold_piece: ir.Table,
    circuit_hour: ir.Table,
    circuit_histogram: ir.Table,
) -> ir.Table:
    return longer_periods(circuit_day, threshold_piece, circuit_hour, circuit_histogram, WEEK)


def _months(
    circuit_day: ir.Table,
    threshold_piece: ir.Table,
    circuit_hour: ir.Table,
    circuit_month_histogram: ir.Table,
) -> ir.Table:
    return longer_periods(
        circuit_day, threshold_piece, circuit_hour, circuit_month_histogram, MONTH
    )


circuit_day = asset_of(
    CIRCUIT_DAY, circuit_days, DAILY, sees=_OF_DAY | {"circuit_hour": HOURS_OF_DAY_AND_NEXT}
)
circuit_histogram = asset_of(CIRCUIT_HISTOGRAM, circuit_histograms, DAILY, sees=_OF_DAY)
circuit_week = asset_of(
    CIRCUIT_WEEK, _weeks, WEEKLY, sees=_OF_DAYS | {"circuit_histogram": DAYS_OF_PERIOD}
)
circuit_month_histogram = asset_of(
    CIRCUIT_MONTH_HISTOGRAM,
    month_histograms,
    MONTHLY,
    sees={"circuit_hour": HOURS_OF_PERIOD, "circuit_histogram": DAYS_OF_PERIOD},
)
circuit_month = asset_of(CIRCUIT_MONTH, _months, MONTHLY, sees=_OF_DAYS)
circuit_13_month = asset_of(CIRCUIT_13_MONTH, rolling_months, MONTHLY, sees=_OF_MONTHS)
circuit_trading_day = asset_of(
    CIRCUIT_TRADING_DAY,
    circuit_trading_days,
    DAILY,
    sees=_OF_TRADING_DAY | {"circuit_poll": POLLS_OF_TRADING_DAY},
)
site_trading_day = asset_of(
    SITE_TRADING_DAY,
    site_trading_days,
    DAILY,
    sees=_OF_TRADING_DAY | {"site_hour": HOURS_OF_TRADING_DAY},
)
