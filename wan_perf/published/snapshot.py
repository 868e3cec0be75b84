"""The warehouse as a publication reads it: versions of its rows, and rows into Parquet files.

Belongs here: statements to the warehouse; a file's name, order, compression.
Keep out: which files are written (`layout`).
"""

import hashlib
import os
import secrets
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from wan_perf.declaration import Table
from wan_perf.published.layout import CountRows, Span, Versions
from wan_perf.published.manifest import DataFile
from wan_perf.published.relations import PUBLISHED, literal, selected
from wan_perf.warehouse import DuckDBWarehouse, Window, changes
from wan_perf.warehouse.face import Session
from wan_perf.warehouse.window import where

_HOURS_KNOWN = timedelta(days=8)
"""Before its newest hour a table's versions are compared by the hour, earlier ones by the day."""


class Snapshot:
    """One session with the warehouse: nobody writes to it meanwhile."""

    def __init__(self, warehouse: DuckDBWarehouse, session: Session, folder: Path) -> None:
        self._warehouse = warehouse
        self._session = session
        self._folder = folder
        self.columns: dict[str, tuple[str, ...]] = {}
        """Lists of columns of the files that were written, by name."""

    def versions(self) -> dict[str, Versions]:
        """Versions of every published table that has any."""
        if not self._warehouse.has_changes(self._session):
            return {}
        found = {name: Versions({}, {}) for name in PUBLISHED}
        for name, day, digest in self._session.run(changes.digests("true", "day")):
            if name in found:
                found[name].days[day] = int(digest)
        newest = max((v.newest for v in found.values() if v.days), default=changes.WHOLE)
        recent = f"unit >= TIMESTAMP '{newest - _HOURS_KNOWN}'"
        for name, hour, digest in self._session.run(changes.digests(recent, "hour")):
            if name in found and changes.step(PUBLISHED[name]) == "hour":
                found[name].hours[hour] = int(digest)
        return {name: versions for name, versions in found.items() if versions.days}

    def counter(self, table: Table) -> CountRows:
        """A function that counts the table's rows in a range."""

        @cache
        def count(start: datetime, end: datetime) -> int:
            cut = where(table, Window(start, end))
            [[rows]] = self._session.run(f"SELECT count(*) FROM {table.name}{cut}")  # noqa: S608 - declared names
            return int(rows)

        return count

    def write(self, table: Table, span: Span, versions: Versions) -> DataFile:
        """Write the rows of a range to a new file."""
        existing = tuple(self._warehouse.existing_columns(self._session, table))
        name = file_name(table, span)
        path = self._folder / name
        path.parent.mkdir(exist_ok=True)
        cut = where(table, Window(*span))
        rows = f"SELECT {selected(table, existing)} FROM {table.name}{cut} ORDER BY {order(table)}"  # noqa: S608
        [[count]] = self._session.run(copy(rows, path))
        persist(path)
        listed = columns_name(table.columns)
        self.columns[listed] = table.columns
        state = versions.state(*span)
        assert state is not None, "what is shorter than a day has hours"  # noqa: S101 - a type
        return DataFile(name, *span, state, int(count), listed)


def copy(rows: str, path: Path) -> str:
    """The statement that writes the rows of a query to a Parquet file."""
    return f"COPY ({rows}) TO {literal(path)} (FORMAT parquet, COMPRESSION zstd)"


def order(table: Table) -> str:
    """Columns by which rows are sorted: those of one circuit lie together, then by time."""
    first = [name for name in table.key if name != table.partition]
    return ", ".join(dict.fromkeys((*first, *table.key)))


def file_name(table: Table, span: Span) -> str:
    """A new name, in the folder of its table, that says which time the file covers."""
    start, end = span
    length = end - start
    form = "%Y-%m" if length > timedelta(days=1) else "%Y-%m-%d"
    form = "%Y-%m-%dT%H" if length < timedelta(days=1) else form
    when = "all" if not changes.step(table) else f"{start:{form}}"
    return f"{table.name}/{when}-{secrets.token_hex(6)}.parquet"


def columns_name(columns: tuple[str, ...]) -> str:
    """The name of a list of columns."""
    return hashlib.sha256(" ".join(columns).encode()).hexdigest()[:8]


def persist(path: Path) -> None:
    """Have the file on disk before a manifest names it."""
    with path.open("rb+") as written:
        os.fsync(written.fileno())
