"""Who and when: sites, circuits, ports, policy, hours."""

import dagster as dg
import ibis.expr.types as ir
import pandas as pd

from wan_perf.defs.assets.declared import asset_of, declared
from wan_perf.defs.assets.raw import naive
from wan_perf.defs.partitions import CHUNK, HOURLY
from wan_perf.defs.resources import PolicyFile
from wan_perf.kpi.dimensions import sites_and_circuits
from wan_perf.policy.local_calendar import local_hours
from wan_perf.policy.policy_scopes import contradictions, known_names, resolved
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import CIRCUIT_PORT, DIM_CIRCUIT, DIM_HOUR, DIM_POLICY, DIM_SITE


@dg.asset(**declared(DIM_SITE), kinds={"sql"})
def dim_site(raw_inventory: ir.Table, policy: dg.ResourceParam[PolicyFile]) -> ir.Table:
    rule = policy.read()
    return sites_and_circuits.dim_site(raw_inventory, rule.region_prefix, rule.store_type_prefix)


dim_circuit = asset_of(DIM_CIRCUIT, sites_and_circuits.dim_circuit)
circuit_port = asset_of(CIRCUIT_PORT, sites_and_circuits.circuit_port)


@dg.asset(**declared(DIM_POLICY), kinds={"python"})
def dim_policy(
    context: dg.AssetExecutionContext,
    dim_site: pd.DataFrame,
    dim_circuit: pd.DataFrame,
    policy: dg.ResourceParam[PolicyFile],
) -> pd.DataFrame:
    sites, circuits = dim_site.to_dict("records"), dim_circuit.to_dict("records")
    found, unmatched = resolved(policy.read(), known_names(sites, circuits))
    contradicting = contradictions(found, sites, circuits)
    for sentence in (*unmatched, *contradicting):
        context.log.warning(sentence)
    context.add_output_metadata(
        {"overrides_unmatched": unmatched, "overrides_contradicting": contradicting}
    )
    return conform(found.rows(), DIM_POLICY)


@dg.asset(**declared(DIM_HOUR), kinds={"python"}, partitions_def=HOURLY, backfill_policy=CHUNK)
def dim_hour(
    context: dg.AssetExecutionContext,
    dim_site: pd.DataFrame,
    policy: dg.ResourceParam[PolicyFile],
) -> pd.DataFrame:
    start, end = naive(context.partition_time_window)
    rows = local_hours(start, end, dim_site["time_zone"], policy.read().trading_hours)
    return conform(rows, DIM_HOUR)
