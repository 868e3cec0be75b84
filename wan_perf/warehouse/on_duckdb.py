"""The embedded warehouse: one DuckDB file, nothing to install or start.

Belongs here: DuckDB's types, its lock and its way to take a frame.
Keep out: the order of a store step (`face`).

One process at a time may have the file open for writing, so sessions are short: attach it, work,
detach it.
"""

import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from wan_perf.errors import TransientError, UsageError, WanPerfError
from wan_perf.schema.columns import Column
from wan_perf.schema.declaration import Table, View
from wan_perf.waiting import Wait
from wan_perf.warehouse import changes, comments
from wan_perf.warehouse.face import Session, Warehouse
from wan_perf.warehouse.window import Window

_TURNS: dict[Path, threading.Lock] = {}
_IDLE: dict[tuple[int, Path], list[duckdb.DuckDBPyConnection]] = {}
"""Engines that run and have no file attached, by process and file. To start one takes 16 ms, many
times what attaching takes; a child that was forked has no use of its parent's."""
FILE = "warehouse"
"""Name of the attached file within an engine."""
_OF_SESSION = f"USE {FILE}; SET TimeZone = 'UTC'"
_ALL_COLUMNS = (
    "SELECT table_name, column_name, data_type FROM duckdb_columns() "
    "WHERE database_name = current_database() AND NOT internal ORDER BY table_name, column_index"
)
_DEFINING = ("CREATE TABLE", "CREATE OR REPLACE VIEW", "ALTER", "DROP", "ROLLBACK")
"""How statements begin that change the columns of the file; temporary tables are in none."""
_LOCKED = (
    "could not set lock",  # another process has the file, on POSIX systems
    "used by another process",  # the same, on Windows
    "already open",
    "already attached",  # another thread of this process has it
)
_ADVICE = {
    (*_LOCKED, "is writing"): "Close what uses it, or set WAN_PERF_DUCKDB to another file.",
    ("checksum", "corrupt", "not a valid duckdb", "serialization", "deserialize", "header"): (
        "The file is damaged or no DuckDB database: restore a backup (wan-perf restore), or set "
        "WAN_PERF_DUCKDB to another file."
    ),
    ("wal", "write-ahead"): (
        "Its write-ahead log does not belong to it: move the .wal file beside it away, or restore "
        "a backup (wan-perf restore)."
    ),
    ("permission denied", "read-only file system", "access is denied"): (
        "Give this user the right to read and write the file and its folder, or set "
        "WAN_PERF_DUCKDB to another file."
    ),
    ("no space left",): "Free space on its disk, or set WAN_PERF_DUCKDB to a file on another.",
}
"""What a person does, by words of the engine's reason."""


