"""Now: how many sites and circuits are in which state, which alerts are open, who is worst."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from wan_perf.schema.metrics import JUDGED, QUALITY, UTILIZATION
from wan_perf.schema.values import SEVERITIES
from wan_perf.web.data import Data, Row
from wan_perf.web.questions import STORES

_SEVERITY_ORDER = " ".join(
    f"WHEN '{severity}' THEN {place}" for place, severity in enumerate(reversed(SEVERITIES))
)
SEVERITY_PLACE = f"CASE severity {_SEVERITY_ORDER} ELSE 9 END"
"""Sorts the worst first."""
_LEVELS = ", ".join(metric.level(severity) for metric in JUDGED for severity in SEVERITIES)
_NOW_VALUE = {UTILIZATION: "utilization_now_pct"} | {metric: metric.avg for metric in QUALITY}
_AT_LEVEL = ", ".join(
    f"count_if(n.{value} >= h.{metric.level(severity)}) AS {metric.quantity}_{severity}_count"
    for metric, value in _NOW_VALUE.items()
    for severity in SEVERITIES
)
_BAD = " OR ".join(f"n.{m.avg} >= h.{m.level('high')}" for m in QUALITY)


def state_counts(data: Data, at: datetime | None) -> Row:
    """Circuits and sites of stores by state, and circuits at their levels in force, now.

    `at` is the instant as of which the current state is, None where there is none.
    """
    hour = at.replace(minute=0, second=0, microsecond=0) if at else None
    return data.first(
        f"""
        WITH n AS (SELECT * FROM @current_state WHERE {STORES}),
        h AS (SELECT circuit_id, {_LEVELS} FROM @circuit_hour:within
              WHERE hour = ?)
        SELECT count(*) AS circuit_count, count(DISTINCT n.site_id) AS site_count,
          count(DISTINCT CASE WHEN site_state = 'site dark' THEN n.site_id END) AS dark_count,
          count(DISTINCT CASE WHEN site_state = 'site unreachable' THEN n.site_id END)
            AS unreachable_count,
          count(DISTINCT CASE WHEN site_state = 'on backup' THEN n.site_id END) AS backup_count,
          count(DISTINCT CASE WHEN severity IS NOT NULL AND severity <> 'normal'
            THEN n.site_id END) AS bad_site_count,
          min(failover_since) AS backup_since,
          count_if(state = 'up') AS up_count, count_if(state = 'down') AS down_count,
          count_if(state = 'disabled') AS disabled_count,
          count_if(state = 'standby') AS standby_count,
          count_if(state IS NULL OR state NOT IN ('up', 'down', 'disabled', 'standby'))
            AS unknown_count,
          count(utilization_now_pct) AS measured_count,
          median(utilization_now_pct) AS utilization_median_pct,
          max(utilization_now_pct) AS utilization_max_pct,
          count_if({_BAD}) AS bad_quality_count,
          sum(recent_flap_count) AS flap_count, {_AT_LEVEL}
        FROM n LEFT JOIN h ON n.circuit_id = h.circuit_id""",
        [hour],
        within=(hour, hour + timedelta(hours=1)) if hour else None,
    )


@dataclass(frozen=True)
class SiteAlerts:
    """The open alerts of a site, the worst first."""

    site: Row
    alerts: list[Row]


def alerts_by_site(data: Data, most: int, region: str = "") -> tuple[list[SiteAlerts], Row]:
    """Open alerts grouped by site, the worst sites first, and how many there are by severity.

    `most` limits the alerts that are read, never within a site.
    """
    of_region, values = ("WHERE region = ?", [region]) if region else ("", [])
    counts = data.first(
        "SELECT count(*) AS alert_count, count(DISTINCT site_id) AS site_count, "
        + ", ".join(f"count(CASE severity WHEN '{s}' THEN 1 END) AS {s}_count" for s in SEVERITIES)
        + f" FROM @active_alert {of_region}",
        values,
    )
    rows = data.rows(
        f"""
        WITH a AS (SELECT *, {SEVERITY_PLACE} AS place FROM @active_alert {of_region}),
        s AS (SELECT site_id, min(place) AS worst, count(*) AS alert_count, min(since) AS oldest,
              row_number() OVER (ORDER BY min(place), count(*) DESC, min(since), site_id) AS nth
              FROM a GROUP BY site_id),
        t AS (SELECT *, sum(alert_count) OVER (ORDER BY nth) AS so_far FROM s),
        c AS (SELECT circuit_id, wan_name, provider FROM @dim_circuit WHERE valid_to IS NULL)
        SELECT a.*, t.nth, c.wan_name, c.provider FROM a JOIN t ON a.site_id = t.site_id
          LEFT JOIN c ON a.circuit_id = c.circuit_id
        WHERE t.so_far <= ? OR t.nth = 1 ORDER BY t.nth, a.place, a.since, a.circuit_id""",
        [*values, most],
    )
    groups: list[SiteAlerts] = []
    for row in rows:
        if not groups or groups[-1].site["site_id"] != row["site_id"]:
            groups.append(SiteAlerts(row, []))
        groups[-1].alerts.append(row)
    return groups, counts


def alerts_of_site(data: Data, site_id: str) -> list[Row]:
    """The open alerts of a site and its circuits, the worst first."""
    return data.rows(
        f"SELECT * FROM @active_alert WHERE site_id = ? ORDER BY {SEVERITY_PLACE}, circuit_id",
        [site_id],
    )


def alerts_of_circuit(data: Data, circuit_id: str) -> list[Row]:
    """The open alerts of a circuit."""
    return data.rows("SELECT * FROM @active_alert WHERE circuit_id = ?", [circuit_id])
