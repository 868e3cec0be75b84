"""Days of 13 months, the periods that they make, reports and raw rows of the estate."""

from datetime import datetime


def days_of(months: int) -> str:
    """Days of 13 months: p95 grows with time, an outage of 30 minutes now and then."""
    return f"""
    CREATE TEMP TABLE d AS
    WITH t AS (SELECT c.*, day, hash(s * 1000 + k, day) AS dice, ord FROM c,
      (SELECT unnest(generate_series(DATE '2026-03-08' - INTERVAL '{months * 30} days',
        DATE '2026-03-08', INTERVAL '1 day'))::DATE AS day) days,
      LATERAL (SELECT day - (DATE '2026-03-08' - {months * 30}) AS ord)),
    m AS (SELECT *, 24 AS hour_count, CASE WHEN dice % 97 = 0 THEN 30.0 ELSE 0 END AS down,
      CASE WHEN dice % 53 = 0 THEN 60.0 ELSE 0 END AS unknown,
      CASE WHEN bandwidth_source IS NULL OR dice % 211 = 0 THEN NULL ELSE
        load * (1.6 + 0.4 * ord / ({months} * 30.0)) * CASE WHEN isodow(day) > 5 THEN 0.6 ELSE 1 END
        + CASE WHEN s % 97 = 3 AND k = 0 THEN 62 ELSE 0 END END AS p95 FROM t)
    SELECT *, day < DATE '2026-03-08' AS is_whole, 1440 - down - unknown AS up,
      CASE WHEN p95 >= 90 THEN 4 WHEN p95 >= 80 THEN 2 ELSE 0 END AS high FROM m"""


def _period(by: str, count: str, of: str, rows: str = "d") -> str:
    """Figures of a calendar period: sums over sums."""
    return f"""SELECT {by}, {count} sum(hour_count) AS hour_count, avg(p95) * 0.6 AS
      utilization_pct, max(p95) AS utilization_max_pct, avg(p95) AS utilization_p95_pct,
      sum(CASE WHEN p95 IS NOT NULL THEN 24 END) AS utilization_judged_hours,
      sum(high * 2) AS utilization_warning_hours, sum(high) AS utilization_high_hours,
      sum(CASE WHEN p95 >= 90 THEN 1 ELSE 0 END) AS utilization_critical_hours,
      max(high) AS utilization_high_longest_hours, sum(up) AS up_minutes,
      sum(down + unknown) AS down_minutes, sum(down) AS known_down_minutes,
      sum(unknown) AS unknown_minutes, 100 * sum(up) / nullif(sum(up + down), 0)
        AS availability_pct, 100 * sum(up) / sum(1440.0) AS availability_low_pct,
      100 * sum(up + unknown) / sum(1440.0) AS availability_high_pct,
      100 * sum(up + down) / sum(1440.0) AS coverage_pct,
      sum(CASE WHEN down > 0 THEN 2 ELSE 0 END) AS flap_count,
      sum(CASE WHEN down > 0 AND k = 0 THEN 1 ELSE 0 END) AS failover_count,
      sum(CASE WHEN k = 0 THEN down ELSE 0 END) AS failed_over_minutes
      FROM {rows} {of} GROUP BY ALL"""


