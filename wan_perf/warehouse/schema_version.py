"""The version of the schema that a warehouse was last written with; a newer one is refused.

Belongs here: the stored version, and the sentence about one that this release does not know.
Keep out: bringing an older table to its declaration (`migrations`, `store`).

An older warehouse needs no sentence: its tables are brought to their declaration as they are
written, and read under their new names until then. A newer one may have columns and values that
this release would read as something else, or replace.
"""

from typing import TYPE_CHECKING

from wan_perf.errors import WanPerfError
from wan_perf.schema.declaration import Table

if TYPE_CHECKING:
    from wan_perf.warehouse.engine import Session
    from wan_perf.warehouse.store import Warehouse

VERSION = 1
"""Raised by a release whose tables an earlier one would misread or damage."""
RECORD = Table(
    "schema_version",
    "One row: the version of the schema that the warehouse was last written with.",
    group="raw",
    key=("version",),
    columns=("version",),
)
"""Bookkeeping of the warehouse and no table of the graph: its column is in no dictionary."""
_READ: set["Warehouse"] = set()
_WRITTEN: set["Warehouse"] = set()
"""Warehouses whose version this process has compared, as a reader and as a writer: on Snowflake
each comparison is two requests, and a process seldom outlives an upgrade."""


class NewerSchemaError(WanPerfError):
    """The warehouse was written by a newer release."""


def stored_version(warehouse: "Warehouse", session: "Session") -> int:
    """The stored version; 0: the warehouse is empty, or of a release without versions."""
    if not warehouse.existing_columns(session, RECORD):
        return 0
    rows = session.run(f"SELECT MAX(version) FROM {RECORD.name}")  # noqa: S608 - declared name
    return int(rows[0][0] or 0)


def admit_reader(warehouse: "Warehouse", session: "Session") -> None:
    """Refuse a newer warehouse; compared once by each process.

    Raises:
        NewerSchemaError: the sentence says which versions, and what to do.
    """
    if warehouse not in _READ:
        _refuse_newer(stored_version(warehouse, session))
        _READ.add(warehouse)


def admit_writer(warehouse: "Warehouse", session: "Session") -> None:
    """Refuse a newer warehouse, and record this release's version in an older one.

    Outside of a transaction: a data definition would commit it on Snowflake.

    Raises:
        NewerSchemaError: as for a reader; nothing was written.
    """
    if warehouse in _WRITTEN:
        return
    found = stored_version(warehouse, session)
    _refuse_newer(found)
    if found < VERSION:
        kind = warehouse.type_names["integer"]
        session.run(f"CREATE TABLE IF NOT EXISTS {RECORD.name} (version {kind})")
        session.run(f"INSERT INTO {RECORD.name} (version) VALUES ({VERSION})")  # noqa: S608 - declared name
    _WRITTEN.add(warehouse)


def _refuse_newer(found: int) -> None:
    if found > VERSION:
        raise NewerSchemaError(
            f"The warehouse has schema version {found}, and this release of wan_perf knows "
            f"{VERSION}: a newer one has written it. Upgrade wan_perf, or restore a backup of "
            "before the upgrade."
        )
