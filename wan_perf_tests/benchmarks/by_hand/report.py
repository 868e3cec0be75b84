"""The table: each job by each tool, as multiples of a plain scan, and how many figures agree.

Belongs here: the order of the measurements and the lines of the table.
Keep out: what is measured (`measured`), what is computed (`jobs`).
"""

import tempfile
from importlib.util import find_spec
from pathlib import Path

from wan_perf.schema.tables import TABLES
from wan_perf_tests.benchmarks.by_hand.agreement import compare
from wan_perf_tests.benchmarks.by_hand.inputs import fill_inputs, folder_of
from wan_perf_tests.benchmarks.by_hand.jobs import JOBS, Job
from wan_perf_tests.benchmarks.by_hand.measured import (
    Measured,
    computed,
    in_own_process,
    scanned,
    stored,
)
from wan_perf_tests.benchmarks.estate import LOUD, Noise
from wan_perf_tests.benchmarks.measuring import Took

OURS = "in_wan_perf"
BY_HAND = {"in_duckdb": "DuckDB SQL", "in_polars": "polars", "in_pandas": "pandas"}
_NEEDS = {"in_polars": "polars"}
"""Modules of tools that are not always installed."""


def by_hand(circuits: int, noise: Noise = LOUD) -> str:
    """Hours, windows and days of one day by wan_perf and by hand, on the same rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = in_own_process(fill_inputs, circuits, folder, noise)
        lines = [f"by-hand: {circuits:,} circuits, one day, {noise.name}"]
        for job in JOBS.values():
            lines += _lines(job, rows[job.name], folder)
    return "\n".join(lines)


def _lines(job: Job, rows: int, folder: Path) -> list[str]:
    inputs = folder_of(job.name, folder)
    scan = in_own_process(scanned, job.name, inputs)
    ours = folder / f"{job.name}.{OURS}.parquet"
    measured = in_own_process(computed, OURS, job.name, inputs, ours)
    storing = in_own_process(stored, job.name, inputs) - measured.took
    lines = [
        f"{job.name}: {rows:,} rows, a plain scan of them {scan.seconds:.3f} s"
        f" (processors {scan.processor:.3f} s); {len(job.figures)} figures by hand, wan_perf has"
        f" {len(TABLES[job.assets[-1]].columns) - len(job.key)}",
        f"  wan_perf: {_costs(measured, scan)}; {measured.preparing.seconds:.2f} s to make its SQL,"
        f" once a process; storing adds {storing.seconds:.2f} s"
        f" (processors {storing.processor:.2f} s)",
    ]
    for tool, name in BY_HAND.items():
        if tool in _NEEDS and find_spec(_NEEDS[tool]) is None:
            lines.append(f'  {name}: not installed (pip install -e ".[benchmark]")')
            continue
        theirs = folder / f"{job.name}.{tool}.parquet"
        measured = in_own_process(computed, tool, job.name, inputs, theirs)
        lines.append(f"  {name}: {_costs(measured, scan)}; {compare(job, ours, theirs)}")
    return [*lines, f"  what differs: {job.why}"]


def _costs(measured: Measured, scan: Took) -> str:
    clock, processor = measured.took.seconds, measured.took.processor
    memory = f"peak memory {measured.peak} MiB, before {measured.before}"
    return (
        f"{clock:.2f} s = {clock / scan.seconds:.1f} scans (processors {processor:.2f} s ="
        f" {processor / scan.processor:.1f}), {memory if measured.peak else 'memory unknown'}"
    )
