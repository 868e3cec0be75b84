"""How a benchmark measures: time, memory, and the plain scan that every time is compared with.

Belongs here: clocks and scans.
Keep out: what is measured.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import ibis.expr.types as ir

from wan_perf.schema.declaration import Table
from wan_perf.warehouse import DuckDBWarehouse, Pattern

MEBIBYTE = 2**20


@dataclass(frozen=True)
class Took:
    """Time on the clock, and on the processors: what others do there lengthens only the first."""

    seconds: float = 0.0
    processor: float = 0.0

    def __add__(self, other: "Took") -> "Took":
        return Took(self.seconds + other.seconds, self.processor + other.processor)

    def __sub__(self, other: "Took") -> "Took":
        return Took(self.seconds - other.seconds, self.processor - other.processor)

    def beside(self, scan: "Took") -> str:
        """Both, and as multiples of a plain scan."""
        return (
            f"{self.seconds:.2f} s in the warehouse = {self.seconds / scan.seconds:.1f} scans"
            f" (processors {self.processor:.2f} s = {self.processor / scan.processor:.1f})"
        )


def now() -> Took:
    """The clocks as they stand, to be subtracted later."""
    return Took(time.perf_counter(), time.process_time())


def took(work: Callable[[], object]) -> Took:
    """How long the work takes."""
    began = now()
    work()
    return now() - began


@dataclass(frozen=True)
class TimedWarehouse(DuckDBWarehouse):
    """The warehouse, with a clock on what is not its own work: making SQL of expressions."""

    compiling: list[Took] = field(default_factory=list, compare=False)

    def sql(self, expression: ir.Expr | Pattern) -> str:
        """The expression in the engine's dialect."""
        began = now()
        try:
            return super().sql(expression)
        finally:
            self.compiling.append(now() - began)


def scan(warehouse: DuckDBWarehouse, tables: Sequence[Table]) -> None:
    """Read every value of the tables once, and compute next to nothing."""
    with warehouse.session() as session:
        for table in tables:
            session.run(f"SELECT sum(hash(COLUMNS(*)) % 1024) FROM {table.name}")


def compute(warehouse: DuckDBWarehouse, rows: ir.Table) -> None:
    """Every value of the rows, computed and thrown away."""
    with warehouse.session() as session:
        session.run(f"SELECT sum(hash(COLUMNS(*)) % 1024) FROM ({warehouse.sql(rows)})")


def peak_mebibytes() -> int | None:
    """Highest resident memory of this process so far, where the system reports it. [MiB]

    Linux counts a new process's from that of the one that started it in `ru_maxrss`, not in
    `VmHWM`.
    """
    if sys.platform == "linux":
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return int(status.partition("VmHWM:")[2].split()[0]) // 1024
    try:
        import resource
    except ImportError:  # Windows has none
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (MEBIBYTE if sys.platform == "darwin" else 1024)


def peak_memory() -> str:
    """The same as text."""
    peak = peak_mebibytes()
    return "unknown" if peak is None else f"{peak} MiB"


def seconds(work: Callable[[], object]) -> float:
    """How long the work takes on the clock. [s]"""
    return took(work).seconds
