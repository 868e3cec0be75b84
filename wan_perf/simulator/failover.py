"""Which circuit of a site carries its traffic: the best-ranked usable one, after a while.

Belongs here: the switching itself, exact to the second.
Keep out: why a circuit is unusable, and what it carries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from wan_perf.simulator.instants import Interval
from wan_perf.simulator.spans import inside, union


@dataclass(frozen=True)
class Switching:
    """How fast a site moves its traffic.

    Attributes:
        failover_s: from the loss of the active circuit to the next one in use. [s]
        failback_s: a better circuit is used again after so long without a fault. [s]
    """

    failover_s: int
    failback_s: int


def active_intervals(
    usable: Sequence[tuple[Interval, ...]], switching: Switching
) -> tuple[tuple[Interval, ...], ...]:
    """Say when each circuit carried the site's traffic; circuits come in order of preference.

    A circuit that recovers before another took over goes on at once.
    """
    carried: list[list[Interval]] = [[] for _ in usable]
    instants = _instants(usable, switching)
    current, latest = None, None
    for at, following in pairwise(instants):
        current = _choice(usable, switching, at, current, latest)
        if current is not None:
            carried[current].append((at, following))
            latest = current
    return tuple(union(pieces) for pieces in carried)


def _instants(usable: Sequence[tuple[Interval, ...]], switching: Switching) -> list[int]:
    edges = {edge for pieces in usable for piece in pieces for edge in piece}
    late = {edge + switching.failover_s for edge in edges}
    return sorted(edges | late | {edge + switching.failback_s for edge in edges})


def _choice(
    usable: Sequence[tuple[Interval, ...]],
    switching: Switching,
    at: int,
    current: int | None,
    latest: int | None,
) -> int | None:
    """Choose the circuit in use from `at` on, given the one in use until then."""
    up_since = [piece[0] if (piece := inside(pieces, at)) else None for pieces in usable]
    if current is None and latest is not None and up_since[latest] == at:
        return latest
    if current is not None and up_since[current] is not None:
        better = [
            index
            for index in range(current)
            if _is_trusted(up_since[index], at, switching.failback_s)
        ]
        return better[0] if better else current
    if latest is not None and at - _lost_at(usable[latest], at) < switching.failover_s:
        return None
    ready = [i for i, since in enumerate(up_since) if _is_trusted(since, at, switching.failover_s)]
    return ready[0] if ready else None


def _is_trusted(since: int | None, at: int, seconds: int) -> bool:
    # A circuit that was always up needs no time to be trusted.
    return since is not None and (since <= 0 or at - since >= seconds)


def _lost_at(pieces: tuple[Interval, ...], at: int) -> int:
    return max((end for _, end in pieces if end <= at), default=0)
