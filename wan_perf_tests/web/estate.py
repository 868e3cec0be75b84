"""A published copy of a small estate, made by SQL: what the pages are tested on.

Belongs here: rows of the published tables that agree with each other; any number of sites.
Keep out: how the real copy is written (`published`); the graph computes no row of this one.

At 14:25 on 8 March 2026: site 1 is dark since 13:10, site 2 is on backup since 11:40, site 3's
primary is at critical load, site 4 is without telemetry since 12:30, the secondary of site 5 has no
contract. Above six sites the same repeats every 97 sites.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import duckdb
import ibis

from wan_perf.declaration import Table, View
from wan_perf.tables import TABLES

NOW = datetime(2026, 3, 8, 14, 25)
NEWEST = datetime(2026, 3, 8, 14)
REGIONS = ("East", "North & Isles", "South", "West")
_TYPES = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "large_integer": "DECIMAL(38, 0)",
    "real": "DOUBLE",
    "boolean": "BOOLEAN",
    "instant": "TIMESTAMP",
    "date": "DATE",
}


@dataclass
class Estate:
    """An in-memory published copy: `sites` stores with two circuits each, `days` days of hours."""

    sites: int = 6
    days: int = 15
    months: int = 13
    version: str = "v1"
    published_at: datetime = NOW
    dropped: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The engine with all tables."""
        made = duckdb.connect()
        made.execute("SET TimeZone = 'UTC'")
        for statement in self._statements(made):
            made.execute(statement)
        for name in self.dropped:
            made.execute(f"DROP TABLE {name}")
        return made

    @cached_property
    def _names(self) -> frozenset[str]:
        rows = self.connection.cursor().execute("SELECT table_name FROM duckdb_tables()").fetchall()
        return frozenset(name for (name,) in rows)

    def has(self, table: str) -> bool:
        """True where it is published."""
        return table in self._names

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The rows of a statement."""
        cursor = self.connection.cursor()
        answer = cursor.execute(sql, list(parameters))
        names = [column[0] for column in answer.description or ()]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def _statements(self, engine: duckdb.DuckDBPyConnection) -> Iterator[str]:
        yield _base(self.sites)
        yield _hours(self.days)
        for name, rows in _rows(self.days, self.months).items():
            yield _declared(engine, TABLES[name], rows)
        for view in (t for t in TABLES.values() if isinstance(t, View)):
            missing = {source for source in view.sources if source not in TABLES}
            assert not missing
            yield from _absent(engine, view.sources)
            yield f"CREATE TABLE {view.name} AS {_view(view)}"


def _declared(engine: duckdb.DuckDBPyConnection, table: Table, rows: str) -> str:
    """The rows with every declared column in its type; what the rows lack is NULL."""
    given = {column[0] for column in engine.execute(f"DESCRIBE {rows}").fetchall()}
    assert given <= set(table.columns), given - set(table.columns)
    columns = ", ".join(
        f"CAST({c.name if c.name in given else 'NULL'} AS {_TYPES[c.type]}) AS {c.name}"
        for c in table.fields
    )
    return f"CREATE TABLE {table.name} AS SELECT {columns} FROM ({rows})"


def _absent(engine: duckdb.DuckDBPyConnection, sources: Sequence[str]) -> Iterator[str]:
    there = {n for (n,) in engine.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    for name in set(sources) - there:
        columns = ", ".join(f"{c.name} {_TYPES[c.type]}" for c in TABLES[name].fields)
        yield f"CREATE TABLE {name} ({columns})"


def _view(view: View) -> str:
    sources = (ibis.table(TABLES[name].schema, name=name) for name in view.sources)
    return str(ibis.to_sql(view.expression(*sources), dialect="duckdb"))


def _base(sites: int) -> str:
    regions = "[" + ", ".join(f"'{region}'" for region in REGIONS) + "]"
    return f"""
    CREATE TEMP TABLE c AS
    SELECT s, k, 'site-' || lpad(s::VARCHAR, 4, '0') AS site_id,
      'Store ' || lpad(s::VARCHAR, 4, '0') AS site_name,
      {regions}[1 + (s - 1) % {len(REGIONS)}] AS region,
      CASE s % 3 WHEN 0 THEN 'Express' ELSE 'Super' END AS store_type,
      CASE WHEN s % 7 = 6 AND k = 1 THEN 'site-' || lpad(s::VARCHAR, 4, '0') || ':ge-0/0/1'
        ELSE ['PRI', 'SEC'][k + 1] || '-' || lpad(s::VARCHAR, 4, '0') END AS circuit_id,
      ['wan0', 'wan1'][k + 1] AS wan_name, 'ge-0/0/' || k AS port_id,
      lpad(to_hex(s + 4096), 12, '0') AS gateway_mac,
      ['Lumen', 'Comcast', 'Verizon', 'AT&T'][1 + (s * 2 + k) % 4] AS provider,
      ['broadband', 'lte'][k + 1] AS medium, ['primary', 'secondary'][k + 1] AS role,
      k + 1 AS role_rank, [200.0, 50.0][k + 1] AS bandwidth_mbps,
      [20.0, 10.0][k + 1] AS bandwidth_up_mbps,
      CASE WHEN s % 97 = 5 AND k = 1 THEN NULL ELSE 'contract' END AS bandwidth_source,
      CASE s % 97 WHEN 1 THEN TIMESTAMP '2026-03-08 13:10:00' WHEN 2 THEN
        CASE k WHEN 0 THEN TIMESTAMP '2026-03-08 11:40:00' END END AS down_at,
      CASE s % 97 WHEN 4 THEN TIMESTAMP '2026-03-08 12:30:00' END AS silent_at,
      8 + (hash(s * 10 + k) % 30)::DOUBLE AS load
    FROM range(1, {sites + 1}) sites(s), range(2) circuits(k)"""


def _hours(days: int) -> str:
    return f"""
    CREATE TEMP TABLE h AS
    WITH t AS (
      SELECT c.*, hour, CASE WHEN hour = TIMESTAMP '{NEWEST}' THEN 25.0 ELSE 60.0 END AS seen
      FROM c, generate_series(TIMESTAMP '{NEWEST}' - INTERVAL '{days * 24 - 1} hours',
        TIMESTAMP '{NEWEST}', INTERVAL '1 hour') hours(hour)),
    m AS (SELECT *,
      CASE WHEN down_at IS NULL THEN 0 ELSE greatest(0, least(seen,
        epoch(hour + INTERVAL '1 minute' * seen - down_at) / 60)) END AS known_down,
      CASE WHEN silent_at IS NULL THEN 0 ELSE greatest(0, least(seen,
        epoch(hour + INTERVAL '1 minute' * seen - silent_at) / 60)) END AS silent FROM t),
    u AS (SELECT *, seen - known_down - silent AS up,
      CASE WHEN bandwidth_source IS NULL OR known_down + silent > 30 THEN NULL ELSE
        load * (1.2 - cos((hour(hour) - 3) * 3.14159 / 12))
        + CASE WHEN s % 97 = 3 AND k = 0 AND hour(hour) BETWEEN 9 AND 17 THEN 68 ELSE 0 END
        END AS utilization FROM m)
    SELECT *, round(utilization, 4) AS utilization_pct,
      CASE WHEN silent + known_down > 30 THEN NULL
        ELSE 20 + 40 * k + load / 4 + CASE WHEN s % 97 = 3 THEN 90 * (hour(hour) = 10)::INT ELSE 0
        END END AS latency,
      CASE WHEN silent + known_down > 30 THEN NULL
        ELSE CASE WHEN s % 97 = 3 AND k = 0 AND hour(hour) BETWEEN 10 AND 12 THEN 0.7 ELSE 0.01 END
        END AS loss
    FROM u"""


def _severity(value: str, warning: float, high: float, critical: float) -> str:
    return (
        f"CASE WHEN {value} IS NULL THEN NULL WHEN {value} >= {critical} THEN 'critical' "
        f"WHEN {value} >= {high} THEN 'high' WHEN {value} >= {warning} THEN 'warning' "
        "ELSE 'normal' END"
    )


_LEVELS = """
  70.0 AS utilization_warning_level_pct, 80.0 AS utilization_high_level_pct,
  90.0 AS utilization_critical_level_pct, 0.1 AS loss_warning_level_pct,
  0.5 AS loss_high_level_pct, 1.0 AS loss_critical_level_pct, 10.0 AS jitter_warning_level_ms,
  30.0 AS jitter_high_level_ms, 50.0 AS jitter_critical_level_ms, 50.0 AS latency_warning_level_ms,
  100.0 AS latency_high_level_ms, 150.0 AS latency_critical_level_ms"""
_STATE = """CASE WHEN down_at IS NOT NULL THEN 'down' WHEN silent_at IS NOT NULL THEN 'unheard'
  ELSE 'up' END"""
_SITE_STATE = """CASE s % 97 WHEN 1 THEN 'site dark' WHEN 2 THEN 'on backup'
  WHEN 4 THEN 'site unreachable' ELSE 'up' END"""
_CALENDAR = """
  hour_count, observed_hour_count, rx_bytes, tx_bytes, observed_minutes,
  utilization_pct, utilization_max_pct, utilization_p95_pct, latency_avg_ms, latency_p95_ms,
  latency_max_ms, loss_avg_pct, jitter_avg_ms, utilization_judged_hours, utilization_warning_hours,
  utilization_high_hours, utilization_critical_hours, utilization_high_longest_hours, up_minutes,
  down_minutes, known_down_minutes, unknown_minutes, availability_pct, availability_low_pct,
  availability_high_pct, coverage_pct, flap_count"""


def _sums(by: str, rows: str) -> str:
    """Figures of a period, sums over sums."""
    return f"""
    SELECT {by}, count(*) AS hour_count, count(utilization_pct) AS observed_hour_count,
      sum(rx_bytes) AS rx_bytes, sum(tx_bytes) AS tx_bytes, sum(observed_minutes) AS
      observed_minutes, avg(utilization_pct) AS utilization_pct, max(utilization_pct) AS
      utilization_max_pct, quantile_cont(utilization_pct, 0.95) AS utilization_p95_pct,
      avg(latency_avg_ms) AS latency_avg_ms, quantile_cont(latency_avg_ms, 0.95) AS latency_p95_ms,
      max(latency_max_ms) AS latency_max_ms, avg(loss_avg_pct) AS loss_avg_pct,
      avg(jitter_avg_ms) AS jitter_avg_ms, count(utilization_pct) AS utilization_judged_hours,
      count_if(utilization_pct >= 70) AS utilization_warning_hours,
      count_if(utilization_pct >= 80) AS utilization_high_hours,
      count_if(utilization_pct >= 90) AS utilization_critical_hours,
      count_if(utilization_pct >= 80) AS utilization_high_longest_hours,
      sum(up_minutes) AS up_minutes, sum(down_minutes) AS down_minutes,
      sum(known_down_minutes) AS known_down_minutes, sum(unknown_minutes) AS unknown_minutes,
      100 * sum(up_minutes) / nullif(sum(up_minutes + known_down_minutes), 0) AS availability_pct,
      100 * sum(up_minutes) / nullif(sum(up_minutes + down_minutes), 0) AS availability_low_pct,
      100 * sum(up_minutes + unknown_minutes) / nullif(sum(up_minutes + down_minutes), 0)
        AS availability_high_pct,
      100 * sum(up_minutes + known_down_minutes) / nullif(sum(up_minutes + down_minutes), 0)
        AS coverage_pct, sum(flap_count) AS flap_count
    FROM ({rows}) GROUP BY ALL"""


_SITES = "SELECT site_id, region FROM c WHERE k = 0"
_WINDOW = f"""SELECT circuit_hour.*, TIMESTAMP '{NEWEST}' AS newest, region FROM circuit_hour
  JOIN ({_SITES}) USING (site_id) WHERE hour > TIMESTAMP '{NEWEST}' - INTERVAL '24 hours'"""


def _rows(days: int, months: int) -> dict[str, str]:
    """Statements that make the rows of each table, in the order in which they can be made."""
    return {
        "dim_site": "SELECT site_id, site_name, 'store' AS site_kind, region, store_type, "
        "'US' AS country_code, 'America/New_York' AS time_zone, TIMESTAMP '1970-01-01' AS "
        "valid_from FROM c WHERE k = 0",
        "dim_circuit": "SELECT circuit_id, site_id, wan_name, provider, medium, CASE WHEN "
        "bandwidth_source IS NOT NULL THEN bandwidth_mbps END AS bandwidth_mbps, CASE WHEN "
        "bandwidth_source IS NOT NULL THEN bandwidth_up_mbps END AS bandwidth_up_mbps, "
        "bandwidth_source, role, role_rank, 'contract' AS role_source, false AS is_on_demand, "
        "false AS is_disabled, true AS is_in_service, TIMESTAMP '1970-01-01' AS valid_from FROM c",
        "circuit_port": "SELECT circuit_id, gateway_mac, port_id, TIMESTAMP '1970-01-01' AS "
        "valid_from FROM c",
        "dim_policy": "SELECT * FROM (VALUES ('utilization_pct', 'warning', 70.0), "
        "('utilization_pct', 'high', 80.0), ('utilization_pct', 'critical', 90.0)) "
        "v(metric, severity, level), (SELECT 'default' AS scope, '' AS scope_name, "
        "TIMESTAMP '1970-01-01' AS valid_from)",
        "circuit_hour": f"""SELECT hour, circuit_id, site_id, 'store' AS site_kind, gateway_mac,
          port_id, round(utilization_pct / 100 * bandwidth_mbps * 1e6 / 8 * 60 * up) AS rx_bytes,
          round(utilization_pct / 400 * bandwidth_up_mbps * 1e6 / 8 * 60 * up) AS tx_bytes,
          up AS observed_minutes, CASE WHEN bandwidth_source IS NOT NULL THEN bandwidth_mbps END
          AS bandwidth_mbps, CASE WHEN bandwidth_source IS NOT NULL THEN bandwidth_up_mbps END
          AS bandwidth_up_mbps, bandwidth_source, utilization_pct, loss AS loss_avg_pct,
          loss * 2 AS loss_max_pct, loss * 1.5 AS loss_p95_pct, latency / 10 AS jitter_avg_ms,
          latency / 5 AS jitter_max_ms, latency / 6 AS jitter_p95_ms, latency AS latency_avg_ms,
          latency * 2 AS latency_max_ms, latency * 1.4 AS latency_p95_ms, up AS quality_minutes,
          12 AS quality_sample_count, 12 AS sample_count,
          {_severity("utilization_pct", 70, 80, 90)} AS utilization_severity,
          {_severity("loss", 0.1, 0.5, 1)} AS loss_severity,
          {_severity("latency / 10", 10, 30, 50)} AS jitter_severity,
          {_severity("latency", 50, 100, 150)} AS latency_severity, {_LEVELS},
          up AS up_minutes, 60 - up AS down_minutes, known_down AS known_down_minutes,
          60 - up - known_down AS unknown_minutes, silent AS unheard_minutes,
          CASE WHEN up > 0 THEN 'Up' WHEN known_down > 0 THEN 'Down' ELSE 'Unknown' END
          AS status_hourly, 100 * up / nullif(up + known_down, 0) AS availability_pct,
          CASE WHEN up > 0 AND known_down > 0 THEN 1 ELSE 0 END AS flap_count,
          'samples' AS source FROM h""",
        "site_hour": """SELECT hour, site_id, 2 AS circuit_count, max(up) AS up_minutes,
          min(known_down) AS dark_minutes, min(silent) AS unreachable_minutes,
          60 - max(up) - min(known_down) - min(silent) AS unknown_minutes,
          CASE WHEN max(known_down) > min(known_down) THEN max(known_down) ELSE 0 END
          AS on_backup_minutes, 0.0 AS redundancy_lost_minutes,
          100 * max(up) / nullif(max(up) + min(known_down) + min(silent), 0) AS availability_pct,
          max(utilization_pct) AS utilization_worst_pct FROM h GROUP BY hour, site_id""",
        "current_state": f"""SELECT TIMESTAMP '{NOW}' AS as_of_at, circuit_id, site_id, site_name,
          'store' AS site_kind, region, role, role_rank, {_STATE} AS state,
          coalesce(down_at, silent_at) AS state_since, CASE WHEN down_at IS NOT NULL THEN 'isp' END
          AS down_cause, CASE WHEN s % 97 = 2 THEN ['inactive', 'active'][k + 1]
          ELSE ['active', 'inactive'][k + 1] END AS activity, {_SITE_STATE} AS site_state,
          CASE WHEN s % 97 = 2 THEN TIMESTAMP '2026-03-08 11:40:00' END AS failover_since,
          coalesce(silent_at, TIMESTAMP '{NOW}') AS sampled_at, silent_at IS NOT NULL AS is_stale,
          utilization_pct AS utilization_now_pct, utilization_pct AS utilization_hour_pct,
          loss AS loss_avg_pct, latency / 10 AS jitter_avg_ms, latency AS latency_avg_ms,
          0 AS recent_flap_count, CASE WHEN down_at IS NOT NULL THEN 'critical'
          ELSE {_severity("utilization_pct", 70, 80, 90)} END AS severity,
          CASE WHEN down_at IS NOT NULL THEN 'down: isp' WHEN utilization_pct >= 70 THEN
          'utilization ' || round(utilization_pct)::INT || ' %' END AS messages
          FROM h WHERE hour = TIMESTAMP '{NEWEST}'""",
        "active_alert": """SELECT as_of_at, severity, site_id, site_name, site_kind, region,
          circuit_id, state_since AS since, messages FROM current_state WHERE severity <> 'normal'
          AND site_state NOT IN ('site dark', 'site unreachable') UNION ALL
          SELECT as_of_at, 'critical', site_id, site_name, site_kind, region, NULL,
          max(state_since), site_state || ': 2 circuits' FROM current_state
          WHERE site_state IN ('site dark', 'site unreachable') GROUP BY ALL""",
        "circuit_window": _sums("newest AS hour, 24 AS window_hours, circuit_id, site_id", _WINDOW),
        "region_window": "SELECT *, hour_count // 24 AS circuit_count FROM ("
        + _sums("newest AS hour, 24 AS window_hours, region", _WINDOW)
        + ")",
    }
