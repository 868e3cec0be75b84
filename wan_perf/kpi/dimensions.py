"""Who is measured: sites, circuits and the ports that carry them, as the snapshots show them.

Belongs here: identity of a circuit, where its bandwidth and role come from, region and store type.
Keep out: how snapshots are taken (`mist`), when a value holds (`validity`).
"""

import re

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.validity import versions

UNASSIGNED = "Unassigned"


def dim_site(raw_inventory: ir.Table, region_prefix: str, store_type_prefix: str) -> ir.Table:
    """Sites, effective-dated; region and store type from site groups with the policy's prefixes.

    Of several groups with a prefix the first by name counts; without any it is 'Unassigned'.
    """
    sites = raw_inventory.filter(raw_inventory.site_id.notnull())
    named = sites.mutate(
        region=_group_after(sites.site_groups, region_prefix),
        store_type=_group_after(sites.site_groups, store_type_prefix),
    )
    values = ["site_name", "region", "store_type", "country_code", "time_zone"]
    values += ["latitude", "longitude"]
    rows = named.select("taken_at", "site_id", *values).distinct()
    return versions(rows, ["site_id"], values, raw_inventory)


def _group_after(groups: ir.StringValue, prefix: str) -> ir.StringValue:
    found = groups.re_extract(rf"\|{re.escape(prefix)}([^|]*)\|", 1)
    return found.nullif("").fill_null(UNASSIGNED)


def dim_circuit(raw_inventory: ir.Table) -> ir.Table:
    """Circuits in service, effective-dated: bandwidth and role, each with its source.

    Bandwidth: the contract; else the template's shaping (upload) with the port's speed (download);
    else the port's speed, an upper bound. Role: the contract's; else the order of the VPN path
    preferences of the site's ports, equal preference being equal rank, LTE backups after all
    others; else NULL. Nothing is guessed from a port's name.
    """
    rows = _circuits(raw_inventory)
    at_site = ibis.window(
        group_by=[rows.taken_at, rows.site_id],
        order_by=[rows.is_lte_backup.fill_null(False), rows.vpn_preference],
    )
    preferred = ibis.dense_rank().over(at_site) + 1
    contracted = rows.contract_role_rank.fill_null(
        ibis.cases((rows.contract_role == "primary", 1), (rows.contract_role == "secondary", 2))
    )
    rank = contracted.fill_null(ibis.ifelse(rows.vpn_preference.notnull(), preferred, ibis.null()))
    shaped = rows.shaped_up_mbps.notnull() & rows.port_speed_mbps.notnull()
    contract = rows.contract_down_mbps.notnull()
    described = rows.mutate(
        bandwidth_mbps=rows.contract_down_mbps.fill_null(rows.port_speed_mbps),
        bandwidth_up_mbps=ibis.cases(
            (contract, rows.contract_up_mbps), (shaped, rows.shaped_up_mbps)
        ),
        bandwidth_source=ibis.cases(
            (contract, "contract"),
            (shaped, "shaping"),
            (rows.port_speed_mbps.notnull(), "port_speed"),
        ),
        role_rank=rank,
        role=ibis.cases((rank == 1, "primary"), (rank > 1, "secondary")),
        role_source=ibis.cases(
            (contracted.notnull(), "contract"), (rank.notnull(), "vpn_preference")
        ),
        provider=rows.contract_provider.fill_null(rows.provider),
        medium=rows.contract_medium.fill_null(rows.medium),
        is_on_demand=rows.contract_on_demand.fill_null(rows.is_lte_backup),
    )
    values = ["site_id", "wan_name", "provider", "medium", "bandwidth_mbps", "bandwidth_up_mbps"]
    values += ["bandwidth_source", "role", "role_rank", "role_source"]
    values += ["is_on_demand", "is_disabled"]
    return versions(described, ["circuit_id"], values, raw_inventory)


def circuit_port(raw_inventory: ir.Table) -> ir.Table:
    """The gateway's port that carries each circuit, effective-dated."""
    rows = _circuits(raw_inventory)
    carried = rows.filter(rows.gateway_mac.notnull() & rows.port_id.notnull())
    entity = ["circuit_id", "gateway_mac", "port_id"]
    plain = carried.mutate(interface=ibis.null("string"), is_aggregate=ibis.literal(False))
    values = ["interface", "is_aggregate", "port_speed_mbps"]
    return versions(plain, entity, values, raw_inventory)


def _circuits(raw_inventory: ir.Table) -> ir.Table:
    """WAN ports in service, each with its circuit_id; one row per circuit and snapshot.

    In service: on a site, and contracted or seen to have been up, now or in an earlier snapshot: a
    gateway that boots while the circuit is down forgets that it ever was up. A contract's id goes
    to the first of the ports that it names, so that no circuit is counted twice.
    """
    contracted = raw_inventory.contract_circuit_id.notnull() | (
        raw_inventory.contract_down_mbps.notnull()
    )
    so_far = ibis.cumulative_window(
        group_by=[raw_inventory.site_id, raw_inventory.gateway_mac, raw_inventory.port_id],
        order_by=raw_inventory.taken_at,
    )
    ever_up = raw_inventory.was_up.fill_null(False).ifelse(1, 0).max().over(so_far) == 1
    known = raw_inventory.mutate(is_of_use=contracted | (raw_inventory.port_id.notnull() & ever_up))
    ports = known.filter(known.site_id.notnull() & known.is_of_use).drop("is_of_use")
    of_contract = ibis.window(
        group_by=[ports.taken_at, ports.contract_circuit_id],
        order_by=[ports.gateway_mac.isnull(), ports.gateway_mac, ports.port_id],
    )
    of_site = ibis.window(group_by=[ports.taken_at, ports.site_id])
    several = ports.gateway_mac.min().over(of_site) != ports.gateway_mac.max().over(of_site)
    gateway = ibis.ifelse(
        several.fill_null(False), ports.gateway_name.fill_null(ports.gateway_mac) + ":", ""
    )
    port = ports.port_id.fill_null(ports.wan_name)
    own_id = ports.site_id + ":" + gateway.fill_null("") + port
    first = ibis.row_number().over(of_contract) == 0
    return ports.mutate(
        circuit_id=ibis.ifelse(first, ports.contract_circuit_id, ibis.null("string")).fill_null(
            own_id
        )
    )
