"""Arithmetic on sets of half-open intervals [start, end), rising and never touching.

Belongs here: union, intersection and difference, exact on whole seconds.
Keep out: what the intervals mean.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from wan_perf.simulator.instants import Interval

FOREVER: Interval = (0, 1 << 40)
"""Longer than any fleet lives [epoch s]; whole seconds, so that it can stand in JSON."""


def union(*sets: Iterable[Interval]) -> tuple[Interval, ...]:
    """Give what lies in any of the sets; touching pieces become one."""
    merged: list[Interval] = []
    for start, end in sorted(piece for pieces in sets for piece in pieces):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def intersection(one: Iterable[Interval], other: Iterable[Interval]) -> tuple[Interval, ...]:
    """Give what lies in both sets."""
    left, right = list(one), list(other)
    found: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            found.append((start, end))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return tuple(found)


def without(one: Iterable[Interval], other: Iterable[Interval]) -> tuple[Interval, ...]:
    """Give what lies in the first set and not in the second."""
    edges = [0, *(edge for piece in union(other) for edge in piece), FOREVER[1]]
    gaps = [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]
    return intersection(one, gaps)


def inside(intervals: Sequence[Interval], at: float) -> Interval | None:
    """Give the interval that holds an instant; None where none does."""
    place = bisect_right(intervals, (at, float("inf"))) - 1
    return intervals[place] if place >= 0 and at < intervals[place][1] else None


def overlapping(intervals: Sequence[Interval], start: float, end: float) -> list[Interval]:
    """Give the intervals that share an instant with [start, end)."""
    last = bisect_left(intervals, (end, -1))
    found: list[Interval] = []
    while last and intervals[last - 1][1] > start:
        last -= 1
        found.append(intervals[last])
    return found[::-1]
