"""The graph's own assets, run without its runs: one window of one table, as a backfill has it.

Belongs here: calling an asset's function with each input cut as its partition mapping says.
Keep out: which tables a benchmark stores, and what it measures of them.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import dagster as dg
import ibis.expr.types as ir

from wan_perf.definitions import (
    DAILY_ASSETS,
    HOURLY_ASSETS,
    IMPORTED,
    MONTHLY_ASSETS,
    UNPARTITIONED,
    WEEKLY_ASSETS,
)
from wan_perf.schema.declaration import Table
from wan_perf.schema.periods import MONTH
from wan_perf.schema.tables import TABLES
from wan_perf.warehouse import Warehouse, Window

ASSETS = {
    key.to_user_string(): asset
    for asset in (
        *(
            *UNPARTITIONED,
            *IMPORTED,
            *HOURLY_ASSETS,
            *DAILY_ASSETS,
            *WEEKLY_ASSETS,
            *MONTHLY_ASSETS,
        ),
    )
    for key in asset.keys
}
_UNITS = {"h": timedelta(hours=1), "D": timedelta(days=1), "W": timedelta(days=7)}


def rows_of(warehouse: Warehouse, name: str, window: Window) -> tuple[Table, ir.Table]:
    """The table of that name, and the expression that its asset makes of the window."""
    asset = ASSETS[name]
    inputs = {
        argument: warehouse.lazy(
            TABLES[key.to_user_string()], _seen(asset, key.to_user_string(), window)
        )
        for argument, key in asset.keys_by_input_name.items()
    }
    function: Callable[..., ir.Table] = asset.op.compute_fn.decorated_fn  # type: ignore[union-attr]
    return TABLES[name], function(**inputs)


def _seen(asset: dg.AssetsDefinition, source: str, window: Window) -> Window | None:
    """What a run over the window sees of a source: its mapping's offsets, in its own partitions."""
    partitions: Any = ASSETS[source].partitions_def
    if partitions is None:
        return None
    mapping: Any = asset.get_partition_mapping(dg.AssetKey(source))
    return Window(
        _moved(window.start, getattr(mapping, "start_offset", 0), partitions),
        _moved(window.end, getattr(mapping, "end_offset", 0), partitions),
    )


def _moved(at: datetime, offset: int, partitions: Any) -> datetime:
    if isinstance(partitions, dg.MonthlyPartitionsDefinition):
        return months_after(at, offset)
    kinds = {
        dg.HourlyPartitionsDefinition: "h",
        dg.DailyPartitionsDefinition: "D",
        dg.WeeklyPartitionsDefinition: "W",
    }
    return at + offset * _UNITS[kinds[type(partitions)]]


def months_after(at: datetime, months: int) -> datetime:
    """The start of the month that many months after that of the instant."""
    month = at.month - 1 + months
    return MONTH.begun(at).replace(year=at.year + month // 12, month=month % 12 + 1)
