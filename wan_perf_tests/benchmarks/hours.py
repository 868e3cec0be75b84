"""Synthetic hours, straight into the facts: circuit-hours and site-hours without any raw path.

Belongs here: hours with all columns that rollups read, with the rhythm of day and week.
Keep out: raw samples (`estate`), what is measured.

Quality is the history's: averages, no samples. One circuit in 300 is down for seven hours of a day,
one hour in 500 has a short outage, one in 200 is unknown, one in 14 loses packets. One circuit in
30 has a busy week, one in six is slow while it is busy.
"""

from datetime import datetime

from wan_perf.policy.thresholds import Policy
from wan_perf.schema.metrics import JUDGED
from wan_perf.schema.tables import CIRCUIT_HOUR, SITE_HOUR
from wan_perf.schema.values import SEVERITIES
from wan_perf.warehouse import DuckDBWarehouse
from wan_perf_tests.benchmarks.estate import CIRCUITS

_LEVELS = {
    metric.level(severity): getattr(getattr(Policy().thresholds, metric.name), severity)
    for metric in JUDGED
    for severity in SEVERITIES
}
_MEASURED = {
    "hour": "hour",
    "circuit_id": "circuit",
    "site_id": "site",
    "rx_bytes": "rx",
    "tx_bytes": "rx // 4",
    "observed_minutes": "observed",
    "bandwidth_mbps": "100.0",
    "utilization_pct": "CASE WHEN observed > 0 THEN round(rx / (observed * 7.5e6), 4) END",
    "loss_avg_pct": "CASE WHEN chance // 7 % 14 = 0 "
    "THEN round(2 * pow((chance // 100 % 100) / 100, 8), 4) ELSE 0 END",
    "jitter_avg_ms": "round(1 + i % 5 + (chance // 11 % 30) / 10 + 2 * busy / 100, 4)",
    "latency_avg_ms": "round(12 + pow(i % 60, 2) / 100 + (chance // 13 % 100) / 10 "
    "+ 20 * busy / 100, 4)",
    "quality_minutes": "60.0",
    "quality_source": "'history'",
    "quality_sample_count": "0",
    **{name: f"{level}::DOUBLE" for name, level in _LEVELS.items()},
    "up_minutes": "60.0 - down - unknown",
    "down_minutes": "0.0 + down + unknown",
    "known_down_minutes": "down::DOUBLE",
    "unknown_minutes": "unknown::DOUBLE",
    "active_minutes": "CASE WHEN i % 2 = 0 THEN 60.0 - down - unknown ELSE 0.0 END",
    "flap_count": "CASE WHEN down BETWEEN 1 AND 59 THEN 2 ELSE 0 END",
    "sample_count": "12",
    "status_hourly": "'Up'",
}
COLUMNS = tuple(_MEASURED)
"""What rollups read of a circuit-hour, and what it cannot be without."""
_DRAWN = """
    SELECT *, greatest(0, 60.0 - down - unknown) AS observed,
    greatest(0, busy * observed * 7.5e4)::BIGINT * 100 AS rx
    FROM (
        SELECT *, hash(i, hour) AS chance,
        CASE WHEN hash(i, hour::DATE) % 300 = 0 AND hour(hour) BETWEEN 8 AND 14 THEN 60
             WHEN chance % 500 = 0 THEN 1 + chance // 500 % 30 ELSE 0 END AS down,
        CASE WHEN chance % 200 = 1 THEN least(60 - down, 60) ELSE 0 END AS unknown,
        (10 + i % 40 + CASE WHEN hash(i, yearweek(hour)) % 30 = 0 THEN 30 ELSE 0 END
            + CASE WHEN isodow(hour) < 6 THEN 30 ELSE 12 END
            * greatest(0, sin(pi() * (hour(hour) - 7) / 14))
            + (chance // 17 % 2000) / 100 - 10) AS busy
        FROM range(TIMESTAMP '{start}', TIMESTAMP '{end}', INTERVAL 1 HOUR) AS hours(hour), c
    )
"""
_SITES = """
    INSERT INTO site_hour BY NAME SELECT hour, site AS site_id, 2 AS circuit_count,
    60.0 - dark AS up_minutes, dark::DOUBLE AS dark_minutes, 0.0 AS unreachable_minutes,
    0.0 AS unknown_minutes, 0.0 AS on_backup_minutes, 0.0 AS redundancy_lost_minutes,
    0 AS flap_count, 50.0 AS utilization_worst_pct, circuit AS utilization_worst_circuit_id
    FROM (
        SELECT *, CASE WHEN hash(i, hour) % 5000 = 0 THEN 60 ELSE 0 END AS dark
        FROM range(TIMESTAMP '{start}', TIMESTAMP '{end}', INTERVAL 1 HOUR) AS hours(hour), c
        WHERE i % 2 = 0
    )
"""


def know(warehouse: DuckDBWarehouse, circuits: int, start: datetime, end: datetime) -> int:
    """Write the hours of [start, end) in order of time; how many circuit-hours that are."""
    values = ", ".join(f"{value} AS {name}" for name, value in _MEASURED.items())
    with warehouse.session() as session:
        for table in (CIRCUIT_HOUR, SITE_HOUR):
            warehouse.create(session, table)
        session.run(f"CREATE TEMPORARY TABLE c AS {CIRCUITS.format(circuits=circuits)}")
        drawn = _DRAWN.format(start=start, end=end)
        session.run(f"INSERT INTO circuit_hour BY NAME SELECT {values} FROM ({drawn})")
        session.run(_SITES.format(start=start, end=end))
    return circuits * int((end - start).total_seconds() // 3600)
