"""What new hours cost, from raw to facts, events and windows, stored as the graph stores them."""

import tempfile
from pathlib import Path

from wan_perf.warehouse import Window
from wan_perf_tests.benchmarks.estate import RAW, START, H, fill
from wan_perf_tests.benchmarks.hours import know
from wan_perf_tests.benchmarks.measuring import TimedWarehouse, peak_memory, scan, took
from wan_perf_tests.benchmarks.storing import Step, in_all

FACTS = ("circuit_poll", "circuit_state", "circuit_hour", "site_hour")
WINDOWS = ("circuit_window", "site_window", "region_window")
EVENTS = ("failover_piece", "threshold_piece")


def circuit_hour(circuits: int, hours: int) -> str:
    """Store every step twice, since the first time also loads code, and report the second.

    The hours before, which windows and days read, are synthetic.
    """
    window = Window(START, START + hours * H)
    # The hour after, with which the last failovers end, is not there yet.
    days = Window(START, START + -(-hours // 24) * 24 * H)
    with tempfile.TemporaryDirectory() as folder:
        warehouse = TimedWarehouse(Path(folder) / "benchmark.duckdb")
        raw = fill(warehouse, circuits, window)
        know(warehouse, circuits, START - 24 * H, START)
        scans = [took(lambda: scan(warehouse, RAW)) for _ in range(3)]
        scanned = min(scans, key=lambda each: each.seconds)
        steps = []
        for name in (*FACTS, *WINDOWS, *EVENTS):
            of = days if name in EVENTS else window
            Step(name).store(warehouse, of)
            steps.append(Step(name))
            steps[-1].store(warehouse, of)
    working = sum(step.working.seconds for step in steps)
    return "\n".join(
        [
            f"circuit-hour: {circuits} circuits x {hours} h, {raw} raw rows,"
            f" a plain scan of them {scanned.seconds:.3f} s",
            *(step.summary(scanned) for step in steps),
            f"  in all: {in_all(steps, scanned)}; {circuits * hours / working:.0f} circuit-hours/s;"
            f" peak memory {peak_memory()}",
        ]
    )
