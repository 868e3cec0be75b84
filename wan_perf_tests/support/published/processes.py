"""Processes beside a published copy: killed, on a full disk, a backfill, readers."""

import os
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb

from wan_perf.errors import WanPerfError
from wan_perf.published import layout, publisher, replacement, snapshot
from wan_perf.published.access import SQL
from wan_perf.published.compaction import compact
from wan_perf.published.reader import open_published
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import CIRCUIT_HOUR, SITE_HOUR
from wan_perf.warehouse import DuckDBWarehouse
from wan_perf_tests.support.warehouse.rows import GOOD_HOUR, H5, HOUR, window

DIED = 9
READY = "ready"
"""What a process that works until it is stopped sends once it does."""
CIRCUITS = 40
CHUNK_H = 168
LIVE_H = 2
AS_LARGE_TABLES = (
    (layout, "FEW_ROWS", 0),
    (publisher, "SESSION_S", 0.5),
    (publisher, "_TURN_S", 0.1),
    (layout, "FRESH", timedelta(days=4)),
)
"""With these settings few rows are published as those of a large table, in several sessions, and
each chunk leaves days of hours to be merged."""
_GOOD_SITE = {
    **dict.fromkeys(("dark_minutes", "unreachable_minutes", "unknown_minutes"), 0.0),
    "site_id": "s1",
    "circuit_count": CIRCUITS,
    "up_minutes": 60.0,
    "redundancy_lost_minutes": 0.0,
}
_LIVE_FROM = H5 + CHUNK_H * HOUR
READ = f"""
    SELECT is_live::INT, c.least, c.most, s.least AS s_least, s.most AS s_most,
           c.row_count, s.row_count AS s_row_count
    FROM (SELECT hour >= TIMESTAMP '{_LIVE_FROM}' AS is_live, min(flap_count) AS least,
                 max(flap_count) AS most, count(*) AS row_count
          FROM circuit_hour GROUP BY is_live) AS c
    JOIN (SELECT hour >= TIMESTAMP '{_LIVE_FROM}' AS is_live, min(flap_count) AS least,
                 max(flap_count) AS most, count(*) AS row_count
          FROM site_hour GROUP BY is_live) AS s USING (is_live)
    ORDER BY 1
"""
"""Least and greatest number of a run in circuit-hours and site-hours, of chunk and live runs, and
how many of either there are."""
_NOTHING = [(0, 0, 0, 0, 0, 0, 0), (1, 0, 0, 0, 0, 0, 0)]


def die(warehouse: Path, folder: Path, moment: str) -> None:
    """Publish, and end without any cleaning up: after the first file, or before the manifest."""

    def end(*_: object) -> None:
        os._exit(DIED)

    if moment == "after a file":
        snapshot.persist = end
    else:
        replacement.write_manifest = end
    publisher.publish(DuckDBWarehouse(warehouse), folder)


def fill(warehouse: Path, folder: Path, answer: Any) -> None:
    """Publish where no file may grow beyond 2 kB; send the sentence with which it ends."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))
    message = ""
    try:
        publisher.publish(DuckDBWarehouse(warehouse), folder)
    except WanPerfError as error:
        message = f"{type(error).__name__}: {error}"
    answer.send(message)


def store_run(warehouse: DuckDBWarehouse, first: int, hours: int, number: int) -> None:
    """Store hours of both tables, one after the other; each row has the number of its run."""
    at = [H5 + (first + n) * HOUR for n in range(hours)]
    circuits = [
        {**GOOD_HOUR, "hour": hour, "circuit_id": f"c{c}", "flap_count": number}
        for hour in at
        for c in range(CIRCUITS)
    ]
    sites = [{**_GOOD_SITE, "hour": hour, "flap_count": number} for hour in at]
    cut = window(H5 + first * HOUR, hours)
    warehouse.store(CIRCUIT_HOUR, conform(circuits, CIRCUIT_HOUR), cut)
    warehouse.store(SITE_HOUR, conform(sites, SITE_HOUR), cut)


def backfill(path: Path, folder: Path, stop: Any, answer: Any) -> None:
    """Store and publish a chunk again and again; send how often, and how many files were merged.

    What fails is sent instead.
    """
    for module, name, value in AS_LARGE_TABLES:
        setattr(module, name, value)
    warehouse, number, merged = DuckDBWarehouse(path), 1, 0
    answer.send(READY)
    try:
        while not stop.is_set():
            number += 1
            store_run(warehouse, 0, CHUNK_H, number)
            publisher.publish(warehouse, folder)
            merged += compact(folder)
    except Exception as error:  # any failure is one of the proof
        answer.send(f"{type(error).__name__}: {error}")
    else:
        answer.send((number - 1, merged))


def watch(folder: Path, way: str, stop: Any, answer: Any) -> None:
    """Read until it is to stop; send reads, states, the slowest read [s] and what was wrong."""
    reads, wrong, slowest_s = 0, list[str](), 0.0
    states = [_NOTHING]
    while not stop.is_set():
        began = time.monotonic()
        try:
            rows = _rows_by(way, folder)
        except Exception as error:  # any failure of a read is what is looked for
            wrong.append(f"{type(error).__name__}: {error}")
        else:
            found = mixture(rows, states[-1])
            wrong += found
            if not found and rows != states[-1]:
                states.append(rows)
        if not reads:
            answer.send(READY)
        reads += 1
        slowest_s = max(slowest_s, time.monotonic() - began)
    answer.send((reads, len(states) - 1, slowest_s, wrong[:3]))


def _rows_by(way: str, folder: Path) -> list[tuple[int, ...]]:
    if way == "wan_perf":
        return [tuple(row.values()) for row in open_published(folder).query(READ)]
    with duckdb.connect() as connection:
        connection.execute((folder / SQL).read_text(encoding="utf-8"))
        return connection.execute(READ).fetchall()


def mixture(rows: list[tuple[int, ...]], before: list[tuple[int, ...]]) -> list[str]:
    """What of a read cannot be one state of the warehouse, or is older than the read before.

    A run replaces its circuit-hours in one transaction, then its site-hours in another one.
    """
    if len(rows) != len(before):
        return [f"incomplete: {rows}"]
    wrong = []
    for (part, *numbers, circuits, sites), (_, *earlier, _, _) in zip(rows, before, strict=True):
        c_least, c_most, s_least, s_most = numbers
        hours = LIVE_H if part else CHUNK_H
        if (circuits, sites) != (hours * CIRCUITS, hours):
            wrong.append(f"incomplete: {part} {circuits} circuit-hours, {sites} site-hours")
        if c_least != c_most or s_least != s_most or c_most - s_most not in (0, 1):
            wrong.append(f"mixed: {part} {numbers}")
        if any(new < old for new, old in zip(numbers, earlier, strict=True)):
            wrong.append(f"older: {part} {earlier}, then {numbers}")
    return wrong