def calendar_rows() -> dict[str, str]:
    made = {}
    sites = """count(DISTINCT circuit_id) AS circuit_count,
      sum(CASE WHEN k = 0 THEN down * (dice % 2) ELSE 0 END) AS dark_minutes,
      0.0 AS unreachable_minutes, 0.0 AS site_unknown_minutes,
      100 - sum(down * (dice % 2)) / 1440 / count(*) * 100 AS site_availability_pct,"""
    for entity, key, count in (
        ("circuit", "circuit_id, site_id", ""),
        ("site", "site_id", sites),
        ("region", "region", sites),
    ):
        made[f"{entity}_day"] = _period(f"day, is_whole, {key}", count, "")
        made[f"{entity}_week"] = _period(
            f"CAST(date_trunc('week', day) AS DATE) AS week, {key}", count, ""
        )
        month = f"CAST(date_trunc('month', day) AS DATE) AS month, {key}"
        made[f"{entity}_month"] = _period(month, count, "")
        made[f"{entity}_13_month"] = _period(f"DATE '2026-03-01' AS month, {key}", count, "")
    made[
        "site_trading_day"
    ] = """SELECT day, is_whole, site_id, 12 AS hour_count, 720 - sum(down) / 2 AS
      site_up_minutes, sum(down) / 2 AS dark_minutes, 0.0 AS unreachable_minutes, sum(down) / 2 AS
      lost_minutes, 0.0 AS site_unknown_minutes, 100 - sum(down) / 14.4 AS site_availability_pct
      FROM d WHERE k = 0 GROUP BY day, is_whole, site_id"""
    made["threshold_piece"] = """SELECT CAST(hour AS DATE) AS day, circuit_id, site_id,
      'utilization_pct' AS metric, 'high' AS severity, 80.0 AS level, min(hour) AS started_at,
      max(hour) + INTERVAL '1 hour' AS ended_at, count(*) AS above_hours, max(utilization_pct) AS
      value_max, avg(utilization_pct) AS value_mean, sum(utilization_pct) AS value_sum
      FROM h WHERE s % 97 = 3 AND k = 0 AND utilization_pct >= 80 AND hour(hour) BETWEEN 9 AND 17
      GROUP BY ALL"""
    return made


def report_rows() -> dict[str, str]:
    named = "circuit_id, site_id, site_name, region"
    return {
        "chronic_offender": f"""SELECT DATE '2026-03-07' AS as_of_day, {named},
          20 AS trading_day_count, 19 AS comparable_day_count, 14 AS bad_day_count,
          14 AS high_day_count, 0 AS flapping_day_count, 0 AS outage_day_count,
          DATE '2026-02-12' AS bad_since_day, DATE '2026-03-07' AS bad_last_day
          FROM c WHERE s % 97 = 3 AND k = 0""",
        "top_offender": f"""SELECT 'month' AS period, DATE '2026-02-01' AS period_start,
          'utilization_p95_pct' AS ranked_by, row_number() OVER (ORDER BY load DESC, circuit_id)
          AS place, {named}, load * 2 AS value, 99.0 AS coverage_pct FROM c WHERE k = 0
          QUALIFY place <= 20""",
        "trend": f"""SELECT DATE '2026-03-07' AS as_of_day, {named},
          ['rising', 'steady', 'falling'][1 + s % 3] AS verdict, 80 AS day_count,
          CASE s % 3 WHEN 0 THEN 0.31 WHEN 1 THEN 0.01 ELSE -0.2 END AS slope_pct_per_day,
          0.2 AS slope_low_pct_per_day, 0.4 AS slope_high_pct_per_day, 0.001 AS p_value,
          0.004 AS q_value, true AS is_significant, 40 + load AS level_pct,
          CASE s % 3 WHEN 0 THEN 20 + s % 80 END AS days_to_80,
          CASE s % 3 WHEN 0 THEN 12 + s % 80 END AS days_to_80_low,
          CASE s % 3 WHEN 0 THEN 45 + s % 80 END AS days_to_80_high,
          CASE s % 3 WHEN 0 THEN 50 + s % 80 END AS days_to_90,
          CASE s % 3 WHEN 0 THEN 30 + s % 80 END AS days_to_90_low,
          CASE s % 3 WHEN 0 THEN 90 + s % 80 END AS days_to_90_high FROM c WHERE k = 0""",
        "primary_vs_secondary": """SELECT p.as_of_at, p.site_id, p.site_name, p.region,
          p.circuit_id AS primary_circuit_id, p.state AS primary_state,
          p.utilization_now_pct AS primary_utilization_now_pct, p.latency_avg_ms AS
          primary_latency_avg_ms, p.loss_avg_pct AS primary_loss_avg_pct,
          q.circuit_id AS secondary_circuit_id, q.state AS secondary_state,
          q.utilization_now_pct AS secondary_utilization_now_pct, q.latency_avg_ms AS
          secondary_latency_avg_ms, q.loss_avg_pct AS secondary_loss_avg_pct,
          26.0 AS primary_usual_p95_pct, -4.0 AS headroom_pct FROM current_state p
          JOIN current_state q ON p.site_id = q.site_id AND p.role_rank = 1 AND q.role_rank = 2""",
    }


