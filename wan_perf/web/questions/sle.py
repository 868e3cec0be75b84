"""Mist's own scores beside our figures: where they disagree, over time, and how they are spread."""

from datetime import datetime, timedelta

from wan_perf.schema.values import DEGRADED_BELOW
from wan_perf.web.data import Data, Row
from wan_perf.web.query import TimeRange
from wan_perf.web.questions import STORES

GOOD, FAIR = 0.95, DEGRADED_BELOW
"""Scores under these are marked; Mist's own target is the first."""
DISAGREEMENTS = {
    0: "",
    1: "Mist's score is low, we see nothing wrong",
    2: "Mist's score is good, we see trouble",
}


def disagreements(data: Data, at: datetime | None, most: int) -> list[Row]:
    """Stores with a score in an hour, those first where we see it otherwise, then the worst.

    Those of which all gateways were disconnected at the newest poll come last and count as neither:
    their scores are of what Mist received before. We see trouble where the site was dark,
    unreachable or without availability in the hour, or a circuit of it at its high level or above;
    nothing wrong where all of that is known and is not.
    """
    return data.rows(
        f"""
        WITH m AS (SELECT site_id, hour, 100 * wan_link_health AS wan_link,
            100 * gateway_health AS gateway, 100 * application_health AS application,
            100 * least(wan_link_health, gateway_health, application_health) AS worst
          FROM @raw_site_sle:within WHERE hour = ?),
        h AS (SELECT site_id, count_if(utilization_severity IN ('high', 'critical')
            OR loss_severity IN ('high', 'critical') OR jitter_severity IN ('high', 'critical')
            OR latency_severity IN ('high', 'critical')) AS bad_circuit_count,
            count(*) AS circuit_count, max(utilization_pct) AS utilization_worst_pct,
            sum(flap_count) AS flap_count
          FROM @circuit_hour:within WHERE hour = ? AND {STORES} GROUP BY site_id),
        t AS (SELECT site_id, availability_pct, dark_minutes, unreachable_minutes,
            on_backup_minutes FROM @site_hour:within WHERE hour = ?),
        g AS (SELECT site_id, bool_and(NOT is_connected) AS is_offline FROM @raw_gateway_status
          WHERE pass_at = (SELECT max(pass_at) FROM @raw_gateway_status) GROUP BY site_id),
        j AS (SELECT m.*, s.site_name, s.region, h.bad_circuit_count, h.circuit_count,
            h.utilization_worst_pct, h.flap_count, t.availability_pct, t.dark_minutes,
            t.unreachable_minutes, t.on_backup_minutes, coalesce(g.is_offline, false) AS is_offline,
            CASE WHEN t.availability_pct IS NULL THEN NULL
              WHEN t.availability_pct < 99 OR t.dark_minutes + t.unreachable_minutes > 0
                OR h.bad_circuit_count > 0 OR t.on_backup_minutes > 0 THEN true ELSE false END
              AS is_bad
          FROM m JOIN @dim_site s ON m.site_id = s.site_id AND s.valid_to IS NULL
            LEFT JOIN h ON m.site_id = h.site_id LEFT JOIN t ON m.site_id = t.site_id
            LEFT JOIN g ON m.site_id = g.site_id
          WHERE {STORES.replace("site_kind", "s.site_kind")}),
        k AS (SELECT *, CASE WHEN is_offline THEN 0
            WHEN worst < {100 * FAIR} AND NOT is_bad THEN 1
            WHEN worst >= {100 * GOOD} AND is_bad THEN 2 ELSE 0 END AS disagrees FROM j)
        SELECT *, count(*) OVER () AS total,
          count_if(worst < {100 * FAIR} AND NOT is_offline) OVER () AS degraded_count,
          count_if(disagrees > 0) OVER () AS disagreement_count
        FROM k ORDER BY is_offline, disagrees = 0, worst NULLS LAST, site_name, site_id LIMIT ?""",
        [at, at, at, most],
        within=(at, at + timedelta(hours=1)) if at else None,
    )


