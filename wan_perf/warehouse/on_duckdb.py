"""The embedded warehouse: one DuckDB file, nothing to install or start.

Belongs here: DuckDB's types, its lock and its way to take a frame.
Keep out: the order of a store step (`face`).

One process at a time may have the file open for writing, so connections are short: open, work, close.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pandas as pd

from wan_perf.declaration import Table
from wan_perf.errors import WanPerfError
from wan_perf.warehouse.face import Session, Warehouse


class DuckDBSession(Session):
    """A connection to the file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, warehouse: "DuckDBWarehouse") -> None:
        self._connection = connection
        self._warehouse = warehouse

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Execute one statement and return its rows."""
        return self._connection.execute(sql).fetchall()

    def frame(self, sql: str) -> pd.DataFrame:
        """Execute one query and return its rows as a frame."""
        return self._connection.execute(sql).df()

    def stage_frame(self, name: str, table: Table, frame: pd.DataFrame) -> None:
        """Create the temporary table and insert the frame by name."""
        self.run(f"CREATE TEMPORARY TABLE {name} ({self._warehouse.column_list(table)})")
        self._connection.register("staged_frame", frame[list(table.columns)])
        try:
            self.run(f"INSERT INTO {name} BY NAME SELECT * FROM staged_frame")
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
        "real": "DOUBLE",
        "boolean": "BOOLEAN",
        "instant": "TIMESTAMP",
        "date": "DATE",
    }

    @contextmanager
    def session(self, *, read_only: bool = False) -> Iterator[DuckDBSession]:
        """A connection in UTC that is closed at the end, whatever happens."""
        connection = self._connect(read_only)
        try:
            connection.execute("SET TimeZone = 'UTC'")
            yield DuckDBSession(connection, self)
        finally:
            connection.close()

    def _connect(self, read_only: bool) -> duckdb.DuckDBPyConnection:
        if read_only and not self.path.exists():
            raise WanPerfError(
                f"There is no warehouse at {self.path} yet; collect something first, for example "
                "with: wan-perf collect."
            )
        self.path.parent.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + self.patience_s
        wait = 0.02
        while True:
            try:
                return duckdb.connect(str(self.path), read_only=read_only)
            except (duckdb.IOException, duckdb.ConnectionException) as error:
                # Only a lock passes by itself; a broken file or a missing right does not.
                held = "lock" in str(error).lower() or "configuration" in str(error).lower()
                if not held or time.monotonic() > deadline:
                    raise WanPerfError(
                        f"The warehouse {self.path} cannot be opened: {str(error).splitlines()[0]} "
                        "Close what holds it, or set WAN_PERF_DUCKDB to another file."
                    ) from error
            # Jitter keeps waiting processes from asking in step.
            time.sleep(wait * random.uniform(0.5, 1.5))  # noqa: S311 - no secret depends on it
            wait = min(wait * 2, 1.0)

    def unbound(self, table: Table, name: str | None = None) -> ir.Table:
        """The table as a lazy Ibis table; nothing is read."""
        return ibis.table(table.schema, name=name or table.name)

    def existing_columns(self, session: Session, table: Table) -> dict[str, str]:
        """Columns of the table as it stands, name to type."""
        rows = session.run(
            "SELECT column_name, data_type FROM information_schema.columns "
            f"WHERE table_name = '{table.name}' AND table_schema = 'main'"  # noqa: S608 - our own name
        )
        return dict(rows)
