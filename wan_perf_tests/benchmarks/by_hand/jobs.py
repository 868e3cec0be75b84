"""What is computed by hand and by wan_perf: three jobs, their figures, their assets.

Belongs here: which columns are compared, which assets of the graph compute them, what is scanned.
Keep out: how each tool computes them (`in_duckdb`, `in_polars`, `in_pandas`, `in_wan_perf`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from wan_perf.policy.thresholds import Policy
from wan_perf.schema.metrics import JUDGED, QUALITY
from wan_perf.schema.values import SEVERITIES
from wan_perf.warehouse import Window
from wan_perf_tests.benchmarks.estate import RAW, START, H
from wan_perf_tests.benchmarks.hours import COLUMNS

DAY = Window(START, START + 24 * H)
WAREHOUSE = "benchmark.duckdb"


@dataclass(frozen=True)
class Above:
    """Hours at or above one level, evaluated where enough of the hour was observed.

    Attributes:
        value: Column of the hour that is compared.
        observed: Column of the minutes that it rests on.
        level: The level.
        hours: Column of the hours above in all.
        longest: Column of the most consecutive hours above.
    """

    value: str
    observed: str
    level: float
    hours: str
    longest: str


ABOVE = tuple(
    Above(
        metric.value,
        metric.observed,
        getattr(getattr(Policy().thresholds, metric.name), severity),
        metric.cumulative(severity),
        metric.continuous(severity),
    )
    for metric in JUDGED
    for severity in SEVERITIES
)
AVERAGES = tuple(metric.avg for metric in QUALITY)
SUMS = (
    *("rx_bytes", "tx_bytes", "flap_count", "observed_minutes", "up_minutes"),
    *("known_down_minutes", "unknown_minutes"),
)
FIGURES = (
    *("hour_count", *SUMS, "utilization_pct", "utilization_max_pct", *AVERAGES),
    *("down_minutes", "availability_pct", *(a.hours for a in ABOVE), *(a.longest for a in ABOVE)),
)
"""Of windows and of days."""


@dataclass(frozen=True)
class Job:
    """One of the three.

    Attributes:
        name: What a table prints; also the name of its function in each tool's module.
        key: Columns that identify a row of the result.
        figures: Columns that are compared.
        assets: Those that compute them, each from the stored rows of the ones before it.
        scanned: What a plain scan reads: tables, with the columns and rows of them.
        why: Which rules explain figures that differ.
    """

    name: str
    key: Sequence[str]
    figures: Sequence[str]
    assets: Sequence[str]
    scanned: Sequence[tuple[str, str]]
    why: str


_TIES = (
    "ratios halfway between two last digits: sums of floats fall on either side, wan_perf adds"
    " integers"
)
_OF_DAY = f"hour >= TIMESTAMP '{DAY.start}'"
JOBS = {
    job.name: job
    for job in (
        Job(
            "hours",
            ("hour", "circuit_id"),
            (
                *("rx_bytes", "tx_bytes", "observed_minutes", "utilization_pct", "sample_count"),
                *("up_minutes", "down_minutes", "known_down_minutes", "unknown_minutes"),
                *("availability_pct", "status_hourly"),
            ),
            ("circuit_poll", "circuit_state", "circuit_hour"),
            tuple(("*", table.name) for table in RAW),
            "bytes where a port was down around the edge of an hour (none pass then); minutes where"
            " all peer paths of a circuit were down",
        ),
        Job(
            "windows",
            ("hour", "window_hours", "circuit_id"),
            FIGURES,
            ("circuit_window",),
            ((f"{list(COLUMNS)}", "circuit_hour"),),
            _TIES,
        ),
        Job(
            "days",
            ("day", "circuit_id"),
            (*FIGURES, "utilization_p95_pct"),
            ("threshold_piece", "circuit_day"),
            ((f"{list(COLUMNS)}", f"circuit_hour WHERE {_OF_DAY}"),),
            _TIES,
        ),
    )
}