class DuckDBSession(Session):
    """A connection to the file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._columns: dict[str, dict[str, str]] | None = None

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection itself, for what concerns the whole file (`integrity`)."""
        return self._connection

    @contextmanager
    def another(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Another connection to the file, for another thread."""
        with self._connection.cursor() as connection:
            connection.execute(_OF_SESSION)
            yield connection

    @property
    def columns(self) -> dict[str, dict[str, str]]:
        """Columns of each table and view of the file, name to type.

        Read once, and again after a statement that may change them: for one table the engine reads
        those of all, and a run wants those of dozens.
        """
        if self._columns is None:
            self._columns = {}
            for table, column, kind in self.run(_ALL_COLUMNS):
                self._columns.setdefault(table, {})[column] = kind
        return self._columns

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Execute one statement and return its rows."""
        if sql.startswith(_DEFINING):
            self._columns = None
        with _disk_failures(self._path):
            return self._connection.execute(sql).fetchall()

    def frame(self, sql: str) -> pd.DataFrame:
        """Execute one query and return its rows as a frame."""
        with _disk_failures(self._path):
            return self._connection.execute(sql).df()

    def stage_frame(self, name: str, frame: pd.DataFrame) -> None:
        """Insert the frame into the temporary table by name."""
        self._connection.register("staged_frame", frame)
        try:
            self.run(f"INSERT INTO {name} BY NAME SELECT * FROM staged_frame")  # noqa: S608 - declared names
        finally:
            self._connection.unregister("staged_frame")


@dataclass(frozen=True)
class DuckDBWarehouse(Warehouse):
    """Tables in one DuckDB file.

    `patience_s` is how long a connection waits while another process holds the file [s]: longer
    than a chunk of a backfill computes.
    """

    path: Path
    patience_s: float = 600

    dialect = "duckdb"
    type_names = {  # noqa: RUF012 - a constant of the engine, read through the class
        "text": "VARCHAR",
        "integer": "BIGINT",
        "large_integer": "DECIMAL(38,0)",
        "real": "DOUBLE",
        "boolean": "BOOLEAN",
        "instant": "TIMESTAMP",
        "date": "DATE",
    }
    widened = frozenset({("BIGINT", "DECIMAL(38,0)")})

    @contextmanager
    def session(
        self,
        *,
        read_only: bool = False,
        tag: str = "",  # noqa: ARG002 - no log of statements exists
    ) -> Iterator[DuckDBSession]:
        """A connection to the file, in UTC; the file is free at the end, whatever happens.

        To read only, where there is no file yet, an empty database in memory.

        Raises:
            TransientError: another process uses the file longer than `patience_s`, or than the
                patience of the work that goes on (`waiting`).
            WanPerfError: the file cannot be opened.
        """
        if read_only and not self.path.exists():
            with duckdb.connect() as connection:
                connection.execute("SET TimeZone = 'UTC'")
                yield DuckDBSession(connection, self.path)
            return
        wait = Wait(self.path, self.patience_s)
        idle = _IDLE.setdefault((os.getpid(), self.path.resolve()), [])
        with self._turn(wait) if not read_only else nullcontext():
            engine = self._attach_when_free(idle, read_only, wait)
            try:
                with engine.cursor() as connection:
                    connection.execute(_OF_SESSION)
                    yield DuckDBSession(connection, self.path)
                with _disk_failures(self.path):
                    engine.execute(f"DETACH {FILE}")
            except BaseException:
                engine.close()  # whatever state it is in; with it the file is closed
                raise
            idle.append(engine)

    @contextmanager
    def without_writers(self) -> Iterator[DuckDBSession]:
        """A connection that reads, while no process and no thread of this one writes.

        Raises:
            TransientError, WanPerfError: as `session`.
        """
        with self._turn(Wait(self.path, self.patience_s)), self.session(read_only=True) as session:
            yield session

    @contextmanager
    def _turn(self, wait: Wait) -> Iterator[None]:
        # The file's lock keeps other processes out, not the threads of this one.
        turn = _TURNS.setdefault(self.path.resolve(), threading.Lock())
        if not turn.acquire(timeout=wait.left_s):
            raise TransientError(self._open_failure("Another thread of this process is writing."))
        try:
            yield
        finally:
            turn.release()

    def _attach_when_free(
        self, idle: list[duckdb.DuckDBPyConnection], read_only: bool, wait: Wait
    ) -> duckdb.DuckDBPyConnection:
        """An engine with the file attached; waits while other processes lock it."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"The folder {self.path.parent} of the warehouse cannot be made "
                f"({error.strerror}); set WAN_PERF_HOME or WAN_PERF_DUCKDB to another place."
            ) from None
        pause_s = 0.02
        while True:
            try:
                return self._attach(idle, read_only)
            except duckdb.Error as error:
                # Only a lock is temporary; a broken file or a missing right is not.
                is_locked = any(words in str(error).lower() for words in _LOCKED)
                kind = TransientError if is_locked else WanPerfError
                if not is_locked or not wait.left_s:
                    raise kind(self._open_failure(str(error).splitlines()[0])) from error
                wait.report(str(error))
            # Jitter keeps waiting processes from trying in step.
            jitter = random.uniform(0.5, 1.5)  # noqa: S311 - no secret depends on it
            time.sleep(min(pause_s * jitter, wait.left_s))
            pause_s = min(pause_s * 2, 1.0)

    def _attach(
        self, idle: list[duckdb.DuckDBPyConnection], read_only: bool
    ) -> duckdb.DuckDBPyConnection:
        """An engine with the file attached that has the path's name now.

        Whoever replaces the file holds its lock until the new one has the name. What was opened
        before and locked after would be a file without a name, and its rows would be lost.
        """
        while True:
            before = _inode(self.path)
            engine = self._attach_once(idle, read_only)
            if before in (None, _inode(self.path)):
                return engine
            engine.close()

    def _attach_once(
        self, idle: list[duckdb.DuckDBPyConnection], read_only: bool
    ) -> duckdb.DuckDBPyConnection:
        engine = None
        with suppress(IndexError):
            engine = idle.pop()
        if engine is None:
            # What does not fit into memory goes where it goes when the file itself is opened.
            engine = duckdb.connect(config={"temp_directory": f"{self.path.resolve()}.tmp"})
        file, mode = str(self.path).replace("'", "''"), "READ_ONLY" if read_only else "READ_WRITE"
        try:
            engine.execute(f"ATTACH '{file}' AS {FILE} ({mode})")
        except duckdb.Error:
            engine.close()
            raise
        return engine

    def _open_failure(self, why: str) -> str:
        advice = next(
            (
                advice
                for words, advice in _ADVICE.items()
                if any(word in why.lower() for word in words)
            ),
            "Set WAN_PERF_DUCKDB to another file.",
        )
        return f"The warehouse {self.path} cannot be opened: {why.rstrip('.')}. {advice}"

    def stored_name(self, name: str) -> str:
        """The name as it is: DuckDB keeps the case and compares without it."""
        return name

    def existing_columns(self, session: Session, table: Table) -> dict[str, str]:
        """Columns of the table as it stands, name to type."""
        assert isinstance(session, DuckDBSession)  # noqa: S101 - a type
        return session.columns.get(table.name, {})

    def refuse_view(self, session: Session, table: Table) -> None:
        """Refuse a view that has the table's name: DuckDB deletes from tables only."""
        sql = "SELECT 1 FROM duckdb_views() WHERE schema_name = 'main' AND view_name ="
        if session.run(f"{sql} '{table.name}'"):
            raise WanPerfError(
                f"{table.name} is a view in the warehouse {self.path} and a table in the "
                "declaration; rename or drop the view, then run the command again."
            )

    def definition(self, table: Table) -> str:
        """Data definition that creates the table, with its grain and meanings as comments."""
        columns = ", ".join(f"{c.name} {self.type_names[c.type]}" for c in table.fields)
        return "; ".join(
            (
                f"CREATE TABLE IF NOT EXISTS {table.name} ({columns})",
                f"COMMENT ON TABLE {table.name} IS {comments.of_table(table)}",
                *(_comment(table, column) for column in table.fields),
            )
        )

    def addition(self, table: Table, column: Column) -> str:
        """Data definition that adds the column to the table, with its meaning as comment."""
        kind = self.type_names[column.type]
        return (
            f"ALTER TABLE {table.name} ADD COLUMN {column.name} {kind}; {_comment(table, column)}"
        )

    def record_change(
        self, session: Session, table: Table, rows: str, window: Window | None
    ) -> None:
        """Give the hours, days or months that changed a new version."""
        self.record_earlier_changes(session)
        units = (
            changes.units_of_window(table, window)
            if window and table.partition
            else changes.units_of_rows(table, rows)
        )
        for statement in changes.record(table, units):
            session.run(statement)

    def record_earlier_changes(self, session: Session) -> None:
        """Give what a release without versions stored one each; nothing where there are some."""
        existing = self._existing_tables(session)
        if changes.CHANGES not in existing:
            for statement in changes.first_record(existing):
                session.run(statement)

    def has_changes(self, session: Session) -> bool:
        """True where versions of what is stored are recorded."""
        return changes.CHANGES in self._existing_tables(session)

    def is_empty(self, session: Session) -> bool:
        """True where nothing was ever stored."""
        return not self._existing_tables(session)

    def _existing_tables(self, session: Session) -> set[str]:
        rows = session.run("SELECT table_name FROM duckdb_tables() WHERE NOT internal")
        return {str(name) for (name,) in rows}

    def view_text(self, session: Session, view: View) -> str:
        """The view's query as DuckDB shows it; empty where there is no view."""
        rows = session.run(f"SELECT sql FROM duckdb_views() WHERE view_name = '{view.name}'")  # noqa: S608 - declared name
        return str(rows[0][0]) if rows else ""

    def view_definition(self, view: View, query: str) -> str:
        """Data definition that makes the view again, with its grain and meanings as comments."""
        return "; ".join(
            (
                f"CREATE OR REPLACE VIEW {view.name} AS {query}",
                f"COMMENT ON VIEW {view.name} IS {comments.of_table(view)}",
                *(_comment(view, column) for column in view.fields),
            )
        )


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


@contextmanager
def _disk_failures(path: Path) -> Iterator[None]:
    """A disk that takes no more, as one sentence; the transaction that met it leaves nothing."""
    try:
        yield
    # Which of them depends on the statement that met it; a commit's is the last.
    except (duckdb.IOException, duckdb.FatalException, duckdb.TransactionException) as error:
        why = str(error).splitlines()[0].rstrip(".")
        raise WanPerfError(
            f"The warehouse {path} cannot be written or read: {why}. Free space on its disk, or "
            "set WAN_PERF_DUCKDB to a file on another; what was stored stands, and the next run "
            "goes on from there."
        ) from error


def _comment(table: Table, column: Column) -> str:
    return f"COMMENT ON COLUMN {table.name}.{column.name} IS {comments.of_column(column)}"
