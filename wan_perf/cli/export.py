"""Any table, view or report of the warehouse as a file: for a spreadsheet, or for other programs.

Belongs here: which file is written, in which format, and how a value is written in it.
Keep out: computing: a file holds the warehouse's rows as they are.

A Parquet file has the declared types. A CSV file is for a spreadsheet too: it begins with the mark
by which a spreadsheet knows UTF-8, unknown is an empty cell, and text that a spreadsheet would run
as a formula begins with an apostrophe. On standard output a CSV has no mark.
"""

import codecs
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import IO

import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from wan_perf.cli.arguments import suggestion
from wan_perf.cli.output_file import Write, write_file
from wan_perf.cli.past_windows import windows_ending
from wan_perf.cli.ranges import HOUR
from wan_perf.errors import UsageError, WanPerfError
from wan_perf.mist.collect.clock import floored
from wan_perf.schema.declaration import Table
from wan_perf.schema.tables import TABLES, TRAILING_WINDOWS
from wan_perf.spreadsheet import harmless
from wan_perf.warehouse import Warehouse

FORMATS = ("csv", "parquet")
STANDARD_OUTPUT = "standard output"
_DASH = Path("-")


def export(
    warehouse: Warehouse,
    report: str,
    file_format: str | None,
    folder: Path,
    out: Path | None,
    ours: Iterable[Path] = (),
    at: datetime | None = None,
) -> tuple[Path | str, int]:
    """Write all rows of a report, ordered by its key; the file, and how many rows it has.

    A report without rows is a file with its header. A file that exists is replaced once the new one
    is whole; a device or a pipe is written to.

    Args:
        warehouse: Where the report is.
        report: Name of a table, view or report.
        file_format: One of FORMATS; None: by the ending of `out`, else csv.
        folder: Where the file goes without `out`, named after the report.
        out: The file; `-` is standard output.
        ours: Files and folders that are never written to.
        at: Of a table of trailing windows only those that end with the hour of this instant,
            computed from circuit-hours, stored or not; naive UTC.

    Raises:
        UsageError: there is no such report or format, `out` ends as a file of another format or is
            none to write to; nothing is written.
        WanPerfError: the table was never stored, or the file cannot be written.
    """
    table = _table_of(report)
    chosen = _format(file_format, out)
    if not warehouse.holds(table):
        raise WanPerfError(
            f"{table.name} was never computed; run wan-perf collect and wan-perf aggregate daily "
            "first."
        )
    found = warehouse.lazy(table) if at is None else _windows_at(warehouse, table, at)
    rows = found.order_by(list(table.key))
    frame = warehouse.query(rows)

    def write(into: IO[bytes]) -> None:
        if chosen == "csv":
            _csv(frame, table, into, for_spreadsheet=out != _DASH)
        else:
            _parquet(frame, rows.schema().to_pyarrow(), into)

    if out == _DASH:
        _to_standard_output(write, chosen)
        return STANDARD_OUTPUT, len(frame)
    file = out or folder / f"{report}.{chosen}"
    write_file(file, write, ours)
    return file, len(frame)


def _windows_at(warehouse: Warehouse, table: Table, at: datetime) -> ir.Table:
    if table not in TRAILING_WINDOWS:
        names = ", ".join(window.name for window in TRAILING_WINDOWS)
        raise UsageError(f"--at is for trailing windows ({names}); leave it out for {table.name}.")
    return windows_ending(warehouse, table, floored(at, HOUR))


def _format(given: str | None, out: Path | None) -> str:
    ending = out.suffix.lower().removeprefix(".") if out else ""
    by_name = ending if ending in FORMATS else None
    if given is not None and given not in FORMATS:
        raise UsageError(f"Format {given} is unknown; {suggestion(given, FORMATS)}")
    if given and by_name and given != by_name:
        raise UsageError(
            f"--format {given} contradicts --out {out}, which ends as a {by_name} file; leave "
            "--format out, or give the file another ending."
        )
    return given or by_name or "csv"


def _table_of(report: str) -> Table:
    if report not in TABLES:
        raise UsageError(
            f"There is no report or table named {report}; {suggestion(report, sorted(TABLES))}"
        )
    return TABLES[report]


def _csv(frame: pd.DataFrame, table: Table, into: IO[bytes], *, for_spreadsheet: bool) -> None:
    texts = {c.name: frame[c.name].map(harmless) for c in table.fields if c.type == "text"}
    into.write(codecs.BOM_UTF8 if for_spreadsheet else b"")
    line_end = "\r\n" if for_spreadsheet else "\n"
    frame.assign(**texts).to_csv(into, index=False, encoding="utf-8", lineterminator=line_end)


def _parquet(frame: pd.DataFrame, schema: pa.Schema, into: IO[bytes]) -> None:
    pq.write_table(pa.Table.from_pandas(frame, schema=schema, preserve_index=False), into)


def _to_standard_output(write: Write, file_format: str) -> None:
    if file_format == "parquet" and sys.stdout.isatty():
        raise UsageError("Parquet is not for a terminal; redirect the output, or give --out FILE.")
    sys.stdout.flush()
    write(sys.stdout.buffer)
    sys.stdout.buffer.flush()
