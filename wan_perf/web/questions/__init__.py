"""The questions of the pages: SQL on the published tables → rows; no HTML.

Belongs here: which rows a page shows and in what order; values are always parameters.
Keep out: what a figure means (`schema.columns`, `kpi`), how rows are drawn (`charts`, `templates`).
"""

from wan_perf.schema.formulas import BYTES_PER_MEGABIT

STORES = "coalesce(site_kind, 'store') = 'store'"
"""Hubs are left out of tiles, rankings and regions, as everywhere."""
HIGH_OR_WORSE = "('high', 'critical')"
_CAPACITY = f"nullif({{0}} * observed_minutes * {BYTES_PER_MEGABIT * 60}, 0)"
DIRECTIONS = (
    f"100.0 * rx_bytes / {_CAPACITY.format('bandwidth_mbps')} AS down_pct, 100.0 * tx_bytes / "
    f"{_CAPACITY.format('coalesce(bandwidth_up_mbps, bandwidth_mbps)')} AS up_pct"
)
"""Utilization of both directions of a circuit-hour; utilization_pct is the larger. [%]"""
