"""A publication: what of the warehouse differs from the manifest is written, the manifest last.

Belongs here: the order of a publication, its lock, what a failure leaves.
Keep out: cutting time into files (`layout`), merging files (`compaction`), when a run publishes.

Order: lock -> compare the versions in the warehouse with the manifest -> write what is missing to
new files -> compare again where that took several sessions, so that all files are of one state ->
replace the manifest -> remove files that left it a while ago.
Nothing is remembered from one run to the next but the manifest: what a publication failed to
write, the next one writes.
"""

import math
import time
from dataclasses import dataclass
from pathlib import Path

from wan_perf.published import layout
from wan_perf.published.collection import Collection
from wan_perf.published.errors import PublicationBusyError, PublishedCopyError
from wan_perf.published.manifest import DataFile, Manifest, read_manifest
from wan_perf.published.relations import PUBLISHED
from wan_perf.published.replacement import failures_of, manifest_lock, replace_manifest, utc_now
from wan_perf.published.snapshot import Snapshot, Wanted, columns_name
from wan_perf.warehouse import Warehouse

SESSION_S = 2.0
"""After so long a session with the warehouse begins no more files: runs wait for it."""
_TURN_S = 1.5
"""Until the next one: longer than a waiting run's pauses between attempts."""
_ATTEMPTS = 5
"""Sessions in which rows that are replaced meanwhile are read again."""

Files = dict[str, tuple[DataFile, ...]]


@dataclass(frozen=True)
class Publication:
    """What a publication wrote: files, rows, and the seconds that it took."""

    files: int
    rows: int
    seconds: float


def publish(
    warehouse: Warehouse,
    folder: Path,
    *,
    run: str = "",
    collection: Collection | None = None,
    everything: bool = False,
    patience_s: float = 60,
) -> Publication:
    """Bring the published copy up to the warehouse's present state.

    Args:
        warehouse: What is published; it is only read.
        folder: The published copy.
        run: The run after which it is published.
        collection: How collecting went up to that run; None: as the copy before says.
        everything: Write every file again, whatever the manifest says.
        patience_s: How long to wait for another publication. [s]

    Raises:
        PublicationError: a file cannot be written, such as on a full disk; the copy before stays.
        PublicationBusyError: another publication takes longer than `patience_s`, or runs replace
            rows of the warehouse faster than they are read.
        WanPerfError: the warehouse cannot be read.
    """
    began = time.monotonic()
    with failures_of(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with manifest_lock(folder, patience_s):
            files = _publish(warehouse, folder, run, collection, everything=everything)
    return Publication(len(files), sum(f.rows for f in files), time.monotonic() - began)


def _publish(
    warehouse: Warehouse,
    folder: Path,
    run: str,
    collection: Collection | None,
    *,
    everything: bool,
) -> list[DataFile]:
    before = _manifest_before(folder)
    _remove_unknown(folder, before)
    _record_earlier_changes(warehouse)
    old = {} if everything else before.files
    files, new = _consistent_files(warehouse, folder, old)
    columns = {columns_name(PUBLISHED[name].columns): PUBLISHED[name].columns for name in files}
    of = warehouse.identity
    state = collection or before.collection
    if not new and (files, of, state) == (before.files, before.warehouse, before.collection):
        return new
    now = utc_now()
    after = Manifest(now, run, files, {**before.columns, **columns}, of, before.retired, state)
    replace_manifest(folder, before, after, now)
    return new


def _consistent_files(
    warehouse: Warehouse, folder: Path, old: Files
) -> tuple[Files, list[DataFile]]:
    """The files of the warehouse's present state, and those of them that were written for it.

    A large publication takes several sessions, and runs use the warehouse between them. The last
    session compares every file with the warehouse, so that together they are one state of it.
    Where runs replace rows during a session too, it is one that finds nothing to write.

    Raises:
        PublicationBusyError: there was no such session.
    """
    files, new = old, set[DataFile]()
    sessions = 0
    while True:
        sessions += 1
        valid: Files = {}
        wanted: list[Wanted] = []
        with warehouse.session(read_only=True) as session:
            snapshot = Snapshot(warehouse, session, folder)
            for name, versions in snapshot.versions().items():
                table = PUBLISHED[name]
                part = layout.published_part(table, versions)
                existing = tuple(f for f in files.get(name, ()) if (folder / f.name).is_file())
                valid[name] = layout.still_valid(existing, part, snapshot.day_states)
                spans = layout.missing(table, part, valid[name], snapshot.counter(table))
                wanted += [(table, span, part) for span in spans]
            within_s = SESSION_S if warehouse.excludes_writers else math.inf
            written = snapshot.write(wanted, within_s)
        files = {
            name: tuple(sorted((*unchanged, *written.get(name, ())), key=lambda file: file.start))
            for name, unchanged in valid.items()
        }
        new |= {file for of_table in written.values() for file in of_table}
        remaining = len(wanted) - sum(map(len, written.values()))
        if not (remaining if warehouse.excludes_writers else wanted):
            return files, [file for of_table in files.values() for file in of_table if file in new]
        if warehouse.excludes_writers:
            time.sleep(_TURN_S)
        elif sessions > _ATTEMPTS:
            raise PublicationBusyError(
                f"Runs replace rows of {warehouse.identity} faster than {folder} is written; the "
                "next run, or wan-perf publish, writes what is missing."
            )


def _manifest_before(folder: Path) -> Manifest:
    """The present manifest; without one that this release can read, an empty one.

    Its files are all retired: another release may still read those that are there.
    """
    try:
        return read_manifest(folder)
    except PublishedCopyError:
        now = utc_now()
        return Manifest(now, "", {}, {}, retired=dict.fromkeys(_data_files(folder), now))


def _remove_unknown(folder: Path, known: Manifest) -> None:
    """Remove files of publications that were killed; nobody else writes while we have the lock."""
    for name in _data_files(folder) - known.names - known.retired.keys():
        (folder / name).unlink(missing_ok=True)


def _data_files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.glob("*/*.parquet")}


def _record_earlier_changes(warehouse: Warehouse) -> None:
    """Where an earlier release stored tables and no versions: give them one each."""
    with warehouse.session(read_only=True) as session:
        needed = not warehouse.has_changes(session) and bool(warehouse.stored_columns(session))
    if needed:
        with warehouse.session() as session:
            warehouse.record_earlier_changes(session)
