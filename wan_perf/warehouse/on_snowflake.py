"""The warehouse of production: a schema of a Snowflake account.

Belongs here: Snowflake's connection, its types, its upper-case names and its way to take a frame.
Keep out: the order of a store step (`store`).

The connector takes seconds to import: it is imported when a connection is opened, never before.
Identifiers are upper case underneath, as unquoted ones are, and lower case in Ibis.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]

from wan_perf.schema.columns import Column
from wan_perf.schema.declaration import Table, View
from wan_perf.schema.tables import TABLES
from wan_perf.warehouse import comments
from wan_perf.warehouse.engine import Session
from wan_perf.warehouse.snowflake_connections import Connect, Connections
from wan_perf.warehouse.snowflake_errors import Names, SnowflakeRefusalError, refusal
from wan_perf.warehouse.store import Warehouse

LOCK_TIMEOUT_S = 300
_PARAMETERS = {
    # An account or a user can have other defaults; what the statements mean must not follow them.
    "TIMEZONE": "UTC",
    "TIMESTAMP_TYPE_MAPPING": "TIMESTAMP_NTZ",
    "TIMESTAMP_INPUT_FORMAT": "AUTO",
    "DATE_INPUT_FORMAT": "AUTO",
    "WEEK_START": 1,
    "WEEK_OF_YEAR_POLICY": 0,
    "DEFAULT_NULL_ORDERING": "LAST",
    "QUOTED_IDENTIFIERS_IGNORE_CASE": False,
    "ROWS_PER_RESULTSET": 0,
    "AUTOCOMMIT": True,
    # A process that dies within a transaction leaves its locks for minutes or hours otherwise.
    "ABORT_DETACHED_QUERY": True,
    # Longer than a replacement takes; a run that waits in vain is retried.
    "LOCK_TIMEOUT": LOCK_TIMEOUT_S,
}
_DOES_NOT_EXIST = 2003
_SHOWN_NAME, _SHOWN_TEXT = 1, 7
"""Columns of SHOW VIEWS."""
_INTEGERS = ("int8", "int16", "int32", "int64")


class SnowflakeSession(Session):
    """A connection to the schema."""

    def __init__(self, connection: Any, names: Names) -> None:
        self._connection = connection
        self._names = names

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Execute one statement and return its rows."""
        with refusal(self._names), self._connection.cursor() as cursor:
            return list(cursor.execute(sql).fetchall())

    def frame(self, sql: str) -> pd.DataFrame:
        """Execute one query and return its rows as a frame with lower-case names."""
        with refusal(self._names), self._connection.cursor() as cursor:
            # Whole numbers beside NULL would be floats, which end at 2**53.
            frame = cursor.execute(sql).fetch_pandas_all(
                types_mapper=lambda kind: pd.Int64Dtype() if str(kind) in _INTEGERS else None
            )
        return frame.rename(columns=str.lower)

    @contextmanager
    def beside(self, query: str) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
        """A DuckDB in memory with the rows, which are fetched."""
        with refusal(self._names), self._connection.cursor() as cursor:
            cursor.execute(query)
            # A column of whole numbers is as wide as the numbers of its batch.
            batches = list(cursor.fetch_arrow_batches()) or [cursor.fetch_arrow_all(True)]
            fetched = pa.concat_tables(batches, promote_options="permissive")
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            names = [name.lower() for name in fetched.column_names]
            connection.register("fetched", fetched.rename_columns(names))
            yield connection, "fetched"

    def stage_frame(self, name: str, frame: pd.DataFrame) -> None:
        """Load the frame into the temporary table, by name."""
        from snowflake.connector.pandas_tools import write_pandas

        if frame.empty:  # there would be no file to load from
            return
        with refusal(self._names):
            write_pandas(
                self._connection,
                _without_null_types(frame).rename(columns=str.upper),
                name.upper(),
                quote_identifiers=True,
                use_logical_type=True,  # else an instant arrives as a bare number
            )


