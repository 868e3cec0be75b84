"""Which circuits there are: one row per circuit and snapshot, whatever ports carry it.

Belongs here: a circuit's id through snapshots, what counts as in service.
Keep out: which ports are one circuit (`mist.members`), bandwidth and role (`dimensions`, `roles`).
"""

import ibis
import ibis.expr.types as ir

_SAID = (
    *("gateway_name", "wan_name", "provider", "medium", "shaped_up_mbps", "vpn_preference"),
    *("path_order", "contract_circuit_id", "contract_down_mbps", "contract_up_mbps"),
    *("contract_role", "contract_role_rank", "contract_provider", "contract_medium"),
)
_FLAGS = ("is_lte_backup", "is_redundant", "was_up", "contract_on_demand")
_AT_GATEWAY = ("taken_at", "site_id", "gateway_mac", "circuit_port_id")


def listed_circuits(raw_inventory: ir.Table) -> ir.Table:
    """Circuits in service or switched off: one row per circuit and snapshot, with its circuit_id.

    In service: on a site, and contracted or seen to have been up, now or in an earlier snapshot: a
    gateway that boots while the circuit is down forgets that it ever was up. A spare gateway's
    ports, and ports that nobody contracted and that never were up, are none.
    """
    rows = _with_own_id(_at_gateway(wan_rows(raw_inventory)), raw_inventory)
    so_far = ibis.cumulative_window(group_by=rows.own_id, order_by=rows.taken_at)
    ever_up = rows.was_up.fill_null(False).ifelse(1, 0).max().over(so_far) == 1
    contracted = rows.contract_circuit_id.notnull() | rows.contract_down_mbps.notnull()
    known = rows.mutate(is_listed=contracted | ever_up | rows.is_disabled.fill_null(False))
    listed = known.filter(known.is_listed).drop("is_listed", "was_up")
    return _with_circuit_id(listed)


def wan_rows(raw_inventory: ir.Table) -> ir.Table:
    """WAN ports at sites, each with the port that names its circuit."""
    at_site = raw_inventory.filter(raw_inventory.site_id.notnull())
    port = at_site.circuit_port_id.fill_null(at_site.port_id).fill_null(at_site.wan_name)
    named = at_site.mutate(circuit_port_id=port, is_aggregate=at_site.is_aggregate.fill_null(False))
    return named.filter(named.circuit_port_id.notnull())


def _at_gateway(ports: ir.Table) -> ir.Table:
    """One row per circuit of a gateway; of each thing said of its ports the one that is known."""
    member = ~ports.is_aggregate
    speeds = ports.port_speed_mbps
    circuits = ports.group_by(*_AT_GATEWAY).aggregate(
        **{name: ports[name].max() for name in _SAID},
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
        # Off only where every member is off: of an aggregate with one member off the rest works.
        is_disabled=ibis.cases(
            ((circuits.off > 0) & (circuits.off == circuits.members), True),
            (circuits.on + circuits.off > 0, False),
        ),
    ).drop("fastest_mbps", "together_mbps", "members", "with_speed", "on", "off")


def _any(flag: ir.BooleanValue) -> ir.BooleanValue:
    """Whether it is so for one; NULL where it is known of none."""
    return ibis.cases((flag, 1), (~flag, 0)).max() == 1


def _with_own_id(circuits: ir.Table, raw_inventory: ir.Table) -> ir.Table:
    """Adds `own_id`: site and port, with a gateway's name where the site has several at once.

    The gateway named is the first that had the WAN on that port of the site: one that replaced it
    continues its circuits. Where two have it at once each is named itself.
    """
    at_site = raw_inventory.filter(raw_inventory.site_id.notnull())
    gateways = at_site.group_by("taken_at", "site_id").aggregate(
        first_mac=at_site.gateway_mac.min(), last_mac=at_site.gateway_mac.max()
    )
    rows = circuits.inner_join(gateways, ["taken_at", "site_id"])
    several = (rows.first_mac != rows.last_mac).fill_null(False)
    at_once = ibis.window(
        group_by=[rows.taken_at, rows.site_id, rows.circuit_port_id, rows.wan_name]
    )
    since = ibis.cumulative_window(
        group_by=[rows.site_id, rows.circuit_port_id, rows.wan_name],
        order_by=[rows.taken_at, rows.gateway_mac],
    )
    name = rows.gateway_name.fill_null(rows.gateway_mac)
    alone = rows.circuit_port_id.count().over(at_once) == 1
    gateway = ibis.ifelse(alone, name.first().over(since), name) + ":"
    label = ibis.ifelse(several, gateway.fill_null(""), "")
    return rows.mutate(own_id=rows.site_id + ":" + label + rows.circuit_port_id).drop(
        "first_mac", "last_mac"
    )


def _with_circuit_id(circuits: ir.Table) -> ir.Table:
    """Adds `circuit_id`: the contract's, else its own.

    A contract's id that stands on several circuits goes to the first: none is counted twice.
    """
    of_contract = ibis.window(
        group_by=[circuits.taken_at, circuits.contract_circuit_id],
        order_by=[circuits.gateway_mac.isnull(), circuits.gateway_mac, circuits.circuit_port_id],
    )
    first = ibis.row_number().over(of_contract) == 0
    contracted = ibis.ifelse(first, circuits.contract_circuit_id, ibis.null("string"))
    return circuits.mutate(circuit_id=contracted.fill_null(circuits.own_id)).drop("own_id")
