"""Which hours, days or tables of the warehouse changed: a version of each, as data.

Belongs here: the table of versions, what of it a store step replaces, digests of ranges of it.
Keep out: what follows from a change (`published`).

A version is written in the transaction that replaces the rows, so that the two never disagree,
whoever is killed. It is random, so that rows of a restored backup never pass for newer ones.
"""

import secrets
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from wan_perf.schema.declaration import Table, View
from wan_perf.schema.tables import TABLES
from wan_perf.warehouse.window import Window, limits

CHANGES = "stored_change"
RECORD = Table(
    CHANGES,
    "One row per table and unit of time whose rows were replaced, with a random version.",
    group="raw",
    key=("table_name", "unit"),
    columns=("table_name", "unit", "version"),
)
"""Bookkeeping of the warehouse and no table of the graph: its columns are in no dictionary."""
WHOLE = datetime(1970, 1, 1)  # noqa: DTZ001 - naive UTC, as every instant of the warehouse
"""The unit of a table that is not cut by time."""
MODULUS = 2**62
"""Versions and their digests are below it."""
_MERGED = "merged_change"
_CALENDAR = ("day", "week", "month")


def step(table: Table) -> str:
    """Length of the table's units: hour, day, week or month; empty where it is one unit."""
    if table.partition is None:
        return ""
    return table.partition if table.partition in _CALENDAR else "hour"


def units_of_rows(table: Table, rows: str, instant: str) -> str:
    """Query of the units in which the rows of a table or query named `rows` lie.

    `instant` is the engine's type of an instant, here and below.
    """
    if table.partition is None:
        return f"SELECT CAST('{WHOLE}' AS {instant}) AS unit"
    at = f"CAST(date_trunc('{step(table)}', {table.partition}) AS {instant})"
    return f"SELECT DISTINCT {at} AS unit FROM {rows}"  # noqa: S608 - declared names


def units_of_window(table: Table, window: Window, instant: str) -> str:
    """Query of the units that the window touches, whether there are rows in them or not.

    Empty where it touches none.
    """
    units = ", ".join(f"('{unit}')" for unit in _units(table, window))
    if not units:
        return ""
    return f"SELECT CAST(unit AS {instant}) AS unit FROM (VALUES {units}) AS units (unit)"  # noqa: S608


def _units(table: Table, window: Window) -> Iterator[datetime]:
    """Starts of the units that the window touches."""
    start, end = (_instant(at) for at in limits(table.schema[str(table.partition)], window))
    unit = _start_of(start, step(table))
    while unit < end:
        yield unit
        unit = _start_of(unit + _LONGEST[step(table)], step(table))


_LONGEST = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=31),
}
"""From the start of a unit, an instant within the next one."""


def _start_of(at: datetime, length: str) -> datetime:
    at = at.replace(minute=0, second=0, microsecond=0)
    if length == "hour":
        return at
    at = at.replace(hour=0)
    if length == "month":
        return at.replace(day=1)
    return at - timedelta(days=at.weekday()) if length == "week" else at


def _instant(at: date) -> datetime:
    return at if isinstance(at, datetime) else datetime(at.year, at.month, at.day)  # noqa: DTZ001


def removal(table: Table, units: str) -> str:
    """The statement that removes the versions of the units of a query."""
    return (
        f"DELETE FROM {CHANGES} WHERE table_name = '{table.name}' "  # noqa: S608 - declared names
        f"AND unit IN (SELECT unit FROM ({units}) AS replaced)"
    )


def addition(table: Table, units: str) -> str:
    """The statement that gives the units of a query a new version."""
    return f"INSERT INTO {CHANGES} (table_name, unit, version) {_versions(table, units)}"


def merging() -> list[str]:
    """Statements that leave one version of each unit; digests stay what they are.

    The rows to be merged are chosen before the transaction, so that one that is added meanwhile
    stays.
    """
    several = f"SELECT table_name, unit FROM {CHANGES} GROUP BY 1, 2 HAVING COUNT(*) > 1"  # noqa: S608
    return [
        f"CREATE TEMPORARY TABLE {_MERGED} AS SELECT table_name, unit, version FROM {CHANGES} "  # noqa: S608
        f"WHERE (table_name, unit) IN ({several})",
        "BEGIN",
        f"DELETE FROM {CHANGES} WHERE (table_name, unit, version) IN "  # noqa: S608
        f"(SELECT table_name, unit, version FROM {_MERGED})",
        f"INSERT INTO {CHANGES} (table_name, unit, version) SELECT table_name, unit, "  # noqa: S608
        f"MOD(SUM(version), {MODULUS}) FROM {_MERGED} GROUP BY 1, 2",
        "COMMIT",
        f"DROP TABLE {_MERGED}",
    ]


def first_record(stored: list[str], instant: str) -> str:
    """The statement that makes the table of versions, with one of all that these tables have."""
    tables = [t for t in TABLES.values() if t.name in stored and not isinstance(t, View)]
    versions = " UNION ALL ".join(_versions(t, units_of_rows(t, t.name, instant)) for t in tables)
    create = f"CREATE TABLE IF NOT EXISTS {CHANGES}"
    if not versions:
        return f"{create} (table_name VARCHAR, unit {instant}, version BIGINT)"
    # One statement, so that a kill leaves no table of versions that lacks some.
    return f"{create} AS {versions}"


def _versions(table: Table, units: str) -> str:
    return (
        f"SELECT CAST('{table.name}' AS VARCHAR) AS table_name, unit, "  # noqa: S608 - declared names
        f"CAST({secrets.randbelow(MODULUS)} AS BIGINT) AS version FROM ({units}) AS changed"
    )


def digests(length: str, instant: str, since: datetime | None = None) -> str:
    """Query of table, start and digest of each day, hour or month in which versions are.

    The digest is the sum of the versions. Two digests of the same range are equal where nothing in
    it was replaced in between: a replacement takes a random number away, adds one, or both.
    """
    condition = f" WHERE unit >= '{since}'" if since else ""
    return (
        f"SELECT table_name, CAST(date_trunc('{length}', unit) AS {instant}), "  # noqa: S608 - declared names
        f"CAST(SUM(version) AS VARCHAR) FROM {CHANGES}{condition} GROUP BY 1, 2"
    )
