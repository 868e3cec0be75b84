"""Whether every block of the embedded warehouse can be read, and copies of it.

Belongs here: reading a DuckDB file whole, copying and comparing it.
Keep out: where copies are stored and when (`cli.backups`), what a damaged file is reported as.

DuckDB verifies a block's checksum when it reads the block, so that damage shows only where somebody
reads: a fingerprint of all columns of a table reads all of its blocks.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from wan_perf.errors import WanPerfError


@dataclass(frozen=True)
class Content:
    """What a table holds: its rows, and a sum of hashes that does not depend on their order."""

    rows: int
    fingerprint: int


@dataclass(frozen=True)
class Reading:
    """Tables that were read whole, those that could not be read and why, those not reached."""

    read: dict[str, Content]
    damaged: dict[str, str]
    not_reached: tuple[str, ...] = ()


def tables_of(connection: duckdb.DuckDBPyConnection, database: str) -> list[str]:
    """Names of the tables of an attached database, in alphabetical order."""
    found = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = ? AND NOT internal "
        "AND NOT temporary ORDER BY table_name",
        [database],
    )
    return [name for (name,) in found.fetchall()]


def read_whole(
    connection: duckdb.DuckDBPyConnection, database: str, within_s: float | None = None
) -> Reading:
    """Read every block of every table of an attached database, for at most `within_s` seconds."""
    names = tables_of(connection, database)
    read: dict[str, Content] = {}
    damaged: dict[str, str] = {}
    deadline = None if within_s is None else time.monotonic() + within_s
    for place, name in enumerate(names):
        try:
            with _interrupt_at(connection, deadline):
                read[name] = content(connection, database, name)
        except duckdb.InterruptException:
            return Reading(read, damaged, tuple(names[place:]))
        except duckdb.Error as error:
            damaged[name] = str(error).splitlines()[0].rstrip(".")
            if isinstance(error, duckdb.FatalException):
                return Reading(read, damaged, tuple(names[place + 1 :]))
    return Reading(read, damaged)


def content(connection: duckdb.DuckDBPyConnection, database: str, table: str) -> Content:
    """Rows and fingerprint of one table."""
    [row] = connection.execute(
        f"SELECT count(*), coalesce(sum(hash(t)::HUGEINT), 0) FROM {database}.main.{table} AS t"  # noqa: S608 - names from the catalog
    ).fetchall()
    return Content(int(row[0]), int(row[1]))


def copy_database(connection: duckdb.DuckDBPyConnection, database: str, file: Path) -> Reading:
    """Copy an attached database with its views and comments to a new file; both read whole.

    Raises:
        WanPerfError: a table cannot be read, or the copy differs; the file is removed.
    """
    literal = str(file).replace("'", "''")
    try:
        connection.execute(f"ATTACH '{literal}' AS the_copy")
        try:
            connection.execute(f"COPY FROM DATABASE {database} TO the_copy")
            before, after = (read_whole(connection, name) for name in (database, "the_copy"))
        finally:
            with suppress(duckdb.Error):
                connection.execute("DETACH the_copy")
        differing = _differing(before, after)
        if differing:
            raise WanPerfError(f"The copy {file} differs in {', '.join(differing)}; try again.")
    except BaseException as error:
        file.unlink(missing_ok=True)
        if isinstance(error, duckdb.Error):
            why = str(error).splitlines()[0].rstrip(".")
            raise WanPerfError(
                f"The database cannot be copied to {file}: {why}. See wan-perf doctor."
            ) from None
        raise
    return after


def _differing(one: Reading, other: Reading) -> Sequence[str]:
    names = {*one.read, *one.damaged, *other.read, *other.damaged}
    return sorted(name for name in names if one.read.get(name) != other.read.get(name))


@contextmanager
def opened(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB file attached for reading as `the_file`, in an engine of its own.

    Raises:
        WanPerfError: there is no such file, or it is no DuckDB database.
    """
    if not file.is_file():
        raise WanPerfError(f"{file} is not a file; name a backup that wan-perf backup wrote.")
    literal = str(file).replace("'", "''")
    with duckdb.connect() as connection:
        try:
            connection.execute(f"ATTACH '{literal}' AS the_file (READ_ONLY)")
        except duckdb.Error as error:
            why = str(error).splitlines()[0].rstrip(".")
            raise WanPerfError(f"{file} cannot be opened as a DuckDB database: {why}.") from None
        yield connection


@contextmanager
def _interrupt_at(connection: duckdb.DuckDBPyConnection, deadline: float | None) -> Iterator[None]:
    """Interrupt what the connection executes at the deadline."""
    if deadline is None:
        yield
        return
    left = deadline - time.monotonic()
    if left <= 0:
        raise duckdb.InterruptException
    timer = threading.Timer(left, connection.interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
