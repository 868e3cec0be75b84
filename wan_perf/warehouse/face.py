"""The store step, the same on every engine: stage, check, replace in one transaction.

Belongs here: the order of the statements and what they must guarantee.
Keep out: how an engine connects, names types or takes a frame (`on_duckdb`, `on_snowflake`).

Order (nothing is deleted before everything is known to be good):
create what is declared -> stage into a temporary table -> check the declared rules on the stage ->
BEGIN; DELETE slice; INSERT by name; COMMIT -> drop the stage. All DDL comes before BEGIN, because a
DDL statement commits an open transaction on Snowflake.
"""

import json
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pandas as pd

from wan_perf.errors import WanPerfError
from wan_perf.schema.columns import Column
from wan_perf.schema.declaration import Rule, Table, View
from wan_perf.schema.tables import TABLES
from wan_perf.warehouse import checking, compiling, migrations, patterns, views
from wan_perf.warehouse.expired import refuse_expired
from wan_perf.warehouse.held import cast_frame
from wan_perf.warehouse.keeping import cached_text
from wan_perf.warehouse.naming import declared_name
from wan_perf.warehouse.patterns import Pattern
from wan_perf.warehouse.reading import as_stored, declared_rows
from wan_perf.warehouse.window import Window, where, within


@dataclass(frozen=True)
class Stored:
    """What a store step did: rows written and, of a snapshot table, the passes replaced.

    `coverage_pct` is the share of the rows' minutes whose state is known, where there are such.
    """

    rows: int
    passes: int | None = None
    coverage_pct: float | None = None


