"""Figures: which values are possible.

Belongs here: removing figures outside their column's bounds, and recording them.
Keep out: which figures an answer has (`port_samples`, `path_samples`, the histories).

A latency of -1 means unknown; a loss above 100 % and a negative counter mean nothing. Such figures
become NULL, and the rest of the row is used.
"""

from collections.abc import Iterable
from typing import Any

from wan_perf.schema.columns import COLUMNS

IMPOSSIBLE = "impossible_figures"
"""The column that lists the figures of a row that were removed, with their values."""


def possible(figure: str, value: float | None, impossible: list[str]) -> float | None:
    """The value; None where the column's bounds exclude it, which is added to `impossible`."""
    column = COLUMNS[figure]
    if value is None or (
        (column.ge is None or value >= column.ge) and (column.le is None or value <= column.le)
    ):
        return value
    impossible.append(f"{figure}={value:g}")
    return None


def known_speed(mbps: float | None) -> float | None:
    """The speed that a port reports; 0 (down, a tunnel) and -1 (virtual) stand for unknown."""
    return mbps if mbps is not None and mbps > 0 else None


def with_possible(row: dict[str, Any], figures: Iterable[str]) -> dict[str, Any]:
    """The row with its possible figures, and a note of the impossible ones."""
    impossible: list[str] = []
    checked = {name: possible(name, row.get(name), impossible) for name in figures}
    return {**row, **checked, **impossible_note(impossible)}


def impossible_note(impossible: Iterable[str]) -> dict[str, str]:
    """The impossible figures as a column of their row; empty without any."""
    note = ", ".join(sorted(set(impossible)))
    return {IMPOSSIBLE: note} if note else {}
