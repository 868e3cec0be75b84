"""Columns and words in them that were renamed, and what a table of an earlier version needs.

Belongs here: the list of renames, in the order in which they were made.
Keep out: when they are run (`store`) and an engine's statement (`on_duckdb`, `on_snowflake`).

The columns of a table say which renames it still needs, so a process that dies in between leaves
nothing to repair: words come first, which may be done twice. Writers migrate as they create
a table; readers read under the new names.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Word:
    """A word in a text column has a new one; the column by its name before the rename."""

    column: str
    old: str
    new: str


@dataclass(frozen=True)
class Rename:
    """A column of a table has a new name; its values stay, but for these words.

    `since` is the version of the package, major and minor, that brought the new name.
    """

    table: str
    old: str
    new: str
    since: str = field(kw_only=True)
    words: tuple[Word, ...] = ()


PRESENT = "0.2"
"""The version that this code is, or becomes with its release: major and minor."""

_STATE = Word("state", "unheard", "no_telemetry")
# An entry of the present version has a view of the old names (`old_names`), which ends with the
# next version; the entry itself stays, for warehouses that any version before has written.
RENAMES = (
    # TRIGGER is a reserved word of Snowflake, which refuses a table with such a column.
    Rename("failover_piece", "trigger", "failover_cause", since="0.2"),
    # The field's words: a gateway sends telemetry, and a state is observed.
    Rename("failover_piece", "unheard_minutes", "no_telemetry_minutes", since="0.2"),
    Rename(
        *("circuit_hour", "unheard_minutes", "no_telemetry_minutes"),
        since="0.2",
        words=(Word("state_evidence", "heard", "observed"),),
    ),
    Rename(
        *("circuit_state", "evidence", "state_evidence"),
        since="0.2",
        words=(Word("evidence", "heard", "observed"), _STATE),
    ),
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


def renamed_words(renames: Sequence[Rename]) -> dict[str, dict[str, str]]:
    """Old word to new, by the column's name after its rename."""
    found: dict[str, dict[str, str]] = {}
    for rename in renames:
        for word in rename.words:
            column = rename.new if word.column == rename.old else word.column
            found.setdefault(column, {})[word.old] = word.new
    return found