def raw_rows(now: datetime, newest: datetime) -> dict[str, str]:
    return {
        "raw_site_sle": f"""SELECT hour, site_id, CASE WHEN s % 97 IN (1, 2, 3) THEN 0.62 ELSE 0.97
          END AS wan_link_health, CASE WHEN s % 97 = 5 THEN 0.71 ELSE 0.99 END AS gateway_health,
          CASE WHEN s % 13 = 0 THEN NULL ELSE 0.95 END AS application_health, 1 AS gateway_count,
          40 AS client_count, TIMESTAMP '{now}' AS fetched_at FROM h
          WHERE k = 0 AND hour < TIMESTAMP '{newest}'""",
        "raw_port_sample": f"""SELECT due AS pass_at, gateway_mac, port_id, 'device' AS
          counter_source, site_id, due AS sampled_at, down_at IS NULL OR due < down_at AS is_up,
          k = 0 AS is_active, 864000.0 AS uptime_seconds, 1000000 * epoch(due)::BIGINT AS
          rx_bytes_counter, 100000 * epoch(due)::BIGINT AS tx_bytes_counter, 8000000.0 AS rx_bps,
          800000.0 AS tx_bps, 1000.0 AS port_speed_mbps FROM c, generate_series(TIMESTAMP '{now}'
          - INTERVAL '3 hours', TIMESTAMP '{now}', INTERVAL '5 minutes') polls(due)
          WHERE gap_at IS NULL OR due < gap_at""",
        "raw_path_sample": f"""SELECT TIMESTAMP '{now}' AS pass_at, gateway_mac, port_id, site_id,
          'feed0000000' || (s % 2) AS peer_mac, CASE WHEN s % 2 = 0 THEN 'hub-north' END AS
          peer_name, 'ge-0/0/0' AS peer_port_id, 'Overlay' AS path_name,
          TIMESTAMP '{now}' AS sampled_at, down_at IS NULL AS is_up, k = 0 AS is_active,
          20.0 AS latency_ms, 2.0 AS jitter_ms, 0.0 AS loss_pct, 4.2 AS mos FROM c
          WHERE gap_at IS NULL""",
        # Of site 1 one is open, of site 2 resolved, of site 4 no longer reported.
        "raw_alarm": f"""SELECT TIMESTAMP '{newest}' - INTERVAL 1 HOUR * (s % 97 = 4)::INTEGER AS
          hour, 'alarm-' || s AS alarm_id, site_id, gateway_mac, 'gw-' || s AS device_names,
          'gateway_down' AS alarm_type, 'infrastructure' AS alarm_group, CASE s % 97 WHEN 1 THEN
          'critical' ELSE 'warning' END AS alarm_severity, TIMESTAMP '{newest}' - INTERVAL 2 HOUR
          AS raised_at, TIMESTAMP '{newest}' - INTERVAL 1 HOUR AS last_seen_at, CASE s % 97 WHEN 2
          THEN TIMESTAMP '{newest}' END AS resolved_at, s % 97 = 2 AS is_resolved, false AS
          is_acknowledged, 1 AS incident_count, TIMESTAMP '{newest}' AS fetched_at
          FROM c WHERE k = 0 AND s % 97 IN (1, 2, 4)""",
        **rows_of_causes(newest),
        "raw_gateway_status": f"""SELECT DISTINCT date_trunc('hour', TIMESTAMP '{now}') AS hour,
          gateway_mac, TIMESTAMP '{now}' AS pass_at, site_id, 'gw-' || s AS gateway_name,
          'SRX320' AS gateway_model, CASE WHEN s % 3 = 0 THEN '22.4R3' ELSE '23.4R2' END AS
          software_version, CASE WHEN s % 97 <> 5 THEN gap_at IS NULL END AS is_connected,
          coalesce(gap_at, TIMESTAMP '{now}') AS sampled_at, 864000.0 AS uptime_seconds
          FROM c WHERE k = 0""",
        "circuit_poll": f"""SELECT due AS pass_at, circuit_id, due AS sampled_at, true AS is_up,
          k = 0 AS is_active, 20.0 + minute(due) AS latency_ms, 2.0 AS jitter_ms, 0.0 AS loss_pct,
          4.2 AS mos FROM c, generate_series(TIMESTAMP '{now}' - INTERVAL '3 hours',
          TIMESTAMP '{now}', INTERVAL '5 minutes') polls(due) WHERE gap_at IS NULL""",
        "raw_gateway_event": """SELECT down_at AS event_at, gateway_mac, site_id, port_id,
          'port_down' AS event_kind, 'GW_PORT_DOWN' AS event_name, 'carrier lost' AS detail
          FROM c WHERE down_at IS NOT NULL""",
    }


