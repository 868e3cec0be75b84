"""Circuits over time: what snapshots show of them, and the contract in force.

Belongs here: the periods of a circuit, its contract in each, its id, whether it is listed.
Keep out: what a snapshot shows (`circuit_identity`), what follows: bandwidth and role
(`sites_and_circuits`).

A dated contract is in force between its dates, also before the first snapshot; its values are those
of the newest contract file. An undated contract is in force while snapshots show it, from the first
one with it. A circuit with dated contracts in the file has no other contract.
"""

import ibis
import ibis.expr.types as ir

from wan_perf.kpi.dimensions.circuit_identity import snapshot_circuits
from wan_perf.kpi.dimensions.validity import beginning, versions

CONTRACT = (
    *("contract_circuit_id", "contract_down_mbps", "contract_up_mbps", "contract_role"),
    *("contract_role_rank", "contract_provider", "contract_medium", "contract_on_demand"),
)
_SEEN = (
    *("site_id", "wan_name", "provider", "medium", "port_speed_mbps", "shaped_up_mbps"),
    *("variable_down_mbps", "variable_up_mbps", "tested_down_mbps", "tested_up_mbps"),
    *("vpn_preference", "path_order", "is_lte_backup", "is_disabled", "was_up", "has_gateway"),
)
_PERIOD = ("site_id", "valid_from")
_IN_FORCE, _LAPSED, _SHOWN = 0, 1, 2
"""Where a contract's id comes from: a contract in force, the last one that ended, a snapshot."""


def listed_circuits(raw_inventory: ir.Table, dim_contract: ir.Table) -> ir.Table:
    """Circuits that are contracted, were ever up or are switched off, by period.

    All circuits of a site have the same periods, so that they can be compared within one. Columns:
    those of `snapshot_circuits` without its instant and ports, circuit_id, valid_from, valid_to.

    A circuit's id is that of the contract in force, else of the last that ended, else, before the
    first, the one that snapshots show; else its own. If several circuits have a contract's id at
    once, only the first gets it, so that none is counted twice. Ports of a spare gateway, and ports
    that are not contracted and never were up, are not listed.
    """
    circuits = snapshot_circuits(raw_inventory)
    dated = _dated_contracts(dim_contract, circuits)
    seen = versions(circuits, ["own_id"], [*_SEEN, *CONTRACT], raw_inventory)
    rows = _in_periods(_from_contract_on(seen, dated), dated)
    with_contract = _with_contract(rows, dated)
    is_contracted = ibis.or_(*(with_contract[name].notnull() for name in CONTRACT))
    listed = with_contract.filter(
        is_contracted | with_contract.was_up | with_contract.is_disabled.fill_null(False)
    )
    return _with_circuit_id(listed)


def _dated_contracts(dim_contract: ir.Table, circuits: ir.Table) -> ir.Table:
    """Contracts with a date, each with the own_id of its circuit and the start of the next one.

    Columns: site_id, own_id, valid_from, valid_to (NULL: open), next_from, CONTRACT.
    """
    rows = dim_contract.filter(
        dim_contract.contract_valid_from.notnull() | dim_contract.contract_valid_to.notnull()
    )
    rows = rows.mutate(mac=rows.gateway_mac.fill_null(""))
    at = circuits.select(
        "taken_at",
        "site_id",
        "circuit_port_id",
        "own_id",
        mac=circuits.gateway_mac.fill_null(""),
    )
    owned = rows.inner_join(at, ["taken_at", "site_id", "mac", "circuit_port_id"])
    timed = owned.mutate(
        valid_from=ibis.greatest(owned.contract_valid_from.fill_null(beginning()), beginning()),
        valid_to=owned.contract_valid_to,
    )
    lasting = timed.filter(timed.valid_to.isnull() | (timed.valid_to > timed.valid_from))
    along = ibis.window(group_by=lasting.own_id, order_by=lasting.valid_from)
    return lasting.mutate(next_from=lasting.valid_from.lead().over(along)).select(
        "site_id", "own_id", "valid_from", "valid_to", "next_from", *CONTRACT
    )


def _from_contract_on(seen: ir.Table, dated: ir.Table) -> ir.Table:
    """The versions, and one before the first of each circuit with dated contracts.

    It shows the circuit as in the first snapshot, but never up, so that it is listed only while a
    contract is in force.
    """
    first = ibis.window(group_by=seen.own_id, order_by=seen.valid_from)
    numbered = seen.mutate(nth=ibis.row_number().over(first))
    later = numbered.filter((numbered.nth == 0) & (numbered.valid_from > beginning())).drop("nth")
    before = later.semi_join(dated, "own_id")
    no_contract = {name: ibis.null(before[name].type()) for name in CONTRACT}
    earlier = before.mutate(
        valid_to=before.valid_from,
        valid_from=beginning(),
        was_up=ibis.literal(False),
        is_disabled=ibis.null("boolean"),
        **no_contract,
    )
    return ibis.union(seen, earlier.select(*seen.columns))


