"""The store step, the same on every engine: stage, check, replace in one transaction.

Belongs here: the order of the statements and what they must guarantee.
Keep out: how an engine connects, names types or takes a frame (`on_duckdb`, `on_snowflake`).

Order (nothing is deleted before everything is known to be good):
create what is declared -> stage into a temporary table -> check the declared rules on the stage ->
BEGIN; DELETE slice; INSERT by name; COMMIT -> drop the stage. All DDL comes before BEGIN, because a
DDL statement commits an open transaction on Snowflake.
"""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pandas as pd

from wan_perf.declaration import Rule, Table
from wan_perf.errors import WanPerfError
from wan_perf.tables import TABLES
from wan_perf.warehouse import checking


@dataclass(frozen=True)
class Window:
    """The instants [start, end), naive UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Stored:
    """What a store step did: rows written and, of a snapshot table, the passes replaced."""

    rows: int
    passes: int | None = None


class RefusedRowsError(WanPerfError):
    """Rows break their table's declared rules; nothing was replaced."""


class Session(ABC):
    """One short connection; every statement goes through `run`."""

    @abstractmethod
    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Execute one statement and return its rows."""

    @abstractmethod
    def frame(self, sql: str) -> pd.DataFrame:
        """Execute one query and return its rows as a frame."""

    @abstractmethod
    def stage_frame(self, name: str, table: Table, frame: pd.DataFrame) -> None:
        """Create the temporary table `name` with the declared types and load the frame into it."""


class Warehouse(ABC):
    """Tables as declared, in one engine."""

    dialect: str
    type_names: dict[str, str]

    # -- what an engine brings ---------------------------------------------------------------------

    @abstractmethod
    def session(self, *, read_only: bool = False) -> Any:
        """Context manager: a `Session` that is closed at the end, whatever happens."""

    @abstractmethod
    def unbound(self, table: Table, name: str | None = None) -> ir.Table:
        """The table as a lazy Ibis table with lower-case columns; nothing is read."""

    @abstractmethod
    def existing_columns(self, session: Session, table: Table) -> dict[str, str]:
        """Columns of the table as it stands, name to type; empty where there is no table."""

    # -- reading -----------------------------------------------------------------------------------

    def lazy(self, table: Table, window: Window | None = None) -> ir.Table:
        """The table as an expression, cut to the window on its partition column."""
        rows = self.unbound(table)
        return rows.filter(within(rows, table, window)) if window else rows

    def sql(self, expression: ir.Expr) -> str:
        """The expression in the engine's dialect."""
        return str(ibis.to_sql(expression, dialect=self.dialect))

    def query(self, expression: ir.Table) -> pd.DataFrame:
        """Rows of an expression as a frame, through a short connection of its own."""
        with self.session() as session:
            self._create_sources(session, expression)
            return session.frame(self.sql(expression))

    # -- writing -----------------------------------------------------------------------------------

    def store(
        self, table: Table, rows: pd.DataFrame | ir.Table, window: Window | None = None
    ) -> Stored:
        """Replace a slice of the table by the rows; what breaks a rule replaces nothing.

        The slice is the window on the partition column, the passes that the rows hold where the
        table is a snapshot table, else the whole table. An expression is cut to the window; a frame
        with rows outside of it is refused.

        Raises:
            RefusedRowsError: rows break a declared rule; the old slice stands.
        """
        stage = f"stage_{table.name}_{uuid.uuid4().hex[:8]}"
        with self.session() as session:
            self.create(session, table)
            if isinstance(rows, pd.DataFrame):
                session.stage_frame(stage, table, rows)
            else:
                self._create_sources(session, rows)
                declared = self._declared(table, rows, window)
                session.run(f"CREATE TEMPORARY TABLE {stage} AS {self.sql(declared)}")
            staged = self.unbound(table, stage)
            count = self._refuse(session, table, staged, window)
            with self._transaction(session):
                session.run(f"DELETE FROM {table.name}{self._slice(table, staged, window)}")
                names = ", ".join(table.columns)
                session.run(f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {stage}")
            passes = self._passes(session, table, staged)
            session.run(f"DROP TABLE {stage}")
        return Stored(count, passes)

    def create(self, session: Session, table: Table) -> None:
        """Create the table as declared, or add the columns that it lacks.

        Raises:
            WanPerfError: a column has another type than the declared one.
        """
        existing = self.existing_columns(session, table)
        if not existing:
            session.run(f"CREATE TABLE IF NOT EXISTS {table.name} ({self.column_list(table)})")
            return
        for column in table.fields:
            declared = self.type_names[column.type]
            if column.name not in existing:
                session.run(f"ALTER TABLE {table.name} ADD COLUMN {column.name} {declared}")
            elif existing[column.name] != declared:
                raise WanPerfError(
                    f"Table {table.name}: column {column.name} is {existing[column.name]} in the "
                    f"warehouse and {declared} in the declaration; rename or drop the table, then "
                    "run the collection again."
                )

    def column_list(self, table: Table) -> str:
        """Columns with their types in the engine's words, for a data definition."""
        return ", ".join(f"{c.name} {self.type_names[c.type]}" for c in table.fields)

    # -- the steps ---------------------------------------------------------------------------------

    def _create_sources(self, session: Session, expression: ir.Table) -> None:
        for source in expression.op().find(ops.UnboundTable):
            if source.name.lower() in TABLES:
                self.create(session, TABLES[source.name.lower()])

    def _declared(self, table: Table, rows: ir.Table, window: Window | None) -> ir.Table:
        if set(rows.columns) != set(table.columns):
            differing = ", ".join(sorted(set(rows.columns) ^ set(table.columns)))
            raise RefusedRowsError(
                f"{table.name}: the expression and the declaration differ in {differing}; "
                "nothing was replaced."
            )
        declared = rows.select(*table.columns).cast(table.schema)
        return declared.filter(within(declared, table, window)) if window else declared

    def _refuse(
        self, session: Session, table: Table, staged: ir.Table, window: Window | None
    ) -> int:
        rules = tuple(rule for rule in table.rules if rule.enforced)
        if window is not None:
            rules = (
                *rules,
                Rule(
                    "rows_are_within_the_window",
                    f"{table.partition} lies in [{window.start}, {window.end}).",
                    lambda t: within(t, table, window),
                ),
            )
        rows, broken = checking.broken(session.run(self.sql(checking.counts(staged, table, rules))))
        if broken:
            rule = next(r for r in (checking.unique(table), *rules) if r.name in broken)
            example = session.frame(self.sql(checking.offenders(staged, table, rule).limit(1)))
            raise RefusedRowsError(checking.sentence(table, rule, broken, example))
        return rows

    @contextmanager
    def _transaction(self, session: Session) -> Iterator[None]:
        session.run("BEGIN")
        try:
            yield
        except BaseException:
            session.run("ROLLBACK")
            raise
        session.run("COMMIT")

    def _slice(self, table: Table, staged: ir.Table, window: Window | None) -> str:
        if table.snapshot is not None:
            stage = staged.get_name()
            return f" WHERE {table.snapshot} IN (SELECT {table.snapshot} FROM {stage})"
        if table.partition is None:
            return ""
        if window is None:
            raise WanPerfError(f"Table {table.name} is stored by windows; none was given.")
        start, end = _limits(table, window)
        return f" WHERE {table.partition} >= '{start}' AND {table.partition} < '{end}'"

    def _passes(self, session: Session, table: Table, staged: ir.Table) -> int | None:
        if table.snapshot is None:
            return None
        return int(session.run(self.sql(staged.aggregate(n=staged[table.snapshot].nunique())))[0][0])


def within(rows: ir.Table, table: Table, window: Window | None) -> ir.BooleanValue:
    """True where the row's partition column lies in the window."""
    if window is None or table.partition is None:
        return ibis.literal(True)
    start, end = _limits(table, window)
    column = rows[table.partition]
    kind = table.schema[table.partition]
    return (column >= ibis.literal(start, kind)) & (column < ibis.literal(end, kind))


def _limits(table: Table, window: Window) -> Sequence[Any]:
    ends = (window.start, window.end)
    return [end.date() for end in ends] if table.schema[str(table.partition)] == "date" else ends