def rows_of_causes(newest: datetime) -> dict[str, str]:
    """Of site 1 the causes of two hours are known; of site 2 none was answered, of 3 requested.

    One gateway that is named as impacted is that of site 4, which is disconnected.
    """
    key = f"""TIMESTAMP '{newest}' - INTERVAL 1 HOUR * back AS hour, site_id, 'wan_link_health' AS
      sle_metric, TIMESTAMP '{newest}' AS fetched_at"""
    site_1 = "FROM c, range(1, 3) hours(back) WHERE k = 0 AND s % 97 = 1"
    return {
        "raw_sle_metric": f"""SELECT {key}, CASE s % 97 WHEN 1 THEN 45.5 END AS degraded_minutes,
          CASE s % 97 WHEN 1 THEN 120.0 END AS total_minutes, s % 97 = 1 AS is_answered
          FROM c, range(1, 3) hours(back) WHERE k = 0 AND s % 97 IN (1, 2)""",
        "raw_sle_classifier": f"""SELECT * FROM (SELECT {key}, unnest(['isp-reachability-arp',
          '<b>network-loss</b>', 'network-jitter', 'interface-vpn']) AS classifier,
          unnest([15.5, 30.0, 0.0, NULL]) AS degraded_minutes, 120.0 AS total_minutes {site_1})""",
        "raw_sle_gateway": f"""SELECT TIMESTAMP '{newest}' - INTERVAL 1 HOUR * back AS hour,
          'site-' || lpad((s - s % 97 + 1)::VARCHAR, 4, '0') AS site_id, 'wan_link_health' AS
          sle_metric, TIMESTAMP '{newest}' AS fetched_at, gateway_mac, '<i>gw-' || s AS
          gateway_name, 'SRX320' AS gateway_model, 45.5 AS degraded_minutes, 60.0 AS
          impact_minutes, 120.0 AS total_minutes
          FROM c, range(1, 3) hours(back) WHERE k = 0 AND s % 97 IN (1, 4)""",
        "raw_sle_interface": f"""SELECT {key}, gateway_mac, 'ge-0/0/' || n AS port_id, 'gw-' || s AS
          gateway_name, 15.5 + n AS degraded_minutes, 60.0 AS impact_minutes, 60.0 AS total_minutes
          FROM c, range(1, 3) hours(back), range(2) ports(n) WHERE k = 0 AND s % 97 = 1""",
    }
