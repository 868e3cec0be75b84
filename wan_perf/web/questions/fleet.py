"""The fleet by hours: what the tiles' small lines, the trend and the throughput are drawn from."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from wan_perf.published.layout import Span
from wan_perf.schema.metrics import QUALITY
from wan_perf.web.data import Data, Row
from wan_perf.web.questions import HIGH_OR_WORSE, STORES
from wan_perf.web.questions.alarms import open_alarms

WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)
_BAD = " OR ".join(f"{m.severity} IN {HIGH_OR_WORSE}" for m in QUALITY)
_RATE = "sum({0} * 8.0 / nullif(observed_minutes * 60, 0)) / 1000000.0"


@dataclass(frozen=True)
class FleetHours:
    """Figures of the fleet by hour, over [start, end); an hour without rows is all None."""

    hours: list[datetime]
    rows: dict[datetime, Row]

    def values(self, name: str) -> list[float | None]:
        """One figure, hour by hour."""
        return [self.at(hour, name) for hour in self.hours]

    def at(self, hour: datetime, name: str) -> float | None:
        """One figure of an hour; None where nothing is known."""
        value = self.rows.get(hour, {}).get(name)
        return None if value is None else float(value)

    def change(self, hour: datetime, name: str) -> float | None:
        """The figure of an hour minus that of the same hour of the week before."""
        now, before = self.at(hour, name), self.at(hour - WEEK, name)
        return None if now is None or before is None else now - before


def fleet_hours(data: Data, end: datetime, length: timedelta = 24 * HOUR) -> FleetHours:
    """Counts and loads of the stores' circuits by hour up to `end`, and a week before."""
    start = end - length
    by_hour: dict[datetime, Row] = {}
    for span in ((start, end), (start - WEEK, end - WEEK)):
        for row in (*_circuit_figures(data, span), *_site_figures(data, span)):
            by_hour.setdefault(row["hour"], {}).update(row)
    return FleetHours([start + n * HOUR for n in range(int(length / HOUR))], by_hour)


def _circuit_figures(data: Data, span: Span) -> list[Row]:
    return data.rows(
        f"""
        SELECT hour, count(*) AS circuit_count, count_if(known_down_minutes > 0) AS down_count,
          count_if(status_hourly = 'Unknown') AS unknown_count,
          count_if(utilization_severity = 'critical') AS critical_count,
          count_if(utilization_severity IN {HIGH_OR_WORSE}) AS high_count,
          count_if({_BAD}) AS bad_quality_count, sum(flap_count) AS flap_count,
          count(utilization_pct) AS measured_count, median(utilization_pct) AS utilization_median,
          quantile_cont(utilization_pct, 0.95) AS utilization_p95,
          max(utilization_pct) AS utilization_max,
          {_RATE.format("rx_bytes")} AS rx_mbps, {_RATE.format("tx_bytes")} AS tx_mbps
        FROM @circuit_hour:within WHERE {STORES} AND hour >= ? AND hour < ? GROUP BY hour""",
        span,
        within=span,
    )


def _site_figures(data: Data, span: Span) -> list[Row]:
    return data.rows(
        f"""
        SELECT hour, count(*) AS site_count, count_if(dark_minutes + unreachable_minutes > 0)
          AS dark_count, count_if(on_backup_minutes > 0) AS backup_count
        FROM @site_hour:within WHERE hour >= ? AND hour < ? AND site_id IN (
          SELECT site_id FROM @dim_site WHERE valid_to IS NULL AND {STORES}) GROUP BY hour""",
        span,
        within=span,
    )


BINS = (
    *((0, 1, ""), (1, 5, ""), (5, 10, ""), (10, 25, ""), (25, 50, ""), (50, 70, "")),
    *((70, 80, "warning"), (80, 90, "high"), (90, 100, "critical"), (100, None, "critical")),
)
"""Ranges of utilization, half open, and the tone of the default levels. [%]"""


def utilization_bins(data: Data) -> tuple[list[tuple[str, int, str]], int]:
    """Circuits of stores by utilization now, and how many have none."""
    counts = ", ".join(
        f"count_if(utilization_now_pct >= {low}"
        + (f" AND utilization_now_pct < {high})" if high else ")")
        + f" AS from_{low}"
        for low, high, _ in BINS
    )
    found = data.first(
        f"SELECT {counts}, count_if(utilization_now_pct IS NULL) AS unknown "
        f"FROM @current_state WHERE {STORES}"
    )
    named = [
        (f"{low}–{high}" if high else f"≥ {low}", found[f"from_{low}"] or 0, tone)
        for low, high, tone in BINS
    ]
    return named, found["unknown"] or 0


def inventory(data: Data, until: datetime) -> Row:
    """What there is besides circuits, as of the newest poll or request of each.

    Scores are those of the newest scored hour of the day before `until`.
    """
    scored = (until - 24 * HOUR, until)
    bandwidth = data.first(
        f"""SELECT sum(d.bandwidth_mbps) AS bandwidth_mbps
        FROM @current_state n JOIN @dim_circuit d ON n.circuit_id = d.circuit_id
        WHERE d.valid_to IS NULL AND {STORES}"""
    )
    paths = data.first(
        """SELECT count(*) AS path_count, nullif(count(DISTINCT peer_mac), 0) AS peer_count,
          sum(CASE WHEN is_up THEN 1 ELSE 0 END) AS path_up_count,
          sum(CASE WHEN NOT is_up THEN 1 ELSE 0 END) AS path_down_count,
          100.0 * count_if(is_up) / nullif(count(is_up), 0) AS path_up_pct
        FROM @raw_path_sample:newest
        WHERE pass_at = (SELECT max(pass_at) FROM @raw_path_sample:newest)"""
    )
    scores = data.first(
        """SELECT hour AS score_hour, count(*) AS scored_site_count,
          100 * avg(gateway_health) AS gateway_score, 100 * avg(wan_link_health) AS wan_link_score,
          100 * avg(application_health) AS application_score,
          count_if(least(gateway_health, wan_link_health, application_health) < 0.9)
            AS degraded_count
        FROM @raw_site_sle:within WHERE hour = (SELECT max(hour) FROM @raw_site_sle:within
          WHERE wan_link_health IS NOT NULL AND hour >= ? AND hour < ?) GROUP BY hour""",
        scored,
        within=scored,
    )
    gateways = data.first(
        """SELECT count_if(is_connected) AS connected_count,
          count_if(NOT is_connected) AS disconnected_count,
          nullif(count_if(is_connected IS NULL), 0) AS unknown_gateway_count,
          count(DISTINCT software_version) AS version_count
        FROM @raw_gateway_status:newest
        WHERE pass_at = (SELECT max(pass_at) FROM @raw_gateway_status:newest) HAVING count(*) > 0"""
    )
    return bandwidth | paths | scores | gateways | open_alarms(data)


def default_levels(data: Data, metric: str) -> dict[str, float]:
    """The levels of a metric for whom no override is set, by severity, as in force now."""
    rows = data.rows(
        "SELECT severity, level FROM @dim_policy WHERE metric = ? AND scope = 'default' "
        "AND valid_to IS NULL",
        [metric],
    )
    return {row["severity"]: row["level"] for row in rows}
