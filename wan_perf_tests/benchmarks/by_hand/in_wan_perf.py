"""wan_perf's own expressions, as the graph makes them: computed in memory, and stored.

Belongs here: the SQL of a job's assets, run without the store step, and with it.
Keep out: what the assets compute (`wan_perf.kpi`), which clock counts (`measured`).
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from wan_perf.warehouse import DuckDBWarehouse
from wan_perf_tests.benchmarks.by_hand.in_duckdb import Result, rows_of_statements
from wan_perf_tests.benchmarks.by_hand.jobs import DAY, JOBS, WAREHOUSE
from wan_perf_tests.benchmarks.graph import rows_of
from wan_perf_tests.benchmarks.measuring import TimedWarehouse, Took
from wan_perf_tests.benchmarks.storing import Step


def prepared(job: str, folder: Path) -> Callable[[], Result]:
    """The job's SQL, ready to run: each asset reads the stored rows of those before it."""
    warehouse = DuckDBWarehouse(folder / WAREHOUSE)
    statements = [warehouse.sql(rows_of(warehouse, name, DAY)[1]) for name in JOBS[job].assets]
    return partial(rows_of_statements, folder, job, statements)


def stored(job: str, folder: Path) -> Took:
    """How long the store steps take: computed, staged, checked, replaced; without making SQL."""
    warehouse = TimedWarehouse(folder / WAREHOUSE)
    steps = [Step(name) for name in JOBS[job].assets]
    for step in steps:
        step.store(warehouse, DAY)
    return sum((step.working for step in steps), Took())
