"""A list as a file: all rows of its filter, with the filter and the definitions in it.

Belongs here: CSV and Excel for a spreadsheet; text that it would run as a formula is marked.
Keep out: which rows (`questions.grid`).
"""

import codecs
import csv
import io
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

import xlsxwriter  # type: ignore[import-untyped]

from wan_perf.schema.columns import COLUMNS
from wan_perf.spreadsheet import harmless
from wan_perf.web.data import Data, Row
from wan_perf.web.questions.grid import ListRequest, all_rows
from wan_perf.web.words import figure

MOST_EXCEL_ROWS = 1_000_000
"""A sheet holds 1,048,576 rows."""
_BLOCK = 1 << 16


def preface(data: Data, question: ListRequest) -> Iterator[tuple[str, str]]:
    """What the file says of itself: list, state of the data, filters, order, definitions."""
    yield "List", f"{question.listing.title}: {question.listing.about}"
    yield "Data published", f"{figure(data.published.published_at)} UTC"
    yield "Instants", "UTC; an empty cell is unknown"
    if question.listing.is_ranged:
        yield "Range", f"{figure(question.range.start)} to {figure(question.range.end)} UTC"
    for name, text in question.filters:
        yield "Filter", f"{name}: {text}"
    order = (f"{name} {'falling' if falls else 'rising'}" for name, falls in question.order)
    yield "Order", ", ".join(order)
    for name in question.columns:
        unit = f" [{COLUMNS[name].unit}]" if COLUMNS[name].unit else ""
        yield name, f"{COLUMNS[name].meaning}{unit}"


def as_csv(data: Data, question: ListRequest) -> Iterator[bytes]:
    """The file in parts: lines that begin with #, the header, the rows."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")

    def taken() -> bytes:
        block = text.getvalue().encode()
        text.seek(0)
        text.truncate()
        return block

    yield codecs.BOM_UTF8
    for name, words in preface(data, question):
        writer.writerow([f"# {name}: {words}"])
    writer.writerow(question.columns)
    yield taken()
    for chunk in all_rows(data, question):
        writer.writerows(_cells(row, question) for row in chunk)
        yield taken()


def _cells(row: Row, question: ListRequest) -> list[Any]:
    return [_plain(row[name]) for name in question.columns]


def _plain(value: Any) -> Any:
    return harmless(value) if isinstance(value, str) else value


def as_excel(data: Data, question: ListRequest) -> Iterator[bytes]:
    """The file in parts: a sheet with the rows, and one with what they are."""
    with tempfile.TemporaryFile() as file:
        _write_excel(file, data, question)
        file.seek(0)
        while block := file.read(_BLOCK):
            yield block


def _write_excel(file: IO[bytes], data: Data, question: ListRequest) -> None:
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "default_date_format": "yyyy-mm-dd hh:mm",
        "nan_inf_to_errors": True,
    }
    with xlsxwriter.Workbook(file, options) as book:
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet(question.listing.title[:31])
        sheet.freeze_panes(1, 1)
        for column, name in enumerate(question.columns):
            sheet.set_column(column, column, 16 if COLUMNS[name].type != "text" else 24)
            sheet.write_string(0, column, name, bold)
        line = 0
        for chunk in all_rows(data, question):
            for row in chunk:
                line += 1
                for column, name in enumerate(question.columns):
                    _write_cell(sheet, line, column, row[name], day)
        sheet.autofilter(0, 0, max(line, 1), len(question.columns) - 1)
        about = book.add_worksheet("About")
        about.set_column(0, 0, 28)
        about.set_column(1, 1, 110)
        for line, (name, words) in enumerate(preface(data, question)):
            about.write_string(line, 0, name, bold)
            about.write_string(line, 1, words)


def _write_cell(sheet: Any, line: int, column: int, value: Any, day: Any) -> None:
    """One value; unknown is an empty cell."""
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(line, column, value)
    elif isinstance(value, datetime):
        sheet.write_datetime(line, column, value)
    elif isinstance(value, date):
        sheet.write_datetime(line, column, value, day)
    elif isinstance(value, int | float | Decimal):
        with suppress(OverflowError):
            sheet.write_number(line, column, float(value))
    else:
        sheet.write_string(line, column, str(harmless(str(value))))
