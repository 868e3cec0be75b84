"""The embedded warehouse read as if it were published: one short connection a statement.

Belongs here: the bridge until a home has a published copy.
Keep out: what is asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from wan_perf.warehouse import DuckDBWarehouse
from wan_perf.web.data import Row


@dataclass(frozen=True)
class WarehouseFile:
    """The tables of a DuckDB file as they are now; its version is the file's time of change."""

    path: Path

    @cached_property
    def published_at(self) -> datetime:
        """When the file was last written, naive UTC."""
        stamp = self.path.stat().st_mtime if self.path.exists() else 0
        return datetime.fromtimestamp(stamp, UTC).replace(tzinfo=None)

    @property
    def version(self) -> str:
        """The instant of the last change."""
        return f"{self.published_at:%Y%m%dT%H%M%S%f}"

    @cached_property
    def _names(self) -> frozenset[str]:
        rows = self.query(
            "SELECT table_name AS name FROM duckdb_tables() UNION ALL "
            "SELECT view_name FROM duckdb_views() WHERE NOT internal"
        )
        return frozenset(row["name"] for row in rows)

    def has(self, table: str) -> bool:
        """True where the file has the table or view."""
        return table in self._names

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """The rows of a statement."""
        with DuckDBWarehouse(self.path, patience_s=10).session(read_only=True) as session:
            answer = session.connection.execute(sql, list(parameters))
            names = [column[0] for column in answer.description or ()]
            return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
