"""What new hours cost in a steady state: a full day of real samples is stored before them.

Belongs here: the same steps over a loud and a realistic estate.
Keep out: the synthetic samples (`estate`), what a step is (`storing`).
"""

import tempfile
from pathlib import Path

from wan_perf.warehouse import Window
from wan_perf_tests.benchmarks.circuit_hour import EVENTS, FACTS, WINDOWS
from wan_perf_tests.benchmarks.estate import LOUD, RAW, REALISTIC, START, H, Noise, fill
from wan_perf_tests.benchmarks.measuring import TimedWarehouse, peak_memory, scan, took
from wan_perf_tests.benchmarks.storing import Step, in_all


def steady(circuits: int, hours: int) -> str:
    """Facts, windows and events of the hours, stored in both estates."""
    return "\n".join(_steady(circuits, hours, noise) for noise in (LOUD, REALISTIC))


def _steady(circuits: int, hours: int, noise: Noise) -> str:
    """Store the day before the hours, then time the hours.

    The last hour before them is stored in every table, since a first time also loads code.
    """
    window = Window(START, START + hours * H)
    days = Window(START, START + -(-hours // 24) * 24 * H)
    with tempfile.TemporaryDirectory() as folder:
        warehouse = TimedWarehouse(Path(folder) / "benchmark.duckdb")
        raw = fill(warehouse, circuits, Window(START - 24 * H, window.end), noise)
        scanned = took(lambda: scan(warehouse, RAW))
        for name in FACTS:
            Step(name).store(warehouse, Window(START - 24 * H, START))
        for name in (*WINDOWS, *EVENTS):
            day_before = Window(START - 24 * H, START)
            Step(name).store(warehouse, day_before if name in EVENTS else Window(START - H, START))
        steps = [Step(name) for name in (*FACTS, *WINDOWS, *EVENTS)]
        for step in steps:
            step.store(warehouse, days if step.name in EVENTS else window)
    return "\n".join(
        [
            f"steady, {noise.name}: {circuits} circuits x {hours} h after a day of samples, {raw}"
            f" raw rows, a plain scan of them {scanned.seconds:.3f} s"
            f" (processors {scanned.processor:.3f} s)",
            *(step.summary(scanned) for step in steps),
            f"  in all: {in_all(steps, scanned)}; peak memory {peak_memory()}",
        ]
    )
