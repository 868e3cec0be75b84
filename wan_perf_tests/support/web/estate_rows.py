"""The statements that make the estate's rows, see `estate`.

Belongs here: who is there, what happened, and the rows of each table that follow.
Keep out: the engine.
"""

from datetime import datetime

from wan_perf_tests.support.web.estate_periods import calendar_rows, raw_rows, report_rows

NOW = datetime(2026, 3, 8, 14, 25)
NEWEST = datetime(2026, 3, 8, 14)
REGIONS = ("East", "North & Isles", "South", "West")


def base(sites: int) -> str:
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
      CASE WHEN s % 97 = 6 AND k = 1 THEN '=HYPERLINK(1)'
        ELSE ['Lumen', 'Comcast', 'Verizon', 'AT&T'][1 + (s * 2 + k) % 4] END AS provider,
      ['broadband', 'lte'][k + 1] AS medium, ['primary', 'secondary'][k + 1] AS role,
      k + 1 AS role_rank, [200.0, 50.0][k + 1] AS bandwidth_mbps,
      [20.0, 10.0][k + 1] AS bandwidth_up_mbps,
      CASE WHEN s % 97 = 5 AND k = 1 THEN NULL ELSE 'contract' END AS bandwidth_source,
      CASE s % 97 WHEN 1 THEN TIMESTAMP '2026-03-08 13:10:00' WHEN 2 THEN
        CASE k WHEN 0 THEN TIMESTAMP '2026-03-08 11:40:00' END END AS down_at,
      CASE s % 97 WHEN 4 THEN TIMESTAMP '2026-03-08 12:30:00' END AS gap_at,
      8 + (hash(s * 10 + k) % 30)::DOUBLE AS load
    FROM range(1, {sites + 1}) sites(s), range(2) circuits(k)"""


def hours(days: int) -> str:
    return f"""
    CREATE TEMP TABLE h AS
    WITH t AS (
      SELECT c.*, hour, CASE WHEN hour = TIMESTAMP '{NEWEST}' THEN 25.0 ELSE 60.0 END AS seen
      FROM c, generate_series(TIMESTAMP '{NEWEST}' - INTERVAL '{days * 24 - 1} hours',
        TIMESTAMP '{NEWEST}', INTERVAL '1 hour') hours(hour)),
    m AS (SELECT *,
      CASE WHEN down_at IS NULL THEN 0 ELSE greatest(0, least(seen,
        epoch(hour + INTERVAL '1 minute' * seen - down_at) / 60)) END AS known_down,
      CASE WHEN gap_at IS NULL THEN 0 ELSE greatest(0, least(seen,
        epoch(hour + INTERVAL '1 minute' * seen - gap_at) / 60)) END AS gap FROM t),
    u AS (SELECT *, seen - known_down - gap AS up,
      CASE WHEN bandwidth_source IS NULL OR known_down + gap > 30 THEN NULL ELSE
        load * (1.2 - cos((hour(hour) - 3) * 3.14159 / 12))
        + CASE WHEN s % 97 = 3 AND k = 0 AND hour(hour) BETWEEN 9 AND 17 THEN 68 ELSE 0 END
        END AS utilization FROM m)
    SELECT *, round(utilization, 4) AS utilization_pct,
      CASE WHEN gap + known_down > 30 THEN NULL
        ELSE 20 + 40 * k + load / 4 + CASE WHEN s % 97 = 3 THEN 90 * (hour(hour) = 10)::INT ELSE 0
        END END AS latency,
      CASE WHEN gap + known_down > 30 THEN NULL
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
_STATE = """CASE WHEN down_at IS NOT NULL THEN 'down' WHEN gap_at IS NOT NULL THEN 'no_telemetry'
  ELSE 'up' END"""
_SITE_STATE = """CASE s % 97 WHEN 1 THEN 'site dark' WHEN 2 THEN 'on backup'
  WHEN 4 THEN 'site unreachable' ELSE 'up' END"""


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


