"""What the system costs, measured.

    python -m wan_perf_tests.benchmark circuit-hour --hours 24     how long the fact takes
    python -m wan_perf_tests.benchmark threshold-runs --days 31    runs, pieces and hours above
    python -m wan_perf_tests.benchmark live-hour --sites 5000      calls to the Mist Cloud

For circuit-hour synthetic samples, 12 an hour of every circuit, two peer paths of each every ten
minutes and events on every tenth circuit go straight into a DuckDB file; then circuit_hours is
stored as the graph stores it. For live-hour a simulated cloud counts what an hour of `wan-perf
collect` asks of it. Every figure is of this one run.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import ibis.expr.types as ir
from rich.console import Console

from wan_perf.frames import conform
from wan_perf.kpi.circuit_hours import circuit_hours
from wan_perf.kpi.circuit_states import circuit_states
from wan_perf.kpi.threshold_runs import threshold_pieces, with_time_above
from wan_perf.periods import DAY, local_hours
from wan_perf.tables import (
    CIRCUIT_HOUR,
    CIRCUIT_STATE,
    DIM_HOUR,
    DIM_POLICY,
    RAW_GATEWAY_EVENT,
    RAW_PATH_SAMPLE,
    RAW_PORT_SAMPLE,
    THRESHOLD_PIECE,
    THRESHOLD_RUN,
)
from wan_perf.thresholds import Policy
from wan_perf.warehouse import DuckDBWarehouse, Window
from wan_perf_tests.kpi.engine import FACT_SOURCES, STATE_SOURCES
from wan_perf_tests.live_hour import counted, told

START = datetime(2026, 3, 10)
H = timedelta(hours=1)
MEBIBYTE = 2**20
CIRCUITS = """
    SELECT i, printf('%012x', i) AS mac, printf('site-%05d', i // 2) AS site,
           printf('ge-0/0/%d', i % 2) AS port, printf('%s:%s', site, port) AS circuit
    FROM range({circuits}) AS numbers(i)
"""
FILLS = (
    "INSERT INTO dim_site BY NAME SELECT DISTINCT site AS site_id, 'West' AS region, "
    "'Express' AS store_type, 'UTC' AS time_zone, TIMESTAMP '1970-01-01' AS valid_from FROM c",
    "INSERT INTO dim_circuit BY NAME SELECT circuit AS circuit_id, site AS site_id, "
    "100.0 AS bandwidth_mbps, TIMESTAMP '1970-01-01' AS valid_from FROM c",
    "INSERT INTO circuit_port BY NAME SELECT circuit AS circuit_id, mac AS gateway_mac, "
    "port AS port_id, 1000.0 AS port_speed_mbps, TIMESTAMP '1970-01-01' AS valid_from FROM c",
    "INSERT INTO raw_port_sample BY NAME SELECT pass_at, mac AS gateway_mac, port AS port_id, "
    "'device' AS counter_source, site AS site_id, pass_at - to_seconds(i % 60) AS sampled_at, "
    "hash(i, pass_at) % 200 > 0 AS is_up, epoch(sampled_at) - 1.7e9 AS uptime_seconds, "
    "(epoch(sampled_at) - 1.7e9)::BIGINT * (1000 + i) AS rx_bytes_counter, "
    "(epoch(sampled_at) - 1.7e9)::BIGINT * (500 + i) AS tx_bytes_counter "
    "FROM range({first}, {last}, INTERVAL 5 MINUTE) AS passes(pass_at), c",
    "INSERT INTO raw_path_sample BY NAME SELECT pass_at, mac AS gateway_mac, port AS port_id, "
    "site AS site_id, 'hub' || n AS peer_mac, 'ge-0/0/0' AS peer_port_id, 'wan' || n AS path_name, "
    "pass_at - to_seconds(i % 60) AS sampled_at, hash(i, pass_at) % 200 > 0 AS is_up, "
    "i % 2 = 0 AS is_active, 20 + hash(n, pass_at, i) % 40 AS latency_ms, "
    "hash(i, n, pass_at) % 8 AS jitter_ms, 0 AS loss_pct, 4.3 AS mos "
    "FROM range({first}, {last}, INTERVAL 10 MINUTE) AS passes(pass_at), range(2) AS hubs(n), c",
    "INSERT INTO raw_gateway_event BY NAME SELECT hour + to_seconds(hash(i, hour) % 3600) "
    "AS event_at, mac AS gateway_mac, site AS site_id, port AS port_id, "
    "CASE WHEN hash(hour, i) % 2 = 0 THEN 'port_up' ELSE 'port_down' END AS event_kind, "
    "'event' AS event_name FROM range({before}, {last}, INTERVAL 1 HOUR) AS hours(hour), c "
    "WHERE i % 10 = 0",
)


def fill(warehouse: DuckDBWarehouse, circuits: int, window: Window) -> int:
    """Write the synthetic tables; how many rows the fact will read of the raw ones."""
    instants = {
        "first": f"TIMESTAMP '{window.start - H}'",
        "last": f"TIMESTAMP '{window.end + H}'",
        "before": f"TIMESTAMP '{window.start - 24 * H}'",
    }
    zoned = local_hours(
        window.start,
        window.end,
        ["UTC"],
        Policy().trading_hours.opens,
        Policy().trading_hours.closes,
    )
    warehouse.store(DIM_HOUR, conform(zoned, DIM_HOUR), window)
    warehouse.store(DIM_POLICY, conform(Policy().rows(), DIM_POLICY))
    with warehouse.session() as session:
        for table in (*STATE_SOURCES, DIM_POLICY):
            warehouse.create(session, table)
        session.run(f"CREATE TEMPORARY TABLE c AS {CIRCUITS.format(circuits=circuits)}")
        for statement in FILLS:
            session.run(statement.format(**instants))
        return sum(
            session.run(f"SELECT count(*) FROM {table.name}")[0][0]
            for table in (RAW_PORT_SAMPLE, RAW_PATH_SAMPLE, RAW_GATEWAY_EVENT)
        )


def scan(warehouse: DuckDBWarehouse) -> None:
    """Read every value of the raw tables once, and compute next to nothing."""
    with warehouse.session() as session:
        for table in (RAW_PORT_SAMPLE, RAW_PATH_SAMPLE, RAW_GATEWAY_EVENT):
            session.run(f"SELECT sum(hash(COLUMNS(*)) % 1024) FROM {table.name}")


def store(warehouse: DuckDBWarehouse, window: Window) -> int:
    """The fact of the window, as the graph stores it."""
    near = {
        RAW_PORT_SAMPLE: Window(window.start - H, window.end + H),
        RAW_PATH_SAMPLE: Window(window.start - H, window.end + H),
        RAW_GATEWAY_EVENT: Window(window.start - 24 * H, window.end + H),
    }
    heard = [warehouse.lazy(table, near.get(table)) for table in STATE_SOURCES]
    warehouse.store(CIRCUIT_STATE, circuit_states(*heard), window)
    near |= {CIRCUIT_STATE: window, RAW_GATEWAY_EVENT: near[RAW_PORT_SAMPLE]}
    sources = [warehouse.lazy(table, near.get(table)) for table in FACT_SOURCES]
    return warehouse.store(CIRCUIT_HOUR, circuit_hours(*sources), window).rows


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


def circuit_hour(circuits: int, hours: int) -> str:
    """Store the fact twice, since the first time also loads code, and tell of the second."""
    window = Window(START, START + hours * H)
    with tempfile.TemporaryDirectory() as folder:
        warehouse = DuckDBWarehouse(Path(folder) / "benchmark.duckdb")
        raw = fill(warehouse, circuits, window)
        rows = store(warehouse, window)
        stored = seconds(lambda: store(warehouse, window))
        peak = peak_memory()
        scan(warehouse)
        scanned = seconds(lambda: scan(warehouse))
    return (
        f"circuit-hour: {circuits} circuits x {hours} h, {raw} raw rows -> {rows} rows in "
        f"{stored:.2f} s, {rows / stored:.0f} circuit-hours/s, peak memory {peak}; "
        f"a plain scan of the raw rows {scanned:.3f} s, the fact is {stored / scanned:.1f} scans"
    )


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


def compute(warehouse: DuckDBWarehouse, rows: ir.Table) -> None:
    """Every value of the rows, computed and thrown away."""
    with warehouse.session() as session:
        session.run(f"SELECT sum(hash(COLUMNS(*)) % 1024) FROM ({warehouse.sql(rows)})")


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
    told = "; ".join(f"{name} {s:.2f} s = {s / scanned:.1f} scans" for name, s in took.items())
    return (
        f"threshold-runs: {circuits} circuits x {days} days, {circuits * days * 24} circuit-hours "
        f"-> {pieces} pieces; {told}; peak memory {peak_memory()}"
    )


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["circuit-hour", "threshold-runs", "live-hour"])
    parser.add_argument("--circuits", type=int, default=10_000)
    parser.add_argument("--hours", type=int, default=1, help="of circuit-hour")
    parser.add_argument("--days", type=int, default=31, help="of threshold-runs")
    parser.add_argument("--sites", type=int, default=5000, help="of live-hour")
    given = parser.parse_args()
    if given.what == "circuit-hour":
        result = circuit_hour(given.circuits, given.hours)
    elif given.what == "threshold-runs":
        result = threshold_runs(given.circuits, given.days)
    else:
        with tempfile.TemporaryDirectory() as folder:
            calls = counted(given.sites, Path(folder), Console(stderr=True))
        result = told(calls, given.sites)
    print(result)  # noqa: T201 - what a benchmark is for


if __name__ == "__main__":
    main()
