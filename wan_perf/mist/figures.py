"""Figures of quality: which values are possible.

Belongs here: leaving out a figure outside its column's bounds, and counting it.
Keep out: which figures an answer has (`path_samples`, `quality_history`).

A latency of -1 stands for none, and a loss above 100 % for nothing at all: neither may count, and
what stands beside them may.
"""

from collections import Counter

from wan_perf.columns import COLUMNS


def possible(figure: str, value: float | None, impossible: Counter[str]) -> float | None:
    """The value of that column; None where it cannot be, which is counted."""
    column = COLUMNS[figure]
    if value is None or (
        (column.ge is None or value >= column.ge) and (column.le is None or value <= column.le)
    ):
        return value
    impossible[figure] += 1
    return None
