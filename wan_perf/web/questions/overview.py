"""The month of the stores: regions against a target, 13 months, offenders, capacity, resilience."""

from datetime import date, timedelta

from wan_perf.schema.metrics import JUDGED
from wan_perf.schema.values import SEVERITIES
from wan_perf.web.data import Data, Row

_SUMS = """
  sum(circuit_count) AS circuit_count, sum(up_minutes) AS up_minutes,
  100.0 * sum(up_minutes) / nullif(sum(up_minutes + known_down_minutes), 0) AS availability_pct,
  100.0 * sum(up_minutes) / nullif(sum(up_minutes + down_minutes), 0) AS availability_low_pct,
  100.0 * sum(up_minutes + unknown_minutes) / nullif(sum(up_minutes + down_minutes), 0)
    AS availability_high_pct,
  100.0 * sum(up_minutes + known_down_minutes) / nullif(sum(up_minutes + down_minutes), 0)
    AS coverage_pct, sum(flap_count) AS flap_count, sum(failover_count) AS failover_count,
  sum(failed_over_minutes) AS failed_over_minutes,
  sum(dark_minutes + unreachable_minutes) AS lost_minutes"""
"""Sums of regions, and ratios of the sums."""
_SHARES = ", ".join(
    f"100.0 * sum({m.cumulative(s)}) / nullif(sum({m.judged}), 0) AS {m.quantity}_{s}_share_pct"
    for m in JUDGED
    for s in SEVERITIES
)


def months(data: Data) -> list[date]:
    """The months with rows, the newest first."""
    rows = data.rows("SELECT DISTINCT month FROM @region_month ORDER BY month DESC")
    return [row["month"] for row in rows]


def newest_whole_month(data: Data) -> date | None:
    """The newest month of which every day is whole."""
    row = data.first("SELECT max(month) AS month FROM @executive_overview WHERE is_whole_month")
    month: date | None = row.get("month")
    return month


def fleet_months(data: Data, until: date) -> list[Row]:
    """All regions together by month: the month and the twelve before it."""
    return data.rows(
        f"SELECT month, {_SUMS}, {_SHARES} FROM @region_month WHERE month <= ? AND month >= ? "
        "GROUP BY month ORDER BY month",
        [until, until.replace(year=until.year - 1)],
    )


def regions_of(data: Data, month: date) -> list[Row]:
    """The regions of a month, the least available first."""
    return data.rows(
        "SELECT * FROM @executive_overview WHERE month = ? "
        "ORDER BY availability_pct NULLS LAST, region",
        [month],
    )


_KNOWN_LOSS = "CASE WHEN sum(site_up_minutes + lost_minutes) > 0 THEN sum(lost_minutes) END"
"""A store of which no minute is known lost an unknown number of them, not none."""


def stores_of(data: Data, month: date) -> Row:
    """How many stores, and the minutes of trading that they lost; NULL where nothing is known."""
    return data.first(
        f"""
        SELECT count(DISTINCT site_id) AS site_count, {_KNOWN_LOSS} AS lost_minutes,
          sum(dark_minutes) AS dark_minutes, sum(unreachable_minutes) AS unreachable_minutes,
          sum(site_unknown_minutes) AS site_unknown_minutes,
          count(DISTINCT CASE WHEN lost_minutes > 0 THEN site_id END) AS hit_count
        FROM @site_trading_day WHERE day >= ? AND day < ?""",
        [month, following(month)],
    )


def lost_by_region(data: Data, month: date) -> dict[str, Row]:
    """Minutes of trading that stores lost in the month, by region."""
    rows = data.rows(
        f"""
        SELECT s.region, {_KNOWN_LOSS} AS lost_minutes,
          {_KNOWN_LOSS} / count(DISTINCT t.site_id) AS lost_per_site_minutes
        FROM @site_trading_day t JOIN @dim_site s ON t.site_id = s.site_id AND s.valid_to IS NULL
        WHERE t.day >= ? AND t.day < ? GROUP BY s.region""",
        [month, following(month)],
    )
    return {row["region"]: row for row in rows}


