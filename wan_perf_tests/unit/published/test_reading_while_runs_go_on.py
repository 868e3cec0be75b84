"""Readers in a loop beside a backfill and live runs: no read fails or is mixed, no run waits."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from wan_perf.published.publisher import publish
from wan_perf.warehouse import DuckDBWarehouse
from wan_perf_tests.support.published import processes
from wan_perf_tests.support.warehouse.processes import PROCESSES

PHASE_S = 3.0
"""How long live runs go on alone, beside readers, and beside readers and a backfill. [s]"""
READERS = ("wan_perf", "tables.sql")


@contextmanager
def running(results: list[Any], target: Any, *arguments: object) -> Iterator[None]:
    """A process for as long as the context; what it sends as it stops is added to the results."""
    here, there = PROCESSES.Pipe()
    stop = PROCESSES.Event()
    process = PROCESSES.Process(target=target, args=(*arguments, stop, there))
    process.start()
    there.close()
    try:
        assert here.recv() == processes.READY
        yield
    finally:
        stop.set()
        if here.poll(120):
            results.append(here.recv())
        process.join(timeout=60)
        process.kill()


@pytest.mark.proof
def test_readers_see_whole_states_only_and_delay_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name, value in processes.AS_LARGE_TABLES:
        monkeypatch.setattr(module, name, value)
    path, folder = tmp_path / "w.duckdb", tmp_path / "published"
    warehouse = DuckDBWarehouse(path)
    processes.store_run(warehouse, 0, processes.CHUNK_H, 1)
    processes.store_run(warehouse, processes.CHUNK_H, processes.LIVE_H, 1)
    publish(warehouse, folder)
    chunks: list[Any] = []
    reads: list[Any] = []
    alone_s = live_runs(warehouse, folder, 2)
    with (
        running(reads, processes.watch, folder, READERS[0]),
        running(reads, processes.watch, folder, READERS[1]),
    ):
        beside_s = live_runs(warehouse, folder, 2 + len(alone_s))
        with running(chunks, processes.backfill, path, folder):
            last_s = live_runs(warehouse, folder, 2 + len(alone_s) + len(beside_s))
    alone, beside, last = map(statistics.median, (alone_s, beside_s, last_s))
    print(  # noqa: T201 - the measured figures
        f"live runs, median: {alone:.2f} s alone, {beside:.2f} s beside two readers, {last:.2f} s "
        f"beside readers and a backfill; its chunks, merged files: {chunks[0]}; "
        f"reads, states, slowest read [s]: {[read[:3] for read in reads]}"
    )
    assert isinstance(chunks[0], tuple), chunks[0]
    assert chunks[0][1] > 0
    assert [read[3] for read in reads] == [[], []]
    assert all(states >= 2 for _, states, *_ in reads)
    # Two readers in a loop take a share of two cores, and nothing else.
    assert beside < 4 * alone + 1


def live_runs(warehouse: DuckDBWarehouse, folder: Path, number: int) -> list[float]:
    """Seconds that it takes each time to store two hours of two tables and to publish them."""
    took_s = list[float]()
    end = time.monotonic() + PHASE_S
    while time.monotonic() < end:
        began = time.monotonic()
        processes.store_run(warehouse, processes.CHUNK_H, processes.LIVE_H, number + len(took_s))
        publish(warehouse, folder)
        took_s.append(time.monotonic() - began)
    return took_s


@pytest.mark.parametrize(
    ("live", "wrong"),
    [
        ((1, 5, 5, 5, 5, 80, 2), []),
        ((1, 6, 6, 5, 5, 80, 2), []),
        ((1, 5, 6, 5, 5, 80, 2), ["mixed: 1 [5, 6, 5, 5]"]),
        ((1, 5, 5, 6, 6, 80, 2), ["mixed: 1 [5, 5, 6, 6]"]),
        ((1, 4, 4, 4, 4, 80, 2), ["older: 1 [5, 5, 5, 5], then [4, 4, 4, 4]"]),
        ((1, 5, 5, 5, 5, 40, 2), ["incomplete: 1 40 circuit-hours, 2 site-hours"]),
    ],
)
def test_what_counts_as_a_mixture(live: tuple[int, ...], wrong: list[str]) -> None:
    before = (1, 5, 5, 5, 5, 80, 2)
    assert processes.mixture([live], [before]) == wrong
