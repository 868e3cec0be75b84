"""Giving the free blocks of the embedded warehouse's file back to the disk.

Belongs here: when the file is rewritten, and how it is replaced while others wait for it.
Keep out: which rows are removed (`expired`).

DuckDB 2.0 reuses the blocks of removed rows and never returns them: of a file of 99 MB whose rows
were removed by three quarters, 282 of 396 blocks were free after a checkpoint, the file had 99 MB
still, and 20 days of new rows fitted into it. So a file is rewritten only where much of it is free.
"""

import contextlib
import glob
import shutil
import sys
import time
import uuid
from dataclasses import dataclass

import duckdb

from wan_perf.warehouse.duckdb_file import FILE
from wan_perf.warehouse.integrity import copy_database
from wan_perf.warehouse.on_duckdb import DuckDBWarehouse

SHRINK_FROM_BYTES = 64 * 2**20
SHRINK_FROM_SHARE = 0.5
"""Free bytes and their share of the file from which it is rewritten: less is soon used again."""
_SPARE = 1.2
"""Room that a copy needs on the disk, times the blocks in use."""
_LEFTOVER_AFTER_S = 86_400
"""Age of a copy that a killed process left. [s]"""


@dataclass(frozen=True)
class Shrunk:
    """Bytes of the file before and after; `why_not` says why a mostly free file stayed as it is."""

    before: int
    after: int
    why_not: str = ""


def shrink(
    warehouse: DuckDBWarehouse,
    from_bytes: int = SHRINK_FROM_BYTES,
    most_bytes: int | None = None,
) -> Shrunk:
    """Rewrite the file where much of it is free.

    The new file is compared with the old one before it takes its name. Meanwhile the old one is
    open for reading, so that no process can write to it; a process that waits for it opens the new
    one (`DuckDBWarehouse.session`).

    Args:
        warehouse: The embedded warehouse.
        from_bytes: Free bytes from which it is rewritten, if they are half of the file.
        most_bytes: Bytes in use up to which it is rewritten; None: any.

    Raises:
        WanPerfError: the file cannot be opened, or the copy cannot be written; the file stands.
    """
    before = _size(warehouse)
    _remove_leftovers(warehouse)
    if not before:
        return Shrunk(0, 0)
    with warehouse.session() as session:
        session.run("CHECKPOINT")
        used, free = _blocks(session.connection)
    if free < from_bytes or free < SHRINK_FROM_SHARE * (used + free):
        return Shrunk(before, _size(warehouse))
    if most_bytes is not None and used > most_bytes:
        why_not = "runs would wait for its copy; run wan-perf prune when they may"
        return Shrunk(before, _size(warehouse), why_not)
    if sys.platform == "win32":
        return Shrunk(before, before, "Windows replaces no file that is open; its room is reused")
    if shutil.disk_usage(warehouse.path.parent).free < _SPARE * used:
        return Shrunk(before, before, "its disk has no room for a copy; its room is reused")
    why_not = _rewrite(warehouse)
    return Shrunk(before, _size(warehouse), why_not)


def _rewrite(warehouse: DuckDBWarehouse) -> str:
    path = warehouse.path.resolve()
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with warehouse.without_writers() as session:
            if path.with_name(f"{path.name}.wal").exists():
                return "another process wrote to it meanwhile; the next call rewrites it"
            copy_database(session.connection, FILE, part)
            part.chmod(path.stat().st_mode & 0o777)
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return ""


def _remove_leftovers(warehouse: DuckDBWarehouse) -> None:
    """Remove copies that a killed process left beside the file."""
    path, now = warehouse.path.resolve(), time.time()
    for file in path.parent.glob(f".{glob.escape(path.name)}.{'[0-9a-f]' * 32}*"):
        with contextlib.suppress(OSError):
            if now - file.lstat().st_mtime > _LEFTOVER_AFTER_S:
                file.unlink()


def _blocks(connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """Bytes in use and free bytes of the attached file."""
    [row] = connection.execute(
        "SELECT block_size * used_blocks, block_size * free_blocks FROM pragma_database_size() "
        "WHERE database_name = ?",
        [FILE],
    ).fetchall()
    return int(row[0]), int(row[1])


def _size(warehouse: DuckDBWarehouse) -> int:
    return warehouse.path.stat().st_size if warehouse.path.exists() else 0