def offenders_of(data: Data, month: date, most: int) -> list[Row]:
    """The circuits on most rankings of the month, with their best place, the worst first."""
    return data.rows(
        """
        SELECT circuit_id, max(site_id) AS site_id, max(site_name) AS site_name,
          max(region) AS region, max(provider) AS provider, max(wan_name) AS wan_name,
          count(*) AS ranking_count, min(place) AS place, min(coverage_pct) AS coverage_pct,
          max(CASE WHEN ranked_by = 'utilization_p95_pct' THEN value END) AS utilization_p95_pct,
          max(CASE WHEN ranked_by = 'availability_pct' THEN value END) AS availability_pct,
          max(CASE WHEN ranked_by = 'flap_count' THEN value END) AS flap_count,
          max(bad_day_count) AS bad_day_count
        FROM @top_offenders WHERE period = 'month' AND period_start = ? GROUP BY circuit_id
        ORDER BY ranking_count DESC, place, circuit_id LIMIT ?""",
        [month, most],
    )


def capacity(data: Data, most: int) -> list[Row]:
    """Circuits whose busy hours grow and reach 80 %, the first ones first."""
    return data.rows(
        """
        SELECT t.*, d.provider, d.wan_name, d.bandwidth_mbps FROM @trend t
          LEFT JOIN @dim_circuit d ON t.circuit_id = d.circuit_id AND d.valid_to IS NULL
        WHERE t.verdict = 'rising' AND (t.days_to_80 IS NOT NULL OR t.days_to_90 IS NOT NULL)
        ORDER BY t.days_to_80 NULLS LAST, t.days_to_90, t.circuit_id LIMIT ?""",
        [most],
    )


def capacity_counts(data: Data) -> Row:
    """How many circuits reach 80 and 90 % within 30, 60 and 90 days."""
    counts = ", ".join(
        f"count_if(days_to_{level} <= {days}) AS to_{level}_in_{days}"
        for level in (80, 90)
        for days in (30, 60, 90)
    )
    return data.first(
        f"SELECT {counts}, count_if(verdict <> 'too_short') AS known_count, count(*) AS n "
        "FROM @trend"
    )


def failovers_in(data: Data, month: date) -> Row:
    """The failovers that began in the month: how many, how long, and the quality during them."""
    return data.first(
        """
        SELECT count(*) AS failover_count, count(DISTINCT site_id) AS site_count,
          sum(on_backup_minutes) AS on_backup_minutes, median(on_backup_minutes) AS median_minutes,
          sum(dark_minutes) AS dark_minutes, count_if(is_inferred) AS inferred_count,
          median(utilization_pct) AS utilization_pct,
          median(utilization_before_pct) AS utilization_before_pct,
          median(latency_avg_ms) AS latency_avg_ms, median(latency_before_ms) AS latency_before_ms,
          median(loss_avg_pct) AS loss_avg_pct, median(loss_before_pct) AS loss_before_pct
        FROM @failover_event WHERE started_at >= ? AND started_at < ?""",
        [month, following(month)],
    )


def resilience(data: Data) -> Row:
    """Stores by how their backup stands: none, too small, not known."""
    return data.first(
        """
        WITH n AS (SELECT site_id, count(*) AS circuit_count FROM @current_state
          WHERE coalesce(site_kind, 'store') = 'store' GROUP BY site_id)
        SELECT count(*) AS site_count, count_if(n.circuit_count = 1) AS single_count,
          count_if(p.headroom_pct < 0) AS too_small_count,
          count_if(p.headroom_pct IS NULL AND n.circuit_count > 1) AS unknown_count
        FROM n LEFT JOIN @primary_vs_secondary p ON n.site_id = p.site_id"""
    )


def following(month: date) -> date:
    """First day of the next month.

    >>> following(date(2026, 12, 1))
    datetime.date(2027, 1, 1)
    """
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)
