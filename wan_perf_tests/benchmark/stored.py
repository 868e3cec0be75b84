"""What stored rows take on disk: bytes of each table, beside its measures.

Belongs here: reading DuckDB's storage information, and telling it.
Keep out: what filled the tables.

A segment takes what lies between its place in its block and the next one's, the last one the rest
of the block, and the whole blocks that it goes on in. All of a table counts, keys and texts too;
they are divided by its rows and its measures, the columns with numbers.
"""

from dataclasses import dataclass

from wan_perf.declaration import Table
from wan_perf.tables import TABLES
from wan_perf.warehouse import DuckDBWarehouse
from wan_perf_tests.benchmark.measuring import MEBIBYTE

MOST_BYTES = 2.5
"""Goal: bytes a stored measure and row."""
_WORTH_TELLING = MEBIBYTE
"""Of smaller tables the blocks tell nothing: one that is begun counts whole."""
_MEASURES = ("integer", "real")


@dataclass(frozen=True)
class Stored:
    """Rows and bytes of a table."""

    table: Table
    rows: int
    bytes: int

    @property
    def measures(self) -> int:
        """Columns with numbers."""
        return sum(column.type in _MEASURES for column in self.table.fields)

    @property
    def of_measure(self) -> float:
        """Bytes a measure and row."""
        return self.bytes / max(self.rows, 1) / max(self.measures, 1)


def stored(warehouse: DuckDBWarehouse) -> list[Stored]:
    """Rows and bytes of every declared table that has rows, the largest first."""
    with warehouse.session() as session:
        session.run("CHECKPOINT")
        held = {name for (name,) in session.run("SELECT table_name FROM duckdb_tables()")}
        tables = [table for name, table in TABLES.items() if name in held]
        segments = " UNION ALL ".join(
            f"SELECT '{t.name}' AS of_table, block_id, block_offset,"
            f" len(additional_block_ids) AS more FROM pragma_storage_info('{t.name}')"
            " WHERE persistent AND block_id >= 0"
            for t in tables
        )
        [(size,)] = session.run("SELECT block_size FROM pragma_database_size()")
        taken = dict(
            session.run(
                "SELECT of_table, sum(until - block_offset + "
                f"more * {size})::BIGINT FROM (SELECT *, lead(block_offset, 1, {size}::BIGINT) "
                f"OVER (PARTITION BY block_id ORDER BY block_offset) AS until FROM ({segments})) "
                "GROUP BY of_table"
            )
        )
        rows = {t: session.run(f"SELECT count(*) FROM {t.name}")[0][0] for t in tables}
    found = [Stored(t, count, taken.get(t.name, 0)) for t, count in rows.items() if count]
    return sorted(found, key=lambda each: -each.bytes)


def told(warehouse: DuckDBWarehouse) -> str:
    """The file, and a line a table that is larger than a few blocks."""
    tables = stored(warehouse)
    lines = [
        f"  {each.table.name}: {each.rows} rows, {each.measures} measures,"
        f" {each.bytes / MEBIBYTE:.1f} MiB, {each.bytes / each.rows:.1f} bytes a row,"
        f" {each.of_measure:.2f} a measure and row"
        + (f" (over {MOST_BYTES})" if each.of_measure > MOST_BYTES else "")
        for each in tables
        if each.bytes >= _WORTH_TELLING
    ]
    total = sum(each.bytes for each in tables)
    values = sum(each.rows * each.measures for each in tables)
    return "\n".join(
        [
            f"stored: file {warehouse.path.stat().st_size / MEBIBYTE:.0f} MiB, tables"
            f" {total / MEBIBYTE:.0f} MiB, {total / max(values, 1):.2f} bytes a measure and row",
            *lines,
        ]
    )
