"""Overlay of intervals: which of several kinds apply in each part of the time.

Belongs here: how intervals of different kinds are combined.
Keep out: what the kinds are, and the result where several apply (`port_states`, `circuit_states`).

Each kind is a bit of one number: 1 while an interval of the kind is open. A single running sum
over the edges then tracks all kinds, and edges at which nothing changes (one interval ends where
the next of its kind begins) are removed before anything is sorted. Intervals of one kind are first
cut so that no two overlap; otherwise one bit per kind would not be enough.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

_BITS = 62


def overlap_us(
    start: ir.IntegerValue,
    end: ir.IntegerValue,
    low: ir.IntegerValue | int,
    high: ir.IntegerValue | int,
) -> ir.IntegerValue:
    """Length of the intersection of [start, end) and [low, high). [us]"""
    return ibis.greatest(ibis.least(end, high) - ibis.greatest(start, low), 0)


def overlay_intervals(key: str, intervals: ir.Table, kinds: Sequence[str]) -> ir.Table:
    """One row per key and part between two edges: key, from_us, to_us, a flag for each kind.

    Parts of a key are contiguous from its first interval to the end of its last; in some of them no
    kind applies. Any number of intervals of a kind may overlap.

    Args:
        key: Column by which intervals belong together.
        intervals: key, from_us, to_us, kind. Empty intervals are ignored.
        kinds: At most 62.

    Raises:
        ValueError: there are more kinds than bits in a number.
    """
    if len(kinds) > _BITS:
        raise ValueError(f"{len(kinds)} kinds do not fit in a number of {_BITS} bits.")
    weights = {kind: 2**place for place, kind in enumerate(kinds)}
    real = _without_overlap(key, intervals.filter(intervals.from_us < intervals.to_us))
    weight = ibis.cases(*((real.kind == kind, weights[kind]) for kind in kinds)).cast("int64")
    weighed = real.select(key, "from_us", "to_us", weight=weight)
    edges = ibis.union(
        weighed.select(key, at_us=weighed.from_us, change=weighed.weight),
        weighed.select(key, at_us=weighed.to_us, change=-weighed.weight),
    )
    changes = edges.group_by(key, "at_us").aggregate(change=edges.change.sum().cast("int64"))
    changes = changes.filter(changes.change != 0)
    in_order = ibis.window(group_by=changes[key], order_by=changes.at_us)
    so_far = ibis.cumulative_window(group_by=changes[key], order_by=changes.at_us)
    parts = changes.select(
        key,
        from_us=changes.at_us,
        to_us=changes.at_us.lead().over(in_order),
        opened=changes.change.sum().over(so_far).cast("int64"),
    )
    bounded = parts.filter(parts.to_us.notnull())
    return bounded.select(
        key,
        "from_us",
        "to_us",
        **{kind: bounded.opened % (2 * one) >= one for kind, one in weights.items()},
    )


def _without_overlap(key: str, intervals: ir.Table) -> ir.Table:
    """The same time of each key and kind in intervals of which no two overlap.

    Each starts where the earlier ones have ended; an interval within earlier ones is dropped.
    """
    before = ibis.window(
        group_by=[intervals[key], intervals.kind], order_by=intervals.from_us, preceding=(None, 1)
    )
    ordered = intervals.mutate(covered_us=intervals.to_us.max().over(before))
    start = ibis.greatest(ordered.from_us, ordered.covered_us.fill_null(ordered.from_us))
    cut = ordered.select(key, "to_us", "kind", from_us=start)
    return cut.filter(cut.from_us < cut.to_us)


def kind_intervals(table: ir.Table, key: str, start: str, end: str, kind: str) -> ir.Table:
    """The table's intervals [start, end) as one kind, for `overlay_intervals`."""
    return table.select(key, from_us=table[start], to_us=table[end], kind=ibis.literal(kind))
