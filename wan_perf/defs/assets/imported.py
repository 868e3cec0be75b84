"""Circuit-hours of an older tool, as the command line hands them over.

Belongs here: what a run with a file stores, and that one without takes nothing and deletes nothing.
Keep out: reading a file (`policy.circuit_file`), when an imported hour counts
(`kpi.hour.imported_hours`).
"""

from dataclasses import dataclass, field
from datetime import datetime

import dagster as dg
import pandas as pd

from wan_perf.defs.assets.declared import declared
from wan_perf.defs.assets.raw import naive
from wan_perf.defs.partitions import CHUNK, HOURLY
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import RAW_CIRCUIT_HOUR
from wan_perf.warehouse import Warehouse, Window


@dataclass
class Imported:
    """The rows of the file that is being imported; none where no import runs."""

    hours: pd.DataFrame = field(default_factory=lambda: conform([], RAW_CIRCUIT_HOUR))

    def within(self, start: datetime, end: datetime) -> pd.DataFrame:
        """The rows of [start, end)."""
        return self.hours[(self.hours["hour"] >= start) & (self.hours["hour"] < end)]


@dg.asset(
    **declared(RAW_CIRCUIT_HOUR), kinds={"python"}, partitions_def=HOURLY, backfill_policy=CHUNK
)
def raw_circuit_hour(
    context: dg.AssetExecutionContext,
    imported: dg.ResourceParam[Imported],
    warehouse: dg.ResourceParam[Warehouse],
) -> pd.DataFrame:
    start, end = naive(context.partition_time_window)
    rows = imported.within(start, end)
    if rows.empty:
        context.log.info("No file is imported here: wan-perf import FILE does. Stored rows stay.")
    stored = warehouse.lazy(RAW_CIRCUIT_HOUR, Window(start, end))
    before = warehouse.query(stored.aggregate(rows=stored.count()))["rows"].iloc[0]
    context.add_output_metadata({"rows_taken": len(rows), "rows_held_before": int(before)})
    return rows
