"""Which circuit of a site is preferred, from evidence only.

Belongs here: the order of a site's circuits, and the evidence that it rests on.
Keep out: which circuits there are (`identity`), which is in use at an instant.
"""

import ibis
import ibis.expr.types as ir

_LAST = 2**31 - 1


def with_roles(circuits: ir.Table) -> ir.Table:
    """Adds role_rank, role and role_source to circuits: one row per circuit and snapshot.

    The contract's rank or role; else the order of the VPN preferences of the site's circuits, lower
    first; where the site has none, the order of its traffic paths. LTE backups come after all
    others, and what is switched off after those. Equal preference is equal rank. The only one that
    is no backup is the primary, and so is the only one that is on. NULL without evidence: nothing
    follows from a port's name.
    """
    at_site = ibis.window(group_by=[circuits.taken_at, circuits.site_id])
    by_vpn = circuits.vpn_preference.max().over(at_site).notnull()
    is_backup = circuits.is_lte_backup.fill_null(False)
    is_off = circuits.is_disabled.fill_null(False)
    rows = circuits.mutate(
        is_backup=is_backup,
        is_off=is_off,
        by_vpn=by_vpn,
        place=ibis.ifelse(by_vpn, circuits.vpn_preference, circuits.path_order),
        on=(~is_off).ifelse(1, 0).sum().over(at_site),
        first=(~is_off & ~is_backup).ifelse(1, 0).sum().over(at_site),
    )
    order = ibis.window(
        group_by=[rows.taken_at, rows.site_id],
        order_by=[rows.is_off, rows.is_backup, rows.place.fill_null(_LAST)],
    )
    contracted = rows.contract_role_rank.fill_null(
        ibis.cases((rows.contract_role == "primary", 1), (rows.contract_role == "secondary", 2))
    )
    source = ibis.cases(
        (contracted.notnull(), "contract"),
        (rows.place.notnull() & rows.by_vpn, "vpn_preference"),
        (rows.place.notnull(), "path_order"),
        (rows.is_backup & (rows["first"] > 0), "lte_backup"),
        (~rows.is_backup & ~rows.is_off & (rows["first"] == 1) & (rows.on > 1), "lte_backup"),
        (~rows.is_off & (rows.on == 1), "only_circuit"),
    )
    preferred = ibis.dense_rank().over(order) + 1
    rank = ibis.cases((contracted.notnull(), contracted), (source.notnull(), preferred))
    return rows.mutate(
        role_rank=rank,
        role=ibis.cases((rank == 1, "primary"), (rank > 1, "secondary")),
        role_source=source,
    ).drop("is_backup", "is_off", "by_vpn", "place", "on", "first")
