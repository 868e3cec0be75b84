"""A published copy of a small estate, made by SQL: what the pages are tested on.

Belongs here: rows of the published tables that agree with each other; any number of sites.
Keep out: how the real copy is written (`published`); the graph computes no row of this one.

At 14:25 on 8 March 2026: site 1 is dark since 13:10, site 2 is on backup since 11:40, site 3's
primary is at critical load, site 4 is without telemetry since 12:30, the secondary of site 5 has no
contract. Above six sites the same repeats every 97 sites.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from typing import Any

import duckdb
import ibis

from wan_perf.published.collection import Collection
from wan_perf.published.relations import sql_type
from wan_perf.published.running import Run
from wan_perf.schema.declaration import Table, View
from wan_perf.schema.tables import TABLES
from wan_perf_tests.support.web.estate_periods import days_of
from wan_perf_tests.support.web.estate_rows import NOW, base, hours, rows_of

VIEWS = {name: table for name, table in TABLES.items() if isinstance(table, View)}


@dataclass
class Estate:
    """An in-memory published copy: `sites` stores with two circuits each, `days` days of hours."""

    sites: int = 6
    days: int = 15
    months: int = 13
    version: str = "v1"
    published_at: datetime = NOW
    collection: Collection = field(default_factory=Collection)
    runs: tuple[Run, ...] = ()
    dropped: frozenset[str] = field(default_factory=frozenset)
    _making: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The engine with all tables."""
        made = duckdb.connect()
        made.execute("SET TimeZone = 'UTC'")
        for statement in self._statements(made):
            made.execute(statement)
        for name in self.dropped - VIEWS.keys():
            made.execute(f"DROP TABLE {name}")
        return made

    @cached_property
    def _names(self) -> frozenset[str]:
        rows = self.connection.cursor().execute("SELECT table_name FROM duckdb_tables()").fetchall()
        return frozenset(name for (name,) in rows) | VIEWS.keys() - self.dropped

    @cached_property
    def _views_to_make(self) -> dict[str, View]:
        return {name: view for name, view in VIEWS.items() if name not in self.dropped}

    def running(self, now: datetime) -> tuple[Run, ...]:
        """The runs that are going on."""
        return self.runs

    def within(self, table: str, start: datetime, end: datetime) -> str:
        """Its rows: it has no files."""
        return table

    def newest(self, table: str) -> str:
        """Its rows: it has no files."""
        return table

    def has(self, table: str) -> bool:
        """True where it is published."""
        return table in self._names

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The rows of a statement; a view's are computed when it is first named."""
        with self._making:
            for name in [name for name in self._views_to_make if name in sql]:
                view = self._views_to_make.pop(name)
                for statement in _absent(self.connection, view.sources):
                    self.connection.execute(statement)
                self.connection.execute(f"CREATE TABLE {name} AS {view_query(name)}")
        cursor = self.connection.cursor()
        answer = cursor.execute(sql, list(parameters))
        names = [column[0] for column in answer.description or ()]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def _statements(self, engine: duckdb.DuckDBPyConnection) -> Iterator[str]:
        yield base(self.sites)
        yield hours(self.days)
        yield days_of(self.months)
        for name, rows in rows_of().items():
            yield _declared(engine, TABLES[name], rows)


def _declared(engine: duckdb.DuckDBPyConnection, table: Table, rows: str) -> str:
    """The rows with every declared column in its type; what the rows lack is NULL."""
    given = {column[0] for column in engine.execute(f"DESCRIBE {rows}").fetchall()}
    assert given <= set(table.columns), given - set(table.columns)
    columns = ", ".join(
        f"CAST({c.name if c.name in given else 'NULL'} AS {sql_type(c)}) AS {c.name}"
        for c in table.fields
    )
    return f"CREATE TABLE {table.name} AS SELECT {columns} FROM ({rows})"


def _absent(engine: duckdb.DuckDBPyConnection, sources: Sequence[str]) -> Iterator[str]:
    there = {n for (n,) in engine.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    for name in set(sources) - there:
        columns = ", ".join(f"{c.name} {sql_type(c)}" for c in TABLES[name].fields)
        yield f"CREATE TABLE {name} ({columns})"


@cache
def view_query(name: str) -> str:
    """The view's declared query over tables of the same names."""
    view = VIEWS[name]
    sources = (ibis.table(TABLES[source].schema, name=source) for source in view.sources)
    return str(ibis.to_sql(view.expression(*sources), dialect="duckdb"))
