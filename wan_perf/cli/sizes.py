"""How many rows the lists of an organisation have, by what is stored.

Belongs here: counting the newest stored rows; pages of a list.
Keep out: which lists are requested (`planned_requests`).
"""

from dataclasses import dataclass

import ibis.expr.types as ir
import pandas as pd

from wan_perf.schema.declaration import Table
from wan_perf.schema.tables import RAW_PATH_SAMPLE
from wan_perf.warehouse import Warehouse, Window


@dataclass(frozen=True)
class Sizes:
    """Rows of the organisation's lists; all 0 where there is no inventory yet."""

    page_rows: int
    sites: int = 0
    gateways: int = 0
    ports: int = 0
    paths: int = 0

    def pages(self, rows: int) -> int:
        """Calls for a list of so many rows; an empty one takes a call too.

        >>> [Sizes(1000).pages(rows) for rows in (0, 1000, 1001)]
        [1, 1, 2]
        """
        return max(1, -(-rows // self.page_rows))


def sizes_of(warehouse: Warehouse, newest: pd.DataFrame | None, page_rows: int) -> Sizes:
    """The sizes by the rows of the newest inventory and the paths of the newest poll."""
    if newest is None:
        return Sizes(page_rows)
    return Sizes(
        page_rows,
        newest["site_id"].nunique(),
        newest["gateway_mac"].nunique(),
        len(newest.dropna(subset=["gateway_mac", "port_id"])),
        _paths(warehouse),
    )


def stored_rows(warehouse: Warehouse, table: Table, window: Window) -> int:
    """Rows of a table in a window; 0 where the table does not exist yet."""
    return _count(warehouse, warehouse.lazy(table, window)) if warehouse.holds(table) else 0


def _paths(warehouse: Warehouse) -> int:
    if not warehouse.holds(RAW_PATH_SAMPLE):
        return 0
    rows = warehouse.lazy(RAW_PATH_SAMPLE)
    return _count(warehouse, rows.filter(rows.pass_at == rows.pass_at.max().as_scalar()))


def _count(warehouse: Warehouse, rows: ir.Table) -> int:
    return int(warehouse.query(rows.aggregate(count=rows.count()))["count"].iloc[0])
