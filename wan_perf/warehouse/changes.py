"""Which hours, days or tables of the embedded warehouse changed: a version of each, as data.

Belongs here: the table of versions, what of it a store step replaces, digests of ranges of it.
Keep out: what follows from a change (`published`).

A version is written in the transaction that replaces the rows, so that the two never disagree,
whoever is killed. It is random, so that rows of a restored backup never pass for newer ones.
"""

import secrets
from datetime import datetime

from wan_perf.schema.declaration import Table, View
from wan_perf.schema.tables import TABLES
from wan_perf.warehouse.window import Window, limits

CHANGES = "stored_change"
WHOLE = datetime(1970, 1, 1)  # noqa: DTZ001 - naive UTC, as every instant of the warehouse
"""The unit of a table that is not cut by time."""
_CALENDAR = ("day", "week", "month")

DEFINITION = (
    f"CREATE TABLE IF NOT EXISTS {CHANGES} (table_name VARCHAR, unit TIMESTAMP, version BIGINT)"
)


def step(table: Table) -> str:
    """Length of the table's units: hour, day, week or month; empty where it is one unit."""
    if table.partition is None:
        return ""
    return table.partition if table.partition in _CALENDAR else "hour"


def units_of_rows(table: Table, rows: str) -> str:
    """Query of the units in which the rows of a table or query named `rows` lie."""
    if table.partition is None:
        return f"SELECT TIMESTAMP '{WHOLE}' AS unit"
    at = f"date_trunc('{step(table)}', {table.partition})::TIMESTAMP"
    return f"SELECT DISTINCT {at} AS unit FROM {rows}"  # noqa: S608 - declared names


def units_of_window(table: Table, window: Window) -> str:
    """Query of the units that the window touches, whether there are rows in them or not."""
    start, end = limits(table.schema[str(table.partition)], window)
    length = step(table)
    return (
        f"SELECT unnest(generate_series(date_trunc('{length}', TIMESTAMP '{start}'), "
        f"TIMESTAMP '{end}' - INTERVAL 1 MICROSECOND, INTERVAL 1 {length.upper()})) AS unit"
    )


def record(table: Table, units: str) -> list[str]:
    """Statements that give the units of a query a new version."""
    version = secrets.randbits(62)
    return [
        f"DELETE FROM {CHANGES} WHERE table_name = '{table.name}' "  # noqa: S608 - declared names
        f"AND unit IN (SELECT unit FROM ({units}))",
        f"INSERT INTO {CHANGES} SELECT '{table.name}', unit, {version} FROM ({units})",  # noqa: S608
    ]


def first_record(existing: set[str]) -> list[str]:
    """Statements that make the table of versions, with one of all that the tables hold already."""
    tables = [t for t in TABLES.values() if t.name in existing and not isinstance(t, View)]
    made = [sql for table in tables for sql in record(table, units_of_rows(table, table.name))]
    return [DEFINITION, *made]


def digests(table_filter: str, length: str) -> str:
    """Query of table, start and digest of each day, hour or month in which versions are.

    Two digests of the same range are equal where all versions in it are.
    """
    return (
        f"SELECT table_name, date_trunc('{length}', unit)::TIMESTAMP, "  # noqa: S608 - declared names
        "bit_xor(md5_number_lower(unit::VARCHAR || ' ' || version::VARCHAR))::VARCHAR "
        f"FROM {CHANGES} WHERE {table_filter} GROUP BY ALL"
    )
