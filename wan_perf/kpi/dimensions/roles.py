"""Preferred circuit of a site, from evidence only.

Belongs here: the order of a site's circuits, and the evidence for it.
Keep out: which circuits there are (`contract_periods`), which is in use at an instant.

**The rule.** Ranks are of the circuits of a site that are in service in the same period, dense from
1. In these steps:

1. A contract's `role_rank` is the circuit's place; the role primary is place 1. Several circuits
   with the same place have equal rank: they are active-active.
2. The circuits without a contract's role or rank follow in the order that Mist gives: VPN
   preference, lower first; where the site has none, the order of its traffic paths. LTE backups
   come after all others. Equal preference is equal rank.
3. If place 1 is free, the first of step 2 takes it. Then those with the contract's role secondary,
   in Mist's order, then the rest of step 2 take the places that are still free, in this order.
4. Empty places are closed. So one circuit is best, or several to which the operator gave the same
   place, role or preference; when the best leaves service, the next one is rank 1.

Where place 1 is free and no evidence decides which of several circuits takes it, these have no rank
and the circuits behind them begin at rank 2; a role is never derived from a port's name. Behind the
best, circuits without other evidence are in the order of their ids. A contract with dates counts
within them: each period has an order of its own. Circuits that are switched off, or have no
gateway, come after all others.
"""

import ibis
import ibis.expr.types as ir

_LAST = 2**31 - 1


def with_roles(circuits: ir.Table, period: str = "taken_at") -> ir.Table:
    """Adds role_rank, role and role_source to circuits by the rule of this module.

    Args:
        circuits: One row per circuit and period: site_id, circuit_id, vpn_preference, path_order,
            is_lte_backup, is_disabled, contract_role, contract_role_rank; is_in_service if any.
        period: The column that is equal in rows of the same period.
    """
    site = (period, "site_id")
    rows = _with_evidence(circuits, site)
    ranked = _with_places(rows, site)
    preferred = _rank(ranked, site, ["is_off", "off_place", "is_backup", "place", "tie"])
    by_contract = (
        _rank(ranked, site, ["is_off", "off_place", "score", "tie_of_place"]) + ranked.missing_best
    )
    is_named = ranked.explicit.notnull() | ranked.is_second
    source = ibis.cases(
        (is_named, "contract"),
        (ranked.mist_source.notnull(), ranked.mist_source),
        (ranked.has_contract & ranked.score.notnull(), "contract"),
    )
    is_known = ibis.ifelse(ranked.has_contract, ranked.score.notnull(), source.notnull())
    rank = ibis.ifelse(ranked.has_contract, by_contract, preferred)
    result = ranked.mutate(role_rank=ibis.ifelse(is_known, rank, ibis.null("int64")))
    return result.mutate(
        role=ibis.cases((result.role_rank == 1, "primary"), (result.role_rank > 1, "secondary")),
        role_source=ibis.ifelse(is_known, source, ibis.null("string")),
    ).select(*circuits.columns, "role_rank", "role", "role_source")


def _with_evidence(circuits: ir.Table, site: tuple[str, str]) -> ir.Table:
    """Adds the evidence of the contract and of Mist for each circuit's order.

    Columns: is_off; explicit, the contract's place; off_place, that of a circuit that is off;
    is_second, its role secondary without a rank; is_backup, place (in Mist's order), tie,
    mist_source.
    """
    is_off = circuits.is_disabled.fill_null(False)
    if "is_in_service" in circuits.columns:
        is_off |= ~circuits.is_in_service.fill_null(True)
    at_site = ibis.window(group_by=[circuits[name] for name in site])
    by_vpn = circuits.vpn_preference.max().over(at_site).notnull()
    primary = ibis.ifelse(circuits.contract_role == "primary", 1, ibis.null("int64"))
    is_second = (circuits.contract_role == "secondary") & circuits.contract_role_rank.isnull()
    rows = circuits.mutate(
        is_off=is_off,
        is_backup=circuits.is_lte_backup.fill_null(False),
        explicit=circuits.contract_role_rank.fill_null(primary).cast("int64"),
        is_second=is_second.fill_null(False),
        off_place=ibis.ifelse(
            is_off,
            circuits.contract_role_rank.fill_null(
                ibis.cases(
                    (circuits.contract_role == "primary", 1),
                    (circuits.contract_role == "secondary", 2),
                )
            ).cast("int64"),
            ibis.null("int64"),
        ),
        by_vpn=by_vpn,
        mist_order=ibis.ifelse(by_vpn, circuits.vpn_preference, circuits.path_order),
    )
    at_site = ibis.window(group_by=[rows[name] for name in site])
    counted = rows.mutate(
        on=_count(~rows.is_off, at_site),
        first=_count(~rows.is_off & ~rows.is_backup, at_site),
    )
    source = ibis.cases(
        (counted.mist_order.notnull() & counted.by_vpn, "vpn_preference"),
        (counted.mist_order.notnull(), "path_order"),
        (counted.is_backup & (counted["first"] > 0), "lte_backup"),
        (
            ~counted.is_backup & ~counted.is_off & (counted["first"] == 1) & (counted.on > 1),
            "lte_backup",
        ),
        (~counted.is_off & (counted.on == 1), "only_circuit"),
    )
    unordered = counted.mist_order.isnull() & counted.is_backup
    return counted.mutate(
        place=counted.mist_order.fill_null(_LAST),
        tie=ibis.ifelse(unordered, counted.circuit_id, ""),
        mist_source=source,
    )


