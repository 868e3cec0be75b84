"""The code location: every asset, check and job, put together from the settings.

Belongs here: assembling. Tests and the command line replace resources by name.
Keep out: everything else. At import only the settings are read.
"""

import gc
from collections.abc import Sequence
from functools import partial
from typing import Any

import dagster as dg

from wan_perf.checks import CHECKS
from wan_perf.defs.asset_metadata import shown
from wan_perf.defs.assets import (
    alarms,
    dimensions,
    events,
    facts,
    imported,
    inventory,
    port_history,
    raw,
    reports,
    rollups,
    site_causes,
    sites_and_regions,
)
from wan_perf.defs.automation import conditions
from wan_perf.defs.automation.late_sensors import late_sensors
from wan_perf.defs.automation.retention import retention_job, retention_schedule
from wan_perf.defs.automation.run_queues import HISTORY, LIVE, STAGE, lane
from wan_perf.defs.automation.unknown_gateways import unknown_gateway_sensor
from wan_perf.defs.checks import check_of, checks_of
from wan_perf.defs.io_manager import warehouse_io_manager
from wan_perf.defs.partitions import daily, hourly, monthly, weekly
from wan_perf.defs.publication import publishing
from wan_perf.defs.resources import (
    LoggedProgress,
    PolicyFile,
    Source,
    clock_for,
    published_copy_for,
    warehouse_for,
)
from wan_perf.file_modes import restrict
from wan_perf.schema.tables import TABLES
from wan_perf.settings import Settings, read_settings

UNPARTITIONED = [
    inventory.raw_inventory,
    inventory.dim_contract,
    dimensions.dim_site,
    dimensions.dim_circuit,
    dimensions.circuit_port,
    dimensions.dim_policy,
]
FETCHED = [
    dimensions.dim_hour,
    port_history.raw_port_history,
    raw.raw_gateway_event,
    raw.raw_site_sle,
]
COLLECTED = [raw.live_passes, *FETCHED, alarms.raw_alarm, site_causes.site_causes]
WINDOWS = [facts.circuit_window, facts.site_window, facts.region_window]
HOURS = [
    facts.gateway_silence,
    facts.circuit_poll,
    facts.circuit_state,
    facts.circuit_hour,
    facts.site_hour,
]
FACTS = [*HOURS, *WINDOWS]
IMPORTED = [imported.raw_circuit_hour]
HOURLY_ASSETS = [*COLLECTED, *FACTS]
EVENTS = [events.threshold_piece, events.failover_piece]
TRADING_DAYS = [rollups.circuit_trading_day, rollups.site_trading_day]
DAYS = [
    rollups.circuit_day,
    rollups.circuit_histogram,
    *TRADING_DAYS,
    *sites_and_regions.PLACES["day"],
]
DAILY_ASSETS = [*EVENTS, *DAYS]
WEEKLY_ASSETS = [rollups.circuit_week, *sites_and_regions.PLACES["week"]]
MONTHLY_ASSETS = [
    rollups.circuit_month_histogram,
    rollups.circuit_month,
    rollups.circuit_13_month,
    *sites_and_regions.PLACES["month"],
    *sites_and_regions.PLACES["13_month"],
]
NOW = [reports.current_state, reports.active_alert]
STANDING = [
    reports.chronic_offender,
    reports.top_offender,
    reports.trend,
    reports.primary_vs_secondary,
]
REPORTS = [*STANDING, *NOW]
LIVE_ASSETS = [asset for asset in HOURLY_ASSETS if asset is not port_history.raw_port_history] + NOW
"""What a live run brings up to date; the past is fetched by others."""

_CONDITIONS = [
    (FETCHED, conditions.fetched_where_missing()),
    (HOURS, conditions.follows_hours()),
    (TRADING_DAYS, conditions.follows_trading_days()),
    (DAILY_ASSETS, conditions.follows_days()),
    ([*WEEKLY_ASSETS, *MONTHLY_ASSETS], conditions.follows_periods()),
    (STANDING, conditions.follows_reports()),
    ([inventory.raw_inventory], conditions.due_every_six_hours()),
    ([dimensions.dim_policy], conditions.due_every_six_hours() | conditions.follows_inventory()),
    ([*UNPARTITIONED[1:5]], conditions.follows_inventory()),
]

SENSORS = [
    ("inventory", UNPARTITIONED, "Who is measured: every six hours."),
    ("history", FETCHED, "Hours of the last 14 days that nobody fetched."),
    (conditions.FACTS_SENSOR, FACTS, "Hours whose inputs changed after they were live."),
    ("events", EVENTS, "Pieces of days whose hours changed."),
    ("aggregates", [*DAYS, *WEEKLY_ASSETS, *MONTHLY_ASSETS], "Days, weeks, months that changed."),
    ("reports", STANDING, "Reports whose days or periods changed."),
]

