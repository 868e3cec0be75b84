"""One job by one tool, in a process of its own: time, memory, rows.

Belongs here: what is on the clock and what is not.
Keep out: which jobs and tools there are, and what the figures are compared with.

On the clock: reading the stored rows, computing, the result in memory. Not on it: imports, making
wan_perf's SQL, writing the result to a file. The first time loads code and does not count; of the
others, at most three, the fastest does. Memory is the highest of the process, beside what it was
before the work.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from wan_perf_tests.benchmarks.by_hand.jobs import JOBS, WAREHOUSE
from wan_perf_tests.benchmarks.measuring import Took, now, peak_mebibytes, took

_MOST_TIMES = 3
_ENOUGH_S = 20
"""No further time after so many seconds in all."""


@dataclass(frozen=True)
class Measured:
    """What a job took.

    Attributes:
        took: Both clocks, of the fastest time.
        preparing: Both clocks of what is done once a process: making SQL.
        before: Memory of the process before the work [MiB]; None where the system has no figure.
        peak: Its highest memory [MiB].
    """

    took: Took
    preparing: Took
    before: int | None
    peak: int | None


def in_own_process(work: Callable[..., Any], *given: object) -> Any:
    """What the function returns, run in a new process that ends with it."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(work, *given).result()


def computed(tool: str, job: str, folder: Path, file: Path) -> Measured:
    """The job by the tool of that module, its rows written to the file."""
    module = import_module(f"{__package__}.{tool}")
    began = now()
    work = module.prepared(job, folder)
    preparing = now() - began
    before = peak_mebibytes()
    work()
    save, fastest = _fastest(lambda: _timed(work))
    peak = peak_mebibytes()
    save(file)
    return Measured(fastest, preparing, before, peak)


def stored(job: str, folder: Path) -> Took:
    """How long wan_perf's own store steps take, without making SQL."""
    from wan_perf_tests.benchmarks.by_hand import in_wan_perf

    in_wan_perf.stored(job, folder)
    return _fastest(lambda: (None, in_wan_perf.stored(job, folder)))[1]


def scanned(job: str, folder: Path) -> Took:
    """A plain scan of the job's input."""
    import duckdb

    with duckdb.connect(folder / WAREHOUSE, read_only=True) as connection:
        connection.execute("SET enable_progress_bar = false")

        def scan() -> None:
            for columns, rows in JOBS[job].scanned:
                sums = f"SELECT sum(hash(COLUMNS({columns})) % 1024) FROM {rows}"
                connection.execute(sums).fetchall()

        scan()
        return _fastest(lambda: (None, took(scan)))[1]


def _timed(work: Callable[[], Any]) -> tuple[Any, Took]:
    began = now()
    result = work()
    return result, now() - began


def _fastest(once: Callable[[], tuple[Any, Took]]) -> tuple[Any, Took]:
    """The last result, and the time of the fastest of up to three."""
    times: list[Took] = []
    result = None
    while len(times) < _MOST_TIMES and sum(each.seconds for each in times) < _ENOUGH_S:
        result = None  # frees the memory of the time before
        result, time = once()
        times.append(time)
    return result, min(times, key=lambda each: each.processor)
