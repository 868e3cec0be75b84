"""What the published copy costs after a live run, and a reader of its new state."""

import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

from wan_perf.definitions import NOW
from wan_perf.published.publisher import publish
from wan_perf.published.reader import open_published
from wan_perf.schema.declaration import Table
from wan_perf.schema.tables import CIRCUIT_HOUR, SITE_HOUR
from wan_perf.warehouse import Window
from wan_perf_tests.benchmarks.circuit_hour import FACTS, WINDOWS
from wan_perf_tests.benchmarks.estate import RAW, START, H, fill
from wan_perf_tests.benchmarks.graph import ASSETS
from wan_perf_tests.benchmarks.hours import know
from wan_perf_tests.benchmarks.measuring import TimedWarehouse, Took, peak_memory, took
from wan_perf_tests.benchmarks.storing import Step

LIVE_RUNS = 3
_NEWEST = (
    "SELECT state, count(*) AS circuits FROM current_state GROUP BY state ORDER BY state",
    "SELECT avg(utilization_pct) AS mean FROM circuit_hour WHERE hour = "
    "(SELECT max(hour) FROM circuit_hour)",
    "SELECT count(*) AS circuits FROM engineering_view",
)


def publish_live(circuits: int) -> str:
    """Publish a day of a fleet, then the two hours and the present state that live runs change."""
    present = tuple(key.to_user_string() for asset in NOW for key in asset.keys)
    ASSETS.update({key.to_user_string(): asset for asset in NOW for key in asset.keys})
    end = START + 24 * H
    live = Window(end - 2 * H, end)
    with tempfile.TemporaryDirectory() as folder:
        warehouse = TimedWarehouse(Path(folder) / "benchmark.duckdb")
        copy = Path(folder) / "published"
        fill(warehouse, circuits, live)
        know(warehouse, circuits, START, live.start)
        _record(warehouse, CIRCUIT_HOUR, SITE_HOUR, *RAW)
        lines = [f"publish: {circuits} circuits, files of hours of one day"]

        def live_run() -> None:
            _record_newest_hour(warehouse, live)
            for name in (*FACTS, *WINDOWS, *present):
                Step(name).store(warehouse, live)

        live_run()
        done = publish(warehouse, copy)
        lines.append(f"  everything: {done.files} files, {done.rows} rows in {done.seconds:.2f} s")
        times: list[Took] = []
        for _ in range(LIVE_RUNS):
            live_run()
            times.append(took(lambda: publish(warehouse, copy)))
        lines += [_line("after a live run", time) for time in times]
        lines.append(_line("with nothing changed", took(lambda: publish(warehouse, copy))))
        lines.append(_line("a reader opens the state", took(lambda: _read(copy, "SELECT 1"))))
        lines += [_line(sql, took(_reading(copy, sql))) for sql in _NEWEST]
        median = statistics.median(time.seconds for time in times)
        lines.append(f"  median after a live run {median:.2f} s; peak memory {peak_memory()}")
    return "\n".join(lines)


def _record(warehouse: TimedWarehouse, *tables: Table) -> None:
    """Record what no store step wrote: rows of synthetic hours and samples."""
    with warehouse.session() as session, warehouse.replacing(session):
        for table in tables:
            warehouse.record_change(session, table, table.name, None)


def _record_newest_hour(warehouse: TimedWarehouse, live: Window) -> None:
    """Record the samples and events of the newest hour, of which a live run stores one poll."""
    newest = Window(live.end - H, live.end)
    with warehouse.session() as session, warehouse.replacing(session):
        for table in RAW:
            warehouse.record_change(session, table, table.name, newest)


def _reading(copy: Path, sql: str) -> Callable[[], object]:
    return lambda: _read(copy, sql)


def _read(copy: Path, sql: str) -> object:
    return open_published(copy).query(sql)


def _line(what: str, time: Took) -> str:
    return f"  {what}: {time.seconds:.2f} s (processors {time.processor:.2f} s)"
