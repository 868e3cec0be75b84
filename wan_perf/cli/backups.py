"""`wan-perf backup` and `wan-perf restore`: copies of the embedded warehouse.

Belongs here: where a copy is stored, when a file is replaced, what a person reads.
Keep out: copying and comparing (`warehouse.integrity`), Snowflake, which has its own Time Travel.
"""

import os
import uuid
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from wan_perf.defs.resources import warehouse_for
from wan_perf.errors import TransientError, UsageError, WanPerfError
from wan_perf.schema.tables import TABLES
from wan_perf.settings import Settings
from wan_perf.warehouse import DuckDBWarehouse
from wan_perf.warehouse.duckdb_file import FILE
from wan_perf.warehouse.integrity import Reading, copy_database, opened, read_whole
from wan_perf.wording import counted


def back_up(settings: Settings, out: Path | None, console: Console) -> Path:
    """Copy the warehouse to a new file while runs wait; compare the copy with the original.

    Raises:
        UsageError: the warehouse is Snowflake, or the file exists.
        WanPerfError: there is no warehouse yet, it is damaged, or the copy cannot be written.
    """
    warehouse = _embedded_warehouse(settings)
    now = datetime.now(UTC)
    file = out or settings.home / "backups" / f"{warehouse.path.stem}-{now:%Y%m%dT%H%M%SZ}.duckdb"
    if os.path.lexists(file):
        raise UsageError(f"{file} exists; give another --out, or remove it.")
    part = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        reading = warehouse.session(read_only=True)
        with console.status(f"copying {warehouse.path}"), reading as session:
            copied = copy_database(session.connection, FILE, part)
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise WanPerfError(
            f"{file} cannot be written: {error.strerror or error}; give another --out."
        ) from None
    _print(f"Backed up to {file}", file, copied, "compared with the original", console)
    return file


def restore(settings: Settings, file: Path, console: Console, *, verify_only: bool) -> None:
    """Read a backup whole; then put it in the place of the warehouse, whose file is set aside.

    Raises:
        UsageError: the warehouse is Snowflake.
        WanPerfError: the backup is damaged or no backup of ours, or the warehouse is in use.
    """
    warehouse = _embedded_warehouse(settings)
    verified = _verify(file, console)
    if verify_only:
        _print(f"{file} is whole", file, verified, "every block read", console)
        return
    stem, now = warehouse.path.stem, datetime.now(UTC)
    aside = warehouse.path.with_name(f"{stem}-before-restore-{now:%Y%m%dT%H%M%SZ}.duckdb")
    part = warehouse.path.with_name(f".{stem}.{uuid.uuid4().hex}")
    warehouse.path.parent.mkdir(parents=True, exist_ok=True)
    with opened(file) as connection:
        copy_database(connection, "the_file", part)
    try:
        if warehouse.path.exists():
            _set_aside(warehouse, aside)
        part.replace(warehouse.path)
    finally:
        part.unlink(missing_ok=True)
    _print(
        f"Restored {warehouse.path} from {file}",
        warehouse.path,
        verified,
        "every block read",
        console,
    )
    if aside.exists():
        console.print(
            f"The file before is {aside}; remove it when it is no longer needed.",
            soft_wrap=True,
            markup=False,
        )
    console.print(
        "Run wan-perf collect to bring it up to date; where Dagster's records are newer than the "
        "backup, launch the missing partitions in its UI.",
        soft_wrap=True,
    )


def _set_aside(warehouse: DuckDBWarehouse, aside: Path) -> None:
    """Rename the file once no process uses it; a damaged one cannot be opened and goes too."""
    try:
        with warehouse.session() as session:
            session.run("CHECKPOINT")
    except TransientError:
        raise
    except WanPerfError:
        log = warehouse.path.with_name(f"{warehouse.path.name}.wal")
        if log.exists():
            log.replace(aside.with_name(f"{aside.name}.wal"))
    warehouse.path.replace(aside)


def _embedded_warehouse(settings: Settings) -> DuckDBWarehouse:
    warehouse = warehouse_for(settings)
    if not isinstance(warehouse, DuckDBWarehouse):
        raise UsageError(
            "The warehouse is Snowflake, which stores earlier states itself (Time Travel); "
            "wan-perf backup and restore are for the embedded warehouse."
        )
    return warehouse


def _verify(file: Path, console: Console) -> Reading:
    with console.status(f"reading {file}"), opened(file) as connection:
        reading = read_whole(connection, "the_file")
    if reading.damaged:
        name, why = next(iter(reading.damaged.items()))
        raise WanPerfError(
            f"{file} is damaged: {counted(len(reading.damaged), 'table')} cannot be "
            f"read, such as {name} ({why}); use another backup."
        )
    if not reading.read.keys() & TABLES.keys():
        raise WanPerfError(f"{file} has no table of wan_perf; name a file that backup wrote.")
    return reading


def _print(what: str, file: Path, reading: Reading, proof: str, console: Console) -> None:
    rows = sum(content.rows for content in reading.read.values())
    tables = counted(len(reading.read), "table")
    size = file.stat().st_size / 1e6
    console.print(
        f"{what}: {tables}, {counted(rows, 'row')}, {size:,.1f} MB; {proof}.",
        soft_wrap=True,
        markup=False,
    )
