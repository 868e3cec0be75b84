"""What a month of a fleet costs, from raw samples to months, all stored."""

import tempfile
from pathlib import Path

from wan_perf.schema.periods import MONTH, WEEK
from wan_perf.warehouse import Window
from wan_perf_tests.benchmarks.circuit_hour import EVENTS, FACTS, WINDOWS
from wan_perf_tests.benchmarks.estate import RAW, START, H, Noise, furnish, write_raw
from wan_perf_tests.benchmarks.graph import months_after
from wan_perf_tests.benchmarks.measuring import TimedWarehouse, Took, peak_memory, scan, took
from wan_perf_tests.benchmarks.stored import disk_usage_of
from wan_perf_tests.benchmarks.storing import Step, in_all

DAYS = ("circuit_day", "circuit_histogram", "circuit_trading_day", "site_trading_day")
PLACES = ("site", "region")
FIRST = MONTH.begun(START)
A_DAY = 24 * H
OF_A_DAY = (*FACTS, *WINDOWS, *EVENTS, *DAYS, *(f"{place}_day" for place in PLACES))
OF_LONGER = (
    *("circuit_week", "site_week", "region_week"),
    *("circuit_month_histogram", "circuit_month", "site_month", "region_month"),
    *("circuit_13_month", "site_13_month", "region_13_month"),
)


def month(circuits: int, days: int, noise: Noise, with_windows: int) -> str:
    """Store days one by one, each from its own raw rows, then the longer periods.

    Trailing windows are stored for the last `with_windows` days, as automation fills them.

    The raw rows of a day are made before it and thrown away after it, outside of the clock, and
    scanned once beside it.
    """
    steps = {name: Step(name) for name in OF_A_DAY}
    end, raw, scanned = FIRST + days * A_DAY, 0, Took()
    with tempfile.TemporaryDirectory() as folder:
        warehouse = TimedWarehouse(Path(folder) / "benchmark.duckdb")
        furnish(warehouse, circuits, Window(FIRST, end))
        for nth in range(days):
            day = Window(FIRST + nth * A_DAY, FIRST + (nth + 1) * A_DAY)
            raw += write_raw(warehouse, circuits, day, noise)
            scanned += took(lambda: scan(warehouse, RAW))
            for name in OF_A_DAY:
                if name not in WINDOWS or nth >= days - with_windows:
                    steps[name].store(warehouse, day)
        ends = {
            "week": Window(WEEK.begun(FIRST), WEEK.begun(end - H) + 7 * A_DAY),
            "month": Window(FIRST, months_after(end - H, 1)),
        }
        for name in OF_LONGER:
            steps[name] = Step(name)
            steps[name].store(warehouse, ends["week" if name.endswith("week") else "month"])
        write_raw(warehouse, 0, Window(FIRST, FIRST))
        storage = disk_usage_of(warehouse)
    every = list(steps.values())
    hours = circuits * days * 24
    return "\n".join(
        [
            f"month, {noise.name}: {circuits} circuits x {days} days, windows of"
            f" {min(days, with_windows)}, {raw} raw rows, a plain scan of them"
            f" {scanned.seconds:.2f} s (processors {scanned.processor:.2f} s)",
            *(step.summary(scanned) for step in every),
            f"  in all: {in_all(every, scanned)};"
            f" {hours / sum(step.working.seconds for step in every):.0f} circuit-hours/s;"
            f" peak memory {peak_memory()}",
            storage,
        ]
    )
