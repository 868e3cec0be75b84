"""Columns that were renamed, and what an existing table of an earlier version still needs.

Belongs here: the list of renames, in the order in which they were made.
Keep out: when they are run (`store`) and an engine's statement (`on_duckdb`, `on_snowflake`).

The columns of a table say which renames it still needs, so a process that dies in between leaves
nothing to repair. Writers migrate as they create a table; readers read under the new names.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Rename:
    """A column of a table has a new name; its values stay."""

    table: str
    old: str
    new: str


RENAMES = (
    # TRIGGER is a reserved word of Snowflake, which refuses a table with such a column.
    Rename("failover_piece", "trigger", "failover_cause"),
)


def pending(table: str, columns: Iterable[str]) -> list[Rename]:
    """The renames that a table with these columns still needs, in order.

    None where both names are there: nobody knows which column has the values.
    """
    names, found = set(columns), []
    for rename in RENAMES:
        if rename.table == table and rename.old in names and rename.new not in names:
            names = names - {rename.old} | {rename.new}
            found.append(rename)
    return found


def apply_renames(columns: dict[str, str], renames: Sequence[Rename]) -> dict[str, str]:
    """The columns, name to type, under the names that they have after the renames."""
    for rename in renames:
        columns = {rename.new if n == rename.old else n: kind for n, kind in columns.items()}
    return columns
