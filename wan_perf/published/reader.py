"""Reading the published copy: a DuckDB in memory over the files of its present state.

Belongs here: the one way by which dashboard, exports and answers query what is published.
Keep out: SQL of a question (its asker's), writing the copy (`publisher`).
"""

import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from wan_perf.published.collection import Collection
from wan_perf.published.errors import MissingFileError
from wan_perf.published.manifest import MANIFEST, Manifest, read_manifest
from wan_perf.published.relations import PUBLISHED, VIEWS, literal, statements, to_read
from wan_perf.published.running import Run, running

_OPENED: dict[Path, tuple[tuple[int, int, int], "Published"]] = {}


class Published:
    """One state of the published copy; a newer one is another object.

    Safe for any number of threads. Files of a state stay for a grace period after it was replaced,
    so a page that began with a state ends with it.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._connecting = threading.Lock()

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

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Rows of a query in DuckDB's SQL; tables and views by their names, values as `?`.

        Raises:
            MissingFileError: a file of the state is missing or damaged.
        """
        with self.cursor() as cursor:
            cursor.execute(sql, list(parameters))
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor of its own over the state, for one thread.

        Raises:
            MissingFileError: a file of the state is missing or damaged.
        """
        with self._engine.cursor() as cursor:
            try:
                yield cursor
            except (duckdb.IOException, duckdb.InvalidInputException) as error:
                raise _unreadable(self.folder, error) from error

    @property
    def _engine(self) -> duckdb.DuckDBPyConnection:
        with self._connecting:
            if self._connection is None:
                self._connection = _engine(self.folder, self.manifest)
            return self._connection


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


def _engine(folder: Path, manifest: Manifest) -> duckdb.DuckDBPyConnection:
    spill = Path(tempfile.gettempdir()) / "wan-perf-reader"
    engine = duckdb.connect(config={"temp_directory": str(spill)})
    try:
        # Without GLOBAL it is of this connection only, and not of the cursors that query.
        engine.execute("SET GLOBAL TimeZone = 'UTC'; SET GLOBAL parquet_metadata_cache = true")
        for statement in statements(folder, manifest):
            engine.execute(statement)
        # From here on a query reads nothing but the copy. A pattern is checked as it is written.
        places = f"[{literal(folder)}, {to_read(folder)}]"
        engine.execute(f"SET allowed_directories = {places}; SET enable_external_access = false")
        engine.execute("SET lock_configuration = true")
    except duckdb.Error as error:
        engine.close()
        raise _unreadable(folder, error) from error
    return engine


def _unreadable(folder: Path, error: Exception) -> MissingFileError:
    why = str(error).splitlines()[0].rstrip(".")
    return MissingFileError(
        f"A file of the published copy {folder} is missing or damaged ({why}); run wan-perf "
        "publish --all."
    )