INVENTORY_JOB = "inventory_job"
HOURLY_JOB = "hourly_job"
IMPORT_JOB = "import_job"
DAILY_JOB = "daily_job"
WEEKLY_JOB = "weekly_job"
MONTHLY_JOB = "monthly_job"
REPORTS_JOB = "reports_job"
LIVE_JOB = "live_job"
CHECKS_JOB = "closed_hour_checks_job"
EVENTS_JOB = "events_again_job"
FACTS_JOB = "facts_job"
JOBS = [
    (INVENTORY_JOB, "inventory", UNPARTITIONED, "Who is measured: sites, circuits, their levels."),
    (LIVE_JOB, "live", LIVE_ASSETS, "The pass that is due, its hours, windows, the present state."),
    (HOURLY_JOB, "hourly", HOURLY_ASSETS, "Collect and facts of hours, in this order."),
    (CHECKS_JOB, "checks", LIVE_ASSETS, "Rules of an hour that live runs no longer change."),
    ("collect_job", "collect", COLLECTED, "What Mist says of hours: passes, history, events."),
    (EVENTS_JOB, "collect", [raw.raw_gateway_event], "Events of past hours again."),
    (
        FACTS_JOB,
        "facts",
        [dimensions.dim_hour, *HOURS],
        "Circuit-hours and what they stand on.",
    ),
    (IMPORT_JOB, "import", IMPORTED, "Hours of an older tool: wan-perf import."),
    ("windows_job", "windows", WINDOWS, "The last 3, 12 and 24 hours, from circuit-hours."),
    (DAILY_JOB, "daily", DAILY_ASSETS, "Events and days, in this order, from circuit-hours."),
    ("events_job", "events", EVENTS, "Pieces of failovers and of runs above a level, by day."),
    ("days_job", "days", DAYS, "Days of circuits, sites and regions, from hours and events."),
    (WEEKLY_JOB, "weeks", WEEKLY_ASSETS, "Weeks, from days."),
    (MONTHLY_JOB, "months", MONTHLY_ASSETS, "Months from days, 13 months from months."),
    (REPORTS_JOB, "reports", REPORTS, "What is bad now, and who has been worst, from the rest."),
]
"""Name, stage, assets and description; those of several stages run them in one go."""


def build_definitions(settings: Settings | None = None, **overrides: Any) -> dg.Definitions:
    """The code location of these settings; `overrides` replace resources by name.

    `published` is no resource: what the IO manager publishes to at the end of each run.
    Partitions start at the settings' start, floored to the period that contains it.
    """
    settings = settings or read_settings()
    warehouse = overrides.get("warehouse") or warehouse_for(settings)
    policy = PolicyFile(settings)
    in_partitions = partial(_in, of_windows=conditions.follows_hours(policy.window_age()))
    copy = overrides.pop("published", None) or published_copy_for(settings, warehouse)
    start = settings.start
    is_running = settings.automation == "on"
    assets = [
        *(in_partitions(asset, None) for asset in UNPARTITIONED),
        *(in_partitions(asset, hourly(start)) for asset in (*IMPORTED, *HOURLY_ASSETS)),
        *(in_partitions(asset, daily(start)) for asset in DAILY_ASSETS),
        *(in_partitions(asset, weekly(start)) for asset in WEEKLY_ASSETS),
        *(in_partitions(asset, monthly(start)) for asset in MONTHLY_ASSETS),
        *(in_partitions(asset, None) for asset in REPORTS),
    ]
    as_shown = partial(
        shown, owner=settings.owner, engine=warehouse.dialect, dashboard=settings.dashboard_url
    )
    partitions = {key.to_user_string(): a.partitions_def for a in assets for key in a.keys}
    checks = [
        *(checks_of(TABLES[name], partitions_def) for name, partitions_def in partitions.items()),
        *(check_of(check, partitions[check.of.name]) for check in CHECKS),
    ]
    resources = {
        "io_manager": publishing(warehouse_io_manager(warehouse), copy),
        "warehouse": warehouse,
        "source": Source(settings),
        "clock": clock_for(settings),
        "policy": policy,
        "progress": LoggedProgress(),
        "imported": imported.Imported(),
    }
    return dg.Definitions(
        assets=[*(a.map_asset_specs(as_shown) for a in assets), *map(as_shown, events.VIEWS)],
        asset_checks=checks,
        jobs=[*(_job(*job, rules=checks) for job in JOBS), retention_job],
        schedules=[
            conditions.live_schedule(LIVE_JOB, start, is_running=is_running),
            conditions.checks_schedule(CHECKS_JOB, start, is_running=is_running),
            retention_schedule(is_running=is_running),
        ],
        sensors=[
            conditions.sensor(name, targets, what, is_running=is_running)
            for name, targets, what in SENSORS
        ]
        + late_sensors(EVENTS_JOB, FACTS_JOB, start, is_running=is_running)
        + [unknown_gateway_sensor(INVENTORY_JOB, is_running=is_running)],
        resources={**resources, **overrides},
        executor=dg.in_process_executor,
    )


def _job(
    name: str,
    stage: str,
    assets: Sequence[dg.AssetsDefinition],
    description: str,
    rules: Sequence[dg.AssetChecksDefinition],
) -> Any:
    tags = {STAGE: stage, **lane(LIVE if name == LIVE_JOB else HISTORY)}
    selection: dg.AssetSelection = dg.AssetSelection.assets(*assets)
    if name in (LIVE_JOB, CHECKS_JOB):
        # The store step refuses what breaks a rule, so what is reported of it can wait an hour.
        keys = {key for asset in assets for key in asset.keys}
        on_them = [c for rule in rules for c in rule.check_keys if c.asset_key in keys]
        checks = dg.AssetSelection.checks(*on_them)
        selection = selection - checks if name == LIVE_JOB else checks
    return dg.define_asset_job(name, selection, description=description, tags=tags)


def _in(
    asset: dg.AssetsDefinition,
    partitions: dg.PartitionsDefinition | None,
    *,
    of_windows: dg.AutomationCondition,
) -> dg.AssetsDefinition:
    """The asset in its partitions, with the condition under which it runs automatically."""
    conditions_of = [*_CONDITIONS, (WINDOWS, of_windows)]
    condition = next((c for assets, c in conditions_of if asset in assets), None)
    return asset.map_asset_specs(
        lambda spec: spec.replace_attributes(
            partitions_def=partitions, automation_condition=condition
        )
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The code location that `workspace.yaml` names."""
    settings = read_settings()
    # Dagster may have been started without our command line.
    restrict(settings.home_readers)
    settings.keep_start()
    definitions = build_definitions(settings)
    gc.freeze()  # what was imported and built stays as long as the process
    return definitions
