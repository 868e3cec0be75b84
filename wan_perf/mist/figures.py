"""Figures: which values are possible.

Belongs here: leaving out a figure outside its column's bounds, and telling which it was.
Keep out: which figures an answer has (`port_samples`, `path_samples`, the histories).

A latency of -1 stands for none, and a loss above 100 % or a negative counter for nothing at all:
none of them may count, and what stands beside them may.
"""

from collections.abc import Iterable
from typing import Any

from wan_perf.columns import COLUMNS

IMPOSSIBLE = "impossible_figures"
"""The column that tells which figures of a row were left out, and what was told."""


def possible(figure: str, value: float | None, told: list[str]) -> float | None:
    """The value of that column; None where it cannot be, which is added to what was told."""
    column = COLUMNS[figure]
    if value is None or (
        (column.ge is None or value >= column.ge) and (column.le is None or value <= column.le)
    ):
        return value
    told.append(f"{figure}={value:g}")
    return None


def known_speed(mbps: float | None) -> float | None:
    """The speed that a port reports; 0 (down, a tunnel) and -1 (virtual) stand for unknown."""
    return mbps if mbps is not None and mbps > 0 else None


def with_possible(row: dict[str, Any], figures: Iterable[str]) -> dict[str, Any]:
    """The row with those figures that can be, and a word on those that cannot."""
    told: list[str] = []
    return {**row, **{name: possible(name, row.get(name), told) for name in figures}, **noted(told)}


def noted(told: Iterable[str]) -> dict[str, str]:
    """What was left out, as a column of its row; nothing where nothing was."""
    words = ", ".join(sorted(set(told)))
    return {IMPOSSIBLE: words} if words else {}
