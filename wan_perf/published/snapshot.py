"""The warehouse as a publication reads it: versions of its rows, and rows into Parquet files.

Belongs here: statements to the warehouse; a file's name, order, compression.
Keep out: which files are written (`layout`).
"""

import hashlib
import json
import os
import secrets
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from wan_perf.published.layout import CountRows, Span, Versions
from wan_perf.published.manifest import DataFile
from wan_perf.published.relations import PUBLISHED, literal, selection, to_read
from wan_perf.schema.declaration import Table
from wan_perf.warehouse import Warehouse, Window, changes
from wan_perf.warehouse.engine import Session
from wan_perf.warehouse.window import where

_DAY_STATES = "wan_perf_day_states"
_HOURS_KNOWN = timedelta(days=8)
"""Versions of the newest days are compared by the hour, earlier ones by the day."""

Wanted = tuple[Table, Span, Versions]
"""A table, the range of a file of it, and the versions that its rows have."""


class Snapshot:
    """One session with the warehouse."""

    def __init__(self, warehouse: Warehouse, session: Session, folder: Path) -> None:
        self._warehouse = warehouse
        self._session = session
        self._folder = folder
        self._existing: dict[str, tuple[str, ...]] = {}

    def versions(self) -> dict[str, Versions]:
        """Versions of every published table that has any."""
        if not self._warehouse.has_changes(self._session):
            return {}
        stored = self._warehouse.stored_columns(self._session)
        self._existing = {name: tuple(stored[name]) for name in PUBLISHED if name in stored}
        found = {name: Versions({}, {}) for name in self._existing}
        instant = self._warehouse.type_names["instant"]
        for name, day, digest in self._session.run(changes.digests("day", instant)):
            if name in found:
                found[name].days[day] = int(digest) % changes.MODULUS
        by_hour = {name for name in found if changes.step(PUBLISHED[name]) == "hour"}
        newest = max((found[n].newest for n in by_hour if found[n].days), default=changes.WHOLE)
        recent = changes.digests("hour", instant, since=newest - _HOURS_KNOWN)
        for name, hour, digest in self._session.run(recent):
            if name in by_hour:
                found[name].hours[hour] = int(digest) % changes.MODULUS
        return {name: versions for name, versions in found.items() if versions.days}

    def counter(self, table: Table) -> CountRows:
        """A function that counts the table's rows in a range."""

        @cache
        def count(start: datetime, end: datetime) -> int:
            cut = where(table, Window(start, end))
            [[rows]] = self._session.run(f"SELECT count(*) FROM {table.name}{cut}")  # noqa: S608 - declared names
            return int(rows)

        return count

    def write(self, wanted: Sequence[Wanted], within_s: float) -> dict[str, list[DataFile]]:
        """Write a new file for each table and range, several at a time; the files by table.

        After `within_s` seconds no more files are begun.
        """
        began = time.monotonic()
        at_once = self._session.threads
        written: dict[str, list[DataFile]] = {}
        with ThreadPoolExecutor(at_once) as pool:
            for first in range(0, len(wanted), at_once):
                some = wanted[first : first + at_once]
                for (table, _, _), file in zip(some, pool.map(self._write, some), strict=True):
                    written.setdefault(table.name, []).append(file)
                if time.monotonic() - began > within_s:
                    break
        return written

    def _write(self, wanted: Wanted) -> DataFile:
        table, span, versions = wanted
        existing = self._existing[table.name]
        name = file_name(table, span)
        path = self._folder / name
        path.parent.mkdir(exist_ok=True)
        cut = where(table, Window(*span))
        days = {day: v for day, v in versions.days.items() if span[0] <= day < span[1]}
        with self._session.beside(f"SELECT * FROM {table.name}{cut}") as (connection, stored):  # noqa: S608
            rows = f"SELECT {selection(table, existing)} FROM {stored} ORDER BY {order(table)}"  # noqa: S608
            [[count]] = connection.execute(copy(rows, path, days)).fetchall()
        persist(path)
        state = versions.state(*span)
        assert state is not None, "what is written has versions"  # noqa: S101 - a type
        return DataFile(name, *span, state, int(count), columns_name(table.columns))

    def day_states(self, file: DataFile) -> dict[datetime, int]:
        """Digests of the days of a file that has several."""
        rows = self._session.run(day_states_query(self._folder / file.name))
        return parsed_day_states(rows)


def copy(rows: str, path: Path, days: Mapping[datetime, int]) -> str:
    """The statement that writes the rows of a query to a Parquet file, with its days' digests."""
    states = json.dumps({f"{day:%Y-%m-%d}": f"{state:016x}" for day, state in days.items()})
    return (
        f"COPY ({rows}) TO {literal(path)} "
        f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{_DAY_STATES}: '{states}'}})"
    )


def day_states_query(path: Path) -> str:
    """Query of the digests that `copy` wrote into the file."""
    return (
        f"SELECT value FROM parquet_kv_metadata({to_read(path)}) "  # noqa: S608 - our own file
        f"WHERE key = '{_DAY_STATES}'"
    )


def parsed_day_states(rows: list[tuple[Any, ...]]) -> dict[datetime, int]:
    """The digests that `day_states_query` finds."""
    found = json.loads(rows[0][0]) if rows else {}
    return {datetime.fromisoformat(day): int(state, 16) for day, state in found.items()}


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
