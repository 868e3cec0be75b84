"""Overlay paths from stores to hubs: when they are up, and how good they are.

Belongs here: closed forms of latency, jitter, loss and MOS over one path.
Keep out: who reports them, and when the cloud receives it.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from wan_perf.simulator.circuit_life import Life
from wan_perf.simulator.faults import Fault
from wan_perf.simulator.instants import DAY, Interval
from wan_perf.simulator.seeding import draws
from wan_perf.simulator.spans import inside, intersection

_SWING = 0.2
_ADDED = {"latency": (60.0, 250.0), "jitter": (12.0, 80.0), "loss": (0.3, 6.0)}
"""What a quality fault adds: milliseconds, milliseconds, percent."""


class Quality(NamedTuple):
    """How good a path is at an instant, or on average.

    Attributes:
        latency: round trip. [ms]
        jitter: delay variation. [ms]
        loss: share of packets lost. [%]
    """

    latency: float
    jitter: float
    loss: float

    @property
    def mos(self) -> float:
        """Estimate the mean opinion score of a call, 1 to 4.5: worse with delay and loss."""
        delay = self.latency / 2 + 2 * self.jitter
        return round(max(1.0, 4.4 - delay / 300 - self.loss * 0.25), 2)


@dataclass(frozen=True)
class Path:
    """The path of one store circuit to one hub.

    Attributes:
        base: quality on an ordinary day.
        phase: when the daily wave of delay begins. [epoch s]
        added: what the circuit's quality faults add, in order of time.
        has_jitter: False where the gateway never reports jitter.
    """

    life: Life
    hub: Life
    base: Quality
    phase: int
    added: tuple[tuple[Interval, str, float], ...]
    has_jitter: bool

    @cached_property
    def up(self) -> tuple[Interval, ...]:
        """When it is up: the circuit usable and the hub there."""
        return intersection(self.life.usable, self.hub.usable)

    def quality(self, at: float) -> Quality | None:
        """Give the quality at an instant; None while the path is down."""
        if not inside(self.up, at):
            return None
        wave = 1 + _SWING * math.sin(math.tau * math.fmod(at - self.phase, DAY) / DAY)
        figures = {
            "latency": self.base.latency * wave,
            "jitter": self.base.jitter * wave,
            "loss": self.base.loss * wave,
        }
        place = bisect_right(self._starts, at) - 1
        if place >= 0 and at < self.added[place][0][1]:
            _, metric, amount = self.added[place]
            figures[metric] += amount
        return Quality(**{name: round(value, 3) for name, value in figures.items()})

    def up_since(self, at: float) -> int | None:
        """Give the start of the interval in which it is up; None while it is down."""
        up = inside(self.up, at)
        return up[0] if up else None

    @cached_property
    def _starts(self) -> list[int]:
        return [interval[0] for interval, _, _ in self.added]


def paths(seed: int, stores: Iterable[Life], hubs: Sequence[Life]) -> list[Path]:
    """Draw the paths of every store circuit that works to every hub."""
    return [
        _path(seed, life, hub, number)
        for life in stores
        if life.circuit.is_lit
        for number, hub in enumerate(hubs)
    ]


def _path(seed: int, life: Life, hub: Life, number: int) -> Path:
    chance = draws(seed, "path", life.site_id, life.key, life.circuit.line.wan_name, number)
    far = 35.0 if life.circuit.line.medium == "lte" else 0.0
    loss = 0.0 if chance.random() < 0.5 else chance.uniform(0.0, 0.04)
    base = Quality(far + chance.uniform(8, 38), chance.uniform(0.3, 4.0), loss)
    added = tuple(((f.start, f.end), str(f.detail), amount(seed, f)) for f in life.quality)
    lacks_jitter = draws(seed, "no jitter", life.site_id).random() < 0.1
    return Path(life, hub, base, chance.randrange(DAY), added, not lacks_jitter)


def amount(seed: int, fault: Fault) -> float:
    """Give what a quality fault adds to its figure, the same on every path of the circuit."""
    least, most = _ADDED[str(fault.detail)]
    chance = draws(seed, "quality", fault.site_id, fault.port_id, fault.start)
    return round(chance.uniform(least, most), 3)


def mean(found: Sequence[Quality]) -> Quality | None:
    """Average qualities; None where there are none."""
    if not found:
        return None
    return Quality(*(sum(figures) / len(found) for figures in zip(*found, strict=True)))
