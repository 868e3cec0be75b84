"""The questions of the pages: SQL on the published tables → rows; no HTML.

Belongs here: which rows a page shows and in what order; values are always parameters.
Keep out: what a figure means (`columns`, `kpi`), how rows are drawn (`charts`, `templates`).
"""

STORES = "coalesce(site_kind, 'store') = 'store'"
"""Hubs are left out of tiles, rankings and regions, as everywhere."""
HIGH_OR_WORSE = "('high', 'critical')"
