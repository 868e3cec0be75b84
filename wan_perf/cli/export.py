"""Any table, view or report of the warehouse as a file: for a spreadsheet, or for other programs.

Belongs here: which file is written, and how a value is told in it.
Keep out: computing: a file holds the warehouse's rows as they are.

A Parquet file has the declared types. A CSV file is for a spreadsheet too: it begins with the mark
by which a spreadsheet knows UTF-8, unknown is an empty cell, and text that a spreadsheet would run
as a formula begins with an apostrophe.
"""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from wan_perf.declaration import Table
from wan_perf.errors import UsageError, WanPerfError
from wan_perf.tables import TABLES
from wan_perf.warehouse import Warehouse

FORMATS = ("csv", "parquet")
_RUN_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export(
    warehouse: Warehouse, report: str, file_format: str, folder: Path, out: Path | None
) -> tuple[Path, int]:
    """Write all rows of a report, ordered by its key; the file, and how many rows it has.

    Without `out` the file is named after the report, in `folder`. A file that is there is replaced
    once the new one is whole.

    Raises:
        UsageError: there is no such report or format, or it has no rows; nothing is written.
        WanPerfError: the file cannot be written.
    """
    table = _known(report)
    if file_format not in FORMATS:
        raise UsageError(f"Format {file_format} is unknown; give one of {', '.join(FORMATS)}.")
    if not warehouse.holds(table):
        raise UsageError(_nothing(table))
    rows = warehouse.lazy(table).order_by(list(table.key))
    frame = warehouse.query(rows)
    if frame.empty:
        raise UsageError(_nothing(table))
    if file_format == "csv":
        _write(file := out or folder / f"{report}.csv", lambda part: _csv(frame, table, part))
    else:
        schema = rows.schema().to_pyarrow()
        _write(
            file := out or folder / f"{report}.parquet",
            lambda part: pq.write_table(
                pa.Table.from_pandas(frame, schema=schema, preserve_index=False), part
            ),
        )
    return file, len(frame)


def _known(report: str) -> Table:
    if report not in TABLES:
        raise UsageError(
            f"There is no report or table named {report}; give one of {', '.join(sorted(TABLES))}."
        )
    return TABLES[report]


def _nothing(table: Table) -> str:
    return (
        f"{table.name} has no rows to export; run wan-perf collect and wan-perf aggregate daily "
        "first."
    )


def _csv(frame: pd.DataFrame, table: Table, part: Path) -> None:
    texts = {c.name: frame[c.name].map(_harmless) for c in table.fields if c.type == "text"}
    frame.assign(**texts).to_csv(part, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def _harmless(text: str | None) -> str | None:
    return f"'{text}" if text and text.startswith(_RUN_AS_FORMULA) else text


def _write(file: Path, write: Callable[[Path], object]) -> None:
    part = file.with_name(f"{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            write(part)
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise WanPerfError(
            f"{file} cannot be written: {error.strerror or error}; give another --out."
        ) from None
