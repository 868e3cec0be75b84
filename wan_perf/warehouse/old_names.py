"""Views that show a table under the names before the renames of the present version.

Belongs here: which tables and views have such a view, its columns and rows, and which have ended.
Keep out: the renames themselves (`migrations`), when a view is made (`store`).

A query of the version before needs another name of its table and nothing else:
`circuit_hour_old_names` for `circuit_hour`. Each is a declared `View`, which is made, compared,
published and set up as the others are. It is not in `TABLES`, so the graph has no asset of it, and
doctor, export and the list of the dictionary leave it out.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING

import ibis.expr.types as ir

from wan_perf.schema.columns import Column
from wan_perf.schema.declaration import Table, View
from wan_perf.schema.tables import TABLES
from wan_perf.warehouse import migrations
from wan_perf.warehouse.migrations import Rename

if TYPE_CHECKING:
    from wan_perf.warehouse.store import Warehouse

SUFFIX = "_old_names"


@dataclass(frozen=True)
class OldNames(View):
    """The view of a table, or of another view, under the names before some renames.

    Columns are in the order of `shown`, with those that have been added since.
    """

    shown: Table = field(kw_only=True)
    renames: tuple[Rename, ...] = field(kw_only=True)

    @cached_property
    def old_columns(self) -> Mapping[str, str]:
        """Old name of each column by its present one."""
        return _old_columns(self.shown, self.renames)

    @cached_property
    def old_words(self) -> Mapping[str, Mapping[str, str]]:
        """Old word by the present one, for each column with renamed words by its present name."""
        return _old_words(self.shown, self.renames)

    @cached_property
    def fields(self) -> tuple[Column, ...]:
        """The columns of what is shown; the meaning of a renamed one ends with its present name."""
        return tuple(self._under_old_name(column) for column in self.shown.fields)

    def _under_old_name(self, column: Column) -> Column:
        words = self.old_words.get(column.name, {})
        parts = [column.meaning]
        if self.old_columns[column.name] != column.name:
            parts.append(f"Now {column.name}.")
        parts += (f"Its value {old} is now {new}." for new, old in words.items())
        return replace(
            column,
            name=self.old_columns[column.name],
            meaning=" ".join(parts),
            one_of=tuple(words.get(word, word) for word in column.one_of),
        )

    @cached_property
    def expression(self) -> Callable[..., ir.Table]:
        """The function that makes the rows from the tables named in `sources`."""
        return partial(under_old_names, self)


def under_old_names(view: OldNames, *sources: ir.Table) -> ir.Table:
    """The rows of what the view shows, with old names and old words."""
    rows = view.shown.expression(*sources) if isinstance(view.shown, View) else sources[0]

    def value(name: str) -> ir.Value:
        words = view.old_words.get(name)
        return rows[name].substitute(dict(words)) if words else rows[name]

    return rows.select(**{old: value(name) for name, old in view.old_columns.items()})


def declared() -> list[OldNames]:
    """The views of the present version: of tables with renames, and of views that read them."""
    present = [rename for rename in migrations.RENAMES if rename.since == migrations.PRESENT]
    return _views(present)


def ended() -> list[OldNames]:
    """Views of versions before that are no longer declared; a warehouse may still have them."""
    present = {view.name for view in declared()}
    return [view for view in _views(migrations.RENAMES) if view.name not in present]


def drop_ended(warehouse: "Warehouse") -> list[str]:
    """Drop the views that have ended; the names of those that existed.

    One that stays would fail with the next rename of a column that it reads.
    """
    views = ended()
    if not views:
        return []
    with warehouse.session(read_only=True) as session:
        existing = [view.name for view in views if warehouse.view_text(session, view)]
    if existing:
        with warehouse.session() as session:
            for name in existing:
                session.run(f"DROP VIEW IF EXISTS {name}")
    return existing


def _views(renames: Iterable[Rename]) -> list[OldNames]:
    # A column means the same in every table: a view has renamed it together with its source.
    found = {
        shown: tuple(rename for rename in renames if rename.table in _sources(shown))
        for shown in TABLES.values()
    }
    return [
        _view(shown, of_sources)
        for shown, of_sources in found.items()
        if _differ(shown, of_sources)
    ]


def _sources(shown: Table) -> tuple[str, ...]:
    return shown.sources if isinstance(shown, View) else (shown.name,)


def _differ(shown: Table, renames: tuple[Rename, ...]) -> bool:
    columns = _old_columns(shown, renames)
    return any(old != new for new, old in columns.items()) or bool(_old_words(shown, renames))


@cache
def _view(shown: Table, renames: tuple[Rename, ...]) -> OldNames:
    """One object for each view: what is compiled of it is cached by it."""
    columns, words = _old_columns(shown, renames), _old_words(shown, renames)
    changes = [f"{old} is now {new}" for new, old in columns.items() if new != old]
    changes += (
        f"in {columns[name]}, {old} is now {new}"
        for name, renamed in words.items()
        for new, old in renamed.items()
    )
    return OldNames(
        f"{shown.name}{SUFFIX}",
        f"The rows of {shown.name} under the names before version {renames[-1].since}, until the "
        f"version after it: {'; '.join(changes)}.",
        group=shown.group,
        key=tuple(columns[name] for name in shown.key),
        columns=tuple(columns.values()),
        sources=_sources(shown),
        computed_by=f"{__name__}:{under_old_names.__name__}",
        shown=shown,
        renames=renames,
    )


def _old_columns(shown: Table, renames: tuple[Rename, ...]) -> dict[str, str]:
    old = {name: name for name in shown.columns}
    for rename in reversed(renames):
        old = {n: rename.old if was == rename.new else was for n, was in old.items()}
    return old


def _old_words(shown: Table, renames: tuple[Rename, ...]) -> dict[str, dict[str, str]]:
    return {
        column: {new: old for old, new in words.items()}
        for column, words in migrations.renamed_words(renames).items()
        if column in shown.columns
    }
