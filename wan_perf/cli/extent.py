"""Oldest and newest instant of a stored column."""

from datetime import datetime

import pandas as pd

from wan_perf.schema.declaration import Table
from wan_perf.warehouse import Warehouse


def extent(
    warehouse: Warehouse, table: Table, column: str
) -> tuple[datetime | None, datetime | None]:
    """Oldest and newest instant of a stored column; None where there are no rows."""
    if not warehouse.holds(table):
        return None, None
    rows = warehouse.lazy(table)
    at = rows[column].cast("timestamp")
    found = warehouse.query(rows.aggregate(oldest=at.min(), newest=at.max())).iloc[0]
    if pd.isna(found["oldest"]):
        return None, None
    return found["oldest"].to_pydatetime(), found["newest"].to_pydatetime()
