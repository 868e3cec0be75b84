"""A publication: what of the warehouse differs from the manifest is written, the manifest last.

Belongs here: the order of a publication, its lock, what a failure leaves.
Keep out: cutting time into files (`layout`), merging files (`compaction`), when a run publishes.

Order: lock -> compare the versions in the warehouse with the manifest -> write what lacks to new
files, all from one snapshot -> replace the manifest -> remove files that left it a while ago.
Nothing is remembered from one run to the next but the manifest: what a publication failed to
write, the next one writes.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from wan_perf.published import access, layout
from wan_perf.published.errors import PublicationBusyError, PublicationError, PublishedCopyError
from wan_perf.published.manifest import DataFile, Manifest, read_manifest, write_manifest
from wan_perf.published.relations import PUBLISHED
from wan_perf.published.snapshot import Snapshot
from wan_perf.warehouse import DuckDBWarehouse

GRACE = timedelta(minutes=15)
"""So long a file stays after it left the manifest: no page and no query takes longer."""
_LOCK = "publishing.lock"


@dataclass(frozen=True)
class Publication:
    """What a publication wrote: files, rows, and the seconds that it took."""

    files: int
    rows: int
    seconds: float


def publish(
    warehouse: DuckDBWarehouse,
    folder: Path,
    *,
    run: str = "",
    everything: bool = False,
    patience_s: float = 60,
) -> Publication:
    """Bring the published copy up to the warehouse's present state.

    Args:
        warehouse: What is published; it is only read.
        folder: The published copy.
        run: The run after which it is published.
        everything: Write every file again, whatever the manifest says.
        patience_s: How long to wait for another publication. [s]

    Raises:
        PublicationError: a file cannot be written, such as on a full disk; the copy before stays.
        PublicationBusyError: another publication takes longer than `patience_s`.
        WanPerfError: the warehouse cannot be read.
    """
    began = time.monotonic()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _lock(folder, patience_s):
            files = _publish(warehouse, folder, run, everything=everything)
    except (OSError, duckdb.Error) as error:
        why = getattr(error, "strerror", None) or str(error).splitlines()[0].rstrip(".")
        raise PublicationError(
            f"The published copy {folder} cannot be written ({why}); readers see the one before. "
            "Free space on its disk or give this user the right to write there; the next run, or "
            "wan-perf publish, writes what is missing."
        ) from error
    return Publication(len(files), sum(f.rows for f in files), time.monotonic() - began)


def _publish(
    warehouse: DuckDBWarehouse, folder: Path, run: str, *, everything: bool
) -> list[DataFile]:
    before = _manifest_before(folder)
    _remove_unknown(folder, before)
    _record_earlier_changes(warehouse)
    new: list[DataFile] = []
    files: dict[str, tuple[DataFile, ...]] = {}
    columns = dict(before.columns)
    with warehouse.session(read_only=True) as session:
        snapshot = Snapshot(warehouse, session, folder)
        for name, versions in snapshot.versions().items():
            table = PUBLISHED[name]
            part = layout.published_part(table, versions)
            old = () if everything else _existing(folder, before.files.get(name, ()))
            valid = layout.still_valid(old, part)
            wanted = layout.missing(table, part, valid, snapshot.counter(table))
            written = [snapshot.write(table, span, part) for span in wanted]
            columns |= snapshot.columns
            new += written
            files[name] = tuple(sorted((*valid, *written), key=lambda file: file.start))
    if not new and files == before.files and before.version:
        return new
    now = datetime.now(UTC).replace(tzinfo=None)
    after = Manifest(now, run, files, columns, before.retired)
    replace_manifest(folder, before, after)
    return new


def replace_manifest(folder: Path, before: Manifest, after: Manifest) -> None:
    """Make a new state the present one; the caller has the lock.

    Files that leave the manifest are retired, those retired for longer than the grace removed.
    """
    now = after.published_at
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


@contextmanager
def _lock(folder: Path, patience_s: float) -> Iterator[None]:
    try:
        with FileLock(folder / _LOCK, timeout=patience_s):
            yield
    except Timeout:
        raise PublicationBusyError(
            f"Another process publishes to {folder} for more than {patience_s:.0f} s; the next "
            "run, or wan-perf publish, writes what is missing."
        ) from None


def _manifest_before(folder: Path) -> Manifest:
    """The present manifest; an empty one where there is none that this release can read."""
    try:
        return read_manifest(folder)
    except PublishedCopyError:
        return Manifest(datetime.now(UTC).replace(tzinfo=None), "", {}, {})


def _existing(folder: Path, files: tuple[DataFile, ...]) -> tuple[DataFile, ...]:
    return tuple(file for file in files if (folder / file.name).is_file())


def _remove_unknown(folder: Path, known: Manifest) -> None:
    """Remove files of publications that were killed; nobody else writes while we have the lock."""
    names = known.names | known.retired.keys()
    for path in folder.glob("*/*.parquet"):
        if path.relative_to(folder).as_posix() not in names:
            path.unlink(missing_ok=True)


def _record_earlier_changes(warehouse: DuckDBWarehouse) -> None:
    """Where an earlier release stored tables and no versions: give them one each."""
    with warehouse.session(read_only=True) as session:
        needed = not (warehouse.has_changes(session) or warehouse.is_empty(session))
    if needed:
        with warehouse.session() as session:
            warehouse.record_earlier_changes(session)
