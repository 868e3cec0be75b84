"""The embedded warehouse: one DuckDB file, nothing to install or start.

Belongs here: DuckDB's types, its lock and its way to take a frame.
Keep out: the order of a store step (`store`).

One process at a time may have the file open for writing, so sessions are short: attach it, work,
detach it.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from wan_perf.errors import WanPerfError
from wan_perf.schema.columns import Column
from wan_perf.schema.declaration import Table, View
from wan_perf.warehouse import comments
from wan_perf.warehouse.duckdb_file import FILE, DuckDBFile, disk_failures
from wan_perf.warehouse.engine import Session
from wan_perf.warehouse.store import Warehouse

_OF_SESSION = f"USE {FILE}; SET TimeZone = 'UTC'"
_ALL_COLUMNS = (
    "SELECT table_name, column_name, data_type FROM duckdb_columns() "
    "WHERE database_name = current_database() AND NOT internal ORDER BY table_name, column_index"
)
_DEFINING = ("CREATE TABLE", "CREATE OR REPLACE VIEW", "ALTER", "DROP", "ROLLBACK")
"""How statements begin that change the columns of the file; temporary tables are in none."""


class DuckDBSession(Session):
    """A connection to the file."""

    threads = min(os.cpu_count() or 1, 4)

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._columns: dict[str, dict[str, str]] | None = None

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection itself, for what concerns the whole file (`integrity`)."""
        return self._connection

    @contextmanager
    def beside(self, query: str) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
        """Another connection to the file, for another thread, and the query itself."""
        with self._connection.cursor() as connection:
            connection.execute(_OF_SESSION)
            yield connection, f"({query})"

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
        with disk_failures(self._path):
            return self._connection.execute(sql).fetchall()

    def frame(self, sql: str) -> pd.DataFrame:
        """Execute one query and return its rows as a frame."""
        with disk_failures(self._path):
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
    excludes_writers = True

    @property
    def identity(self) -> str:
        """The file."""
        return str(self.path.resolve())

    @property
    def _file(self) -> DuckDBFile:
        return DuckDBFile(self.path, self.patience_s)

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
        with self._file.attached(read_only=read_only) as engine, engine.cursor() as connection:
            connection.execute(_OF_SESSION)
            yield DuckDBSession(connection, self.path)

    @contextmanager
    def without_writers(self) -> Iterator[DuckDBSession]:
        """A connection that reads, while no process and no thread of this one writes.

        Raises:
            TransientError, WanPerfError: as `session`.
        """
        with self._file.turn(), self.session(read_only=True) as session:
            yield session

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

    def stored_columns(self, session: Session) -> Mapping[str, Iterable[str]]:
        """Names of the columns of each table and view of the file, in their order."""
        assert isinstance(session, DuckDBSession)  # noqa: S101 - a type
        return session.columns

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


def _comment(table: Table, column: Column) -> str:
    return f"COMMENT ON COLUMN {table.name}.{column.name} IS {comments.of_column(column)}"
