"""How the rows of two warehouses differ, over all tables.

Belongs here: lost and invented rows.
Keep out: why they differ.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from wan_perf.warehouse.changes import CHANGES
from wan_perf.warehouse.integrity import content, tables_of


@dataclass(frozen=True)
class Difference:
    """Rows that are expected and missing, rows that nobody expects, and the first table of them."""

    lost: int = 0
    invented: int = 0
    where: str = ""

    def __bool__(self) -> bool:
        return bool(self.lost or self.invented or self.where)


def difference(found: Path, expected: Path) -> Difference:
    """Compare all tables, whatever the order of rows; a missing file or table has no rows.

    But the versions of stored slices, which are random.
    """
    lost = invented = 0
    where = ""
    with duckdb.connect() as engine:
        names = {}
        for database, file in (("found", found), ("expected", expected)):
            if file.exists():
                literal = str(file).replace("'", "''")
                engine.execute(f"ATTACH '{literal}' AS {database} (READ_ONLY)")
                names[database] = set(tables_of(engine, database)) - {CHANGES}
        for table in sorted(names.get("found", set()) | names.get("expected", set())):
            less, more = (
                _missing(engine, *pair, table, names)
                for pair in (("expected", "found"), ("found", "expected"))
            )
            if less or more:
                where = where or f"{table}: {less} lost, {more} invented"
            lost, invented = lost + less, invented + more
    return Difference(lost, invented, where)


def _missing(
    engine: duckdb.DuckDBPyConnection, of: str, other: str, table: str, names: dict[str, set[str]]
) -> int:
    """Rows of a table in the one database that the other does not have so often."""
    if table not in names.get(of, set()):
        return 0
    rows = content(engine, of, table)
    if table not in names.get(other, set()):
        return rows.rows
    if rows == content(engine, other, table):
        return 0
    found = engine.execute(
        f"SELECT count(*) FROM (SELECT * FROM {of}.main.{table} EXCEPT ALL "
        f"SELECT * FROM {other}.main.{table})"
    ).fetchall()
    return int(found[0][0])
