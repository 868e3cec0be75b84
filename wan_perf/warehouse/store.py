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
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import ibis.expr.operations as ops
import ibis.expr.types as ir
import pandas as pd

from wan_perf.errors import WanPerfError
from wan_perf.schema.declaration import Table, View
from wan_perf.schema.tables import TABLES
from wan_perf.warehouse import changes, migrations, patterns, rule_queries, views
from wan_perf.warehouse.engine import Engine, Session
from wan_perf.warehouse.expired import refuse_expired
from wan_perf.warehouse.frame_types import cast_frame
from wan_perf.warehouse.migrations import Rename
from wan_perf.warehouse.naming import declared_name
from wan_perf.warehouse.patterns import Pattern
from wan_perf.warehouse.reading import as_stored, declared_rows
from wan_perf.warehouse.schema_version import admit_reader, admit_writer
from wan_perf.warehouse.staged_rows import Stored, checked
from wan_perf.warehouse.text_cache import cached_text
from wan_perf.warehouse.window import Window, where


class Warehouse(Engine):
    """Tables as declared, in one engine: created, read and replaced."""

    # -- reading -----------------------------------------------------------------------------------

    def query(self, expression: ir.Table | Pattern) -> pd.DataFrame:
        """Rows of an expression as a frame, through a short connection of its own.

        Column types follow the expression's, see `cast_frame`. Nothing is written, and readers
        share: a declared table that does not exist has no rows, a column that an older table lacks
        is NULL, a renamed column is read under its old name, and a view that is not the declared
        one is computed from its tables.

        Raises:
            NewerSchemaError: a newer release has written the warehouse.
            WanPerfError: a column of a table has another type than the declared one.
        """
        if isinstance(expression, Pattern):
            schema = expression.schema(self.dialect)
        else:
            schema = dict(expression.schema().items())
        tag = _tag(reads=",".join(table.name for table in _sources(expression)))
        with self.session(read_only=True, tag=tag) as session:
            admit_reader(self, session)
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
            NewerSchemaError: a newer release has written the warehouse.
            ExpiredRowsError: an expression reads rows that were removed by their retention.
            WanPerfError: a column of the table has another type than the declared one, or it is a
                view, which keeps no rows.
        """
        if isinstance(table, View):
            raise WanPerfError(f"{table.name} is a view and keeps no rows; store what it reads.")
        if not isinstance(rows, Pattern):
            rule_queries.refuse_other_columns(table, rows.columns)
        if window is None and table.partition is not None:
            raise WanPerfError(f"Table {table.name} is stored by windows; none was given.")
        stage = f"stage_{table.name}_{uuid.uuid4().hex[:8]}"
        names = ", ".join(table.columns)
        of = {"start": f"{window.start}", "end": f"{window.end}"} if window else {}
        with self.session(tag=_tag(stores=table.name, **of)) as session:
            admit_writer(self, session)
            if not isinstance(rows, pd.DataFrame):
                refuse_expired(self, session, table, _sources(rows), window)
            self.create(session, table)
            created = {table.name}
            for view in views.made_with(table):
                self._create_view(session, view, created)
            self._stage(session, stage, table, rows, window)
            stored = checked(self, session, table, stage, window)
            with self.replacing(session):
                session.run(f"DELETE FROM {table.name}{_slice(table, stage, window)}")  # noqa: S608 - declared names
                session.run(f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {stage}")  # noqa: S608 - declared names
                self.record_change(session, table, stage, _cut_by_window(table, window))
            session.run(f"DROP TABLE {stage}")
        return stored

    @contextmanager
    def replacing(self, session: Session) -> Iterator[None]:
        """A transaction in which rows are replaced and their change is recorded, whole or not."""
        self.record_earlier_changes(session)
        session.run("BEGIN")
        try:
            yield
        except BaseException:
            session.run("ROLLBACK")
            raise
        session.run("COMMIT")

    def record_change(
        self, session: Session, table: Table, rows: str, window: Window | None
    ) -> None:
        """Give the hours, days or months that changed a new version; for use within `replacing`.

        `rows` is a table or query of what is replaced; where there is a window, all of it is.
        """
        instant = self.type_names["instant"]
        if window and table.partition:
            units = changes.units_of_window(table, window, instant)
        else:
            units = changes.units_of_rows(table, rows, instant)
        if not units:  # of a window without length
            return
        if self.excludes_writers:  # else a removal would have others wait, and sums are as good
            session.run(changes.removal(table, units))
        session.run(changes.addition(table, units))

    def record_earlier_changes(self, session: Session) -> None:
        """Give what a release without versions stored one each; nothing where there are some.

        Outside of a transaction: a data definition would commit it on Snowflake.
        """
        if not self.has_changes(session):
            stored = list(self.stored_columns(session))
            session.run(changes.first_record(stored, self.type_names["instant"]))

    def merge_changes(self) -> None:
        """Leave one version of each unit where stores only added theirs."""
        if self.excludes_writers:
            return
        with self.session() as session:
            if self.has_changes(session):
                for statement in changes.merging():
                    session.run(statement)

    def has_changes(self, session: Session) -> bool:
        """True where versions of what is stored are recorded."""
        return bool(self.existing_columns(session, changes.RECORD))

    def create(self, session: Session, table: Table) -> None:
        """Create the table as declared, or rename and add columns of an existing one.

        Renamed columns keep their values, but for renamed words (`migrations`); added ones are NULL
        in old rows. A column whose declared type holds all values of its stored one is changed to
        it (`widened`). One that the declaration no longer has is left alone. A view is replaced
        where it is not the declared one, after the tables that it reads.

        Raises:
            WanPerfError: a column has another type than the declared one, or a view has the name
                of the table.
        """
        if isinstance(table, View):
            self._create_view(session, table, set())
            return
        existing = self.existing_columns(session, table)
        if not existing:
            session.run(self.definition(table))
            return
        self.refuse_view(session, table)
        self._alter(session, table, existing)

    def _create_view(self, session: Session, view: View, created: set[str]) -> None:
        """Create the view, and before it those of its tables that are not among the `created`."""
        for source in views.sources(view):
            if source.name not in created:
                self.create(session, source)
                created.add(source.name)
        if not self.is_as_declared(session, view):
            session.run(self.declared_view(view))

    def _alter(self, session: Session, table: Table, existing: dict[str, str]) -> None:
        renames = migrations.pending(table.name, existing)
        columns = migrations.apply_renames(existing, renames)
        self.refuse_other_types(table, columns)
        for rename in renames:
            self._rename(session, rename)
        for name, _, declared in self.differing(table, columns):
            session.run(f"ALTER TABLE {table.name} ALTER COLUMN {name} SET DATA TYPE {declared}")
        for column in table.fields:
            if column.name not in columns:
                session.run(self.addition(table, column))
        if renames:
            # They read the old names, and would fail until the next store of their own table; those
            # that are made with this one may be views of the old names, which are new.
            made_with = views.made_with(table)
            for view in views.reading(table):
                if view in made_with or self.view_text(session, view):
                    self.create(session, view)

    def _rename(self, session: Session, rename: Rename) -> None:
        for word in rename.words:
            session.run(
                f"UPDATE {rename.table} SET {word.column} = '{word.new}' "  # noqa: S608 - declared names
                f"WHERE {word.column} = '{word.old}'"
            )
        old = self.quoted(rename.old)
        session.run(f"ALTER TABLE {rename.table} RENAME COLUMN {old} TO {rename.new}")

    def is_as_declared(self, session: Session, view: View) -> bool:
        """True where the view is there and its query, columns and meanings are the declared."""
        sql = _view_sql(self, view, views.sources(view))
        return views.mark(view, sql) in self.view_text(session, view).lower()

    def declared_view(self, view: View) -> str:
        """Data definition that makes the view as it is declared, without a query."""
        rows = _view_sql(self, view, views.sources(view))
        query = views.query(view, rows, self.type_names, self.quoted)
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