def _in_periods(seen: ir.Table, dated: ir.Table) -> ir.Table:
    """The versions cut at every instant at which anything of their site begins or ends."""
    cuts = ibis.union(
        *(
            rows.select("site_id", at=rows[name])
            for rows in (seen, dated)
            for name in ("valid_from", "valid_to")
        ),
        distinct=True,
    )
    cuts = cuts.filter(cuts.at.notnull())
    along = ibis.window(group_by=cuts.site_id, order_by=cuts.at)
    periods = cuts.mutate(next_at=cuts.at.lead().over(along))
    in_period = seen.inner_join(
        periods,
        [
            seen.site_id == periods.site_id,
            seen.valid_from <= periods.at,
            seen.valid_to.isnull() | (seen.valid_to > periods.at),
        ],
    )
    return in_period.mutate(valid_from=in_period.at, valid_to=in_period.next_at).select(
        *seen.columns
    )


def _with_contract(rows: ir.Table, dated: ir.Table) -> ir.Table:
    """The rows with the contract in force; adds `named` and `standing`, the id and its source."""
    placed = _contract_by_period(rows, dated)
    own = dated.select("own_id").distinct().mutate(is_own=ibis.literal(True))
    ids = dated.filter(dated.contract_circuit_id.notnull())
    ids = ids.select("site_id", "contract_circuit_id").distinct()
    both = rows.left_join(own, "own_id").drop("own_id_right")
    both = both.left_join(
        ids.mutate(is_dated=ibis.literal(True)), ["site_id", "contract_circuit_id"]
    ).drop("site_id_right", "contract_circuit_id_right")
    by_file = both.is_own.fill_null(False) | both.is_dated.fill_null(False)
    joined = both.mutate(by_file=by_file).left_join(
        placed, [*_PERIOD, "own_id"], rname="{name}_of_file"
    )
    in_force = joined.is_in_force.fill_null(False)
    values = {
        name: ibis.ifelse(
            joined.by_file | joined.is_in_force.notnull(),
            ibis.ifelse(in_force, joined[f"{name}_of_file"], ibis.null(rows[name].type())),
            joined[name],
        )
        for name in CONTRACT
    }
    is_lapsed = joined.is_in_force.notnull()
    named = ibis.ifelse(is_lapsed, joined.contract_circuit_id_of_file, joined.contract_circuit_id)
    standing = ibis.cases((in_force, _IN_FORCE), (is_lapsed, _LAPSED), else_=_SHOWN)
    return joined.mutate(**values, named=named, standing=standing).select(
        *rows.columns, "named", "standing"
    )


def _contract_by_period(rows: ir.Table, dated: ir.Table) -> ir.Table:
    """For each period the dated contract of a circuit, in force or the last that ended.

    A contract belongs to the circuit that has it in the newest snapshot; in periods in which
    snapshots show its id on another circuit of the site, to that one.

    Columns: site_id, valid_from, own_id, is_in_force, CONTRACT.
    """
    periods = rows.select(*_PERIOD).distinct()
    contracts = dated.rename(contract_from="valid_from", contract_to="valid_to")
    at = periods.inner_join(
        contracts,
        [
            periods.site_id == contracts.site_id,
            contracts.contract_from <= periods.valid_from,
            contracts.next_from.isnull() | (contracts.next_from > periods.valid_from),
        ],
    ).drop("site_id_right")
    shown = rows.filter(rows.contract_circuit_id.notnull()).select(
        *_PERIOD, "contract_circuit_id", shown_on="own_id"
    )
    on = at.left_join(shown, [*_PERIOD, "contract_circuit_id"])
    keys = (*_PERIOD, "own_id", *CONTRACT, "contract_from", "contract_to")
    found = on.group_by(*keys).aggregate(
        first_shown=on.shown_on.min(),
        is_at_home=(on.shown_on == on.own_id).fill_null(False).ifelse(1, 0).max(),
    )
    moved = (found.is_at_home == 0) & found.first_shown.notnull()
    in_force = found.contract_to.isnull() | (found.contract_to > found.valid_from)
    targeted = found.mutate(
        own_id=ibis.ifelse(moved, found.first_shown, found.own_id),
        is_in_force=in_force,
        order=in_force.ifelse(0, 2) + moved.ifelse(1, 0),
    )
    best = ibis.window(
        group_by=[targeted[name] for name in (*_PERIOD, "own_id")],
        order_by=[targeted.order, targeted.contract_from, targeted.contract_circuit_id],
    )
    numbered = targeted.mutate(nth=ibis.row_number().over(best))
    return numbered.filter(numbered.nth == 0).select(*_PERIOD, "own_id", "is_in_force", *CONTRACT)


def _with_circuit_id(circuits: ir.Table) -> ir.Table:
    """Adds `circuit_id`."""
    rank = ibis.window(
        group_by=[circuits.site_id, circuits.valid_from, circuits.named],
        order_by=[circuits.standing, ~circuits.has_gateway, circuits.own_id],
    )
    rows = circuits.mutate(nth=ibis.row_number().over(rank))
    named = ibis.ifelse(rows.nth == 0, rows.named, ibis.null("string"))
    return rows.mutate(circuit_id=named.fill_null(rows.own_id)).drop("named", "standing", "nth")
