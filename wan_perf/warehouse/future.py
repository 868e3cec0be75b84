"""Rows of the future: what a machine with a wrong clock stored.

Belongs here: finding and removing rows that lie after an instant.
Keep out: what time it is (the caller).

A snapshot of tomorrow is the newest one until tomorrow: no inventory would be taken, and as-of
joins would read it. Rows that lie after the present cannot have been measured.
"""

from datetime import datetime, timedelta

from wan_perf.schema.columns import COLUMNS
from wan_perf.schema.declaration import Table, View
from wan_perf.schema.tables import TABLES
from wan_perf.warehouse.engine import Session
from wan_perf.warehouse.store import Warehouse

TOLERANCE = timedelta(minutes=10)
"""Clocks of gateways and of this machine may differ by so much without harm."""


def rows_after(warehouse: Warehouse, now: datetime) -> dict[str, int]:
    """Rows after `now` (naive UTC) and the tolerance, by table; tables without any are left out."""
    with warehouse.session(read_only=True) as session:
        return _counts(warehouse, session, now)


def remove_rows_after(warehouse: Warehouse, now: datetime) -> dict[str, int]:
    """Remove them in one transaction; how many went, by table."""
    with warehouse.session() as session:
        counts = _counts(warehouse, session, now)
        with warehouse.replacing(session):
            for name in counts:
                future = _is_after(warehouse, TABLES[name], now)
                rows = f"(SELECT * FROM {name} WHERE {future})"  # noqa: S608 - declared names
                warehouse.record_change(session, TABLES[name], rows, None)
                session.run(f"DELETE FROM {name} WHERE {future}")  # noqa: S608 - declared names
    return counts


def _counts(warehouse: Warehouse, session: Session, now: datetime) -> dict[str, int]:
    found = {}
    for table in TABLES.values():
        column = table.snapshot or table.partition
        if isinstance(table, View) or column is None:
            continue
        if column not in warehouse.existing_columns(session, table):
            continue
        future = _is_after(warehouse, table, now)
        [[rows]] = session.run(f"SELECT COUNT(*) FROM {table.name} WHERE {future}")  # noqa: S608 - declared names
        if rows:
            found[table.name] = int(rows)
    return found


def _is_after(warehouse: Warehouse, table: Table, now: datetime) -> str:
    column = str(table.snapshot or table.partition)
    kind = warehouse.type_names[COLUMNS[column].type]
    return f"{column} > CAST('{now + TOLERANCE:%Y-%m-%d %H:%M:%S}' AS {kind})"
