"""Every site by region: which are not normal, and how their circuits are."""

from dataclasses import dataclass

from wan_perf.web.data import Data, Row
from wan_perf.web.questions import STORES

_TONE = """CASE WHEN state = 'down' THEN 6 WHEN severity = 'critical' THEN 5
  WHEN state IS NULL OR state NOT IN ('up', 'down', 'standby', 'disabled') THEN 4
  WHEN severity = 'high' THEN 3 WHEN severity = 'warning' THEN 2
  WHEN state IN ('standby', 'disabled') THEN 1 ELSE 0 END"""
TONES = ("", "planned", "warning", "high", "unknown", "critical", "critical")
"""Colour classes of the codes."""
WORDS = ("up", "standby", "warning", "high", "unknown", "critical", "down")
"""Words of the codes."""


@dataclass(frozen=True)
class RegionSites:
    """A region with the number of its sites, and its sites that are not normal (`nth` from 0)."""

    region: str
    site_count: int
    bad: list[Row]


def sites_by_region(data: Data) -> list[RegionSites]:
    """The regions by name; only sites that are not normal have rows."""
    rows = data.rows(
        f"""
        WITH c AS (SELECT *, {_TONE} AS code FROM @current_state WHERE {STORES}),
        s AS (SELECT region, site_id, max(site_name) AS site_name, max(site_state) AS site_state,
          max(CASE WHEN coalesce(role_rank, 1) = 1 THEN code ELSE 0 END) AS primary_code,
          max(CASE WHEN role_rank > 1 THEN code ELSE 0 END) AS others_code
          FROM c GROUP BY region, site_id),
        n AS (SELECT *, row_number() OVER (PARTITION BY region ORDER BY site_name, site_id) - 1
          AS nth, count(*) OVER (PARTITION BY region) AS site_count FROM s)
        SELECT * FROM n WHERE nth = 0 OR greatest(primary_code, others_code) > 1
          OR coalesce(site_state, 'unknown') <> 'up' ORDER BY region, nth"""
    )
    regions: dict[str, RegionSites] = {}
    for row in rows:
        name = row["region"] or "Unassigned"
        of_region = regions.setdefault(name, RegionSites(name, row["site_count"], []))
        is_bad = max(row["primary_code"], row["others_code"]) > 1
        if is_bad or row["site_state"] != "up":
            of_region.bad.append(row)
    return list(regions.values())
