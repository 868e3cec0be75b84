"""A site: what it is, its circuits, its failovers, its periods, its events."""

from datetime import datetime

from wan_perf.schema.tables import TABLES
from wan_perf.web.data import Data, Row
from wan_perf.web.query import TimeRange

PERIODS = ("day", "week", "month", "13_month")
PERIOD_FIGURES = (
    *("availability_pct", "availability_low_pct", "availability_high_pct"),
    *("site_availability_pct", "coverage_pct", "known_down_minutes", "dark_minutes"),
    *("on_backup_minutes", "flap_count", "failover_count", "utilization_p95_pct"),
    *("utilization_warning_hours", "utilization_high_hours", "utilization_critical_hours"),
    *("utilization_high_longest_hours", "loss_high_hours", "jitter_high_hours"),
    "latency_high_hours",
)
"""Columns of the table of periods; each of the three entities lacks some."""
_COLUMN = {"day": "day", "week": "week", "month": "month", "13_month": "month"}


def site(data: Data, site_id: str) -> Row:
    """The site as it is described now; empty where it is unknown."""
    return data.first(
        "SELECT * FROM @dim_site WHERE site_id = ? ORDER BY valid_to IS NOT NULL, valid_from DESC",
        [site_id],
    )


def circuits_of(data: Data, site_id: str) -> list[Row]:
    """The site's circuits now, the primary first; without a poll those that are described."""
    return data.rows(
        """
        SELECT d.circuit_id, d.site_id, d.wan_name, d.provider, d.medium, d.bandwidth_mbps,
          d.bandwidth_up_mbps, d.bandwidth_source, d.is_on_demand,
          coalesce(n.role, d.role) AS role, coalesce(n.role_rank, d.role_rank) AS role_rank,
          n.as_of_at, n.state, n.state_since, n.down_cause, n.activity, n.site_state,
          n.failover_since, n.is_stale, n.sampled_at, n.utilization_now_pct,
          n.utilization_usual_pct, n.loss_avg_pct, n.jitter_avg_ms, n.latency_avg_ms,
          n.recent_flap_count, n.severity, n.messages
        FROM (SELECT * FROM @dim_circuit WHERE site_id = ? AND valid_to IS NULL) d
          LEFT JOIN (SELECT * FROM @current_state WHERE site_id = ?) n
            ON d.circuit_id = n.circuit_id
        ORDER BY coalesce(n.role_rank, d.role_rank, 99), d.circuit_id""",
        [site_id, site_id],
    )


def failovers_of(data: Data, site_id: str, reach: TimeRange) -> list[Row]:
    """The failovers that reach into the range, the newest first."""
    return data.rows(
        "SELECT * FROM @failover_event WHERE site_id = ? AND started_at < ? "
        "AND (ended_at IS NULL OR ended_at > ?) ORDER BY started_at DESC",
        [site_id, reach.end, reach.start],
    )


def site_hours(data: Data, site_id: str, reach: TimeRange) -> dict[datetime, Row]:
    """The site's hours of the range."""
    rows = data.rows(
        "SELECT * FROM @site_hour:within WHERE site_id = ? AND hour >= ? AND hour < ?",
        [site_id, reach.start, reach.end],
        within=reach.span,
    )
    return {row["hour"]: row for row in rows}


def site_scores(data: Data, site_id: str, reach: TimeRange) -> dict[datetime, Row]:
    """Mist's own scores of the site by hour. [%]"""
    rows = data.rows(
        "SELECT hour, 100 * wan_link_health AS wan_link, 100 * gateway_health AS gateway, "
        "100 * application_health AS application FROM @raw_site_sle:within "
        "WHERE site_id = ? AND hour >= ? AND hour < ?",
        [site_id, reach.start, reach.end],
        within=reach.span,
    )
    return {row["hour"]: row for row in rows}


def comparison(data: Data, site_id: str) -> Row:
    """Primary beside secondary now, and what the secondary would have left."""
    return data.first("SELECT * FROM @primary_vs_secondary WHERE site_id = ?", [site_id])


def periods(data: Data, entity: str, name: str) -> list[Row]:
    """The newest day, week, month and 13 months of a circuit, site or region, with `period`.

    `entity` is one of those words.
    """
    column = "region" if entity == "region" else f"{entity}_id"
    found = []
    for period in PERIODS:
        table = TABLES[f"{entity}_{period}"]
        shown = ", ".join(n for n in table.columns if n in (*table.key, *PERIOD_FIGURES))
        newest = data.first(
            f"SELECT {shown}, '{period}' AS period, {_COLUMN[period]} AS period_start "
            f"FROM @{table.name} WHERE {column} = ? "
            f"ORDER BY {_COLUMN[period]} DESC LIMIT 1",
            [name],
        )
        if newest:
            found.append(newest)
    return found


def events(data: Data, site_id: str, reach: TimeRange, most: int) -> list[Row]:
    """Transitions of the site's circuits and events of its gateways, the newest first."""
    return data.rows(
        """
        SELECT * FROM (
          SELECT turned_at AS event_at, circuit_id AS subject, 'circuit ' || turned_to AS what,
            down_cause AS detail FROM @flap_event
            WHERE site_id = ? AND turned_at >= ? AND turned_at < ?
          UNION ALL
          SELECT event_at, coalesce(port_id, gateway_mac), event_name, detail
            FROM @raw_gateway_event WHERE site_id = ? AND event_at >= ? AND event_at < ?) e
        ORDER BY event_at DESC, subject, what LIMIT ?""",
        [site_id, reach.start, reach.end] * 2 + [most],
    )
