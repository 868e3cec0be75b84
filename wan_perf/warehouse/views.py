"""Declared views as they stand in a warehouse: their statement, and whether it is the declared one.

Belongs here: the query of a view, which view is made with which table, and its mark.
Keep out: an engine's data definition (`on_duckdb`, `on_snowflake`), when it is run (`face`).

An engine keeps a view's query in words of its own, and a comment not everywhere: the mark is the
alias of the query, a hash of what is declared, and is found again in whatever the engine shows.
"""

import hashlib
from collections.abc import Sequence

from wan_perf.declaration import Table, View
from wan_perf.tables import TABLES


def made_with(table: Table) -> list[View]:
    """The views whose first source is the table."""
    views = [declared for declared in TABLES.values() if isinstance(declared, View)]
    return [view for view in views if view.sources[0] == table.name]


def sources(view: View) -> tuple[Table, ...]:
    """The tables that the view reads."""
    return tuple(TABLES[name] for name in view.sources)


def query(view: View, sql: str) -> str:
    """The view's query with its columns by name, under the mark of what is declared."""
    names = ", ".join(f'"{name}"' for name in view.columns)
    return f"SELECT {names} FROM ({sql}) AS {mark(view, sql)}"  # noqa: S608 - declared names


def mark(view: View, sql: str) -> str:
    """A name that changes with the query, the columns, or the words about them."""
    said: Sequence[str] = (sql, view.grain, *(f"{c.name} {c.meaning}" for c in view.fields))
    return f"declared_{hashlib.sha256(chr(0).join(said).encode()).hexdigest()[:16]}"
