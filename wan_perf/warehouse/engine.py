"""What an engine brings: its connection, types and data definitions, the same for every table.

Belongs here: what DuckDB and Snowflake each implement, and how a stored table is compared.
Keep out: the statements of an engine (`on_duckdb`, `on_snowflake`), the store step (`store`).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pandas as pd

from wan_perf.errors import WanPerfError
from wan_perf.schema.columns import Column
from wan_perf.schema.declaration import Table, View
from wan_perf.warehouse import sql_text
from wan_perf.warehouse.patterns import Pattern
from wan_perf.warehouse.window import Window, within


class Session(ABC):
    """One short connection; statements go through `run`, `frame`, `stage_frame` or `beside`."""

    threads: int = 1
    """So many queries may run at the same time."""

    @abstractmethod
    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Execute one statement and return its rows."""

    @abstractmethod
    def frame(self, sql: str) -> pd.DataFrame:
        """Execute one query and return its rows as a frame with lower-case names."""

    @abstractmethod
    def stage_frame(self, name: str, frame: pd.DataFrame) -> None:
        """Insert the frame into the temporary table `name`, whose columns it has, by name."""

    @abstractmethod
    def beside(self, query: str) -> AbstractContextManager[tuple[duckdb.DuckDBPyConnection, str]]:
        """A DuckDB of this process that has the rows of a query, and the relation's name in it.

        For what an engine cannot do on this machine, such as writing a file here. Columns are in
        lower case. May be used by several threads at once where `threads` is more than 1.
        """


class Engine(ABC):
    """How one engine connects, names its types and defines a table or view."""

    dialect: str
    type_names: dict[str, str]
    excludes_writers: bool
    """True where nobody writes while a session is open."""
    widened: frozenset[tuple[str, str]] = frozenset()
    """Types of older tables and the declared ones that hold all their values: changed in place."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """Which warehouse it is, the same for every process that uses it."""

    @abstractmethod
    def session(self, *, read_only: bool = False, tag: str = "") -> AbstractContextManager[Session]:
        """A `Session` that is closed at the end, whatever happens.

        One that is `read_only` creates nothing; it is empty where there is no warehouse yet.
        `tag` says what its statements are for, where the engine keeps a log of statements.

        Raises:
            WanPerfError: the warehouse cannot be opened; the sentence says why and what to do.
        """

    @abstractmethod
    def stored_name(self, name: str) -> str:
        """A declared name in the case in which the engine stores an unquoted one."""

    def quoted(self, name: str) -> str:
        """A column in a data definition, in quotes: an old name may be a reserved word."""
        return f'"{self.stored_name(name)}"'

    @abstractmethod
    def existing_columns(self, session: Session, table: Table) -> dict[str, str]:
        """Columns of the table as it stands, name to type; empty where there is no table.

        A type that holds what the declared one holds has the declared one's name.
        """

    @abstractmethod
    def stored_columns(self, session: Session) -> Mapping[str, Iterable[str]]:
        """Names of the columns of each table and view of the warehouse, in their order."""

    @abstractmethod
    def definition(self, table: Table) -> str:
        """Data definition that creates the table, with its grain and meanings as comments."""

    @abstractmethod
    def addition(self, table: Table, column: Column) -> str:
        """Data definition that adds the column to the table, with its meaning as comment."""

    def refuse_view(self, session: Session, table: Table) -> None:  # noqa: B027 - see below
        """Refuse a view that has the table's name.

        For engines whose own refusal to write to it is no sentence for a person.

        Raises:
            WanPerfError: the sentence names the view and what to do.
        """

    @abstractmethod
    def view_text(self, session: Session, view: View) -> str:
        """The view's query as the engine shows it; empty where there is no view."""

    @abstractmethod
    def view_definition(self, view: View, query: str) -> str:
        """Data definition that makes the view again, with its grain and meanings as comments."""

    def rows_of(self, name: str, schema: Mapping[str, str]) -> ir.Table:
        """A table of the warehouse as a lazy Ibis table; name and columns are in lower case."""
        stored = {self.stored_name(column): kind for column, kind in schema.items()}
        rows = ibis.table(stored, name=self.stored_name(name))
        named = {column: self.stored_name(column) for column in schema}
        return rows if stored == dict(schema) else rows.rename(named)

    def stored_type(self, column: Column) -> str:
        """The type of the column in a data definition."""
        return self.type_names[column.type]

    def unlike(self, table: Table, existing: dict[str, str]) -> list[tuple[str, str, str]]:
        """Columns that exist with another type: the name, the type found, the type declared.

        Those that are widened in place are none.
        """
        return [found for found in self.differing(table, existing) if found[1:] not in self.widened]

    def differing(self, table: Table, existing: dict[str, str]) -> list[tuple[str, str, str]]:
        """Columns that exist with another type, those that are widened in place among them."""
        return [
            (column.name, existing[column.name], declared)
            for column in table.fields
            if (declared := self.type_names[column.type]) != existing.get(column.name, declared)
        ]

    def refuse_other_types(self, table: Table, existing: dict[str, str]) -> None:
        """Refuse a table of which a column exists with another type than the declared one.

        Raises:
            WanPerfError: the sentence names the column and what to do.
        """
        for column, found, declared in self.unlike(table, existing):
            raise WanPerfError(
                f"Table {table.name}: column {column} is {found} in the warehouse and "
                f"{declared} in the declaration; rename or drop the table, then run the "
                "collection again."
            )

    def unbound(self, table: Table, name: str | None = None) -> ir.Table:
        """The table as a lazy Ibis table with lower-case columns; nothing is read."""
        return self.rows_of(name or table.name, table.schema)

    def lazy(self, table: Table, window: Window | None = None) -> ir.Table:
        """The table as an expression, cut to the window on its partition column."""
        rows = self.unbound(table)
        return rows.filter(within(rows, table, window)) if window else rows

    def sql(self, expression: ir.Expr | Pattern) -> str:
        """The expression in the engine's dialect."""
        if isinstance(expression, Pattern):
            return expression.sql(self.dialect)
        return sql_text.text(expression.op(), self.dialect)