def _with_places(rows: ir.Table, site: tuple[str, str]) -> ir.Table:
    """Adds what step 3 needs.

    Columns: has_contract, whether a contract in service is evidence of the site's order; score,
    which orders its circuits; tie_of_place; missing_best, 1 where it is not known which circuit is
    best, else 0.
    """
    at_site = ibis.window(group_by=[rows[name] for name in site])
    is_on = ~rows.is_off
    is_free = is_on & rows.explicit.isnull() & ~rows.is_second
    marked = rows.mutate(
        is_free=is_free,
        is_explicit=is_on & rows.explicit.notnull(),
        has_contract=_count(is_on & ~is_free, at_site) > 0,
        is_first_taken=_count(is_on & (rows.explicit == 1).fill_null(False), at_site) > 0,
        free=_count(is_free, at_site),
        free_first=_count(is_free & ~rows.is_backup, at_site),
        # Behind the best every circuit has a place of its own, unless Mist orders two equally.
        by_name=ibis.ifelse(rows.mist_order.isnull(), rows.circuit_id, ""),
    )
    nth = _rank(marked, (*site, "is_free"), ["is_backup", "place", "by_name"])
    is_best = marked.is_free & (nth == 1) & ~marked.is_first_taken
    best = marked.mutate(is_best=is_best)
    at_site = ibis.window(group_by=[best[name] for name in site])
    has_place = _count(best.is_best & best.mist_order.notnull(), at_site) > 0
    is_known = best.is_first_taken | has_place | (best.free <= 1) | (best.free_first == 1)
    known = best.mutate(
        is_known=is_known,
        missing_best=(~is_known).ifelse(1, 0),
        # Secondaries without other evidence are equal by their role.
        by_name=ibis.ifelse(
            best.is_second & ~best.is_first_taken & (best.free == 0), "", best.by_name
        ),
    )
    queue_order = ibis.cases((known.is_best & known.is_known, 0), (known.is_second, 1), else_=2)
    unplaced = known.is_free & ~known.is_known & ~known.is_backup
    queued = known.mutate(
        queue_order=queue_order,
        is_queued=(known.is_second | known.is_free) & ~known.is_off & ~unplaced,
    )
    at_site = ibis.window(group_by=[queued[name] for name in site])
    has_best = _count(queued.is_queued & (queued.queue_order == 0), at_site) > 0
    reserved = (~queued.is_first_taken & ~has_best).ifelse(1, 0)
    queue_rank = _rank(
        queued, (*site, "is_queued"), ["queue_order", "is_backup", "place", "by_name"]
    )
    # The n-th explicit place p comes before the k-th of the others where p - n of them are before.
    before = queued.explicit - _rank(queued, (*site, "is_explicit"), ["explicit"])
    return queued.mutate(
        score=ibis.cases(
            (queued.is_explicit, before.cast("float64")),
            (queued.is_queued, queue_rank + reserved - 0.5),
            (queued.is_off, queued.off_place.fill_null(queued.mist_order).cast("float64")),
        ),
        tie_of_place=ibis.ifelse(queued.is_explicit, queued.explicit, 0),
    )


def _count(where: ir.BooleanValue, over: ibis.expr.builders.WindowBuilder) -> ir.IntegerValue:
    return where.ifelse(1, 0).sum().over(over)


def _rank(rows: ir.Table, group: tuple[str, ...], order: list[str]) -> ir.IntegerValue:
    """Dense rank from 1; NULL comes last."""
    keys: list[ir.Value] = []
    for name in order:
        keys += [rows[name].isnull(), rows[name]]
    over = ibis.window(group_by=[rows[name] for name in group], order_by=keys)
    return ibis.dense_rank().over(over) + 1
