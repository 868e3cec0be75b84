"""How a benchmark measures: time, memory, and the plain scan that every time is held against.

Belongs here: clocks and scans.
Keep out: what is measured.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import ibis.expr.types as ir

from wan_perf.declaration import Table
from wan_perf.warehouse import DuckDBWarehouse

MEBIBYTE = 2**20


@dataclass(frozen=True)
class TimedWarehouse(DuckDBWarehouse):
    """The warehouse, with a clock on what is not its own work: making SQL of expressions."""

    compiling: list[float] = field(default_factory=list, compare=False)

    def sql(self, expression: ir.Expr) -> str:
        """The expression in the engine's dialect."""
        began = time.perf_counter()
        try:
            return super().sql(expression)
        finally:
            self.compiling.append(time.perf_counter() - began)


def scan(warehouse: DuckDBWarehouse, tables: Sequence[Table]) -> None:
    """Read every value of the tables once, and compute next to nothing."""
    with warehouse.session() as session:
        for table in tables:
            session.run(f"SELECT sum(hash(COLUMNS(*)) % 1024) FROM {table.name}")


def compute(warehouse: DuckDBWarehouse, rows: ir.Table) -> None:
    """Every value of the rows, computed and thrown away."""
    with warehouse.session() as session:
        session.run(f"SELECT sum(hash(COLUMNS(*)) % 1024) FROM ({warehouse.sql(rows)})")


def peak_memory() -> str:
    """Highest resident memory of this process so far, where the system tells."""
    try:
        import resource
    except ImportError:  # Windows has none
        return "unknown"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return f"{peak // (MEBIBYTE if sys.platform == 'darwin' else 1024)} MiB"


def seconds(work: Callable[[], object]) -> float:
    """How long the work takes. [s]"""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
