"""Stored sites and circuits against the policy file: names that match nothing, time zones.

Belongs here: checks that need both the file and stored rows.
Keep out: whether the file can be read (`files`), whether the warehouse opens (`store`).
"""

from collections.abc import Iterator
from dataclasses import replace
from zoneinfo import available_timezones

import pandas as pd

from wan_perf.defs.resources import PolicyFile, warehouse_for
from wan_perf.doctor.finding import Finding, join_names, skip
from wan_perf.doctor.folders import is_there
from wan_perf.errors import UsageError, WanPerfError
from wan_perf.policy.policy_scopes import contradictions, known_names, resolved
from wan_perf.schema.tables import DIM_CIRCUIT, DIM_SITE
from wan_perf.settings import Settings
from wan_perf.warehouse import DuckDBWarehouse, Warehouse
from wan_perf.wording import counted

DESCRIBED = ("overrides", "time zones")


def examine_described(settings: Settings, patience_s: float, *, is_open: bool) -> Iterator[Finding]:
    """Overrides that match nothing, and sites whose local time is unknown.

    Args:
        settings: Of the warehouse and the policy file.
        patience_s: How long to wait for a warehouse that another process has locked. [s]
        is_open: Whether the warehouse could be opened before; if not it is not tried again.
    """
    if not is_open:
        yield from skip(DESCRIBED, "the warehouse is not open")
        return
    try:
        sites, circuits = _dimensions(settings, patience_s)
    except WanPerfError:
        yield from skip(DESCRIBED, "the warehouse is not open")
        return
    if sites.empty:
        yield from skip(DESCRIBED, "nothing has been collected yet")
        return
    yield _overrides(settings, sites, circuits)
    yield _time_zones(sites[sites["valid_to"].isna()])


def _dimensions(settings: Settings, patience_s: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    warehouse: Warehouse = warehouse_for(settings)
    nothing = pd.DataFrame()
    if isinstance(warehouse, DuckDBWarehouse):
        if not is_there(warehouse.path):
            return nothing, nothing
        warehouse = replace(warehouse, patience_s=patience_s)
    tables = (DIM_SITE, DIM_CIRCUIT)
    if not all(map(warehouse.holds, tables)):
        return nothing, nothing
    sites, circuits = (warehouse.query(warehouse.lazy(table)) for table in tables)
    return sites, circuits


def _overrides(settings: Settings, sites: pd.DataFrame, circuits: pd.DataFrame) -> Finding:
    rows = sites.to_dict("records"), circuits.to_dict("records")
    try:
        given = PolicyFile(settings).read()
    except UsageError:
        return next(skip(["overrides"], "the policy file is invalid"))
    try:
        policy, unmatched = resolved(given, known_names(*rows))
    except UsageError as error:
        return Finding("overrides", "FAILED", str(error))
    if sentences := [*unmatched, *contradictions(policy, *rows)]:
        return Finding("overrides", "warning", " ".join(sentences))
    return Finding("overrides", "ok", f"each of {len(policy.override)} matches what it names.")


def _time_zones(sites: pd.DataFrame) -> Finding:
    unknown = sites[~sites["time_zone"].isin(available_timezones())]
    if unknown.empty:
        return Finding("time zones", "ok", f"known of each of {counted(len(sites), 'site')}.")
    pairs = zip(unknown["site_name"], unknown["time_zone"].fillna("none"), strict=True)
    names = (f"{name} ({zone})" for name, zone in pairs)
    return Finding(
        "time zones",
        "warning",
        f"unknown of {counted(len(unknown), 'site')}, without trading hours: {join_names(names)}.",
        "Set the time zone of the site in Mist, as an IANA name such as America/Chicago.",
    )
