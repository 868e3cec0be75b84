"""Trailing windows of any hour, computed from the stored circuit-hours; nothing is stored.

Belongs here: which rows a window of an hour is made of.
Keep out: the figures (`kpi.windows`), windows that are stored (`schema.tables.TRAILING_WINDOWS`).
"""

from datetime import datetime

import ibis.expr.types as ir

from wan_perf.cli.ranges import HOUR
from wan_perf.kpi.windows.trailing_windows import circuit_windows, region_windows, site_windows
from wan_perf.schema.declaration import Table
from wan_perf.schema.periods import WINDOWS_H
from wan_perf.schema.tables import (
    CIRCUIT_HOUR,
    CIRCUIT_POLL,
    CIRCUIT_WINDOW,
    DIM_HOUR,
    DIM_SITE,
    SITE_HOUR,
    SITE_WINDOW,
)
from wan_perf.warehouse import Warehouse, Window


def windows_ending(warehouse: Warehouse, table: Table, hour: datetime) -> ir.Table:
    """The rows that the table has for windows that end with the hour (naive UTC).

    Args:
        warehouse: Where the hours are; without polls (the published copy) there are no percentiles.
        table: One of TRAILING_WINDOWS.
        hour: Start of the last hour of the windows.
    """
    return _rows(warehouse, table, hour).cast(table.schema)


def _rows(warehouse: Warehouse, table: Table, hour: datetime) -> ir.Table:
    longest = max(WINDOWS_H) * HOUR
    hours = Window(hour + HOUR - longest, hour + HOUR)
    circuit_hour = warehouse.lazy(CIRCUIT_HOUR, hours)
    polls = warehouse.lazy(CIRCUIT_POLL, Window(hours.start - HOUR, hours.end + HOUR))
    dim_hour = warehouse.lazy(DIM_HOUR, Window(hour, hour + HOUR))
    circuits = circuit_windows(circuit_hour, polls, dim_hour)
    if table is CIRCUIT_WINDOW:
        return circuits
    sites = warehouse.lazy(SITE_HOUR, hours)
    if table is SITE_WINDOW:
        return site_windows(circuits, circuit_hour, polls, sites, dim_hour)
    dim_site = warehouse.lazy(DIM_SITE)
    return region_windows(circuits, circuit_hour, polls, sites, dim_site, dim_hour)