def newest_scored_hour(data: Data) -> datetime | None:
    """The newest hour for which Mist gave a score of the WAN links."""
    row = data.first(
        "SELECT max(hour) AS hour FROM @raw_site_sle WHERE wan_link_health IS NOT NULL"
    )
    hour: datetime | None = row.get("hour")
    return hour


def scores_by_hour(data: Data, reach: TimeRange) -> dict[datetime, Row]:
    """Mean of the sites' scores, and the share of sites under 90 %, by hour. [%]"""
    rows = data.rows(
        f"""
        SELECT hour, 100 * avg(wan_link_health) AS wan_link, 100 * avg(gateway_health) AS gateway,
          100 * avg(application_health) AS application, 100.0 * count_if(
            least(wan_link_health, gateway_health, application_health) < {FAIR})
            / nullif(count(wan_link_health), 0) AS degraded_pct
        FROM @raw_site_sle:within WHERE hour >= ? AND hour < ? GROUP BY hour""",
        [reach.start, reach.end],
        within=reach.span,
    )
    return {row["hour"]: row for row in rows}


BINS = ((0, 80), (80, 90), (90, 95), (95, 99), (99, 100.001))


def spread(data: Data, reach: TimeRange, site_id: str = "") -> tuple[list[int], int]:
    """Hours of all sites or of one by the WAN link's score, in `BINS`; how many have none."""
    of_site, values = (" AND site_id = ?", [site_id]) if site_id else ("", [])
    counts = ", ".join(
        f"count_if(100 * wan_link_health >= {low} AND 100 * wan_link_health < {high}) AS b{n}"
        for n, (low, high) in enumerate(BINS)
    )
    row = data.first(
        f"SELECT {counts}, count_if(wan_link_health IS NULL) AS unknown FROM @raw_site_sle:within "
        f"WHERE hour >= ? AND hour < ?{of_site}",
        [reach.start, reach.end, *values],
        within=reach.span,
    )
    return [row[f"b{n}"] or 0 for n in range(len(BINS))], row["unknown"] or 0


PERIODS = {"day": 14, "week": 13, "month": 13}
"""How many periods are shown, by their length."""
_LONGEST = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=31)}


def scores_by_period(data: Data, by: str, until: datetime, site_id: str = "") -> list[Row]:
    """Hours by the WAN link's score of a site or of all, by UTC day, ISO week or month.

    The newest period first. Shares are of the hours with a score; scores are not averaged, since
    Mist does not say of how many minutes each is. [%]
    """
    of_site, values = (" AND site_id = ?", [site_id]) if site_id else ("", [])
    score = "100 * wan_link_health"
    return data.rows(
        f"""
        SELECT date_trunc('{by}', hour)::DATE AS period, count(wan_link_health) AS scored_hours,
          count_if(wan_link_health IS NULL) AS unscored_hours, min({score}) AS lowest_score,
          {
            ", ".join(
                f"100.0 * count_if({score} >= {low} AND {score} < {high}) "
                f"/ nullif(count(wan_link_health), 0) AS share_{low}"
                for low, high in ((95, 101), (80, 95), (60, 80), (0, 60))
            )
        }
        FROM @raw_site_sle WHERE hour >= ? AND hour < ?{of_site}
        GROUP BY period ORDER BY period DESC LIMIT ?""",
        [until - PERIODS[by] * _LONGEST[by], until, *values, PERIODS[by]],
    )


def paths_of(data: Data, site_id: str, at: datetime | None) -> list[Row]:
    """The site's peer paths of the newest poll within an hour, those that are down first."""
    since = at - timedelta(hours=1) if at else None
    return data.rows(
        """
        SELECT * FROM @raw_path_sample WHERE site_id = ? AND pass_at > ?
        QUALIFY row_number() OVER (PARTITION BY gateway_mac, port_id, peer_mac, peer_port_id,
          path_name ORDER BY pass_at DESC) = 1
        ORDER BY is_up, loss_pct DESC NULLS LAST, port_id, path_name, peer_mac""",
        [site_id, since],
    )
