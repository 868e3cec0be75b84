"""Tables and reports as files: CSV for a spreadsheet, Parquet for a program.

Belongs here: which rows a file has, its name, and that it is whole or not there.
Keep out: computing: the rows are those of the warehouse.
"""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import ibis.expr.types as ir
import pandas as pd

from wan_perf.declaration import Table
from wan_perf.errors import UsageError
from wan_perf.tables import TABLES
from wan_perf.warehouse import Warehouse

INSTANTS = "%Y-%m-%dT%H:%M:%S"
WRITERS: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    "csv": lambda rows, path: rows.to_csv(
        path, index=False, encoding="utf-8", lineterminator="\n", date_format=INSTANTS
    ),
    "parquet": lambda rows, path: rows.to_parquet(path, index=False),
}


def export(
    warehouse: Warehouse,
    name: str,
    form: str,
    folder: Path,
    out: Path | None,
    start: datetime | None,
    end: datetime | None,
) -> tuple[Path, int]:
    """Write the rows of a table or view in the order of its key; where to, and how many.

    Args:
        warehouse: Where the rows are.
        name: A table or view of the data dictionary.
        form: A key of `WRITERS`.
        folder: Where the file is written if `out` is not given, under the table's name.
        out: The file; one that is there is replaced once the new one is whole.
        start: First instant of the table's partitions to write, naive UTC.
        end: End of them, not included.

    Raises:
        UsageError: There is no such table, it has no such rows, or it has no partitions to choose
            from; nothing is written.
    """
    table = TABLES.get(name)
    if table is None:
        raise UsageError(f"There is no table or report {name}; there are: {', '.join(TABLES)}.")
    rows = warehouse.query(_chosen(warehouse.lazy(table), table, start, end).order_by(table.key))
    if rows.empty:
        raise UsageError(f"{name} has no rows{_between(start, end)}; nothing was written.")
    path = out or folder / f"{name}.{form}"
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        WRITERS[form](rows, unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path, len(rows)


def _chosen(rows: ir.Table, table: Table, start: datetime | None, end: datetime | None) -> ir.Table:
    if start is None and end is None:
        return rows
    if table.partition is None:
        raise UsageError(f"{table.name} is not kept by time; export it without --start and --end.")
    at = rows[table.partition].cast("timestamp(6)")
    if start is not None:
        rows = rows.filter(at >= start)
    return rows.filter(at < end) if end is not None else rows


def _between(start: datetime | None, end: datetime | None) -> str:
    since = f" from {start:%Y-%m-%d %H:%M}" if start else ""
    return since + (f" to {end:%Y-%m-%d %H:%M}" if end else "")
