"""Regions: now, their last 24 hours, their days, their providers, their busy hours."""

from datetime import datetime

from wan_perf.web.data import Data, Row
from wan_perf.web.query import TimeRange
from wan_perf.web.questions import HIGH_OR_WORSE, STORES

_WINDOW = """SELECT * FROM @region_window:newest WHERE window_hours = 24
  AND hour = (SELECT max(hour) FROM @region_window:newest)"""
_HIGH_SHARE = "100.0 * {0}utilization_high_hours / nullif({0}utilization_judged_hours, 0)"


def regions(data: Data) -> list[Row]:
    """One row a region: what is wrong now, and the figures of its last 24 hours."""
    return data.rows(
        f"""
        WITH n AS (SELECT coalesce(region, 'Unassigned') AS region,
            count(DISTINCT site_id) AS site_count,
            count(DISTINCT CASE WHEN site_state IN ('site dark', 'site unreachable')
              THEN site_id END) AS dark_site_count,
            count(DISTINCT CASE WHEN site_state = 'on backup' THEN site_id END)
              AS backup_site_count, count(*) AS circuits_now,
            count_if(state = 'down') AS down_circuit_count,
            count_if(severity IN {HIGH_OR_WORSE}) AS bad_circuit_count,
            max(utilization_now_pct) AS utilization_max_pct_now
          FROM @current_state WHERE {STORES} GROUP BY coalesce(region, 'Unassigned')),
        w AS ({_WINDOW})
        SELECT w.*, coalesce(n.region, w.region) AS region, n.site_count, n.dark_site_count,
          n.backup_site_count, n.circuits_now, n.down_circuit_count, n.bad_circuit_count,
          n.utilization_max_pct_now, {_HIGH_SHARE.format("w.")} AS utilization_high_hours_pct
        FROM n FULL JOIN w ON n.region = w.region ORDER BY coalesce(n.region, w.region)"""
    )


def is_known(data: Data, region: str) -> bool:
    """True where a site is or was of the region."""
    return bool(data.first("SELECT 1 AS one FROM @dim_site WHERE region = ? LIMIT 1", [region]))


def sites_of(data: Data, region: str, narrowed: dict[str, str], most: int) -> list[Row]:
    """The region's sites, those that need a person first; `narrowed` limits their circuits."""
    conditions = "".join(f" AND c.{name} = ?" for name in narrowed)
    return data.rows(
        f"""
        WITH n AS (SELECT s.site_id, max(s.site_name) AS site_name,
            max(s.site_state) AS site_state, count(*) AS circuit_count,
            max(s.utilization_now_pct) AS utilization_worst_pct,
            max(CASE s.severity WHEN 'critical' THEN 3 WHEN 'high' THEN 2 WHEN 'warning' THEN 1
              ELSE 0 END) AS place, max(s.failover_since) AS failover_since
          FROM @current_state s JOIN @dim_circuit c ON s.circuit_id = c.circuit_id
            AND c.valid_to IS NULL
          WHERE s.region = ? AND {STORES}{conditions} GROUP BY s.site_id),
        w AS (SELECT * FROM @site_window:newest WHERE window_hours = 24
          AND hour = (SELECT max(hour) FROM @site_window:newest))
        SELECT w.*, n.*, CASE n.place WHEN 3 THEN 'critical' WHEN 2 THEN 'high' WHEN 1 THEN
          'warning' ELSE 'normal' END AS severity, count(*) OVER () AS total
        FROM n LEFT JOIN w ON n.site_id = w.site_id
        ORDER BY n.site_state = 'up', n.place DESC, n.utilization_worst_pct DESC NULLS LAST,
          n.site_name, n.site_id LIMIT ?""",
        [region, *narrowed.values(), most],
    )


def providers_of(data: Data, region: str = "") -> list[Row]:
    """The providers' circuits over the last 24 hours, those with the most trouble first."""
    of_region, values = (" AND s.region = ?", [region]) if region else ("", [])
    return data.rows(
        f"""
        WITH w AS (SELECT * FROM @circuit_window:newest WHERE window_hours = 24
          AND hour = (SELECT max(hour) FROM @circuit_window:newest))
        SELECT coalesce(c.provider, 'unknown') AS provider, count(*) AS circuit_count,
          100.0 * sum(w.up_minutes) / nullif(sum(w.up_minutes + w.known_down_minutes), 0)
            AS availability_pct,
          100.0 * sum(w.up_minutes + w.known_down_minutes)
            / nullif(sum(w.up_minutes + w.down_minutes), 0) AS coverage_pct,
          {
            _HIGH_SHARE.replace("{0}utilization_high_hours", "sum({0}utilization_high_hours)")
            .replace("{0}utilization_judged_hours", "sum({0}utilization_judged_hours)")
            .format("w.")
        } AS utilization_high_hours_pct,
          sum(w.flap_count) AS flap_count, median(w.latency_avg_ms) AS latency_avg_ms,
          median(w.loss_avg_pct) AS loss_avg_pct, count_if(s.state = 'down') AS down_count
        FROM @current_state s JOIN @dim_circuit c ON s.circuit_id = c.circuit_id
          AND c.valid_to IS NULL LEFT JOIN w ON s.circuit_id = w.circuit_id
        WHERE {STORES}{of_region} GROUP BY coalesce(c.provider, 'unknown')
        ORDER BY availability_pct NULLS LAST, provider""",
        values,
    )


def days_of(data: Data, region: str, since: datetime) -> list[Row]:
    """The region's days from an instant on, in order."""
    return data.rows(
        f"SELECT *, {_HIGH_SHARE.format('')} AS utilization_high_hours_pct FROM @region_day "
        "WHERE region = ? AND day >= ? ORDER BY day",
        [region, since.date()],
    )


def busy_hours(data: Data, region: str, reach: TimeRange) -> dict[tuple[int, int], float | None]:
    """Share of the judged circuit-hours at or above high, by weekday and hour of the day. [%]"""
    rows = data.rows(
        f"""
        SELECT hour, count(utilization_severity) AS judged,
          count_if(utilization_severity IN {HIGH_OR_WORSE}) AS high
        FROM @circuit_hour:within WHERE {STORES} AND hour >= ? AND hour < ? AND site_id IN (
          SELECT site_id FROM @dim_site WHERE region = ? AND valid_to IS NULL) GROUP BY hour""",
        [reach.start, reach.end, region],
        within=reach.span,
    )
    sums: dict[tuple[int, int], tuple[int, int]] = {}
    for row in rows:
        key = (row["hour"].weekday(), row["hour"].hour)
        high, judged = sums.get(key, (0, 0))
        sums[key] = (high + (row["high"] or 0), judged + row["judged"])
    return {key: 100.0 * high / judged if judged else None for key, (high, judged) in sums.items()}