@dataclass(frozen=True)
class SnowflakeWarehouse(Warehouse):
    """Tables in one schema of a Snowflake account.

    `connect` opens a connection to what `names` says; without it there are only definitions.
    """

    names: Names
    connect: Connect = field(repr=False, compare=False)
    _recording: list[bool] = field(default_factory=list, init=False, repr=False, compare=False)
    _tables: dict[str, dict[str, str]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """Columns of the tables that this process has found as they are declared: to look again is a
    request, and a process seldom outlives a change of them."""
    _views: set[str] = field(default_factory=set, init=False, repr=False, compare=False)
    """Views that this process has found as they are declared."""

    dialect = "snowflake"
    type_names = {  # noqa: RUF012 - a constant of the engine, read through the class
        "text": "VARCHAR",
        "integer": "NUMBER(38,0)",
        "large_integer": "NUMBER(38,0)",
        "real": "FLOAT",
        "boolean": "BOOLEAN",
        "instant": "TIMESTAMP_NTZ(6)",
        "date": "DATE",
    }

    excludes_writers = False

    @property
    def identity(self) -> str:
        """Account, database and schema, in capitals as Snowflake compares them."""
        return f"{self.names.account}/{self.names.database}.{self.names.schema}".upper()

    @contextmanager
    def session(
        self,
        *,
        read_only: bool = False,  # noqa: ARG002 - readers lock nothing here
        tag: str = "",
    ) -> Iterator[SnowflakeSession]:
        """A connection in UTC, which later sessions of the process use again.

        Raises:
            SnowflakeRefusalError: the account refuses; the sentence names the setting or the grant.
        """
        with ExitStack() as opened:
            with refusal(self.names):
                connection = opened.enter_context(self._connections.one(tag))
            yield SnowflakeSession(connection, self.names)

    @cached_property
    def _connections(self) -> Connections:
        return Connections(self.connect, _PARAMETERS)

    def stored_name(self, name: str) -> str:
        """The name in upper case, as Snowflake stores one without quotes."""
        return name.upper()

    def existing_columns(self, session: Session, table: Table) -> dict[str, str]:
        """Columns of the table as it stands, name to type; remembered once they are as declared."""
        if table.name in self._tables:
            return self._tables[table.name]
        try:
            rows = session.run(f"DESCRIBE TABLE {table.name}")
        except SnowflakeRefusalError as error:
            if error.number == _DOES_NOT_EXIST:
                return {}
            raise
        found = {name.lower(): _comparable(kind) for name, kind, *_ in rows}
        is_other = table.name in TABLES and self.differing(table, found)
        if set(table.columns) <= found.keys() and not is_other:
            self._tables[table.name] = found
        return found

    def is_as_declared(self, session: Session, view: View) -> bool:
        """As every engine does, but not again once it is."""
        if view.name not in self._views:
            if not super().is_as_declared(session, view):
                return False
            self._views.add(view.name)
        return True

    def record_earlier_changes(self, session: Session) -> None:
        """As every engine does, but once in each process: it is a request."""
        if not self._recording:
            super().record_earlier_changes(session)
            self._recording.append(True)

    def stored_columns(self, session: Session) -> Mapping[str, Iterable[str]]:
        """Names of the columns of each table and view of the schema, in their order."""
        found: dict[str, list[str]] = {}
        for table, column in session.run(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = CURRENT_SCHEMA() ORDER BY table_name, ordinal_position"
        ):
            found.setdefault(table.lower(), []).append(column.lower())
        return found

    def definition(self, table: Table) -> str:
        """Data definition that creates the table, with its grain and meanings as comments.

        The key is for the planner and BI tools; Snowflake does not enforce it (the store step
        does), but takes no NULL in a primary one. Not clustered: rows arrive in order of time,
        and reclustering costs credits.
        """
        kind = "UNIQUE" if table.nullable_key else "PRIMARY KEY"
        parts = [
            *(self._column(column) for column in table.fields),
            f"{kind} ({', '.join(table.key)})",
        ]
        return (
            f"CREATE TABLE IF NOT EXISTS {table.name} ({', '.join(parts)}) "
            f"COMMENT = {comments.of_table(table)}"
        )

    def stored_type(self, column: Column) -> str:
        """The column's type, of text without the collation that an account may set by default."""
        kind = self.type_names[column.type]
        return f"{kind} COLLATE ''" if column.type == "text" else kind

    def addition(self, table: Table, column: Column) -> str:
        """Data definition that adds the column to the table, with its meaning as comment."""
        return f"ALTER TABLE {table.name} ADD COLUMN {self._column(column)}"

    def view_text(self, session: Session, view: View) -> str:
        """The view's query as Snowflake shows it; empty where there is no view."""
        # Needs no warehouse, unlike information_schema; an underscore is any character there.
        rows = session.run(f"SHOW VIEWS LIKE '{view.name}'")
        found = [row for row in rows if row[_SHOWN_NAME] == view.name.upper()]
        return str(found[0][_SHOWN_TEXT]) if found else ""

    def view_definition(self, view: View, query: str) -> str:
        """Data definition that makes the view again, with its grain and meanings as comments.

        What roles were granted on the view stays granted.
        """
        columns = ", ".join(
            f"{self.quoted(c.name)} COMMENT {comments.of_column(c)}" for c in view.fields
        )
        return (
            f"CREATE OR REPLACE VIEW {view.name} ({columns}) COPY GRANTS "
            f"COMMENT = {comments.of_table(view)} AS {query}"
        )

    def _column(self, column: Column) -> str:
        return f"{column.name} {self.stored_type(column)} COMMENT {comments.of_column(column)}"


def _without_null_types(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with text instead of objects where no value says what they are.

    Parquet would have a column of type null, which is no type of Snowflake's.
    """
    objects = frame.select_dtypes("object")
    return frame.astype(dict.fromkeys(objects.columns[objects.isna().all()], "string"))


def _comparable(kind: str) -> str:
    """The declared type that holds no more than this one: any text, instants to the microsecond.

    A collation stays: under one that ignores case, ids that differ are one.
    """
    if kind.startswith("VARCHAR"):
        return re.sub(r"\(\d+\)| COLLATE ''", "", kind)
    return re.sub(r"^TIMESTAMP_NTZ\([6-9]\)$", "TIMESTAMP_NTZ(6)", kind)
