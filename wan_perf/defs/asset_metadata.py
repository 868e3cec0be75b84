"""What Dagster shows of an asset beside its table: whose, made with what, where, how old.

Belongs here: owner, kinds, tags, freshness, dashboard page, by the table and the warehouse in use.
Keep out: name, description, columns (`defs.assets.declared`), when an asset is made (jobs,
schedules).
"""

from datetime import timedelta

import dagster as dg

from wan_perf.defs.lineage import LINEAGE, lineage_of_view
from wan_perf.schema.declaration import Table, View
from wan_perf.schema.tables import ACTIVE_ALERT, CURRENT_STATE, TABLES

LAYER_TAG = "wan_perf/layer"
GRAIN_TAG = "wan_perf/grain"
_OF_NOW = {table.name for table in (CURRENT_STATE, ACTIVE_ALERT)}
_LIVE = dg.FreshnessPolicy.time_window(
    fail_window=timedelta(hours=4), warn_window=timedelta(hours=2)
)
_SIX_HOURLY = dg.FreshnessPolicy.time_window(
    fail_window=timedelta(hours=24), warn_window=timedelta(hours=12)
)
_SIX = timedelta(hours=6)
_NIGHTLY = dg.FreshnessPolicy.cron("0 6 * * *", lower_bound_delta=_SIX)
_CALENDAR = {
    "day": _NIGHTLY,
    "week": dg.FreshnessPolicy.cron("0 6 * * 1", lower_bound_delta=_SIX),
    "month": dg.FreshnessPolicy.cron("0 6 1 * *", lower_bound_delta=_SIX),
}
"""A period that is over is made by six in the morning, UTC."""


DASHBOARD = "dashboard"
"""Name of the metadata: the page of the dashboard that shows an asset."""
PAGES = {
    "active_alert": "/grid/alerts",
    "chronic_offender": "/grid/chronic",
    "current_state": "/grid/circuits",
    "dim_site": "/grid/sites",
    "engineering_view": "/grid/circuits",
    "executive_overview": "/overview",
    "failover_event": "/grid/failovers",
    "primary_vs_secondary": "/grid/backups",
    "top_offender": "/grid/offenders",
    "trend": "/grid/trends",
}
"""Path of that page, of the assets that have one."""


def shown(spec: dg.AssetSpec, owner: str, engine: str, dashboard: str = "") -> dg.AssetSpec:
    """The asset with all that a person looks for.

    `engine` is the warehouse's name, `dashboard` the address of the dashboard; empty: unknown.
    """
    table = TABLES[spec.key.to_user_string()]
    if dashboard and table.name in PAGES:
        page = dg.MetadataValue.url(f"{dashboard}{PAGES[table.name]}")
        spec = spec.merge_attributes(metadata={DASHBOARD: page})
    tags = {LAYER_TAG: table.group, GRAIN_TAG: _grain(table)}
    spec = spec.merge_attributes(owners=[owner], kinds={engine}, tags=tags)
    if isinstance(table, View):
        return spec.merge_attributes(metadata={LINEAGE: lineage_of_view(table)})
    return spec.replace_attributes(freshness_policy=_freshness(table, spec.partitions_def))


def _grain(table: Table) -> str:
    """What distinguishes rows in time: a column of the key, else nothing does."""
    periods = ("hour", "day", "week", "month")
    named = next((column for column in periods if column in table.key), None)
    instant = next((column for column in table.key if column.endswith("_at")), None)
    return named or ("instant" if instant else "none")


def _freshness(table: Table, partitions: dg.PartitionsDefinition | None) -> dg.FreshnessPolicy:
    if isinstance(partitions, dg.HourlyPartitionsDefinition) or table.name in _OF_NOW:
        return _LIVE
    if partitions is not None:
        return _CALENDAR[str(table.partition)]
    return _NIGHTLY if table.group == "reports" else _SIX_HOURLY
