"""Steps of the graph, stored and timed, and the line that reports each.

Belongs here: time in the warehouse apart from the time to make SQL, sums of it.
Keep out: which steps there are and in which order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from wan_perf.warehouse import Window
from wan_perf_tests.benchmarks.graph import rows_of
from wan_perf_tests.benchmarks.measuring import TimedWarehouse, Took, now


@dataclass
class Step:
    """What the store steps of one table came to.

    Time in the warehouse is all of a step but the making of its SQL, which does not grow with the
    rows.
    """

    name: str
    rows: int = 0
    working: Took = field(default_factory=Took)
    compiling: Took = field(default_factory=Took)

    def store(self, warehouse: TimedWarehouse, window: Window) -> None:
        """Store the table's rows of the window, as its asset makes them."""
        warehouse.compiling.clear()
        began = now()
        table, rows = rows_of(warehouse, self.name, window)
        compiled = now() - began
        self.rows += warehouse.store(table, rows, window).rows
        compiled = sum(warehouse.compiling, compiled)
        self.working += now() - began - compiled
        self.compiling += compiled

    def summary(self, scan: Took) -> str:
        """The step, beside a plain scan that took so long."""
        return (
            f"  {self.name}: {self.rows} rows, {self.working.beside(scan)},"
            f" {self.compiling.seconds:.2f} s to make its SQL"
        )


def in_all(steps: Sequence[Step], scan: Took) -> str:
    """What the steps took together."""
    working = sum((step.working for step in steps), Took())
    compiling = sum(step.compiling.seconds for step in steps)
    return f"{working.beside(scan)}; {compiling:.2f} s to make SQL"
