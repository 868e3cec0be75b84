"""Who is there, as Mist says: snapshots of sites, gateways and WAN ports.

Belongs here: what a snapshot is made of, and what a run says about it.
Keep out: parsing (`mist`), what follows from snapshots (`dimensions`).
"""

import dagster as dg
import pandas as pd

from wan_perf.defs.assets.declared import declared
from wan_perf.defs.assets.raw import MIST_POOL
from wan_perf.defs.assets.rejected_rows import (
    ROWS,
    odd_values_check,
    report_rejected,
    with_odd_values,
)
from wan_perf.defs.resources import Source, files_digest
from wan_perf.defs.retries import tried_again
from wan_perf.inventory.site_requests import add_site_bandwidth
from wan_perf.inventory.site_variables import site_variables
from wan_perf.inventory.snapshot import contracts_of, estate_of, snapshot, templates_of_sites
from wan_perf.mist.collect.cadence import PASS_EVERY
from wan_perf.mist.collect.clock import Clock, floored
from wan_perf.mist.endpoints.instants import EPOCH
from wan_perf.schema.tables import DIM_CONTRACT, RAW_INVENTORY
from wan_perf.warehouse import Warehouse
from wan_perf.wording import counted

TAKEN_AT = "taken_at"
"""Metadata of an inventory's record: the instant of its snapshot, naive UTC, as text."""
FILES = "digest_of_files"
"""Metadata of an inventory's record: `files_digest` of the files that it was matched with."""


@dg.asset(
    **declared(RAW_INVENTORY),
    check_specs=[odd_values_check(RAW_INVENTORY.name)],
    kinds={"mist", "python"},
    pool=MIST_POOL,
)
@tried_again
def raw_inventory(
    context: dg.AssetExecutionContext,
    source: dg.ResourceParam[Source],
    clock: dg.ResourceParam[Clock],
    warehouse: dg.ResourceParam[Warehouse],
) -> dg.MaterializeResult[pd.DataFrame]:
    files = files_digest(source.settings)
    session = source.session()
    at, newest = floored(clock.now(), PASS_EVERY), newest_snapshot(warehouse)
    estate = estate_of(session)
    templates = templates_of_sites(estate)
    variables = site_variables(session, templates, newest, clock, source.reserve)
    bare, unused = snapshot(estate, at, source.contracts(), variables.by_site)
    frame = variables.put_on(bare)
    sites = add_site_bandwidth(session, frame, newest, clock, source.reserve, variables.settings)
    for sentence in (*unused, *sites.complaints):
        context.log.warning(sentence)
    for why, count in sorted(sites.left.items()):
        context.log.warning(f"Bandwidth of {counted(count, 'site')} stays as it was: {why}")
    for why, count in sorted(variables.left.items()):
        context.log.warning(
            f"Template variables of {counted(count, 'site')} stay as they were: {why}"
        )
    context.add_output_metadata(
        {
            TAKEN_AT: f"{at}",
            FILES: files,
            "contracts_unused": unused,
            "variables_unused": sites.complaints,
            "sites_asked": sites.requested,
            "sites_left": sites.left.total(),
            "why_left": sorted(sites.left),
            "sites_without_variables": variables.left.total(),
            "why_without_variables": sorted(variables.left),
            "calls": session.calls,
        },
        output_name=ROWS,
    )
    report_rejected(context, session)
    return with_odd_values(sites.frame, session, RAW_INVENTORY.name)


@dg.asset(**declared(DIM_CONTRACT), kinds={"python"}, deps=[RAW_INVENTORY.name])
def dim_contract(
    context: dg.AssetExecutionContext,
    source: dg.ResourceParam[Source],
    warehouse: dg.ResourceParam[Warehouse],
) -> pd.DataFrame:
    # Read here and not as an input: every snapshot there is would be loaded.
    contracts, sentences = contracts_of(newest_snapshot(warehouse), source.contracts())
    for sentence in sentences:
        context.log.warning(sentence)
    context.add_output_metadata({"contracts_unused": sentences})
    return contracts


def newest_snapshot(warehouse: Warehouse) -> pd.DataFrame:
    """The newest stored inventory: its values of sites are not requested again each time."""
    stored = warehouse.lazy(RAW_INVENTORY)
    taken = warehouse.query(stored.aggregate(newest=stored.taken_at.max()))["newest"].iloc[0]
    at = EPOCH if pd.isna(taken) else taken.to_pydatetime()
    return warehouse.query(stored.filter(stored.taken_at == at))
