"""Calendar periods: days from hours, weeks and months from days, 13 months from months."""

import dagster as dg
import ibis.expr.types as ir

from wan_perf.defs.declared import declared
from wan_perf.defs.partitions import (
    CHUNK,
    DAILY,
    DAYS_OF_MONTHS,
    DAYS_OF_PERIOD,
    HOURS_OF_PERIOD,
    MONTHLY,
    MONTHS_BEFORE,
    SAMPLES_NEAR,
    WEEKLY,
)
from wan_perf.kpi.calendar import longer_periods, rolling_months
from wan_perf.kpi.histograms import circuit_histograms
from wan_perf.kpi.rollup import circuit_days
from wan_perf.periods import MONTH, WEEK
from wan_perf.tables import (
    CIRCUIT_13_MONTH,
    CIRCUIT_DAY,
    CIRCUIT_HISTOGRAM,
    CIRCUIT_MONTH,
    CIRCUIT_WEEK,
)

_OF_DAY = {
    "circuit_hour": dg.AssetIn(partition_mapping=HOURS_OF_PERIOD),
    "raw_path_sample": dg.AssetIn(partition_mapping=SAMPLES_NEAR),
}
_OF_DAYS = {
    name: dg.AssetIn(partition_mapping=DAYS_OF_PERIOD)
    for name in ("circuit_day", "threshold_piece", "circuit_histogram")
}
_OF_MONTHS = {
    "circuit_month": dg.AssetIn(partition_mapping=MONTHS_BEFORE),
    "threshold_piece": dg.AssetIn(partition_mapping=DAYS_OF_MONTHS),
    "circuit_histogram": dg.AssetIn(partition_mapping=DAYS_OF_MONTHS),
}


@dg.asset(
    **declared(CIRCUIT_DAY),
    kinds={"sql"},
    partitions_def=DAILY,
    backfill_policy=CHUNK,
    ins=_OF_DAY,
)
def circuit_day(
    circuit_hour: ir.Table,
    threshold_piece: ir.Table,
    failover_piece: ir.Table,
    raw_path_sample: ir.Table,
    circuit_port: ir.Table,
) -> ir.Table:
    return circuit_days(
        circuit_hour, threshold_piece, failover_piece, raw_path_sample, circuit_port
    )


@dg.asset(
    **declared(CIRCUIT_HISTOGRAM),
    kinds={"sql"},
    partitions_def=DAILY,
    backfill_policy=CHUNK,
    ins=_OF_DAY,
)
def circuit_histogram(
    circuit_hour: ir.Table, raw_path_sample: ir.Table, circuit_port: ir.Table
) -> ir.Table:
    return circuit_histograms(circuit_hour, raw_path_sample, circuit_port)


@dg.asset(
    **declared(CIRCUIT_WEEK),
    kinds={"sql"},
    partitions_def=WEEKLY,
    backfill_policy=CHUNK,
    ins=_OF_DAYS,
)
def circuit_week(
    circuit_day: ir.Table, threshold_piece: ir.Table, circuit_histogram: ir.Table
) -> ir.Table:
    return longer_periods(circuit_day, threshold_piece, circuit_histogram, WEEK)


@dg.asset(
    **declared(CIRCUIT_MONTH),
    kinds={"sql"},
    partitions_def=MONTHLY,
    backfill_policy=CHUNK,
    ins=_OF_DAYS,
)
def circuit_month(
    circuit_day: ir.Table, threshold_piece: ir.Table, circuit_histogram: ir.Table
) -> ir.Table:
    return longer_periods(circuit_day, threshold_piece, circuit_histogram, MONTH)


@dg.asset(
    **declared(CIRCUIT_13_MONTH),
    kinds={"sql"},
    partitions_def=MONTHLY,
    backfill_policy=CHUNK,
    ins=_OF_MONTHS,
)
def circuit_13_month(
    circuit_month: ir.Table, threshold_piece: ir.Table, circuit_histogram: ir.Table
) -> ir.Table:
    return rolling_months(circuit_month, threshold_piece, circuit_histogram)
