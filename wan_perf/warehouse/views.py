"""Declared views as they stand in a warehouse: their statement, and whether it is the declared one.

Belongs here: the query of a view, which view is made with which table, and its mark.
Keep out: an engine's data definition (`on_duckdb`, `on_snowflake`), when it is run (`store`).

An engine keeps a view's query in words of its own, and a comment not everywhere: the mark is the
alias of the query, a hash of what is declared, and is found again in whatever the engine shows.
"""

import hashlib
from collections.abc import Callable, Mapping

from wan_perf.schema.declaration import Table, View
from wan_perf.schema.tables import TABLES
from wan_perf.warehouse import old_names


def declared() -> list[View]:
    """Every view that a warehouse has: those of `TABLES`, and those of old names."""
    views = [table for table in TABLES.values() if isinstance(table, View)]
    return [*views, *old_names.declared()]


def made_with(table: Table) -> list[View]:
    """The views whose first source is the table."""
    return [view for view in declared() if view.sources[0] == table.name]


def reading(table: Table) -> list[View]:
    """The views that read the table."""
    return [view for view in declared() if table.name in view.sources]


def sources(view: View) -> tuple[Table, ...]:
    """The tables that the view reads."""
    return tuple(TABLES[name] for name in view.sources)


def query(
    view: View, rows: str, type_names: Mapping[str, str], quoted: Callable[[str], str]
) -> str:
    """The view's rows with its columns by name and declared type, under the mark.

    A sum is wider than what is summed, on every engine in its own way.
    """
    names = ", ".join(
        f'CAST("{c.name}" AS {type_names[c.type]}) AS {quoted(c.name)}' for c in view.fields
    )
    return f"SELECT {names} FROM ({rows}) AS {mark(view, rows)}"  # noqa: S608 - declared names


def mark(view: View, rows: str) -> str:
    """A name that changes with the rows, the columns, or their descriptions."""
    parts = (rows, view.grain, *(f"{c.name} {c.type} {c.meaning}" for c in view.fields))
    return f"declared_{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:16]}"
