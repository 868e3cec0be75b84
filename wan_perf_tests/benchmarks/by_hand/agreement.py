"""How many figures of two results agree, cell by cell.

Belongs here: when two cells agree, counts of those that do and of those that do not, by column.
Keep out: why figures differ (`jobs`), how they were computed.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from wan_perf_tests.benchmarks.by_hand.jobs import Job

TOLERANCE = 1e-9
"""Relative. Figures are rounded to four decimals, so that another last digit is a difference."""
LAST_DIGIT = 1.01e-4
"""Two figures this close differ in the rounding of their last decimal at most."""


@dataclass(frozen=True)
class Agreement:
    """Cells of two results.

    Attributes:
        cells: Cells of the rows that either has.
        differing: Cells that do not agree, by column; only columns with any.
        in_last_digit: Those of them that are one step of the last decimal apart.
    """

    cells: int
    differing: dict[str, int]
    in_last_digit: int

    @property
    def equal(self) -> int:
        """Cells that agree."""
        return self.cells - sum(self.differing.values())

    def __str__(self) -> str:
        share = f"{self.equal:,} of {self.cells:,} figures agree"
        if not self.differing:
            return share
        columns = sorted(self.differing, key=lambda name: -self.differing[name])
        named = ", ".join(f"{name} {self.differing[name]:,}" for name in columns[:4])
        more = f" and {len(columns) - 4} more columns" if len(columns) > 4 else ""
        return f"{share}; differ: {named}{more}; of these {self.in_last_digit:,} in the last digit"


def compare(job: Job, ours: Path, theirs: Path) -> Agreement:
    """The figures of the job in two Parquet files; a row that only one has differs throughout."""
    counts = ", ".join(
        f"count(*) FILTER (NOT {_agrees(name)}) AS {name},"
        f" count(*) FILTER (NOT {_agrees(name)} AND {_is_close(name)}) AS close_{name}"
        for name in job.figures
    )
    files = [f"(SELECT *, true AS is_there FROM '{path.as_posix()}')" for path in (ours, theirs)]
    with duckdb.connect() as connection:
        [(rows, *found)] = connection.execute(
            f"SELECT count(*), {counts} FROM {files[0]} a FULL JOIN {files[1]} b"
            f" USING ({', '.join(job.key)})"
        ).fetchall()
    differing = dict(zip(job.figures, found[::2], strict=True))
    return Agreement(
        rows * len(job.figures),
        {name: count for name, count in differing.items() if count},
        sum(found[1::2]),
    )


def _agrees(name: str) -> str:
    """True where both have the row, and both the same value or none; in DuckDB's SQL."""
    is_same = f"a.{name} IS NOT DISTINCT FROM b.{name}"
    if not _is_text(name):
        apart, most = f"abs(a.{name} - b.{name})", f"greatest(abs(a.{name}), abs(b.{name}))"
        is_same = f"({is_same} OR coalesce({apart} <= {TOLERANCE} * {most}, false))"
    return f"(a.is_there AND b.is_there AND {is_same}) IS TRUE"


def _is_close(name: str) -> str:
    if _is_text(name):
        return "false"
    return f"coalesce(abs(a.{name} - b.{name}) <= {LAST_DIGIT}, false)"


def _is_text(name: str) -> bool:
    return name == "status_hourly"
