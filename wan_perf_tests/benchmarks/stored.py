"""What stored rows take on disk: bytes of each table, beside its measures.

Belongs here: reading DuckDB's storage information, and reporting it.
Keep out: what filled the tables.

A segment takes what lies between its place in its block and the next one's, the last one the rest
of the block, and the whole blocks that it goes on in. Measures are the columns with numbers.
Reported are the bytes of these alone, and those of all of the table, keys and texts too, both
divided by rows and measures.
"""

from dataclasses import dataclass

from wan_perf.schema.declaration import Table
from wan_perf.schema.tables import TABLES
from wan_perf.warehouse import DuckDBWarehouse
from wan_perf.warehouse.on_duckdb import FILE
from wan_perf_tests.benchmarks.measuring import MEBIBYTE

MOST_BYTES = 2.5
"""Goal: bytes a stored measure and row."""
_WORTH_REPORTING = MEBIBYTE
"""The blocks of smaller tables are no measure: one that is begun counts whole."""


@dataclass(frozen=True)
class Stored:
    """Rows and bytes of a table, those of its measures among them."""

    table: Table
    rows: int
    bytes: int
    measured: int

    @property
    def values(self) -> int:
        """Rows times columns with numbers."""
        return max(self.rows * len(_measures(self.table)), 1)


def _measures(table: Table) -> list[str]:
    return [column.name for column in table.fields if column.type in ("integer", "real")]


def stored(warehouse: DuckDBWarehouse) -> list[Stored]:
    """Rows and bytes of every declared table that has rows, the largest first."""
    with warehouse.session() as session:
        session.run("CHECKPOINT")
        existing = {name for (name,) in session.run("SELECT table_name FROM duckdb_tables()")}
        tables = [table for name, table in TABLES.items() if name in existing]
        segments = " UNION ALL ".join(
            f"SELECT '{t.name}' AS of_table, column_name, block_id, block_offset,"
            f" len(additional_block_ids) AS more FROM pragma_storage_info('{t.name}')"
            " WHERE persistent AND block_id >= 0"
            for t in tables
        )
        [(size,)] = session.run(
            f"SELECT block_size FROM pragma_database_size() WHERE database_name = '{FILE}'"
        )
        taken = session.run(
            "SELECT of_table, column_name, sum(until - block_offset + "
            f"more * {size})::BIGINT FROM (SELECT *, lead(block_offset, 1, {size}::BIGINT) "
            f"OVER (PARTITION BY block_id ORDER BY block_offset) AS until FROM ({segments})) "
            "GROUP BY ALL"
        )
        rows = {t: session.run(f"SELECT count(*) FROM {t.name}")[0][0] for t in tables}
    found = [
        Stored(
            table,
            count,
            sum(size for name, _, size in taken if name == table.name),
            sum(
                size
                for name, column, size in taken
                if name == table.name and column in _measures(table)
            ),
        )
        for table, count in rows.items()
        if count
    ]
    return sorted(found, key=lambda each: -each.bytes)


def disk_usage_of(warehouse: DuckDBWarehouse) -> str:
    """The file, and a line a table that is larger than a few blocks."""
    tables = stored(warehouse)
    lines = [
        f"  {each.table.name}: {each.rows} rows, {len(_measures(each.table))} measures,"
        f" {each.bytes / MEBIBYTE:.1f} MiB, {each.bytes / each.rows:.1f} bytes a row;"
        f" {each.measured / each.values:.2f} bytes a measure and row,"
        f" {each.bytes / each.values:.2f} with keys and texts"
        + (f" (over {MOST_BYTES})" if each.bytes / each.values > MOST_BYTES else "")
        for each in tables
        if each.bytes >= _WORTH_REPORTING
    ]
    total, values = (sum(getattr(t, of) for t in tables) for of in ("bytes", "values"))
    return "\n".join(
        [
            f"stored: file {warehouse.path.stat().st_size / MEBIBYTE:.0f} MiB, tables"
            f" {total / MEBIBYTE:.0f} MiB, {total / max(values, 1):.2f} bytes a measure and row"
            " with keys and texts",
            *lines,
        ]
    )
