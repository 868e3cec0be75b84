"""A synthetic estate, straight into a DuckDB file: two circuits a site, seen all day.

Belongs here: samples 12 an hour of every circuit, two peer paths of each every ten minutes, and how
many of them are down or have events.
Keep out: what is measured of it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from wan_perf.policy.local_calendar import local_hours
from wan_perf.policy.thresholds import Policy
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import (
    DIM_HOUR,
    DIM_POLICY,
    RAW_GATEWAY_EVENT,
    RAW_PATH_SAMPLE,
    RAW_PORT_SAMPLE,
)
from wan_perf.warehouse import DuckDBWarehouse, Window
from wan_perf_tests.support.kpi.engine import STATE_SOURCES

START = datetime(2026, 3, 10)
H = timedelta(hours=1)
RAW = (RAW_PORT_SAMPLE, RAW_PATH_SAMPLE, RAW_GATEWAY_EVENT)


@dataclass(frozen=True)
class Noise:
    """How much goes on in an estate.

    Attributes:
        name: What a benchmark prints.
        samples_per_down: One sample of so many is down.
        has_event: Whether circuit `i` has an event in `hour`, in DuckDB's SQL.
    """

    name: str
    samples_per_down: int
    has_event: str


LOUD = Noise("loud", 200, "i % 10 = 0")
REALISTIC = Noise("realistic", 20_000, "hash(i, hour) % 100 = 0")
"""A normal day of a real fleet: most circuit-hours have neither an outage nor an event."""
CIRCUITS = """
    SELECT i, printf('%012x', i) AS mac, printf('site-%05d', i // 2) AS site,
           printf('ge-0/0/%d', i % 2) AS port, printf('%s:%s', site, port) AS circuit
    FROM range({circuits}) AS numbers(i)
"""
DIMENSIONS = (
    "INSERT INTO dim_site BY NAME SELECT DISTINCT site AS site_id, 'West' AS region, "
    "'Express' AS store_type, 'UTC' AS time_zone, TIMESTAMP '1970-01-01' AS valid_from FROM c",
    "INSERT INTO dim_circuit BY NAME SELECT circuit AS circuit_id, site AS site_id, "
    "1 + i % 2 AS role_rank, 100.0 AS bandwidth_mbps, TIMESTAMP '1970-01-01' AS valid_from FROM c",
    "INSERT INTO circuit_port BY NAME SELECT circuit AS circuit_id, mac AS gateway_mac, "
    "port AS port_id, 1000.0 AS port_speed_mbps, TIMESTAMP '1970-01-01' AS valid_from FROM c",
)
SAMPLES = (
    "INSERT INTO raw_port_sample BY NAME SELECT pass_at, mac AS gateway_mac, port AS port_id, "
    "'device' AS counter_source, site AS site_id, pass_at - to_seconds(i % 60) AS sampled_at, "
    "hash(i, pass_at) % {samples_per_down} > 0 AS is_up, "
    "epoch(sampled_at) - 1.7e9 AS uptime_seconds, "
    "(epoch(sampled_at) - 1.7e9)::BIGINT * (1000 + i) AS rx_bytes_counter, "
    "(epoch(sampled_at) - 1.7e9)::BIGINT * (500 + i) AS tx_bytes_counter "
    "FROM range({first}, {last}, INTERVAL 5 MINUTE) AS passes(pass_at), c",
    "INSERT INTO raw_path_sample BY NAME SELECT pass_at, mac AS gateway_mac, port AS port_id, "
    "site AS site_id, 'hub' || n AS peer_mac, 'ge-0/0/0' AS peer_port_id, 'wan' || n AS path_name, "
    "pass_at - to_seconds(i % 60) AS sampled_at, "
    "hash(i, pass_at) % {samples_per_down} > 0 AS is_up, "
    "i % 2 = 0 AS is_active, 20 + hash(n, pass_at, i) % 40 AS latency_ms, "
    "hash(i, n, pass_at) % 8 AS jitter_ms, 0 AS loss_pct, 4.3 AS mos "
    "FROM range({first}, {last}, INTERVAL 10 MINUTE) AS passes(pass_at), range(2) AS hubs(n), c",
    "INSERT INTO raw_gateway_event BY NAME SELECT hour + to_seconds(hash(i, hour) % 3600) "
    "AS event_at, mac AS gateway_mac, site AS site_id, port AS port_id, "
    "CASE WHEN hash(hour, i) % 2 = 0 THEN 'port_up' ELSE 'port_down' END AS event_kind, "
    "'event' AS event_name FROM range({before}, {last}, INTERVAL 1 HOUR) AS hours(hour), c "
    "WHERE {has_event}",
)


def fill(warehouse: DuckDBWarehouse, circuits: int, window: Window, noise: Noise = LOUD) -> int:
    """Write the synthetic tables; how many rows the fact will read of the raw ones."""
    furnish(warehouse, circuits, window)
    return write_raw(warehouse, circuits, window, noise)


def furnish(warehouse: DuckDBWarehouse, circuits: int, window: Window) -> None:
    """Write the dimensions, the hours of the window among them, and create the raw tables."""
    zoned = local_hours(window.start, window.end, ["UTC"], Policy().trading_hours)
    warehouse.store(DIM_HOUR, conform(zoned, DIM_HOUR), window)
    warehouse.store(DIM_POLICY, conform(Policy().rows(), DIM_POLICY))
    with warehouse.session() as session:
        for table in (*STATE_SOURCES, DIM_POLICY):
            warehouse.create(session, table)
        session.run(f"CREATE TEMPORARY TABLE c AS {CIRCUITS.format(circuits=circuits)}")
        for statement in DIMENSIONS:
            session.run(statement)


def write_raw(
    warehouse: DuckDBWarehouse, circuits: int, window: Window, noise: Noise = LOUD
) -> int:
    """Write the raw rows that the facts of the window read, instead of all there were; how many."""
    given = {
        "samples_per_down": noise.samples_per_down,
        "has_event": noise.has_event,
        "first": f"TIMESTAMP '{window.start - H}'",
        "last": f"TIMESTAMP '{window.end + H}'",
        "before": f"TIMESTAMP '{window.start - 24 * H}'",
    }
    with warehouse.session() as session:
        session.run(f"CREATE TEMPORARY TABLE c AS {CIRCUITS.format(circuits=circuits)}")
        for table in RAW:
            session.run(f"TRUNCATE {table.name}")
        for statement in SAMPLES:
            session.run(statement.format(**given))
        return sum(session.run(f"SELECT count(*) FROM {table.name}")[0][0] for table in RAW)
