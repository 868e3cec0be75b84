"""Steps of the graph, stored and timed, and the line that each is told in.

Belongs here: time in the warehouse apart from the time to make SQL, sums of it.
Keep out: which steps there are and in which order.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from wan_perf.warehouse import Window
from wan_perf_tests.benchmark.graph import rows_of
from wan_perf_tests.benchmark.measuring import TimedWarehouse


@dataclass
class Step:
    """What the store steps of one table came to.

    Time in the warehouse is all of a step but the making of its SQL, which does not grow with the
    rows.
    """

    name: str
    rows: int = 0
    working: float = 0.0
    compiling: float = 0.0

    def store(self, warehouse: TimedWarehouse, window: Window) -> None:
        """Store the table's rows of the window, as its asset makes them."""
        warehouse.compiling.clear()
        began = time.perf_counter()
        table, rows = rows_of(warehouse, self.name, window)
        made = time.perf_counter() - began
        self.rows += warehouse.store(table, rows, window).rows
        compiled = made + sum(warehouse.compiling)
        self.working += time.perf_counter() - began - compiled
        self.compiling += compiled

    def told(self, scanned: float) -> str:
        """The step, beside a plain scan that took so long."""
        return (
            f"  {self.name}: {self.rows} rows, {self.working:.2f} s in the warehouse"
            f" = {self.working / scanned:.1f} scans, {self.compiling:.2f} s to make its SQL"
        )


def store_all(warehouse: TimedWarehouse, names: Sequence[str], windows: Sequence[Window]) -> None:
    """Store the tables for each window without looking at the clock."""
    for window in windows:
        for name in names:
            Step(name).store(warehouse, window)


def in_all(steps: Sequence[Step], scanned: float) -> str:
    """What the steps took together."""
    working = sum(step.working for step in steps)
    return (
        f"{working:.2f} s in the warehouse = {working / scanned:.1f} scans;"
        f" {sum(step.compiling for step in steps):.2f} s to make SQL"
    )
