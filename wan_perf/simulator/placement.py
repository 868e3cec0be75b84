"""Where a fault finds room: intervals drawn from chance, apart from each other on every port.

Belongs here: the calendar of what is taken, and the lengths of common faults.
Keep out: which kinds there are, how often, and what they do.
"""

import random
from collections.abc import Callable

from wan_perf.simulator.instants import HOUR, MINUTE, Interval

APART_S = 60
"""Faults of one port are at least so far apart [s]."""
_TRIES = 50

PortKey = tuple[str, str]
Shape = Callable[[random.Random], list[Interval]]
"""Draws intervals relative to the start of a fault; a flapping port has several."""


class Calendar:
    """The intervals already taken on each port, so that faults stay apart."""

    def __init__(self, start: int, end: int) -> None:
        self._start, self._end = start, end
        self._taken: dict[PortKey, list[Interval]] = {}

    def take(self, keys: list[PortKey], start: int, end: int) -> None:
        """Mark an interval as taken on ports."""
        for key in keys:
            self._taken.setdefault(key, []).append((start, end))

    def place(self, chance: random.Random, keys: list[PortKey], shape: Shape) -> list[Interval]:
        """Find room for a drawn shape on all the ports at once; empty where there is none."""
        for _ in range(_TRIES):
            pieces = shape(chance)
            length = pieces[-1][1]
            latest = self._end - length - APART_S
            if latest <= self._start + APART_S:
                continue
            begin = chance.randrange(self._start + APART_S, latest)
            if self._is_free(keys, begin - APART_S, begin + length + APART_S):
                self.take(keys, begin, begin + length)
                return [(begin + a, begin + b) for a, b in pieces]
        return []

    def _is_free(self, keys: list[PortKey], start: int, end: int) -> bool:
        # A reset takes no time, hence <= and not <.
        return not any(a <= end and start <= b for key in keys for a, b in self._taken.get(key, ()))


def at_once(_: random.Random) -> list[Interval]:
    """Draw what takes no time."""
    return [(0, 0)]


def missed_reports(chance: random.Random) -> list[Interval]:
    """Draw 10 to 90 minutes."""
    return [(0, chance.randrange(10 * MINUTE, 90 * MINUTE + 1))]


def brief_outage(chance: random.Random) -> list[Interval]:
    """Draw 5 to 15 minutes."""
    return [(0, chance.randrange(5 * MINUTE, 15 * MINUTE + 1))]


def unplugged(chance: random.Random) -> list[Interval]:
    """Draw half a minute to 20 minutes."""
    return [(0, chance.randrange(30, 20 * MINUTE))]


def outage(chance: random.Random) -> list[Interval]:
    """Draw a port outage: minutes, hours, a blink under a minute, or a flapping port."""
    kind = chance.random()
    if kind < 0.45:
        return [(0, chance.randrange(3 * MINUTE, 45 * MINUTE))]
    if kind < 0.60:
        return [(0, chance.randrange(1 * HOUR, 4 * HOUR))]
    if kind < 0.80:
        return [(0, chance.randrange(5, MINUTE))]
    return flapping(chance)


def flapping(chance: random.Random) -> list[Interval]:
    """Draw three to six short outages, one soon after the other."""
    pieces: list[Interval] = []
    at = 0
    for _ in range(chance.randrange(3, 7)):
        down = chance.randrange(20, 3 * MINUTE)
        pieces.append((at, at + down))
        at += down + chance.randrange(APART_S, 5 * MINUTE)
    return pieces
