"""What the calendar of circuits costs over a year, from hours, and again from days."""

import tempfile
from pathlib import Path

from wan_perf.schema.periods import WEEK
from wan_perf.warehouse import Window
from wan_perf_tests.benchmarks.estate import furnish
from wan_perf_tests.benchmarks.graph import months_after
from wan_perf_tests.benchmarks.hours import COLUMNS, know
from wan_perf_tests.benchmarks.measuring import TimedWarehouse, peak_memory, took
from wan_perf_tests.benchmarks.month import A_DAY, FIRST
from wan_perf_tests.benchmarks.stored import disk_usage_of
from wan_perf_tests.benchmarks.storing import Step, in_all

DAYS = ("threshold_piece", "circuit_histogram", "circuit_day")
LONGER = ("circuit_week", "circuit_month_histogram", "circuit_month", "circuit_13_month")


def calendar(circuits: int, months: int, chunk: int) -> str:
    """Store days in chunks of so many, then the longer periods, then these again from the days."""
    first = FIRST
    end = months_after(first, months)
    of_days, longer, again = ([Step(name) for name in names] for names in (DAYS, LONGER, LONGER))
    with tempfile.TemporaryDirectory() as folder:
        warehouse = TimedWarehouse(Path(folder) / "benchmark.duckdb")
        furnish(warehouse, circuits, Window(first, first))
        chunks = [
            Window(start, min(start + chunk * A_DAY, end))
            for start in (first + n * A_DAY for n in range(0, (end - first).days, chunk))
        ]
        hours = sum(know(warehouse, circuits, each.start, each.end) for each in chunks)
        scanned = took(lambda: _scan(warehouse))
        for each in chunks:
            for step in of_days:
                step.store(warehouse, each)
        weeks = Window(WEEK.begun(first), WEEK.begun(end - A_DAY) + 7 * A_DAY)
        for steps in (longer, again):
            for step in steps:
                step.store(warehouse, weeks if step.name == "circuit_week" else Window(first, end))
        disk_usage = disk_usage_of(warehouse)
    from_hours = [*of_days, *longer]
    return "\n".join(
        [
            f"calendar: {circuits} circuits x {months} months, {hours} circuit-hours,"
            f" a plain scan of the {len(COLUMNS)} columns that rollups read"
            f" {scanned.seconds:.2f} s (processors {scanned.processor:.2f} s)",
            *(step.summary(scanned) for step in from_hours),
            f"  in all from hours, {chunk} days at a time: {in_all(from_hours, scanned)}",
            *(step.summary(scanned) for step in again),
            f"  again from days: {in_all(again, scanned)}; peak memory {peak_memory()}",
            disk_usage,
        ]
    )


def _scan(warehouse: TimedWarehouse) -> None:
    with warehouse.session() as session:
        session.run(f"SELECT sum(hash(COLUMNS({list(COLUMNS)})) % 1024) FROM circuit_hour")
