"""What new hours cost, from raw to facts and events, stored as the graph stores them."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import ibis.expr.types as ir

from wan_perf.declaration import Table
from wan_perf.kpi.circuit_hours import circuit_hours
from wan_perf.kpi.circuit_states import circuit_states
from wan_perf.kpi.failovers import failover_pieces
from wan_perf.kpi.polls import circuit_polls
from wan_perf.kpi.site_hours import site_hours
from wan_perf.kpi.threshold_runs import threshold_pieces
from wan_perf.tables import (
    CIRCUIT_HOUR,
    CIRCUIT_POLL,
    CIRCUIT_PORT,
    CIRCUIT_STATE,
    FAILOVER_PIECE,
    RAW_GATEWAY_EVENT,
    RAW_PATH_SAMPLE,
    RAW_PORT_SAMPLE,
    SITE_HOUR,
    THRESHOLD_PIECE,
)
from wan_perf.warehouse import Window
from wan_perf_tests.benchmark.estate import RAW, START, H, fill
from wan_perf_tests.benchmark.measuring import TimedWarehouse, peak_memory, scan, seconds
from wan_perf_tests.kpi.engine import FACT_SOURCES, STATE_SOURCES

A_DAY = timedelta(days=1)
_FAILOVER_SOURCES = (*(CIRCUIT_STATE, CIRCUIT_HOUR, RAW_PORT_SAMPLE, CIRCUIT_POLL, CIRCUIT_PORT),)
Reach = Mapping[Table, Window]


def steps(warehouse: TimedWarehouse, window: Window) -> Iterator[tuple[str, Callable[[], int]]]:
    """What the graph stores of new hours, in its order; flaps and whole episodes are views."""
    day_end = window.start + -(-(window.end - window.start) // A_DAY) * A_DAY
    days, around = Window(window.start, day_end), Window(window.start - A_DAY, day_end + H)
    samples = Window(window.start - H, window.end + H)
    events = Window(window.start - A_DAY, window.end + H)
    near = dict.fromkeys((RAW_PORT_SAMPLE, RAW_PATH_SAMPLE, CIRCUIT_POLL), samples)
    near[RAW_GATEWAY_EVENT] = events
    own = {CIRCUIT_STATE: window, CIRCUIT_HOUR: window}
    nearer = near | own | {RAW_GATEWAY_EVENT: samples}
    wide = near | {CIRCUIT_STATE: around, CIRCUIT_HOUR: around}

    def step(
        table: Table,
        rows: Callable[..., ir.Table],
        sources: Sequence[Table],
        reach: Reach,
        slice_: Window,
    ) -> Callable[[], int]:
        expression = rows(*(warehouse.lazy(source, reach.get(source)) for source in sources))
        return lambda: warehouse.store(table, expression, slice_).rows

    facts = (CIRCUIT_STATE, CIRCUIT_HOUR)
    paths = {RAW_PATH_SAMPLE: Window(window.start - H, window.end)}
    yield "polls", step(CIRCUIT_POLL, circuit_polls, (RAW_PATH_SAMPLE, CIRCUIT_PORT), paths, window)
    yield "states", step(CIRCUIT_STATE, circuit_states, STATE_SOURCES, near, window)
    yield "circuit-hours", step(CIRCUIT_HOUR, circuit_hours, FACT_SOURCES, nearer, window)
    yield "site-hours", step(SITE_HOUR, site_hours, facts, own, window)
    yield "failovers", step(FAILOVER_PIECE, failover_pieces, _FAILOVER_SOURCES, wide, days)
    yield "runs", step(THRESHOLD_PIECE, threshold_pieces, (CIRCUIT_HOUR,), own, days)


def circuit_hour(circuits: int, hours: int) -> str:
    """Store every step twice, since the first time also loads code, and tell of the second.

    Time in the warehouse is all of a step but the making of its SQL, which does not grow with the
    rows.
    """
    window = Window(START, START + hours * H)
    with tempfile.TemporaryDirectory() as folder:
        warehouse = TimedWarehouse(Path(folder) / "benchmark.duckdb")
        raw = fill(warehouse, circuits, window)
        scanned = min(seconds(lambda: scan(warehouse, RAW)) for _ in range(3))
        lines, working, compiling = [], 0.0, 0.0
        for name, step in steps(warehouse, window):
            rows = step()
            warehouse.compiling.clear()
            took = seconds(step)
            made = sum(warehouse.compiling)
            working, compiling = working + took - made, compiling + made
            lines.append(
                f"  {name}: {rows} rows, {took - made:.2f} s in the warehouse"
                f" = {(took - made) / scanned:.1f} scans, {made:.2f} s to make its SQL"
            )
    return "\n".join(
        [
            f"circuit-hour: {circuits} circuits x {hours} h, {raw} raw rows,"
            f" a plain scan of them {scanned:.3f} s",
            *lines,
            f"  in all: {working:.2f} s in the warehouse = {working / scanned:.1f} scans,"
            f" {circuits * hours / working:.0f} circuit-hours/s; {compiling:.2f} s to make SQL;"
            f" peak memory {peak_memory()}",
        ]
    )