def rows_of() -> dict[str, str]:
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
          60 - up - known_down AS unknown_minutes, gap AS no_telemetry_minutes,
          CASE WHEN up > 0 THEN 'Up' WHEN known_down > 0 THEN 'Down' ELSE 'Unknown' END
          AS status_hourly, 100 * up / nullif(up + known_down, 0) AS availability_pct,
          CASE WHEN up > 0 AND known_down > 0 THEN 1 ELSE 0 END AS flap_count,
          'samples' AS source FROM h""",
        "circuit_state": """
          SELECT hour AS started_at, hour + INTERVAL '1 second' * (60 * up)::BIGINT AS ended_at,
            circuit_id, site_id, 'store' AS site_kind, role_rank, 'up' AS state,
            NULL AS down_cause, true AS is_link_up, 'observed' AS state_evidence, NULL AS turned_to
          FROM h WHERE up > 0 UNION ALL
          SELECT hour + INTERVAL '1 second' * (60 * up)::BIGINT,
            hour + INTERVAL '1 second' * (60 * seen)::BIGINT, circuit_id, site_id, 'store',
            role_rank, CASE WHEN known_down > 0 THEN 'down' ELSE 'no_telemetry' END,
            CASE WHEN known_down > 0 THEN 'isp' END, false,
            CASE WHEN known_down > 0 THEN 'observed' END,
            CASE WHEN known_down > 0 AND up > 0 THEN 'down' END
          FROM h WHERE known_down + gap > 0""",
        "failover_piece": f"""
          SELECT CAST(started_at AS DATE) AS day, site_id, started_at, ended_at,
            'PRI-' || right(site_id, 4) AS primary_circuit_id,
            'SEC-' || right(site_id, 4) AS backup_circuit_id, 'isp' AS failover_cause,
            false AS is_inferred, true AS is_begin,
            epoch(ended_at - started_at) / 60 AS on_backup_minutes, 0.0 AS dark_minutes,
            0.0 AS no_telemetry_minutes, 3000000000 AS rx_bytes, 200000000 AS tx_bytes,
            12000000000 AS capacity_down_bytes, 2000000000 AS capacity_up_bytes,
            2400.0 AS latency_sum_ms, 30 AS latency_count, 95.0 AS latency_max_ms,
            3.0 AS loss_sum_pct, 30 AS loss_count, 0.4 AS loss_max_pct, 41.5 AS
            utilization_before_pct, 22.0 AS latency_before_ms, 0.01 AS loss_before_pct
          FROM (SELECT site_id, TIMESTAMP '2026-03-08 11:40' AS started_at, TIMESTAMP '{NOW}' AS
              ended_at FROM c WHERE k = 0 AND s % 97 = 2 UNION ALL
            SELECT site_id, TIMESTAMP '2026-03-05 14:00', TIMESTAMP '2026-03-05 15:30'
              FROM c WHERE k = 0 AND s % 97 = 2 UNION ALL
            SELECT site_id, TIMESTAMP '2026-02-10 09:00', TIMESTAMP '2026-02-10 09:40'
              FROM c WHERE k = 0 AND s % 97 = 2)""",
        "site_hour": """SELECT hour, site_id, 2 AS circuit_count, max(up) AS up_minutes,
          min(known_down) AS dark_minutes, min(gap) AS unreachable_minutes,
          60 - max(up) - min(known_down) - min(gap) AS unknown_minutes,
          CASE WHEN max(known_down) > min(known_down) THEN max(known_down) ELSE 0 END
          AS on_backup_minutes, 0.0 AS redundancy_lost_minutes,
          100 * max(up) / nullif(max(up) + min(known_down) + min(gap), 0) AS availability_pct,
          max(utilization_pct) AS utilization_worst_pct FROM h GROUP BY hour, site_id""",
        "current_state": f"""SELECT TIMESTAMP '{NOW}' AS as_of_at, circuit_id, site_id, site_name,
          'store' AS site_kind, region, role, role_rank, {_STATE} AS state,
          coalesce(down_at, gap_at) AS state_since, CASE WHEN down_at IS NOT NULL THEN 'isp' END
          AS down_cause, CASE WHEN s % 97 = 2 THEN ['inactive', 'active'][k + 1]
          ELSE ['active', 'inactive'][k + 1] END AS activity, {_SITE_STATE} AS site_state,
          CASE WHEN s % 97 = 2 THEN TIMESTAMP '2026-03-08 11:40:00' END AS failover_since,
          coalesce(gap_at, TIMESTAMP '{NOW}') AS sampled_at, gap_at IS NOT NULL AS is_stale,
          utilization_pct AS utilization_now_pct, utilization_pct AS utilization_hour_pct,
          loss AS loss_avg_pct, latency / 10 AS jitter_avg_ms, latency AS latency_avg_ms,
          round(utilization_pct / 100 * bandwidth_mbps * 1e6 / 8 * 900)::BIGINT AS recent_rx_bytes,
          0::BIGINT AS recent_tx_bytes,
          round(bandwidth_mbps * 1e6 / 8 * 900)::BIGINT AS capacity_down_bytes,
          round(bandwidth_up_mbps * 1e6 / 8 * 900)::BIGINT AS capacity_up_bytes,
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
        "site_window": "SELECT *, hour_count // 24 AS circuit_count FROM ("
        + _sums("newest AS hour, 24 AS window_hours, site_id", _WINDOW)
        + ")",
        **calendar_rows(),
        **report_rows(),
        **raw_rows(NOW, NEWEST),
    }
