"""Tables and views as they are declared: made, and brought up to date where they are older.

Belongs here: which definitions and alterations an existing table or view needs, in their order.
Keep out: how an engine writes one (`on_duckdb`, `on_snowflake`), what is stored (`store`).
"""

from functools import cache

from wan_perf.schema.declaration import Table, View
from wan_perf.warehouse import migrations, views
from wan_perf.warehouse.engine import Engine, Session
from wan_perf.warehouse.migrations import Rename
from wan_perf.warehouse.naming import declared_name
from wan_perf.warehouse.reading import declared_rows
from wan_perf.warehouse.text_cache import cached_text


class CreatingEngine(Engine):
    """An engine that makes what is declared."""

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


@cache
def _view_sql(engine: Engine, view: View, sources: tuple[Table, ...]) -> str:
    """The view's rows in the engine's dialect; compiled once, since every read compares it."""
    name = declared_name(view, *sources)
    return cached_text(
        name and f"{engine.dialect} view {name}",
        lambda: engine.sql(declared_rows(engine, view, sources)),
    )
