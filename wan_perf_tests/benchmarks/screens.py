"""Server time of the dashboard's pages over Parquet files of a large estate.

Belongs here: an estate in files as they are published, and the time to render each page.
Keep out: what a browser adds (`unit/web/test_browser_pages.py`).
"""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from starlette.testclient import TestClient

from wan_perf.published.collection import Collection
from wan_perf.schema.tables import TABLES
from wan_perf.web import build_app
from wan_perf_tests.support.web.estate import NOW, VIEWS, Estate, view_query

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
_SLICED = {"circuit_hour": "hour", "site_hour": "hour", "circuit_state": "started_at"}


@dataclass
class InFiles:
    """Tables as Parquet files, large ones a file a day, read by an engine in memory."""

    connection: duckdb.DuckDBPyConnection
    names: frozenset[str]
    version: str = "1"
    published_at: datetime = NOW
    collection: Collection = field(default_factory=Collection)

    def has(self, table: str) -> bool:
        """True where the estate has rows of it."""
        return table in self.names

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The rows of a statement."""
        cursor = self.connection.cursor()
        answer = cursor.execute(sql, list(parameters))
        names = [column[0] for column in answer.description or ()]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def in_files(estate: Estate, folder: Path) -> InFiles:
    """The estate's tables as files."""
    reader = duckdb.connect(config={"threads": 2})
    reader.execute("SET TimeZone = 'UTC'; SET parquet_metadata_cache = true")
    made: set[str] = set()
    for name in TABLES:
        if name in VIEWS or not estate.has(name):
            continue
        made.add(name)
        into, by = folder / name, _SLICED.get(name)
        into.mkdir()
        column = f", CAST({by} AS DATE) AS file_day" if by else ""
        slices = ", PARTITION_BY (file_day)" if by else ""
        target = into.as_posix() if by else (into / "all.parquet").as_posix()
        estate.query(f"COPY (SELECT *{column} FROM {name}) TO '{target}' (FORMAT parquet{slices})")
        found = ", ".join(f"'{file.as_posix()}'" for file in sorted(into.rglob("*.parquet")))
        rows = f"read_parquet([{found}], hive_partitioning = false)"
        reader.execute(f"CREATE VIEW {name} AS SELECT * FROM {rows}")
    for name, view in VIEWS.items():
        if set(view.sources) <= made:
            reader.execute(f"CREATE VIEW {name} AS {view_query(name)}")
            made.add(name)
    return InFiles(reader, frozenset(made))


def screens(circuits: int, days: int, months: int) -> str:
    """A line a page: milliseconds of the first time and the median of five, kB sent."""
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
        lines += [_timed(client, published, name, path) for name, path in PAGES.items()]
    return "\n".join(lines)


def _timed(client: TestClient, published: InFiles, name: str, path: str) -> str:
    times, busy = [], []
    for turn in range(6):
        published.version = f"{name} {turn}"  # nothing is answered from memory
        begun, worked = time.perf_counter(), time.process_time()
        answer = client.get(path)
        times.append(1000 * (time.perf_counter() - begun))
        busy.append(1000 * (time.process_time() - worked))
        assert answer.status_code == 200, answer.text[:500]
    sent = int(answer.headers.get("content-length", 0)) / 1000
    then, processor = sorted(times[1:])[2], sorted(busy[1:])[2]
    return (
        f"{name:20} first {times[0]:6.0f} ms   then {then:6.0f} ms, processors {processor:6.0f} ms"
        f"   {sent:5.1f} kB"
    )
