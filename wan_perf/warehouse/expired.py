"""Rows past their table's retention: removing them, and what cannot be computed again afterwards.

Belongs here: the record of what was removed, and the refusal to compute a slice from it.
Keep out: how long rows are retained (the caller), shrinking a file (`shrink`).

A fact that is computed again from rows that are gone would replace measured figures by unknown
ones. So the warehouse itself records what was removed, and the store step refuses such slices,
whatever requested them: a backfill, a correction, a command.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from wan_perf.errors import WanPerfError
from wan_perf.schema.declaration import Table
from wan_perf.schema.tables import TABLES
from wan_perf.warehouse.window import Window

if TYPE_CHECKING:
    from wan_perf.warehouse.engine import Session
    from wan_perf.warehouse.store import Warehouse

_DAY = timedelta(days=1)
NEIGHBOURS = 2 * _DAY
"""Rows that stay before the limit: an hour is computed from events and gaps of the 25 h before."""
RECORD = Table(
    "removed_rows",
    "One row per table whose old rows were removed: those of [removed_from, removed_before).",
    group="raw",
    key=("table_name",),
    columns=("table_name", "removed_from", "removed_before"),
)
"""Bookkeeping of the warehouse and no table of the graph: its columns are in no dictionary."""


class ExpiredRowsError(WanPerfError):
    """A slice would be computed from rows that were removed; what is stored stands."""


def limit(now: datetime, age: timedelta) -> datetime:
    """The first instant whose hours can still be computed: a midnight UTC.

    >>> limit(datetime.fromisoformat("2027-04-20T15:30"), timedelta(days=400))
    datetime.datetime(2026, 3, 16, 0, 0)
    """
    return (now - age).replace(hour=0, minute=0, second=0, microsecond=0)


def remove_expired(
    warehouse: "Warehouse", now: datetime, age_of: Callable[[Table], timedelta | None]
) -> dict[str, int]:
    """Remove rows older than `age_of` their table at `now` (naive UTC); how many, by table.

    Each table is a transaction of its own, which records what it removes. Tables of which nothing
    is removed are left out.
    """
    with warehouse.session(read_only=True) as session:
        found = list(_expired(warehouse, session, now, age_of))
    if not found:
        return {}
    with warehouse.session() as session:
        _create_record(warehouse, session)
        for table, _, before in found:
            _remove(warehouse, session, table, before)
    return {table.name: rows for table, rows, _ in found}


def _expired(
    warehouse: "Warehouse",
    session: "Session",
    now: datetime,
    age_of: Callable[[Table], timedelta | None],
) -> Iterator[tuple[Table, int, datetime]]:
    """Tables with rows past their retention, how many, and the limit of each."""
    for table in TABLES.values():
        age = age_of(table)
        if age is None or not warehouse.existing_columns(session, table):
            continue
        before = limit(now, age)
        [[rows]] = session.run(f"SELECT COUNT(*) {_rows_before(table, before)}")
        if rows:
            yield table, int(rows), before


def _rows_before(table: Table, before: datetime) -> str:
    return f"FROM {table.name} WHERE {table.partition} < '{before - NEIGHBOURS}'"


def _remove(warehouse: "Warehouse", session: "Session", table: Table, before: datetime) -> None:
    old = _rows_before(table, before)
    [[oldest]] = session.run(f"SELECT MIN({table.partition}) {old}")
    firsts = [first for _, first, _ in _spans(session, (table.name,))]
    with warehouse.replacing(session):
        session.run(f"DELETE FROM {RECORD.name} WHERE table_name = '{table.name}'")  # noqa: S608 - declared names
        session.run(
            f"INSERT INTO {RECORD.name} (table_name, removed_from, removed_before) "
            f"SELECT '{table.name}', '{min([*firsts, oldest])}', '{before}'"
        )
        warehouse.record_change(session, table, f"(SELECT * {old})", None)
        session.run(f"DELETE {old}")


def _create_record(warehouse: "Warehouse", session: "Session") -> None:
    kinds = (warehouse.type_names[kind] for kind in ("text", "instant", "instant"))
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(RECORD.columns, kinds, strict=True))
    session.run(f"CREATE TABLE IF NOT EXISTS {RECORD.name} ({columns})")


def _spans(session: "Session", tables: Iterable[str]) -> list[tuple[str, datetime, datetime]]:
    """Table, start and end of what was removed, for each of the tables of which anything was."""
    names = ", ".join(f"'{name}'" for name in tables)
    rows = session.run(
        f"SELECT table_name, removed_from, removed_before FROM {RECORD.name} "  # noqa: S608 - declared names
        f"WHERE table_name IN ({names})"
    )
    return [(name, first, last) for name, first, last in rows]


def refuse_expired(
    warehouse: "Warehouse",
    session: "Session",
    table: Table,
    sources: Iterable[Table],
    window: Window | None,
) -> None:
    """Refuse to compute a slice of the table from rows of its sources that were removed.

    Raises:
        ExpiredRowsError: the sentence names the limit; nothing was replaced.
    """
    retained = [source.name for source in sources if source.retention_days is not None]
    if window is None or not retained or not warehouse.existing_columns(session, RECORD):
        return
    touched = [
        (name, before)
        for name, first, before in _spans(session, retained)
        if window.start < before and window.end > first
    ]
    if touched:
        name, before = max(touched, key=lambda span: span[1])
        raise ExpiredRowsError(
            f"{table.name} of {window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M} UTC "
            f"cannot be computed again: rows of {name} before {before:%Y-%m-%d} were removed by "
            "their retention (raw_days under [retention] in the policy). What is stored stands; "
            f"give a range from {before:%Y-%m-%d} on."
        )


def computable_from(warehouse: "Warehouse") -> datetime | None:
    """The first instant from which every hour can be computed again; None where nothing is gone."""
    with warehouse.session(read_only=True) as session:
        if not warehouse.existing_columns(session, RECORD):
            return None
        names = [table.name for table in TABLES.values() if table.retention_days is not None]
        return max((before for _, _, before in _spans(session, names)), default=None)
