"""Hours, windows and days in DuckDB's SQL, by hand, over the warehouse's own tables.

Belongs here: the statements, and running them into a table in memory.
Keep out: what they leave out (this folder's docstring), wan_perf's expressions (`in_wan_perf`).
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import duckdb

from wan_perf.schema.periods import WINDOWS_H
from wan_perf_tests.benchmarks.by_hand.jobs import ABOVE, AVERAGES, DAY, JOBS, SUMS, WAREHOUSE

Result = Callable[[Path], object]
"""Writes the rows of a job, which are in memory, to a Parquet file."""

_PORTS = f"""
    ports AS (
        SELECT row_number() OVER (ORDER BY gateway_mac, port_id) AS port, gateway_mac, port_id,
            circuit_id, bandwidth_mbps
        FROM circuit_port JOIN dim_circuit USING (circuit_id)
    ),
    samples AS (
        SELECT port, epoch_us(sampled_at) AS t, is_up, rx_bytes_counter AS rx,
            tx_bytes_counter AS tx
        FROM raw_port_sample JOIN ports USING (gateway_mac, port_id)
        WHERE sampled_at BETWEEN TIMESTAMP '{DAY.start}' - INTERVAL 20 MINUTE
            AND TIMESTAMP '{DAY.end}' + INTERVAL 20 MINUTE
    ),
    events AS (
        SELECT port, epoch_us(event_at) AS t, event_kind = 'port_up' AS is_up
        FROM raw_gateway_event JOIN ports USING (gateway_mac, port_id)
        WHERE event_kind IN ('port_up', 'port_down', 'port_disabled')
            AND event_at BETWEEN TIMESTAMP '{DAY.start}' - INTERVAL 20 MINUTE
            AND TIMESTAMP '{DAY.end}' + INTERVAL 20 MINUTE
    )"""
_TRAFFIC = """
    pairs AS (
        SELECT *, lag(t) OVER w AS last_t, lag(rx) OVER w AS last_rx, lag(tx) OVER w AS last_tx
        FROM samples WHERE rx IS NOT NULL AND tx IS NOT NULL
        WINDOW w AS (PARTITION BY port ORDER BY t)
    ),
    deltas AS (
        SELECT port, last_t, t, rx < last_rx OR tx < last_tx AS is_reset,
            CASE WHEN is_reset THEN rx ELSE rx - last_rx END AS all_rx,
            CASE WHEN is_reset THEN tx ELSE tx - last_tx END AS all_tx,
            last_t // 3600000000 AS n, least(t, (n + 1) * 3600000000) AS edge,
            (edge - last_t) / (t - last_t) AS share,
            floor(all_rx * share + 0.5)::BIGINT AS first_rx,
            floor(all_tx * share + 0.5)::BIGINT AS first_tx
        FROM pairs WHERE t > last_t AND t - last_t <= 900000000
    ),
    traffic AS (
        SELECT port, n, sum(rx) AS rx, sum(tx) AS tx, sum(us) AS us
        FROM (
            SELECT port, n, first_rx AS rx, first_tx AS tx, edge - last_t AS us FROM deltas
            UNION ALL
            SELECT port, n + 1, all_rx - first_rx, all_tx - first_tx, t - edge
            FROM deltas WHERE t > edge
        )
        GROUP BY port, n
    )"""
_STATE = """
    observed AS (
        SELECT port, t, 1 AS kind, is_up FROM samples WHERE is_up IS NOT NULL
        UNION ALL SELECT port, t, 0, is_up FROM events
    ),
    nexts AS (
        SELECT *, lead(t) OVER w AS next_t, lead(kind) OVER w AS next_kind,
            lead(is_up) OVER w AS next_up
        FROM observed WINDOW w AS (PARTITION BY port ORDER BY t, kind, is_up)
    ),
    intervals AS (
        SELECT *, next_kind = 1 AND next_up <> is_up AS has_changed,
            CASE WHEN has_changed THEN (t + next_t) // 2 ELSE next_t END AS change_t
        FROM nexts WHERE next_t > t AND next_t - t <= 1200000000
    ),
    states AS (
        SELECT port, is_up, t AS from_t, change_t AS to_t FROM intervals
        UNION ALL SELECT port, next_up, change_t, next_t FROM intervals WHERE has_changed
    ),
    edges AS (
        SELECT *, from_t // 3600000000 AS n, least(to_t, (n + 1) * 3600000000) AS edge FROM states
    ),
    state AS (
        SELECT port, n, sum(us) FILTER (is_up) AS up_us, sum(us) AS known_us
        FROM (
            SELECT port, n, is_up, edge - from_t AS us FROM edges
            UNION ALL SELECT port, n + 1, is_up, to_t - edge FROM edges WHERE to_t > edge
        )
        GROUP BY port, n
    ),
    counts AS (SELECT port, t // 3600000000 AS n, count(*) AS samples FROM samples GROUP BY ALL)"""
_HOURS = f"""
    WITH {_PORTS}, {_TRAFFIC}, {_STATE}, hours AS (
        SELECT circuit_id, make_timestamp(n * 3600000000) AS hour, rx, tx, samples,
            round(us / 6e7, 4) AS observed, bandwidth_mbps * 1e6 / 8 * 60 * observed AS capacity,
            round(coalesce(up_us, 0) / 6e7, 4) AS up, round(known_us / 6e7, 4) AS known
        FROM traffic FULL JOIN state USING (port, n) LEFT JOIN counts USING (port, n)
        JOIN ports USING (port)
    )
    SELECT hour, circuit_id, rx AS rx_bytes, tx AS tx_bytes, observed AS observed_minutes,
        round(100 * greatest(rx, tx) / nullif(capacity, 0), 4) AS utilization_pct,
        samples AS sample_count, up AS up_minutes, round(60 - up, 4) AS down_minutes,
        round(known - up, 4) AS known_down_minutes, round(60 - known, 4) AS unknown_minutes,
        round(100 * up / nullif(known, 0), 4) AS availability_pct,
        CASE WHEN up > 0 THEN 'Up' WHEN known = 0 THEN 'Unknown' ELSE 'Down' END AS status_hourly
    FROM hours WHERE hour >= TIMESTAMP '{DAY.start}' AND hour < TIMESTAMP '{DAY.end}'
"""

_FLAGS = ", ".join(
    f"CASE WHEN {a.observed} >= 30 THEN {a.value} >= {a.level} END AS is_{a.longest}" for a in ABOVE
)
_BREAKS = ", ".join(
    f"n - max(CASE WHEN is_{a.longest} THEN gap ELSE n END) OVER w AS run_{a.longest}"
    for a in ABOVE
)


def _runs(first: str, within: str) -> str:
    """Hours since `first` with whether they are above, and how many up to each hour are so."""
    return f"""
    hours AS (
        SELECT *, epoch_us(hour) // 3600000000 AS n, {_FLAGS},
            CASE WHEN utilization_pct IS NOT NULL THEN rx_bytes END AS used_rx,
            CASE WHEN utilization_pct IS NOT NULL THEN tx_bytes END AS used_tx,
            CASE WHEN utilization_pct IS NOT NULL
                THEN bandwidth_mbps * 1e6 / 8 * 60 * observed_minutes END AS capacity
        FROM circuit_hour
        WHERE hour >= TIMESTAMP '{first}' AND hour < TIMESTAMP '{DAY.end}'
    ),
    gaps AS (
        SELECT *, CASE WHEN lag(n) OVER w IS DISTINCT FROM n - 1 THEN n - 1 END AS gap
        FROM hours WINDOW w AS (PARTITION BY {within} ORDER BY n)
    ),
    runs AS (
        SELECT *, {_BREAKS} FROM gaps WINDOW w AS (PARTITION BY {within} ORDER BY n)
    )"""


def _figures(run: str) -> str:
    """Sums, ratios of sums and both modes of time above; of `run` the longest one counts."""
    minutes = [name for name in SUMS if name.endswith("_minutes")]
    return ", ".join(
        [
            "count(*) AS hour_count",
            *(f"sum({name}) AS {name}" for name in SUMS if name not in minutes),
            *(f"round(sum({name}), 4) AS {name}" for name in minutes),
            "round(60 * count(*) - sum(up_minutes), 4) AS down_minutes",
            "round(100 * greatest(sum(used_rx), sum(used_tx)) / nullif(sum(capacity), 0), 4)"
            " AS utilization_pct",
            "max(utilization_pct) AS utilization_max_pct",
            "round(100 * sum(up_minutes)"
            " / nullif(sum(up_minutes) + sum(known_down_minutes), 0), 4) AS availability_pct",
            *(
                f"round(sum({name} * quality_minutes)"
                f" / nullif(sum(quality_minutes) FILTER ({name} IS NOT NULL), 0), 4) AS {name}"
                for name in AVERAGES
            ),
            *(f"sum(is_{a.longest}::INT) AS {a.hours}" for a in ABOVE),
            *(
                f"CASE WHEN count(is_{a.longest}) > 0"
                f" THEN max({run.format(name=a.longest)}) END AS {a.longest}"
                for a in ABOVE
            ),
        ]
    )


_WINDOWS = f"""
    WITH {_runs(f"{DAY.start}' - INTERVAL '23 HOURS", "circuit_id")},
    windows AS (
        SELECT last - back AS n, last, make_timestamp(last * 3600000000) AS hour, window_hours
        FROM (
            SELECT DISTINCT n AS last FROM hours WHERE hour >= TIMESTAMP '{DAY.start}'
        ), (SELECT unnest({list(WINDOWS_H)}) AS window_hours), range(window_hours) AS of(back)
    )
    SELECT windows.hour, window_hours, circuit_id,
        {_figures("least(run_{name}, n - last + window_hours)")}
    FROM runs JOIN windows USING (n) GROUP BY ALL
"""
_DAYS = f"""
    WITH {_runs(f"{DAY.start}", "circuit_id, hour::DATE")}
    SELECT hour::DATE AS day, circuit_id, {_figures("run_{name}")},
        round(quantile_cont(utilization_pct, 0.95), 4) AS utilization_p95_pct
    FROM runs GROUP BY ALL
"""
_STATEMENTS = {"hours": _HOURS, "windows": _WINDOWS, "days": _DAYS}


def prepared(job: str, folder: Path) -> Callable[[], Result]:
    """The statement of the job, ready to run."""
    return partial(rows_of_statements, folder, job, [_STATEMENTS[job]])


def rows_of_statements(folder: Path, job: str, statements: Sequence[str]) -> Result:
    """Compute each statement into a table in memory; the rows are those of the last one."""
    connection = duckdb.connect(folder / WAREHOUSE, read_only=True)
    connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
    for statement in statements:
        connection.execute(f"CREATE OR REPLACE TEMPORARY TABLE rows_of_job AS {statement}")
    columns = ", ".join((*JOBS[job].key, *JOBS[job].figures))

    def save(file: Path) -> object:
        return connection.execute(
            f"COPY (SELECT {columns} FROM rows_of_job) TO '{file.as_posix()}' (FORMAT parquet)"
        )

    return save
