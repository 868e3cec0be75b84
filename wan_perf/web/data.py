"""What the pages read: SQL on the published tables, limited to the regions a person may see.

Belongs here: the tables that a statement names, with parameters only; an absent table has no rows.
Keep out: which rows answer a question (`questions`), where the tables are (`published`).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from wan_perf.published.collection import Collection
from wan_perf.published.layout import Span
from wan_perf.published.relations import sql_type
from wan_perf.published.running import Run
from wan_perf.schema.declaration import Table
from wan_perf.schema.tables import TABLES

Row = dict[str, Any]

AT_ONCE = 2
"""Questions of a page that others of it run beside: each alone leaves processors idle."""
_TOKEN = re.compile(r"@(\w+)(?::(within|newest))?|\?")
_OF_ALL_REGIONS = frozenset({"dim_policy", "dim_hour"})
"""Tables that say nothing of a site."""


class Published(Protocol):
    """A consistent state of the tables, as `wan_perf.published` opens it."""

    @property
    def version(self) -> str:
        """Changes whenever anything that is published does."""

    @property
    def published_at(self) -> datetime:
        """When it was published, naive UTC."""

    @property
    def collection(self) -> Collection:
        """How collecting went when it was published."""

    def running(self, now: datetime) -> tuple[Run, ...]:
        """The runs that are going on at `now`, the oldest first."""

    def within(self, table: str, start: datetime, end: datetime) -> str:
        """SQL of a relation with the table's rows of [start, end) among others."""

    def newest(self, table: str) -> str:
        """SQL of a relation with the table's newest rows among others."""

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """The rows of a statement with `?` for each parameter."""

    def has(self, table: str) -> bool:
        """True where the table is published."""


@dataclass(frozen=True)
class Data:
    """The published tables as one person may see them; `regions` None is all of them.

    In a statement a table is written `@name`, `@name:within` or `@name:newest` (see `rows`): that
    is its rows of those regions, or no rows where it is not published. A table that is of no region
    and not of all is hidden from a person who is limited.
    """

    published: Published
    regions: frozenset[str] | None = None

    def rows(
        self, sql: str, parameters: Sequence[Any] = (), within: Span | None = None
    ) -> list[Row]:
        """The rows of a statement.

        Of a table that it names `@name:within` it needs no rows of instants outside of `within`, of
        `@name:newest` only those of the newest instant: files of others are not opened. Those that
        are may have such rows.
        """
        text: list[str] = []
        values: list[Any] = []
        given, end = iter(parameters), 0
        for token in _TOKEN.finditer(sql):
            text.append(sql[end : token.start()])
            end = token.end()
            if token[1] is None:
                text.append("?")
                values.append(next(given))
            else:
                source, of_source = self._source(token[1], token[2], within)
                text.append(source)
                values += of_source
        text.append(sql[end:])
        return self.published.query("".join(text), values)

    def first(self, sql: str, parameters: Sequence[Any] = (), within: Span | None = None) -> Row:
        """The first row of a statement; empty without any."""
        return next(iter(self.rows(sql, parameters, within)), {})

    def has(self, table: str) -> bool:
        """True where the table is published."""
        return self.published.has(table)

    def _source(self, name: str, part: str | None, within: Span | None) -> tuple[str, list[str]]:
        table = TABLES[name]
        if not self.published.has(name):
            return _no_rows(table), []
        rows = name
        if part == "newest":
            rows = self.published.newest(name)
        elif part and within:
            rows = self.published.within(name, *within)
        if self.regions is None or name in _OF_ALL_REGIONS:
            return rows, []
        if not self.regions:
            return _no_rows(table), []
        return self._restrict_to_regions(table, rows)

    def _restrict_to_regions(self, table: Table, rows: str) -> tuple[str, list[str]]:
        regions = sorted(self.regions or ())
        places = ", ".join("?" * len(regions))
        sites = f"SELECT site_id FROM dim_site WHERE valid_to IS NULL AND region IN ({places})"  # noqa: S608
        if "region" in table.columns:
            return f"(SELECT * FROM {rows} WHERE region IN ({places}))", regions  # noqa: S608
        if "site_id" in table.columns:
            return f"(SELECT * FROM {rows} WHERE site_id IN ({sites}))", regions  # noqa: S608
        if "circuit_id" in table.columns:
            circuits = f"SELECT circuit_id FROM dim_circuit WHERE site_id IN ({sites})"  # noqa: S608
            return f"(SELECT * FROM {rows} WHERE circuit_id IN ({circuits}))", regions  # noqa: S608
        return _no_rows(table), []


def _no_rows(table: Table) -> str:
    return f"(SELECT {', '.join(_nulls(table))} WHERE 1 = 0)"


def _nulls(table: Table) -> Iterator[str]:
    for column in table.fields:
        yield f"CAST(NULL AS {sql_type(column)}) AS {column.name}"
