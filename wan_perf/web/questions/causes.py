"""Causes of a site's low scores: classifiers, impacted gateways and interfaces, as Mist gives them.

Belongs here: sums over a range, and why there are none; the lists of the rows.
Keep out: the scores themselves (`sle`, `site`).
"""

from typing import Literal

from wan_perf.schema.values import DEGRADED_BELOW, SLE_METRICS
from wan_perf.web.data import Data, Row
from wan_perf.web.query import TimeRange
from wan_perf.web.questions.listing import SITES, Listing, columns_of

State = Literal["not scored", "not degraded", "not requested", "no answer", "known"]
"""Why a site has no causes in a range; "known" where it has some."""

_SUMS = """sum(t.degraded_minutes) AS degraded_minutes, sum(t.total_minutes) AS total_minutes,
  100.0 * sum(CASE WHEN t.total_minutes IS NOT NULL THEN t.degraded_minutes END)
    / nullif(sum(CASE WHEN t.degraded_minutes IS NOT NULL THEN t.total_minutes END), 0)
    AS degraded_pct"""
"""Sums of the known minutes; the share is of the hours of which both are known."""
_OF_RANGE = "t.site_id = ? AND t.hour >= ? AND t.hour < ?"
_WORST_FIRST = "ORDER BY degraded_minutes DESC NULLS LAST, sle_metric"


def causes_state(data: Data, site_id: str, reach: TimeRange) -> Row:
    """How many scores of the range are low, requested and answered, and the `state` of it."""
    of_range = [site_id, reach.start, reach.end]
    low = " + ".join(f"count_if({name} < {DEGRADED_BELOW})" for name in SLE_METRICS)
    row = data.first(
        f"SELECT count(*) AS scored_count, {low} AS low_count FROM @raw_site_sle t "
        f"WHERE {_OF_RANGE}",
        of_range,
    )
    row |= data.first(
        "SELECT count(*) AS requested_count, count_if(degraded_minutes IS NOT NULL) AS known_count "
        f"FROM @raw_sle_metric t WHERE {_OF_RANGE}",
        of_range,
    )
    row |= data.first(
        "SELECT count_if(degraded_minutes IS NOT NULL) AS cause_count "
        f"FROM @raw_sle_classifier t WHERE {_OF_RANGE}",
        of_range,
    )
    return row | {"state": _state(row)}


def _state(row: Row) -> State:
    if row["known_count"] or row["cause_count"]:
        return "known"
    if row["requested_count"]:
        return "no answer"
    if row["low_count"]:
        return "not requested"
    return "not degraded" if row["scored_count"] else "not scored"


def classifiers_of(data: Data, site_id: str, reach: TimeRange) -> list[Row]:
    """Minutes by classifier, the worst first; without those that degraded nothing."""
    return data.rows(
        f"""SELECT t.sle_metric, t.classifier, {_SUMS} FROM @raw_sle_classifier t
        WHERE {_OF_RANGE} GROUP BY ALL
        HAVING sum(t.degraded_minutes) > 0 OR sum(t.degraded_minutes) IS NULL
        {_WORST_FIRST}, t.classifier""",
        [site_id, reach.start, reach.end],
    )


def impacted_gateways_of(data: Data, site_id: str, reach: TimeRange) -> list[Row]:
    """Minutes by impacted gateway, the worst first, with `is_connected` as last polled."""
    return data.rows(
        f"""SELECT t.sle_metric, t.gateway_mac, max(t.gateway_name) AS gateway_name,
          max(t.gateway_model) AS gateway_model, any_value(g.is_connected) AS is_connected, {_SUMS},
          sum(t.impact_minutes) AS impact_minutes
        FROM @raw_sle_gateway t LEFT JOIN (SELECT gateway_mac, is_connected
            FROM @raw_gateway_status QUALIFY row_number() OVER (PARTITION BY gateway_mac
            ORDER BY pass_at DESC) = 1) g ON t.gateway_mac = g.gateway_mac
        WHERE {_OF_RANGE} GROUP BY t.sle_metric, t.gateway_mac {_WORST_FIRST}, t.gateway_mac""",
        [site_id, reach.start, reach.end],
    )


def impacted_interfaces_of(data: Data, site_id: str, reach: TimeRange) -> list[Row]:
    """Minutes by impacted port, the worst first."""
    return data.rows(
        f"""SELECT t.sle_metric, t.gateway_mac, t.port_id, max(t.gateway_name) AS gateway_name,
          {_SUMS}, sum(t.impact_minutes) AS impact_minutes
        FROM @raw_sle_interface t WHERE {_OF_RANGE}
        GROUP BY t.sle_metric, t.gateway_mac, t.port_id {_WORST_FIRST}, t.gateway_mac, t.port_id""",
        [site_id, reach.start, reach.end],
    )


def _listing(name: str, title: str, about: str, table: str, of: tuple[str, ...]) -> Listing:
    """A list of the rows of a table about low scores; `of` are its own columns."""
    return Listing(
        name,
        title,
        f"{about} in the range, by hour, as received.",
        f"""SELECT t.*, s.site_name, s.region FROM @{table} t LEFT JOIN {SITES} s
          ON t.site_id = s.site_id WHERE t.hour >= ? AND t.hour < ?""",
        (*columns_of(table), "site_name", "region"),
        ("hour", "site_name", "region", "sle_metric", *of),
        ("hour", "site_id", "sle_metric", *columns_of(table)[3:5]),
        "-degraded_minutes",
        is_ranged=True,
    )


CAUSE_LISTINGS = (
    _listing(
        "low-scores",
        "Low scores",
        "Mist's scores under 0.9 whose causes were requested",
        "raw_sle_metric",
        ("degraded_minutes", "total_minutes", "is_answered", "fetched_at"),
    ),
    _listing(
        "classifiers",
        "Classifiers",
        "Minutes that Mist attributes to each classifier of a low score",
        "raw_sle_classifier",
        ("classifier", "degraded_minutes", "total_minutes"),
    ),
    _listing(
        "impacted-gateways",
        "Impacted gateways",
        "Gateways that Mist names as impacted by a low score",
        "raw_sle_gateway",
        ("gateway_name", "gateway_mac", "gateway_model", "degraded_minutes", "impact_minutes"),
    ),
    _listing(
        "impacted-interfaces",
        "Impacted interfaces",
        "Ports that Mist names as impacted by a low score",
        "raw_sle_interface",
        ("gateway_name", "gateway_mac", "port_id", "degraded_minutes", "impact_minutes"),
    ),
)
