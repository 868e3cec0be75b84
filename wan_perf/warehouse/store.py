"""The store step: what is declared is created, and a slice is replaced by rows that keep the rules.

Belongs here: the order of the statements and what they must guarantee.
Keep out: how an engine connects, names types or takes a frame (`on_duckdb`, `on_snowflake`), how a
table is brought up to date (`creating`).

Order: create what is declared -> stage into a temporary table -> check the declared rules on the
stage -> BEGIN; DELETE slice; INSERT by name; COMMIT -> drop the stage. All DDL comes before BEGIN,
because a DDL statement commits an open transaction on Snowflake.

Where nobody else writes, a window of an expression is written once instead of twice: BEGIN; DELETE
slice; INSERT; check the slice; COMMIT, or ROLLBACK where a rule is broken. On Snowflake the slice
would be locked for as long as its rows are computed.
"""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import ibis.expr.operations as ops
import ibis.expr.types as ir
import pandas as pd

from wan_perf.errors import WanPerfError
from wan_perf.schema.declaration import Table, View
from wan_perf.schema.tables import TABLES
from wan_perf.warehouse import changes, patterns, rule_queries, views
from wan_perf.warehouse.creating import CreatingEngine
from wan_perf.warehouse.engine import Session
from wan_perf.warehouse.expired import refuse_expired
from wan_perf.warehouse.frame_types import cast_frame
from wan_perf.warehouse.patterns import Pattern
from wan_perf.warehouse.reading import as_stored
from wan_perf.warehouse.schema_version import admit_reader, admit_writer
from wan_perf.warehouse.staged_rows import Stored, checked
from wan_perf.warehouse.window import Window, where


class Warehouse(CreatingEngine):
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
        whole table. No rows are a valid slice. An expression is cut to the window; a frame with
        rows outside of it is refused.

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
            if window and self._is_written_once(table, rows):
                return self._replace_in_place(session, stage, table, rows, window)
            self._stage(session, stage, table, rows, window)
            stored = checked(self, session, table, stage, window)
            with self.replacing(session):
                session.run(f"DELETE FROM {table.name}{_slice(table, stage, window)}")  # noqa: S608 - declared names
                session.run(f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {stage}")  # noqa: S608 - declared names
                self.record_change(session, table, stage, _cut_by_window(table, window))
            session.run(f"DROP TABLE {stage}")
        return stored

    def _is_written_once(self, table: Table, rows: pd.DataFrame | ir.Table | Pattern) -> bool:
        """True where the rows may go into the table before they are checked."""
        if not self.excludes_writers or isinstance(rows, pd.DataFrame):
            return False
        by_window = table.partition is not None and table.snapshot is None and not table.by_key
        return by_window and table.name not in _source_names(rows)

    def _replace_in_place(
        self, session: Session, slice_: str, table: Table, rows: ir.Table | Pattern, window: Window
    ) -> Stored:
        """Replace the slice, and undo it where its rows break a rule; `slice_` names a view."""
        condition = where(table, window)
        # Rows without a partition value are in no window, and are refused.
        replaced = f"SELECT * FROM {table.name}{condition} OR {table.partition} IS NULL"  # noqa: S608 - declared names
        session.run(f"CREATE TEMPORARY VIEW {slice_} AS {replaced}")
        insertion = self._insertion(session, table.name, table, rows, window)
        with self.replacing(session):
            session.run(f"DELETE FROM {table.name}{condition}")  # noqa: S608 - declared names
            session.run(insertion)
            stored = checked(self, session, table, slice_, window)
            self.record_change(session, table, slice_, window)
        session.run(f"DROP VIEW {slice_}")
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
        session.run(create)
        session.run(self._insertion(session, stage, table, rows, window))

    def _insertion(
        self,
        session: Session,
        into: str,
        table: Table,
        rows: ir.Table | Pattern,
        window: Window | None,
    ) -> str:
        """The statement that computes the rows of the window; all that they read exists then."""
        for source in _sources(rows):
            self.create(session, source)
        names = ", ".join(table.columns)
        return f"INSERT INTO {into} ({names}) {self.sql(patterns.cut(rows, table, window))}"


def _sources(expression: ir.Table | Pattern) -> list[Table]:
    return [TABLES[name] for name in sorted(_source_names(expression)) if name in TABLES]


def _source_names(expression: ir.Table | Pattern) -> set[str]:
    if isinstance(expression, Pattern):
        return expression.sources
    return {source.name.lower() for source in expression.op().find(ops.UnboundTable)}


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
