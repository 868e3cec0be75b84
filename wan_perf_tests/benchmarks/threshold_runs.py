"""What runs above thresholds cost: pieces, both modes of time above, the view."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import ibis.expr.types as ir

from wan_perf.kpi.events.threshold_runs import threshold_pieces, with_time_above
from wan_perf.schema.periods import DAY
from wan_perf.schema.tables import CIRCUIT_HOUR, THRESHOLD_PIECE, THRESHOLD_RUN
from wan_perf.warehouse import DuckDBWarehouse, Window
from wan_perf_tests.benchmarks.estate import CIRCUITS, START, H
from wan_perf_tests.benchmarks.measuring import compute, peak_memory, seconds

LOADED_HOURS = """
    INSERT INTO circuit_hour BY NAME SELECT hour, circuit AS circuit_id, site AS site_id,
    round(greatest(0, 45 + 35 * sin(2 * pi() * (hour(hour) - 9) / 24) + hash(i) % 30 - 15.0
        + hash(i, hour) % 20 - 10.0), 4) AS utilization_pct, 60.0 AS observed_minutes,
    70.0 AS utilization_warning_level_pct, 80.0 AS utilization_high_level_pct,
    90.0 AS utilization_critical_level_pct
    FROM range(TIMESTAMP '{start}', TIMESTAMP '{end}', INTERVAL 1 HOUR) AS hours(hour), c
"""
"""A load with the day's rhythm: about a fifth of the hours at or above 70 %."""


def store_pieces(warehouse: DuckDBWarehouse, window: Window) -> int:
    """The pieces of the window's days, as the graph stores them."""
    hours = warehouse.lazy(CIRCUIT_HOUR, window)
    return warehouse.store(THRESHOLD_PIECE, threshold_pieces(hours), window).rows


def hours_above(warehouse: DuckDBWarehouse) -> ir.Table:
    """Both modes of every circuit and day, without the other sums of a day."""
    rows = warehouse.lazy(CIRCUIT_HOUR).mutate(day=lambda t: t.hour.date())
    judged = rows.group_by("day", "circuit_id").aggregate(utilization_judged_hours=rows.count())
    return with_time_above(judged, warehouse.lazy(THRESHOLD_PIECE), DAY)


def threshold_runs(circuits: int, days: int) -> str:
    """Each step after a first time that also loads code, beside a plain scan of the hours."""
    window = Window(START, START + days * 24 * H)
    with tempfile.TemporaryDirectory() as folder:
        warehouse = DuckDBWarehouse(Path(folder) / "benchmark.duckdb")
        with warehouse.session() as session:
            warehouse.create(session, CIRCUIT_HOUR)
            session.run(f"CREATE TEMPORARY TABLE c AS {CIRCUITS.format(circuits=circuits)}")
            session.run(LOADED_HOURS.format(start=window.start, end=window.end))
        hours, runs = warehouse.lazy(CIRCUIT_HOUR), warehouse.lazy(THRESHOLD_RUN)
        pieces = store_pieces(warehouse, window)
        steps: dict[str, Callable[[], object]] = {
            "a plain scan of the hours": lambda: compute(warehouse, hours),
            "pieces computed": lambda: compute(warehouse, threshold_pieces(hours)),
            "pieces stored": lambda: store_pieces(warehouse, window),
            "both modes of all days": lambda: compute(warehouse, hours_above(warehouse)),
            "the view of runs": lambda: compute(warehouse, runs),
            "the view of one circuit": lambda: compute(
                warehouse, runs.filter(runs.circuit_id == "site-00001:ge-0/0/0")
            ),
        }
        took = {name: min(seconds(step) for _ in range(3)) for name, step in steps.items()}
    scanned = next(iter(took.values()))
    timings = "; ".join(f"{name} {s:.2f} s = {s / scanned:.1f} scans" for name, s in took.items())
    return (
        f"threshold-runs: {circuits} circuits x {days} days, {circuits * days * 24} circuit-hours "
        f"-> {pieces} pieces; {timings}; peak memory {peak_memory()}"
    )
