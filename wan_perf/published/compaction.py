"""Merging files of time that is over: hours to days, days to months. The state stays the same.

Belongs here: which files are merged, and replacing them in the manifest.
Keep out: reading the warehouse: rows come from the files, so that no run waits for a merge.

A merge runs beside publications and takes their lock only to replace the manifest; where one of
its files left the manifest meanwhile, the merged file is discarded.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby, islice
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from wan_perf.published.errors import PublicationBusyError
from wan_perf.published.layout import FRESH, MONTH_RESTS, Span, day_of, month_of, state_of
from wan_perf.published.manifest import DataFile, Manifest, read_manifest
from wan_perf.published.relations import PUBLISHED, rows
from wan_perf.published.replacement import failures_of, manifest_lock, replace_manifest, utc_now
from wan_perf.published.snapshot import (
    columns_name,
    copy,
    day_states_query,
    file_name,
    order,
    parsed_day_states,
    persist,
)
from wan_perf.schema.declaration import Table
from wan_perf.warehouse.changes import MODULUS, step

MANY_FILES = 8
"""A month with late changes is merged again once it has so many files."""
BLOCK = timedelta(hours=6)
"""Files of hours become one of so many first: a query opens each file of its tables, and a day and
a half would have most of them."""
BLOCK_RESTS = timedelta(hours=3)
"""From its end to the newest hour: the first live run of an hour stores the four hours before it
again (`mist.collect.cadence`), that of the next hour none of the block."""
_LOCK = "compaction.lock"
_DRAFTS = "*/*.merging"
_DAY = timedelta(days=1)

Merge = tuple[Table, Span, tuple[DataFile, ...]]


def compact(
    folder: Path,
    *,
    later: timedelta = timedelta(0),
    most: int | None = None,
    patience_s: float = 60,
) -> int:
    """Merge what is over; the number of merged files that were written.

    Args:
        folder: The published copy.
        later: Leave days and months that are over for less than this beyond the usual rest.
        most: Write so many files at most; later runs merge the rest.
        patience_s: How long to wait for a publication before replacing the manifest; what it takes
            longer for is merged by a later run. [s]

    Raises:
        PublicationError: a merged file cannot be written, such as on a full disk.
        PublishedCopyError: there is no copy that can be read.
    """
    merged = 0
    with (
        suppress(Timeout, PublicationBusyError),  # another process merges or publishes
        failures_of(folder),
        FileLock(folder / _LOCK, timeout=0),
    ):
        for leftover in folder.glob(_DRAFTS):
            leftover.unlink(missing_ok=True)
        manifest = read_manifest(folder)
        for merge in islice(merges(manifest, later), most):
            merged += _merge_files(folder, manifest, merge, patience_s)
    return merged


def merges(manifest: Manifest, later: timedelta = timedelta(0)) -> Iterator[Merge]:
    """The files of the state that belong into one, by table and range."""
    for name, files in manifest.files.items():
        table = PUBLISHED.get(name)
        if table is not None and step(table) and files:
            newest = max(day_of(file.start) for file in files) - later
            months = list(_months(table, files, newest))
            yield from months
            merged = {file for _, _, group in months for file in group}
            yield from _days(table, tuple(f for f in files if f not in merged), newest)


def _months(table: Table, files: tuple[DataFile, ...], newest: datetime) -> Iterator[Merge]:
    if table.published_days is None:
        for span, group in _group_by_span(files, lambda file: month_of(file.start)):
            if span[1] + MONTH_RESTS <= newest and _is_worth_it(group):
                yield table, span, group


def _days(table: Table, files: tuple[DataFile, ...], newest: datetime) -> Iterator[Merge]:
    """Whole days of the files of hours, and blocks of the newest days."""
    hours = tuple(file for file in files if file.end - file.start < _DAY)
    for span, group in _group_by_span(hours, lambda file: _span_of_day(file.start)):
        if span[0] >= newest - FRESH:
            yield from _blocks(table, group, max(file.start for file in files))
        elif len(group) > 1:
            yield table, span, group


def _blocks(table: Table, hours: tuple[DataFile, ...], newest: datetime) -> Iterator[Merge]:
    for span, group in _group_by_span(hours, lambda file: _span_of_block(file.start)):
        if len(group) > 1 and span[1] + BLOCK_RESTS <= newest:
            yield table, span, group


def _is_worth_it(group: tuple[DataFile, ...]) -> bool:
    again = any(file.superseded for file in group)
    return len(group) > (MANY_FILES if again else 1)


def _span_of_day(at: datetime) -> Span:
    return day_of(at), day_of(at) + _DAY


def _span_of_block(at: datetime) -> Span:
    start = day_of(at) + (at - day_of(at)) // BLOCK * BLOCK
    return start, start + BLOCK


def _group_by_span(
    files: tuple[DataFile, ...], by: Callable[[DataFile], Span]
) -> Iterator[tuple[Span, tuple[DataFile, ...]]]:
    for span, group in groupby(sorted(files, key=lambda file: file.start), key=by):
        yield span, tuple(group)


def _merge_files(folder: Path, manifest: Manifest, merge: Merge, patience_s: float) -> bool:
    """Write one merged file and replace its parts by it; False where they changed meanwhile."""
    table, span, parts = merge
    name = file_name(table, span)
    draft = folder / f"{name}.merging"
    try:
        days = day_states(folder, parts)
        count = _write(folder, manifest, merge, draft, days)
        listed = columns_name(table.columns)
        new = DataFile(name, *span, state_of(days.values()), count, listed)
        with manifest_lock(folder, patience_s):
            before = read_manifest(folder)
            now = before.files.get(table.name, ())
            if not set(parts) <= set(now):
                return False
            draft.replace(folder / name)
            files = tuple(sorted({*now, new} - set(parts), key=lambda file: file.start))
            after = replace(
                before,
                files={**before.files, table.name: files},
                columns={**before.columns, listed: table.columns},
            )
            replace_manifest(folder, before, after, utc_now())
    finally:
        draft.unlink(missing_ok=True)
    return True


def _write(
    folder: Path, manifest: Manifest, merge: Merge, draft: Path, days: dict[datetime, int]
) -> int:
    """Write the rows of the parts, sorted, to a draft; how many there are."""
    table, _, parts = merge
    only_parts = replace(manifest, files={table.name: parts})
    query = f"SELECT * FROM ({rows(folder, only_parts, table)}) ORDER BY {order(table)}"  # noqa: S608
    with duckdb.connect(config={"temp_directory": str(folder / "merging.tmp")}) as engine:
        engine.execute("SET TimeZone = 'UTC'")
        [[count]] = engine.execute(copy(query, draft, days)).fetchall()
    persist(draft)
    return int(count)


def day_states(folder: Path, parts: tuple[DataFile, ...]) -> dict[datetime, int]:
    """Digests of the days of which the parts have rows."""
    found: dict[datetime, int] = {}
    with duckdb.connect() as engine:
        for file in parts:
            if file.end - file.start > _DAY:
                rows_of = engine.execute(day_states_query(folder / file.name)).fetchall()
                states = parsed_day_states(rows_of)
            else:
                states = {day_of(file.start): int(file.state, 16)}
            for day in states.keys() - set(file.superseded):
                found[day] = (found.get(day, 0) + states[day]) % MODULUS
    return found
