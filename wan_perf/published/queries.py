"""The published copy queried by expressions, as a warehouse that is only read.

Belongs here: what `warehouse.Warehouse` reads, answered from a state of the copy.
Keep out: SQL written by hand (`reader`), storing: nothing is ever stored in a copy.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from wan_perf.errors import WanPerfError
from wan_perf.published.reader import Published
from wan_perf.schema.declaration import Table, View
from wan_perf.warehouse import DuckDBWarehouse
from wan_perf.warehouse.on_duckdb import DuckDBSession


class _CopySession(DuckDBSession):
    """Failures are those of the copy's files, which its cursor reports (`Published.cursor`)."""

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Execute one query and return its rows."""
        return self.connection.execute(sql).fetchall()

    def frame(self, sql: str) -> pd.DataFrame:
        """Execute one query and return its rows as a frame."""
        return self.connection.execute(sql).df()


@dataclass(frozen=True)
class PublishedTables(DuckDBWarehouse):
    """The tables and views of one state; `path` is the folder of the copy."""

    published: Published = field(kw_only=True, compare=False)

    @contextmanager
    def session(
        self,
        *,
        read_only: bool = False,
        tag: str = "",  # noqa: ARG002 - statements are not logged
    ) -> Iterator[DuckDBSession]:
        """A session that only reads; it waits for nobody.

        Raises:
            WanPerfError: a file of the state is missing, or the session is to write.
        """
        if not read_only:
            raise WanPerfError(f"The published copy {self.path} is only read.")
        with self.published.cursor() as cursor:
            yield _CopySession(cursor, self.path)

    def holds(self, table: Table) -> bool:
        """True where the table was published, of a view every table that it reads."""
        needed = table.sources if isinstance(table, View) else (table.name,)
        return all(name in self.published.manifest.files for name in needed)


def published_tables(published: Published) -> PublishedTables:
    """The state's tables, for expressions."""
    return PublishedTables(published.folder, published=published)
