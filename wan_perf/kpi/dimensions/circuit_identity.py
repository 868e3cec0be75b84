"""The circuits of a snapshot: one row per circuit and snapshot, whatever ports carry it.

Belongs here: a circuit's own id across snapshots, and its attributes in each.
Keep out: which ports are one circuit (`inventory.circuit_members`), when it is listed, and under
which id (`contract_periods`), bandwidth and role (`sites_and_circuits`, `roles`).
"""

import ibis
import ibis.expr.types as ir

_ATTRIBUTES = (
    *("gateway_name", "wan_name", "provider", "medium", "shaped_up_mbps", "vpn_preference"),
    *("variable_down_mbps", "variable_up_mbps", "tested_down_mbps", "tested_up_mbps"),
    *("path_order", "contract_circuit_id", "contract_down_mbps", "contract_up_mbps"),
    *("contract_role", "contract_role_rank", "contract_provider", "contract_medium"),
)
_FLAGS = ("is_lte_backup", "is_redundant", "was_up", "contract_on_demand")
_AT_GATEWAY = ("taken_at", "site_id", "gateway_mac", "circuit_port_id")


def snapshot_circuits(raw_inventory: ir.Table) -> ir.Table:
    """WAN circuits at sites: one row per circuit and snapshot, with `own_id`.

    `was_up` is true where the circuit was up in this snapshot or an earlier one: a gateway that
    boots while the circuit is down no longer reports that it ever was up.
    """
    rows = _with_own_id(_at_gateway(wan_rows(raw_inventory)), raw_inventory)
    up = rows.filter(rows.was_up).group_by("own_id").aggregate(up_since=lambda t: t.taken_at.min())
    known = rows.left_join(up, "own_id").drop("own_id_right")
    return known.mutate(
        was_up=(known.taken_at >= known.up_since).fill_null(False),
        has_gateway=known.gateway_mac.notnull(),
    ).drop("up_since")


def wan_rows(raw_inventory: ir.Table) -> ir.Table:
    """WAN ports at sites, each with the port that names its circuit; a speed of 0 is unknown."""
    at_site = raw_inventory.filter(raw_inventory.site_id.notnull())
    port = at_site.circuit_port_id.fill_null(at_site.port_id).fill_null(at_site.wan_name)
    named = at_site.mutate(
        circuit_port_id=port,
        is_aggregate=at_site.is_aggregate.fill_null(False),
        port_speed_mbps=at_site.port_speed_mbps.nullif(0),
    )
    return named.filter(named.circuit_port_id.notnull())


def _at_gateway(ports: ir.Table) -> ir.Table:
    """One row per circuit of a gateway, each attribute from a port that has it."""
    member = ~ports.is_aggregate
    speeds = ports.port_speed_mbps
    circuits = ports.group_by(*_AT_GATEWAY).aggregate(
        **{name: ports[name].max() for name in _ATTRIBUTES},
        **{name: _any(ports[name]) for name in _FLAGS},
        fastest_mbps=speeds.max(),
        together_mbps=speeds.sum(where=member),
        members=member.ifelse(1, 0).sum(),
        with_speed=(member & speeds.notnull()).ifelse(1, 0).sum(),
        on=(member & ~ports.is_disabled).fill_null(False).ifelse(1, 0).sum(),
        off=(member & ports.is_disabled).fill_null(False).ifelse(1, 0).sum(),
    )
    one_at_a_time = circuits.is_redundant.fill_null(False)
    return circuits.mutate(
        port_speed_mbps=ibis.cases(
            (one_at_a_time, circuits.fastest_mbps),
            (circuits.with_speed == circuits.members, circuits.together_mbps),
        ),
        # Disabled only if every member is: an aggregate works with one member off.
        is_disabled=ibis.cases(
            ((circuits.off > 0) & (circuits.off == circuits.members), True),
            (circuits.on + circuits.off > 0, False),
        ),
    ).drop("fastest_mbps", "together_mbps", "members", "with_speed", "on", "off")


def _any(flag: ir.BooleanValue) -> ir.BooleanValue:
    """True if the flag is true for any row; NULL if it is unknown for all."""
    return ibis.cases((flag, 1), (~flag, 0)).max() == 1


def _with_own_id(circuits: ir.Table, raw_inventory: ir.Table) -> ir.Table:
    """Adds `own_id`: site and port, with a gateway's name where the site has several at once.

    The name is that of the first gateway with the WAN on that port of the site: a replacement
    continues its circuits. If two gateways have it at once, each has its own name.
    """
    at_site = raw_inventory.filter(raw_inventory.site_id.notnull())
    macs = at_site.group_by("taken_at", "site_id").aggregate(
        first_mac=at_site.gateway_mac.min(), last_mac=at_site.gateway_mac.max()
    )
    several = macs.filter(macs.first_mac != macs.last_mac).select("taken_at", "site_id")
    # Few sites have two gateways, and only their circuits need the windows.
    rows = circuits.semi_join(several, ["taken_at", "site_id"])
    at_once = ibis.window(
        group_by=[rows.taken_at, rows.site_id, rows.circuit_port_id, rows.wan_name]
    )
    since = ibis.cumulative_window(
        group_by=[rows.site_id, rows.circuit_port_id, rows.wan_name],
        order_by=[rows.taken_at, rows.gateway_mac],
    )
    name = rows.gateway_name.fill_null(rows.gateway_mac)
    alone = rows.circuit_port_id.count().over(at_once) == 1
    named = rows.select(
        "taken_at",
        "gateway_mac",
        "circuit_port_id",
        label=ibis.ifelse(alone, name.first().over(since), name) + ":",
    )
    keys = ["taken_at", "gateway_mac", "circuit_port_id"]
    labelled = circuits.left_join(named, keys).drop(*(f"{key}_right" for key in keys))
    own_id = labelled.site_id + ":" + labelled.label.fill_null("") + labelled.circuit_port_id
    return labelled.mutate(own_id=own_id).drop("label")