class Session(ABC):
    """One short connection; every statement goes through `run`, `frame` or `stage_frame`."""

    @abstractmethod
    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Execute one statement and return its rows."""

    @abstractmethod
    def frame(self, sql: str) -> pd.DataFrame:
        """Execute one query and return its rows as a frame with lower-case names."""

    @abstractmethod
    def stage_frame(self, name: str, frame: pd.DataFrame) -> None:
        """Insert the frame into the temporary table `name`, whose columns it has, by name."""


_STAGE = "stage_that_is_looked_at"


class Warehouse(ABC):
    """Tables as declared, in one engine."""

    dialect: str
    type_names: dict[str, str]
    widened: frozenset[tuple[str, str]] = frozenset()
    """Types of older tables and the declared ones that hold all their values: changed in place."""

    # -- what an engine brings ---------------------------------------------------------------------

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

    @abstractmethod
    def existing_columns(self, session: Session, table: Table) -> dict[str, str]:
        """Columns of the table as it stands, name to type; empty where there is no table.

        A type that holds what the declared one holds has the declared one's name.
        """

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

    @abstractmethod
    def record_change(
        self, session: Session, table: Table, rows: str, window: Window | None
    ) -> None:
        """Record, in the transaction that replaces them, that the rows or the window changed.

        `rows` is a table or query of what is replaced; where there is a window, all of it is.
        """

    # -- comparing ---------------------------------------------------------------------------------

    def unlike(self, table: Table, existing: dict[str, str]) -> list[tuple[str, str, str]]:
        """Columns that exist with another type: the name, the type found, the type declared.

        Those that are widened in place are none.
        """
        return [
            found for found in self._differing(table, existing) if found[1:] not in self.widened
        ]

    def _differing(self, table: Table, existing: dict[str, str]) -> list[tuple[str, str, str]]:
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

    def is_as_declared(self, session: Session, view: View) -> bool:
        """True where the view is there and its query, columns and meanings are the declared."""
        sql = _view_sql(self, view, views.sources(view))
        return views.mark(view, sql) in self.view_text(session, view).lower()

    # -- reading -----------------------------------------------------------------------------------

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
        return compiling.text(expression.op(), self.dialect)

    def query(self, expression: ir.Table | Pattern) -> pd.DataFrame:
        """Rows of an expression as a frame, through a short connection of its own.

        Column types follow the expression's, see `cast_frame`. Nothing is written, and readers
        share: a declared table that does not exist has no rows, a column that an older table lacks
        is NULL, a renamed column is read under its old name, and a view that is not the declared
        one is computed from its tables.

        Raises:
            WanPerfError: a column of a table has another type than the declared one.
        """
        if isinstance(expression, Pattern):
            schema = expression.schema(self.dialect)
        else:
            schema = dict(expression.schema().items())
        tag = _tag(reads=",".join(table.name for table in _sources(expression)))
        with self.session(read_only=True, tag=tag) as session:
            frame = session.frame(self.sql(as_stored(self, session, expression)))
            return cast_frame(frame, schema)

    def holds(self, table: Table) -> bool:
        """True where the table is there, of a view every table that it reads; nothing is made."""
        needed = views.sources(table) if isinstance(table, View) else (table,)
        with self.session(read_only=True) as session:
            return all(self.existing_columns(session, source) for source in needed)

    # -- writing -----------------------------------------------------------------------------------

    def store(
        self, table: Table, rows: pd.DataFrame | ir.Table | Pattern, window: Window | None = None
    ) -> Stored:
        """Replace a slice of the table by the rows; what breaks a rule replaces nothing.

        The slice is the passes that the rows hold where the table is a snapshot table, the rows'
        own keys where it is replaced by key, else the window on the partition column, else the
        whole table. No rows are a valid slice. An
        expression is cut to the window; a frame with rows outside of it is refused.

        Raises:
            RefusedRowsError: rows break a rule, or have other columns; the old slice stands.
            ExpiredRowsError: an expression reads rows that were removed by their retention.
            WanPerfError: a column of the table has another type than the declared one, or it is a
                view, which keeps no rows.
        """
        if isinstance(table, View):
            raise WanPerfError(f"{table.name} is a view and keeps no rows; store what it reads.")
        if not isinstance(rows, Pattern):
            checking.refuse_other_columns(table, rows.columns)
        if window is None and table.partition is not None:
            raise WanPerfError(f"Table {table.name} is stored by windows; none was given.")
        stage = f"stage_{table.name}_{uuid.uuid4().hex[:8]}"
        names = ", ".join(table.columns)
        of = {"start": f"{window.start}", "end": f"{window.end}"} if window else {}
        with self.session(tag=_tag(stores=table.name, **of)) as session:
            if not isinstance(rows, pd.DataFrame):
                refuse_expired(self, session, table, _sources(rows), window)
            self.create(session, table)
            for view in views.made_with(table):
                self.create(session, view)
            self._stage(session, stage, table, rows, window)
            stored = self._look(session, table, stage, window)
            with _transaction(session):
                session.run(f"DELETE FROM {table.name}{_slice(table, stage, window)}")  # noqa: S608 - declared names
                session.run(f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {stage}")  # noqa: S608 - declared names
                self.record_change(session, table, stage, _cut_by_window(table, window))
            session.run(f"DROP TABLE {stage}")
        return stored

    def create(self, session: Session, table: Table) -> None:
        """Create the table as declared, or rename and add columns of an existing one.

        Renamed columns (`migrations`) keep their values; added ones are NULL in old rows. A column
        whose declared type holds all values of its stored one is changed to it (`widened`). One
        that the declaration no longer has is left alone. A view is replaced where it is not the
        declared one, after the tables that it reads.

        Raises:
            WanPerfError: a column has another type than the declared one, or a view has the name
                of the table.
        """
        if isinstance(table, View):
            for source in views.sources(table):
                self.create(session, source)
            if not self.is_as_declared(session, table):
                session.run(self.declared_view(table))
            return
        existing = self.existing_columns(session, table)
        if not existing:
            session.run(self.definition(table))
            return
        self.refuse_view(session, table)
        self._alter(session, table, existing)

    def _alter(self, session: Session, table: Table, existing: dict[str, str]) -> None:
        renames = migrations.pending(table.name, existing)
        columns = migrations.apply_renames(existing, renames)
        self.refuse_other_types(table, columns)
        for rename in renames:
            # In quotes: the old name may be a reserved word.
            old = f'"{self.stored_name(rename.old)}"'
            session.run(f"ALTER TABLE {table.name} RENAME COLUMN {old} TO {rename.new}")
        for name, _, declared in self._differing(table, columns):
            session.run(f"ALTER TABLE {table.name} ALTER COLUMN {name} SET DATA TYPE {declared}")
        for column in table.fields:
            if column.name not in columns:
                session.run(self.addition(table, column))
        if renames:
            # They read the old names, and would fail until the next store of their own table.
            for view in views.reading(table):
                if self.view_text(session, view):
                    self.create(session, view)

    def declared_view(self, view: View) -> str:
        """Data definition that makes the view as it is declared, without a query."""
        query = views.query(view, _view_sql(self, view, views.sources(view)), self.type_names)
        return self.view_definition(view, query)

    def _stage(
        self,
        session: Session,
        stage: str,
        table: Table,
        rows: pd.DataFrame | ir.Table | Pattern,
        window: Window | None,
    ) -> None:
        typed = ", ".join(f"{c.name} {self.stored_type(c)}" for c in table.fields)
        create = f"CREATE TEMPORARY TABLE {stage} ({typed})"
        if isinstance(rows, pd.DataFrame):
            session.run(create)
            session.stage_frame(stage, rows)
            return
        for source in _sources(rows):
            self.create(session, source)
        cut = patterns.cut(rows, table, window)
        session.run(create)
        session.run(f"INSERT INTO {stage} ({', '.join(table.columns)}) {self.sql(cut)}")

    def _look(self, session: Session, table: Table, stage: str, window: Window | None) -> Stored:
        def sql(expression: ir.Table | Pattern) -> str:
            # Upper case where the engine's identifiers are.
            text = self.sql(expression).replace(_STAGE, stage)
            return text.replace(_STAGE.upper(), stage.upper())

        # Under one name for every stage its rules are compiled once.
        staged = self.unbound(table, _STAGE)
        shape = patterns.Shape(_rule_counts(table, window is not None), (("rows", staged.op()),))
        counts = Pattern(shape, patterns.ends(table, window))
        [answer] = session.run(sql(counts))
        found: dict[str, Any] = dict(zip(counts.schema(self.dialect), answer, strict=True))
        broken = [
            r for r in (checking.unique(table), *_enforced_rules(table, window)) if found[r.name]
        ]
        if broken:
            example = session.frame(sql(checking.offenders(staged, table, broken[0]).limit(1)))
            raise checking.RefusedRowsError(checking.sentence(table, broken, found, example))
        if table.snapshot is None:
            return Stored(int(found[checking.ROWS]), coverage_pct=checking.coverage_pct(found))
        passes = staged.aggregate(passes=staged[table.snapshot].nunique())
        return Stored(int(found[checking.ROWS]), int(session.run(sql(passes))[0][0]))


def _enforced_rules(table: Table, window: Window | None) -> list[Rule]:
    """The rules that what is stored has to keep, and that it lies within the window."""
    rules = [rule for rule in table.rules if rule.enforced]
    if window is None:
        return rules
    inside = Rule(
        "rows_are_within_the_window",
        f"{table.partition} lies in [{window.start}, {window.end}).",
        lambda rows: within(rows, table, window),
    )
    return [*rules, inside]


@cache
def _rule_counts(table: Table, is_cut: bool) -> Callable[[ir.Table], ir.Table]:
    def counted(rows: ir.Table) -> ir.Table:
        window = patterns.ANY_WINDOW if is_cut else None
        return checking.counts(rows, table, _enforced_rules(table, window))

    return counted


@cache
def _view_sql(warehouse: Warehouse, view: View, sources: tuple[Table, ...]) -> str:
    """The view's rows in the engine's dialect; compiled once, since every read compares it."""
    name = declared_name(view, *sources)
    return cached_text(
        name and f"{warehouse.dialect} view {name}",
        lambda: warehouse.sql(declared_rows(warehouse, view, sources)),
    )


def _sources(expression: ir.Table | Pattern) -> list[Table]:
    if isinstance(expression, Pattern):
        names = expression.sources
    else:
        names = {source.name.lower() for source in expression.op().find(ops.UnboundTable)}
    return [TABLES[name] for name in sorted(names) if name in TABLES]


def _slice(table: Table, stage: str, window: Window | None) -> str:
    if table.snapshot is not None:
        return f" WHERE {table.snapshot} IN (SELECT {table.snapshot} FROM {stage})"  # noqa: S608 - declared names
    if table.by_key:
        key = ", ".join(table.key)
        return f" WHERE ({key}) IN (SELECT {key} FROM {stage})"  # noqa: S608 - declared names
    return where(table, window)


def _cut_by_window(table: Table, window: Window | None) -> Window | None:
    """The window where it says what is replaced; None where the rows themselves do."""
    return None if table.snapshot is not None or table.by_key else window


def _tag(**properties: str) -> str:
    """The purpose of a session, by which a log of statements can be aggregated."""
    return json.dumps({"app": "wan_perf", **properties})


@contextmanager
def _transaction(session: Session) -> Iterator[None]:
    session.run("BEGIN")
    try:
        yield
    except BaseException:
        session.run("ROLLBACK")
        raise
    session.run("COMMIT")
