"""Replacing the state: the lock of every writer, files that are retired, sentences of failures.

Belongs here: what a publication and a merge have in common.
Keep out: which files are written (`publisher`, `compaction`).
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from wan_perf.published import access
from wan_perf.published.errors import PublicationBusyError, PublicationError
from wan_perf.published.manifest import Manifest, write_manifest

GRACE = timedelta(minutes=15)
"""So long a file stays after it left the manifest: no page and no query takes longer."""
_LOCK = "publishing.lock"


def utc_now() -> datetime:
    """The present instant, naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


@contextmanager
def manifest_lock(folder: Path, patience_s: float) -> Iterator[None]:
    """The right to replace the manifest, which one process at a time has.

    Raises:
        PublicationBusyError: another one has it for longer than `patience_s`.
    """
    try:
        with FileLock(folder / _LOCK, timeout=patience_s):
            yield
    except Timeout:
        raise PublicationBusyError(
            f"Another process publishes to {folder} for more than {patience_s:.0f} s; the next "
            "run, or wan-perf publish, writes what is missing."
        ) from None


@contextmanager
def failures_of(folder: Path) -> Iterator[None]:
    """What keeps files from being written, as one sentence.

    Raises:
        PublicationError: in place of the system's or the engine's error.
    """
    try:
        yield
    except Timeout:  # a lock that another process has
        raise
    except (OSError, duckdb.Error) as error:
        why = getattr(error, "strerror", None) or str(error).splitlines()[0].rstrip(".")
        raise PublicationError(
            f"The published copy {folder} cannot be written ({why}); readers see the one before. "
            "Free space on its disk or give this user the right to write there; the next run, or "
            "wan-perf publish, writes what is missing."
        ) from error


def replace_manifest(folder: Path, before: Manifest, after: Manifest, now: datetime) -> None:
    """Make a new state the present one at `now`; the caller has the lock.

    Files that leave the manifest are retired, those retired for longer than the grace removed.
    """
    retired = {**after.retired, **dict.fromkeys(before.names - after.names, now)}
    gone = [name for name, since in retired.items() if now - since > GRACE]
    remaining = {name: since for name, since in retired.items() if name not in gone}
    used = {file.columns for files in after.files.values() for file in files}
    columns = {name: names for name, names in after.columns.items() if name in used}
    after = replace(after, retired=remaining, columns=columns)
    access.write_texts(folder, after)
    write_manifest(folder, after)
    for name in gone:
        # Where a reader holds it open on Windows: the next publication finds it unknown.
        with suppress(OSError):
            (folder / name).unlink(missing_ok=True)
