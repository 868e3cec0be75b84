"""Server time of the dashboard's pages over the published copy of a large estate.

Belongs here: an estate in files as runs of a year leave them, and the time to render each page.
Keep out: what a browser adds (`unit/web/test_browser_pages.py`).
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from wan_perf.published.compaction import compact
from wan_perf.published.layout import Versions, missing, published_part
from wan_perf.published.manifest import DataFile, Manifest, write_manifest
from wan_perf.published.reader import Published, open_published
from wan_perf.published.relations import PUBLISHED
from wan_perf.published.running import Run
from wan_perf.published.snapshot import columns_name, copy, file_name, order
from wan_perf.schema.declaration import Table
from wan_perf.warehouse import Window
from wan_perf.warehouse.changes import WHOLE, step
from wan_perf.warehouse.window import where
from wan_perf.web import build_app
from wan_perf_tests.support.web.estate import NOW, Estate

PAGES = {
    "Now": "/",
    "Now, another tab": "/?top=loss",
    "Regions": "/regions",
    "Region": "/region/East",
    "Site": "/site/site-0002",
    "Circuit, 7 days": "/circuit/PRI-0003",
    "Circuit, 31 days": "/circuit/PRI-0003?range=31d",
    "Hour": "/circuit/PRI-0003/hour/2026-03-08T12:00",
    "Why": "/why/circuit_hour/utilization_pct?circuit_id=PRI-0003&hour=2026-03-08T12:00",
    "Circuits, sorted": "/grid/circuits?sort=-loss_avg_pct",
    "Circuits, filtered": "/grid/circuits?provider=comcast&utilization_now_pct=>40",
    "Overview": "/overview",
    "SLE": "/sle",
    "Search": "/search?q=store+12",
}


class InFiles:
    """A published copy whose version is set from outside, as if a run had published again."""

    def __init__(self, copy: Published) -> None:
        self._copy = copy
        self.version = copy.version
        self.published_at = copy.published_at
        self.collection = copy.collection

    def running(self, now: datetime) -> tuple[Run, ...]:
        """The runs that are going on: none."""
        return self._copy.running(now)

    def within(self, table: str, start: datetime, end: datetime) -> str:
        """Its rows of a time, from fewer files."""
        return self._copy.within(table, start, end)

    def newest(self, table: str) -> str:
        """Its newest rows, from fewer files."""
        return self._copy.newest(table)

    def has(self, table: str) -> bool:
        """True where it can be queried."""
        return self._copy.has(table)

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The rows of a statement."""
        return self._copy.query(sql, parameters)


def in_files(estate: Estate, folder: Path) -> InFiles:
    """The estate as a published copy, in the files that the runs of a year leave."""
    files: dict[str, tuple[DataFile, ...]] = {}
    for table in PUBLISHED.values():
        if estate.has(table.name):
            (folder / table.name).mkdir()
            files[table.name] = tuple(_files(estate, table, folder))
    columns = {columns_name(PUBLISHED[name].columns): PUBLISHED[name].columns for name in files}
    write_manifest(folder, Manifest(NOW, "", files, columns))
    compact(folder)
    return InFiles(open_published(folder))


def _files(estate: Estate, table: Table, folder: Path) -> Iterator[DataFile]:
    versions = published_part(table, _versions(estate, table))

    def count(start: datetime, end: datetime) -> int:
        cut = where(table, Window(start, end))
        [row] = estate.query(f"SELECT count(*) AS n FROM {table.name}{cut}")
        return int(row["n"])

    for span in missing(table, versions, (), count):
        name, state = file_name(table, span), versions.state(*span)
        assert state is not None, span
        days = {day: digest for day, digest in versions.days.items() if span[0] <= day < span[1]}
        cut = where(table, Window(*span))
        rows = f"SELECT * FROM {table.name}{cut} ORDER BY {order(table)}"
        estate.query(copy(rows, folder / name, days))
        yield DataFile(name, *span, state, count(*span), columns_name(table.columns))


def _versions(estate: Estate, table: Table) -> Versions:
    """Every day and hour that has rows, each of the same version."""
    if not step(table):
        return Versions({WHOLE: 1}, {})
    units = ("day", "hour") if step(table) == "hour" else ("day",)
    found: list[dict[datetime, int]] = [{}, {}]
    for unit, digests in zip(units, found, strict=False):
        at = f"CAST(date_trunc('{unit}', {table.partition}) AS TIMESTAMP)"
        for row in estate.query(f"SELECT DISTINCT {at} AS at FROM {table.name}"):
            digests[row["at"]] = 1
    return Versions(*found)


def screens(circuits: int, days: int, months: int, again: int = 5) -> str:
    """A line a page: milliseconds of the first time and the median of those after it, kB sent."""
    estate = Estate(sites=circuits // 2, days=days, months=months)
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        published = in_files(estate, Path(folder))
        made = time.perf_counter() - begun
        estate.connection.close()
        client = TestClient(
            build_app(lambda: published, clock=lambda: NOW), base_url="http://localhost"
        )
        lines = [f"{circuits:,} circuits, {days} days, {months} months, made in {made:.0f} s"]
        lines += [_timed(client, published, name, path, again) for name, path in PAGES.items()]
    return "\n".join(lines)


def _timed(client: TestClient, published: InFiles, name: str, path: str, again: int) -> str:
    times, busy = [], []
    for turn in range(1 + again):
        published.version = f"{name} {turn}"  # nothing is answered from memory
        begun, worked = time.perf_counter(), time.process_time()
        answer = client.get(path)
        times.append(1000 * (time.perf_counter() - begun))
        busy.append(1000 * (time.process_time() - worked))
        assert answer.status_code == 200, answer.text[:500]
    sent = int(answer.headers.get("content-length", 0)) / 1000
    then, processor = sorted(times[1:])[again // 2], sorted(busy[1:])[again // 2]
    return (
        f"{name:20} first {times[0]:6.0f} ms   then {then:6.0f} ms, processors {processor:6.0f} ms"
        f"   {sent:5.1f} kB"
    )
