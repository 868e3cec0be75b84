"""Intervals laid over each other: in each stretch of time, which of several things hold.

Belongs here: the one way in which intervals of different kinds are combined.
Keep out: what the kinds are, and what follows where several hold (`state`, `circuit_states`).

All kinds share one number: each has a digit of it, which counts the intervals of the kind that are
open. A single running sum over the edges then carries all of them, and edges at which nothing
changes (one interval ends where the next of its kind begins) vanish before anything is sorted.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

AT_ONCE = 15
"""Intervals of a kind that can be open at once: members of an aggregate."""
_BITS = 62


def overlap_us(
    start: ir.IntegerValue,
    end: ir.IntegerValue,
    low: ir.IntegerValue | int,
    high: ir.IntegerValue | int,
) -> ir.IntegerValue:
    """Length of what [start, end) and [low, high) share. [us]"""
    return ibis.greatest(ibis.least(end, high) - ibis.greatest(start, low), 0)


def swept(key: str, spans: ir.Table, kinds: Sequence[str], at_once: int = AT_ONCE) -> ir.Table:
    """One row per key and stretch between two edges: key, from_us, to_us, a flag for each kind.

    Stretches of a key follow each other without holes, from its first interval to the end of its
    last; in some of them no kind holds.

    Args:
        key: Column by which intervals belong together.
        spans: The intervals: key, from_us, to_us, kind. An empty one counts for none.
        kinds: At most 15; more where fewer can be open at once, 31 where no two can.
        at_once: How many intervals of a kind can be open at once.
    """
    digit = 2 ** at_once.bit_length()
    weights = {kind: digit**place for place, kind in enumerate(kinds)}
    if digit ** len(kinds) > 2**_BITS:
        raise ValueError(f"{len(kinds)} kinds, {at_once} of each at once, do not fit in a number.")
    real = spans.filter(spans.from_us < spans.to_us)
    weight = ibis.cases(*((real.kind == kind, weights[kind]) for kind in kinds)).cast("int64")
    weighed = real.select(key, "from_us", "to_us", weight=weight)
    edges = ibis.union(
        weighed.select(key, at_us=weighed.from_us, change=weighed.weight),
        weighed.select(key, at_us=weighed.to_us, change=-weighed.weight),
    )
    changes = edges.group_by(key, "at_us").aggregate(change=edges.change.sum().cast("int64"))
    changes = changes.filter(changes.change != 0)
    along = ibis.window(group_by=changes[key], order_by=changes.at_us)
    so_far = ibis.cumulative_window(group_by=changes[key], order_by=changes.at_us)
    stretches = changes.select(
        key,
        from_us=changes.at_us,
        to_us=changes.at_us.lead().over(along),
        opened=changes.change.sum().over(so_far).cast("int64"),
    )
    bounded = stretches.filter(stretches.to_us.notnull())
    return bounded.select(
        key,
        "from_us",
        "to_us",
        **{kind: bounded.opened % (digit * one) >= one for kind, one in weights.items()},
    )


def spans(table: ir.Table, key: str, start: str, end: str, kind: str) -> ir.Table:
    """The table's intervals [start, end) as one kind, for `swept`."""
    return table.select(key, from_us=table[start], to_us=table[end], kind=ibis.literal(kind))
