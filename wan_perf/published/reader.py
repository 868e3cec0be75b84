"""Reading the published copy: a DuckDB in memory over the files of its present state.

Belongs here: the one way by which dashboard, exports and answers query what is published.
Keep out: SQL of a question (its asker's), writing the copy (`publisher`).
"""

import re
import tempfile
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from wan_perf.published.collection import Collection
from wan_perf.published.errors import MissingFileError
from wan_perf.published.manifest import MANIFEST, Manifest, read_manifest
from wan_perf.published.relations import (
    PUBLISHED,
    VIEWS,
    definition,
    literal,
    rows,
    to_read,
)
from wan_perf.published.running import Run, running
from wan_perf.warehouse.changes import step

_OPENED: dict[Path, tuple[tuple[int, int, int], "Published"]] = {}
_ENGINES: dict[Path, "_Engine"] = {}
_MAKING = threading.Lock()
_MOST_STATES = 100
"""After so many an engine is followed by a new one: a file of 122 columns that it has read takes
84 kB of its memory for good."""
_WORD = re.compile(r"'[^']*'|(\w+)")
"""A word of SQL; a text in quotes, such as the name of a file, has none."""


class Published:
    """One state of the published copy; a newer one is another object.

    Safe for any number of threads. Files of a state stay for a grace period after it was replaced,
    so a page that began with a state ends with it.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest
        self._prepared: tuple[_Engine, str] | None = None
        self._defined: set[str] = set()
        self._preparing = threading.Lock()

    @property
    def version(self) -> str:
        """Changes whenever the manifest does."""
        return self.manifest.version

    @property
    def published_at(self) -> datetime:
        """When the state was published, naive UTC."""
        return self.manifest.published_at

    @property
    def collection(self) -> Collection:
        """How collecting went up to the state."""
        return self.manifest.collection

    def running(self, now: datetime) -> tuple[Run, ...]:
        """The runs that are going on at `now`, whatever the state; the oldest first."""
        return running(self.folder, now)

    def has(self, table: str) -> bool:
        """True where a table or view of this name can be queried; it may have no rows."""
        return table in PUBLISHED or table in VIEWS

    def within(self, table: str, start: datetime, end: datetime) -> str:
        """A relation of SQL with the table's rows of [start, end), and others that are beside them.

        It has fewer files, each of which a query opens. A view, or a table without a column of
        time, is named as it is.
        """
        if table not in PUBLISHED or not step(PUBLISHED[table]):
            return table
        files = self.manifest.files.get(table, ())
        near = tuple(file for file in files if file.start < end and start < file.end)
        part = replace(self.manifest, files={table: near})
        return f"({rows(self.folder, part, PUBLISHED[table])})"

    def newest(self, table: str) -> str:
        """A relation of SQL with the table's newest rows, and others that are beside them.

        As `within`. A day that changed late is a file of its own beside that of its month, whose
        rows may be newer: the file that begins last need not have the newest.
        """
        files = [file for file in self.manifest.files.get(table, ()) if file.rows]
        if not files:
            return table
        last = max(file.start for file in files)
        return self.within(table, last, max(file.end for file in files))

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Rows of a query in DuckDB's SQL; tables and views by their names, values as `?`.

        Raises:
            MissingFileError: a file of the state is missing or damaged.
        """
        with self.cursor(sql) as cursor:
            cursor.execute(sql, list(parameters))
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    @contextmanager
    def cursor(self, sql: str | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor of its own over the state, for one thread.

        It has the tables and views that the SQL names, without SQL all of them: a page needs a few,
        and to define all takes longer than to make the page.

        Raises:
            MissingFileError: a file of the state is missing or damaged.
        """
        with self._preparing:
            if self._prepared is None:
                engine = _engine_of(self.folder)
                self._prepared = engine, engine.schema_of(self)
            engine, schema = self._prepared
        with engine.cursor() as cursor:
            try:
                cursor.execute(f"USE {schema}")
                with self._preparing:
                    for name in _needed(sql):
                        self._define(name, cursor)
                yield cursor
            except (duckdb.IOException, duckdb.InvalidInputException) as error:
                raise _unreadable(self.folder, error) from error

    def _define(self, name: str, cursor: duckdb.DuckDBPyConnection) -> None:
        if name not in self._defined:
            cursor.execute(definition(self.folder, self.manifest, name))
            self._defined.add(name)


def _needed(sql: str | None) -> Iterator[str]:
    """Tables and views that a statement names, or all; a table before the views of it."""
    words = None if sql is None else set(_WORD.findall(sql))
    views = [name for name in VIEWS if words is None or name in words]
    sources = {name for view in views for name in VIEWS[view].sources}
    for name in PUBLISHED:
        if words is None or name in words or name in sources:
            yield name
    yield from views


def open_published(folder: Path) -> Published:
    """The present state of the published copy in a folder; cheap where it is the last one opened.

    Raises:
        NoCopyError: nothing was published yet.
        OtherFormatError: another release wrote it.
        DamagedManifestError: its manifest cannot be read.
    """
    place = folder.absolute()
    seen = _signature(place)
    opened = _OPENED.get(place)
    if opened is None or seen is None or opened[0] != seen:
        # The signature is older than what is read: at worst the same is read again.
        opened = (seen or (0, 0, 0), Published(place, read_manifest(place)))
        _OPENED[place] = opened
    return opened[1]


def _signature(folder: Path) -> tuple[int, int, int] | None:
    try:
        found = (folder / MANIFEST).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


class _Engine:
    """A DuckDB in memory for many states of a copy, each of which is a schema.

    A state has most files in common with the one before, and what the engine read of them, such as
    where their columns lie, stays in its memory; that of files which are gone does, too.
    """

    def __init__(self, folder: Path) -> None:
        self.state_count = 0
        self._states: dict[str, weakref.ref[Published]] = {}
        self._changing = threading.Lock()
        spill = Path(tempfile.gettempdir()) / "wan-perf-reader"
        self._connection = duckdb.connect(config={"temp_directory": str(spill)})
        # Without GLOBAL it is of this connection only, and not of the cursors that query.
        self._connection.execute("SET GLOBAL TimeZone = 'UTC'")
        self._connection.execute("SET GLOBAL parquet_metadata_cache = true")
        # From here on a query reads nothing but the copy. A pattern is checked as it is written.
        places = f"[{literal(folder)}, {to_read(folder)}]"
        self._connection.execute(f"SET allowed_directories = {places}")
        self._connection.execute(
            "SET enable_external_access = false; SET lock_configuration = true"
        )

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor, for one thread."""
        return self._connection.cursor()

    def schema_of(self, state: Published) -> str:
        """The name of a new schema for a state; those of states that are gone are dropped."""
        with self._changing, self.cursor() as cursor:
            for schema in [name for name, of in self._states.items() if of() is None]:
                cursor.execute(f"DROP SCHEMA {schema} CASCADE")
                del self._states[schema]
            schema = f"state_{self.state_count}"
            self.state_count += 1
            self._states[schema] = weakref.ref(state)
            cursor.execute(f"CREATE SCHEMA {schema}")
        return schema


def _engine_of(folder: Path) -> _Engine:
    """The engine for the next state of the copy; states before may have others."""
    with _MAKING:
        engine = _ENGINES.get(folder)
        if engine is None or engine.state_count >= _MOST_STATES:
            engine = _ENGINES[folder] = _Engine(folder)
        return engine


def _unreadable(folder: Path, error: Exception) -> MissingFileError:
    why = str(error).splitlines()[0].rstrip(".")
    return MissingFileError(
        f"A file of the published copy {folder} is missing or damaged ({why}); run wan-perf "
        "publish --all."
    )
