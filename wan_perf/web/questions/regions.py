"""Regions now and over the last 24 hours."""

from wan_perf.web.data import Data, Row
from wan_perf.web.questions import STORES

_WINDOW = """SELECT * FROM @region_window WHERE window_hours = 24
  AND hour = (SELECT max(hour) FROM @region_window)"""


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
            count_if(severity IN ('high', 'critical')) AS bad_circuit_count
          FROM @current_state WHERE {STORES} GROUP BY coalesce(region, 'Unassigned')),
        w AS ({_WINDOW})
        SELECT w.*, coalesce(n.region, w.region) AS region, n.site_count, n.dark_site_count,
          n.backup_site_count, n.circuits_now, n.down_circuit_count, n.bad_circuit_count,
          100.0 * w.utilization_high_hours / nullif(w.utilization_judged_hours, 0)
            AS utilization_high_hours_pct
        FROM n FULL JOIN w ON n.region = w.region ORDER BY coalesce(n.region, w.region)"""
    )
