"""Cells of a CSV or Parquet file of other software, by column and by line.

Belongs here: what such files have in common: headers in any case, empty columns at the end, quoted
line breaks, an index of pandas.
Keep out: what a column means (`circuit_file`).
"""

import csv
import io
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from wan_perf.errors import UsageError

_UNNAMED_INDEX = "__index_level_"
_ENCODING = "utf-8-sig"


def csv_cells(path: Path, known: Sequence[str], texts: Sequence[str]) -> pd.DataFrame:
    """The cells by their line; a column of numbers is numbers where every cell is one.

    Args:
        path: A file of UTF-8 with a header and commas.
        known: Names of columns; a header that differs in case or blanks alone is the same.
        texts: Names of columns that stay text: an id has leading zeros, an hour has a zone.

    Raises:
        UsageError: the file is not UTF-8 or no such table, or two headers are the same column.
        OSError: the file cannot be read.
    """
    try:
        names = _names(path, known)
        try:
            cells = _read(path, names, texts)
        except (pd.errors.ParserError, pd.errors.ParserWarning):
            cells = _read(_without_empty_ends(path, len(names)), names, texts)
    except UnicodeDecodeError:
        number = _line_that_is_not_utf8(path)
        raise UsageError(f"{path}, line {number}: not UTF-8; save the file as CSV UTF-8.") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as error:
        raise UsageError(f"{path}: no CSV ({error}); correct it.") from None
    cells.index = _lines(path, len(cells))
    has_content = cells.notna().any().to_numpy()
    return cells.loc[:, has_content | (cells.columns != "")].dropna(how="all")


def parquet_cells(path: Path, known: Sequence[str]) -> pd.DataFrame:
    """The cells by their row; the index of a pandas frame is a column like the others.

    Raises:
        UsageError: the file is no Parquet, or two of its columns are the same.
        OSError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            cells = pq.ParquetFile(file).read().to_pandas(ignore_metadata=True)
    except pa.ArrowInvalid as error:
        raise UsageError(f"{path}: no Parquet file ({error}); write it again.") from None
    cells = cells[[name for name in cells.columns if not name.startswith(_UNNAMED_INDEX)]]
    cells.columns = pd.Index(_known_headers([str(name) for name in cells.columns], known, path))
    cells.index = pd.RangeIndex(1, len(cells) + 1)
    return cells


def _names(path: Path, known: Sequence[str]) -> list[str]:
    with path.open(encoding=_ENCODING, newline="") as file:
        header = next((row for row in csv.reader(file)), [])
    return _known_headers([name.strip() for name in header], known, path)


def _known_headers(names: list[str], known: Sequence[str], path: Path) -> list[str]:
    """Known names in place of those that differ from them in case, blanks or hyphens alone.

    >>> _known_headers(["Circuit ID", "HOUR ", "Rx-Bytes", "Site"], ["circuit_id", "hour"], Path())
    ['circuit_id', 'hour', 'Rx-Bytes', 'Site']
    """
    folded = ["_".join(name.replace("-", " ").lower().split()) for name in names]
    found = [fold if fold in known else name for fold, name in zip(folded, names, strict=True)]
    for name in known:
        if found.count(name) > 1:
            same = [raw for raw, each in zip(names, found, strict=True) if each == name]
            raise UsageError(
                f"{path}: the columns {' and '.join(map(repr, same))} are both {name}; keep one."
            )
    return found


def _read(source: Path | io.StringIO, names: list[str], texts: Sequence[str]) -> pd.DataFrame:
    # By number: names of columns that nobody takes can repeat, or be empty.
    kinds = {number: str for number, name in enumerate(names) if name in texts}
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        cells = pd.read_csv(
            source,
            encoding=_ENCODING,
            header=0,
            names=list(range(len(names))) or None,
            dtype=kinds,
            keep_default_na=False,
            na_values=[""],
            index_col=False,
            skip_blank_lines=False,
            low_memory=False,
        )
    cells.columns = pd.Index(names)
    return cells


def _without_empty_ends(path: Path, width: int) -> io.StringIO:
    """The file without the empty cells beyond its header, as spreadsheets write them.

    Raises:
        UsageError: a cell beyond the header is not empty.
    """
    trimmed = io.StringIO()
    writer = csv.writer(trimmed)
    for number, row in _rows(path):
        if any(cell.strip() for cell in row[width:]):
            raise UsageError(
                f"{path}, line {number}: {len(row)} cells below a header of {width}; quote cells "
                "that contain a comma."
            )
        writer.writerow(row[:width])
    trimmed.seek(0)
    return trimmed


def _lines(path: Path, rows: int) -> pd.Index:
    """The line of each row below the header; a quoted cell can go over several lines."""
    with path.open("rb") as file:
        has_quotes = any(b'"' in block for block in iter(lambda: file.read(1 << 20), b""))
    if not has_quotes:
        return pd.RangeIndex(2, rows + 2)
    return pd.Index([number for number, _ in _rows(path)][1 : rows + 1])


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows with the line on which each begins."""
    with path.open(encoding=_ENCODING, newline="") as file:
        reader, begins_at = csv.reader(file), 1
        for row in reader:
            yield begins_at, row
            begins_at = reader.line_num + 1


def _line_that_is_not_utf8(path: Path) -> int:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                line.decode(_ENCODING)
            except UnicodeDecodeError:
                return number
    raise AssertionError("every line is UTF-8")
