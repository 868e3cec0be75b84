"""Tables and views over the files of a state, as SQL of DuckDB.

Belongs here: the rows of a table out of its files, the declared views over them.
Keep out: connecting (`reader`), which files there are (`manifest`).
"""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path

from wan_perf.published.manifest import DataFile, Manifest
from wan_perf.schema.columns import Column
from wan_perf.schema.declaration import Table, View
from wan_perf.schema.tables import TABLES
from wan_perf.warehouse import DuckDBWarehouse, migrations, views

_ENGINE = DuckDBWarehouse(Path("published"))
"""Only its dialect is used; nothing is opened."""

PUBLISHED = {
    table.name: table
    for table in TABLES.values()
    if not isinstance(table, View) and table.published_days != 0
}
"""Tables of the published copy."""
VIEWS = {view.name: view for view in views.declared() if set(view.sources) <= PUBLISHED.keys()}
"""Declared views whose tables are all published."""


def statements(folder: Path, manifest: Manifest) -> Iterator[str]:
    """Statements that define every published table and view over the files of the state."""
    for name in (*PUBLISHED, *VIEWS):
        yield definition(folder, manifest, name)


def definition(folder: Path, manifest: Manifest, name: str) -> str:
    """The statement that defines a published table or view; a view's tables are defined before."""
    if name in VIEWS:
        return view_definition(name)
    return f"CREATE OR REPLACE VIEW {name} AS {rows(folder, manifest, PUBLISHED[name])}"


def rows(folder: Path, manifest: Manifest, table: Table) -> str:
    """Query of the table's rows: its declared columns from all of its files.

    Columns that a file of an earlier release lacks are NULL; renamed ones are read by their old
    name. A table without a file has no rows.
    """
    alike: dict[tuple[str, tuple[datetime, ...]], list[DataFile]] = {}
    for file in manifest.files.get(table.name, ()):
        alike.setdefault((file.columns, file.superseded), []).append(file)
    selects = [
        f"SELECT {selection(table, manifest.columns[columns])} "  # noqa: S608 - declared names
        f"FROM read_parquet([{', '.join(to_read(folder / file.name) for file in files)}])"
        f"{_besides(table, superseded)}"
        for (columns, superseded), files in alike.items()
    ]
    nothing = f"SELECT {selection(table, ())} WHERE false"
    return " UNION ALL ".join(selects) or nothing


def literal(path: Path) -> str:
    """The path as text of SQL, such as to write to."""
    text = path.absolute().as_posix().replace("'", "''")
    return f"'{text}'"


def to_read(path: Path) -> str:
    """The path as text of SQL that is read as a pattern: its wildcards stand for themselves."""
    return re.sub(r"[\[*?]", r"[\g<0>]", literal(path))


def sql_type(column: Column) -> str:
    """The column's type in the files."""
    return _ENGINE.type_names[column.type]


@cache
def view_definition(name: str) -> str:
    """The statement that defines a declared view, with its meaning as comments."""
    return _ENGINE.declared_view(VIEWS[name])


def selection(table: Table, existing: tuple[str, ...]) -> str:
    """The declared columns of a table or file with the existing ones, of their declared types."""
    renames = migrations.pending(table.name, existing)
    stored = migrations.apply_renames({name: name for name in existing}, renames)
    found = {new: _quote(old) for old, new in zip(existing, stored, strict=True)}
    for column, words in migrations.renamed_words(renames).items():
        cases = " ".join(f"WHEN '{old}' THEN '{new}'" for old, new in words.items())
        found[column] = f"CASE {found[column]} {cases} ELSE {found[column]} END"
    return ", ".join(
        f"CAST({found.get(c.name, 'NULL')} AS {sql_type(c)}) AS {c.name}" for c in table.fields
    )


def _besides(table: Table, superseded: tuple[datetime, ...]) -> str:
    days = ", ".join(f"DATE '{day:%Y-%m-%d}'" for day in superseded)
    return f" WHERE {table.partition}::DATE NOT IN ({days})" if days else ""


def _quote(name: str) -> str:
    return f'"{name}"'
