"""Effective dating: from snapshots to rows that say from when to when they hold.

Belongs here: when a described thing begins, changes and ends; what holds of it at an instant.
Keep out: what is described (`kpi.dimensions.sites_and_circuits`).
"""

from collections.abc import Sequence
from datetime import datetime

import ibis
import ibis.expr.types as ir

from wan_perf.schema.values import STORE

BEGINNING = datetime(1970, 1, 1)  # noqa: DTZ001 - instants are naive UTC in the whole system
"""`valid_from` of what stood in the first snapshot: it was there before we looked."""


def versions(
    rows: ir.Table, entity: Sequence[str], values: Sequence[str], snapshots: ir.Table
) -> ir.Table:
    """One row per entity and unbroken run of snapshots with equal values.

    `rows` has one row per entity and `taken_at`; `snapshots` every `taken_at` there is, so that a
    snapshot without an entity ends it. `valid_from` is the first snapshot of the run (the beginning
    of time in the very first snapshot), `valid_to` the first snapshot after it, NULL if there is
    none yet.
    """
    taken = snapshots.select("taken_at").distinct()
    in_order = ibis.window(order_by=taken.taken_at)
    numbered = taken.mutate(
        nth=ibis.row_number().over(in_order), next_at=taken.taken_at.lead().over(in_order)
    )
    seen = rows.select("taken_at", *entity, *values).inner_join(numbered, "taken_at")
    of_entity = ibis.window(group_by=[seen[name] for name in entity], order_by=seen.nth)
    differs = seen.nth.lag().over(of_entity).fill_null(-9) != seen.nth - 1
    for name in values:
        differs |= ~seen[name].identical_to(seen[name].lag().over(of_entity))
    flagged = seen.mutate(begins=differs.ifelse(1, 0))
    runs = flagged.mutate(
        run=flagged.begins.sum().over(
            ibis.cumulative_window(
                group_by=[flagged[name] for name in entity], order_by=flagged.nth
            )
        )
    )
    return (
        runs.group_by(*entity, *values, "run")
        .aggregate(
            first=runs.nth.min(),
            since=runs.taken_at.min(),
            until=runs.next_at.max(),
            open_ends=runs.next_at.isnull().ifelse(1, 0).sum(),
        )
        .mutate(
            valid_from=lambda t: ibis.ifelse(t["first"] == 0, beginning(), t.since),
            valid_to=lambda t: ibis.ifelse(t.open_ends > 0, ibis.null("timestamp(6)"), t.until),
        )
        .select(*entity, *values, "valid_from", "valid_to")
    )


def merge_versions(rows: ir.Table, entity: Sequence[str], values: Sequence[str]) -> ir.Table:
    """The rows with consecutive ones of equal values as one; of an entity no two rows overlap."""
    along = ibis.window(group_by=[rows[name] for name in entity], order_by=rows.valid_from)
    begins = ~(rows.valid_to.lag().over(along) == rows.valid_from).fill_null(False)
    for name in values:
        begins |= ~rows[name].identical_to(rows[name].lag().over(along))
    flagged = rows.mutate(begins=begins.ifelse(1, 0))
    so_far = ibis.cumulative_window(
        group_by=[flagged[name] for name in entity], order_by=flagged.valid_from
    )
    runs = flagged.mutate(run=flagged.begins.sum().over(so_far))
    return (
        runs.group_by(*entity, *values, "run")
        .aggregate(
            valid_from=runs.valid_from.min(),
            until=runs.valid_to.max(),
            open_ends=runs.valid_to.isnull().ifelse(1, 0).sum(),
        )
        .mutate(valid_to=lambda t: ibis.ifelse(t.open_ends > 0, ibis.null("timestamp(6)"), t.until))
        .select(*entity, *values, "valid_from", "valid_to")
    )


def beginning() -> ir.TimestampScalar:
    """BEGINNING as an expression."""
    return ibis.literal(BEGINNING, "timestamp(6)")


def in_force(dimension: ir.Table, end: ir.TimestampValue) -> ir.BooleanValue:
    """True for the row in force at the end of the hour; of one thing there is at most one."""
    has_not_ended = dimension.valid_to.isnull() | (dimension.valid_to >= end)
    return (dimension.valid_from < end) & has_not_ended


def of_stores(rows: ir.Table, dim_site: ir.Table, ends: ir.TimestampValue, *names: str) -> ir.Table:
    """The rows of stores with columns of their site as of the end of their period.

    Rows of hubs are left out, and those of a site that was gone by then.
    """
    # Under a name of its own: rows may have the kind that their site had earlier.
    sites = dim_site.select("site_id", *names, "valid_from", "valid_to", end_kind="site_kind")
    ended = rows.mutate(period_end=ends)
    owned = ended.join(sites, [ended.site_id == sites.site_id, in_force(sites, ended.period_end)])
    stores = owned.filter(owned.end_kind.fill_null(STORE) == STORE)
    return stores.select(*rows.columns, *names)
