"""Dimensions: sites, circuits and the ports that carry them, as snapshots show them.

Belongs here: attributes of sites and circuits: region, store type, bandwidth, ports.
Keep out: how snapshots are taken (`mist`), which circuits there are (`circuit_identity`), their
order (`roles`), when a contract is in force (`contract_periods`).
"""

import re

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.dimensions.circuit_identity import snapshot_circuits, wan_rows
from wan_perf.kpi.dimensions.contract_periods import listed_circuits
from wan_perf.kpi.dimensions.roles import with_roles
from wan_perf.kpi.dimensions.validity import beginning, merge_versions, versions
from wan_perf.schema.values import HUB, STORE

UNASSIGNED = "Unassigned"
LTE = "lte"


def dim_site(raw_inventory: ir.Table, region_prefix: str, store_type_prefix: str) -> ir.Table:
    """Sites, effective-dated; region and store type from site groups with the policy's prefixes.

    A site is a hub if a port of it is the hub's end of a VPN. Of several groups with a prefix the
    first by name is used; without any the value is 'Unassigned'.
    """
    sites = raw_inventory.filter(raw_inventory.site_id.notnull())
    is_hub = sites.is_hub_end.fill_null(False).ifelse(1, 0)
    at_once = ibis.window(group_by=[sites.taken_at, sites.site_id])
    named = sites.mutate(
        region=_group_after(sites.site_groups, region_prefix),
        store_type=_group_after(sites.site_groups, store_type_prefix),
        site_kind=ibis.ifelse(is_hub.max().over(at_once) == 1, HUB, STORE),
    )
    values = ["site_name", "site_kind", "region", "store_type", "country_code", "time_zone"]
    values += ["latitude", "longitude"]
    rows = named.select("taken_at", "site_id", *values).distinct()
    return versions(rows, ["site_id"], values, raw_inventory)


def _group_after(groups: ir.StringValue, prefix: str) -> ir.StringValue:
    """What follows the prefix in the first name with it (`inventory.snapshot.group_list`).

    Rows of older versions separate the names by bars instead of line breaks.
    """
    start = re.escape(prefix)
    named = groups.re_extract(f"\n{start}([^\n]+)\n", 1).nullif("")
    older = groups.re_extract(rf"\|{start}([^|]*)\|", 1).nullif("")
    return ibis.ifelse(groups.startswith("|"), older, named).fill_null(UNASSIGNED)


def dim_circuit(raw_inventory: ir.Table, dim_contract: ir.Table) -> ir.Table:
    """Circuits, effective-dated: bandwidth and role, with their source (DIM_CIRCUIT).

    Bandwidth: only the contract's if it has a download rate; else the first known source of each
    direction. Download: site variable, speed test, port speed (an upper bound; of an aggregate the
    sum of its members, of redundant ports the fastest). Upload: contract, site variable, the
    template's shaping, speed test; without any it is the download's. The source is the best that
    gave a direction. A dated contract is in force between its dates (`contract_periods`). On
    demand: the contract; else LTE backups, configured so or reached by LTE and not the primary. A
    contract without a gateway at the site is not in service.
    """
    listed = listed_circuits(raw_inventory, dim_contract)
    rows = with_roles(listed.rename(is_in_service="has_gateway"), "valid_from")
    medium = rows.contract_medium.fill_null(rows.medium)
    is_lte_backup = rows.is_lte_backup.fill_null(False) | ((medium == LTE) & (rows.role_rank > 1))
    described = rows.mutate(
        bandwidth_mbps=ibis.coalesce(
            rows.contract_down_mbps,
            rows.variable_down_mbps,
            rows.tested_down_mbps,
            rows.port_speed_mbps,
        ),
        bandwidth_up_mbps=ibis.ifelse(
            rows.contract_down_mbps.notnull(),
            rows.contract_up_mbps,
            ibis.coalesce(
                rows.contract_up_mbps,
                rows.variable_up_mbps,
                rows.shaped_up_mbps,
                rows.tested_up_mbps,
            ),
        ),
        bandwidth_source=ibis.cases(
            (_is_given(rows.contract_down_mbps, rows.contract_up_mbps), "contract"),
            (_is_given(rows.variable_down_mbps, rows.variable_up_mbps), "site_variable"),
            (rows.shaped_up_mbps.notnull(), "shaping"),
            (_is_given(rows.tested_down_mbps, rows.tested_up_mbps), "speed_test"),
            (rows.port_speed_mbps.notnull(), "port_speed"),
        ),
        provider=rows.contract_provider.fill_null(rows.provider),
        medium=medium,
        is_on_demand=rows.contract_on_demand.fill_null(is_lte_backup),
    )
    values = ["site_id", "wan_name", "provider", "medium", "bandwidth_mbps", "bandwidth_up_mbps"]
    values += ["bandwidth_source", "role", "role_rank", "role_source"]
    values += ["is_on_demand", "is_disabled", "is_in_service"]
    return merge_versions(described, ["circuit_id"], values)


def _is_given(down_mbps: ir.FloatingValue, up_mbps: ir.FloatingValue) -> ir.BooleanValue:
    return down_mbps.notnull() | up_mbps.notnull()


def circuit_port(raw_inventory: ir.Table, dim_contract: ir.Table) -> ir.Table:
    """The ports that carry each circuit, effective-dated.

    An aggregate, whose speed is the circuit's, and its members are separate rows. Before the first
    snapshot of a circuit that was already contracted, its ports are those of that snapshot.
    """
    ports = wan_rows(raw_inventory)
    ports = ports.filter(ports.gateway_mac.notnull() & ports.port_id.notnull())
    at_gateway = ["taken_at", "site_id", "gateway_mac", "circuit_port_id"]
    circuits = snapshot_circuits(raw_inventory).select(
        *at_gateway, "own_id", circuit_mbps="port_speed_mbps"
    )
    carried = ports.inner_join(circuits, at_gateway)
    whole = ibis.ifelse(carried.is_aggregate, carried.circuit_mbps, ibis.null("float64"))
    rows = carried.mutate(port_speed_mbps=carried.port_speed_mbps.fill_null(whole))
    values = ["interface", "is_aggregate", "port_speed_mbps"]
    members = versions(rows, ["own_id", "gateway_mac", "port_id"], values, raw_inventory)
    first = members.valid_from.min().over(ibis.window(group_by=members.own_id))
    since = ibis.ifelse(members.valid_from == first, beginning(), members.valid_from)
    owned = members.mutate(valid_from=since).inner_join(
        listed_circuits(raw_inventory, dim_contract).select(
            "own_id", "circuit_id", listed_from="valid_from", listed_to="valid_to"
        ),
        "own_id",
    )
    both = owned.mutate(
        valid_from=ibis.greatest(owned.valid_from, owned.listed_from),
        valid_to=ibis.least(
            owned.valid_to.fill_null(owned.listed_to), owned.listed_to.fill_null(owned.valid_to)
        ),
    )
    valid = both.filter(both.valid_to.isnull() | (both.valid_from < both.valid_to))
    return merge_versions(valid, ["circuit_id", "gateway_mac", "port_id"], values)
