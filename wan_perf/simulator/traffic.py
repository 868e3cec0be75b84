"""Flows: how many bytes a line carries while its port is up.

Belongs here: closed forms of rate and volume, so that truth is exact and needs no stepping.
Keep out: whether the port is up, what the gateway counts, what is reported.
"""

import csv
import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import Protocol

from wan_perf.simulator.instants import DAY, epoch


class Flow(Protocol):
    """What a port carries while it is up, in both directions."""

    @property
    def counter_start(self) -> int:
        """What the counters show at a boot [bytes]."""

    def bytes_between(self, start: float, end: float) -> tuple[float, float]:
        """Give received and sent bytes of [start, end), were the port up throughout."""

    def rates(self, at: float) -> tuple[float, float]:
        """Give received and sent rates at an instant [bytes/s]."""


@dataclass(frozen=True)
class Wave:
    """One direction: a daily sine around a base rate.

    Attributes:
        base: mean rate. [bytes/s]
        swing: amplitude as a share of the base; up to 0.3 the rate moves at most 8.3 % an hour.
        phase: epoch second of a rising crossing of the mean; the peak is a quarter day later.
    """

    base: float
    swing: float
    phase: int

    def rate(self, at: float) -> float:
        """Give the rate at an instant [bytes/s]."""
        return self.base * (1 + self.swing * math.sin(self._angle(at)))

    def volume(self, start: float, end: float) -> float:
        """Integrate the rate over [start, end) [bytes]."""
        wave = math.cos(self._angle(start)) - math.cos(self._angle(end))
        return self.base * (end - start + self.swing * DAY / math.tau * wave)

    def peaking_at(self, peak: float) -> "Wave":
        """Give the same daily shape with another highest rate [bytes/s]."""
        return replace(self, base=peak / (1 + self.swing))

    def _angle(self, at: float) -> float:
        # fmod first: the sine of 20,000 turns would cost digits that whole bytes need.
        return math.tau * math.fmod(at - self.phase, DAY) / DAY


@dataclass(frozen=True)
class DailyFlow:
    """Traffic that follows the day: one wave each direction."""

    rx: Wave
    tx: Wave
    counter_start: int = 0

    def bytes_between(self, start: float, end: float) -> tuple[float, float]:
        """Give received and sent bytes of [start, end)."""
        return self.rx.volume(start, end), self.tx.volume(start, end)

    def rates(self, at: float) -> tuple[float, float]:
        """Give received and sent rates at an instant [bytes/s]."""
        return self.rx.rate(at), self.tx.rate(at)


@dataclass(frozen=True)
class RecordedFlow:
    """Traffic that was recorded: bytes received in the interval that ends at each timestamp.

    Between two timestamps the bytes arrive evenly; the first row's interval is taken to be as long
    as the second's. Nothing flows outside the recording. Sent bytes are half the received.

    Attributes:
        edges: rising epoch seconds: the start of the first interval, then every timestamp.
        cumulative: bytes received up to each edge; 0 at the first.
        counter_start: what the counter shows before the recording. [bytes]
    """

    edges: tuple[float, ...]
    cumulative: tuple[float, ...]
    counter_start: int = 1_000_000

    @classmethod
    def read(cls, file: Path) -> "RecordedFlow":
        """Read a CSV with the columns timestamp (naive UTC) and value (bytes).

        Of rows with one timestamp only the first counts.

        Raises:
            ValueError: no rows, an unreadable value, or a negative one.
        """
        values: dict[float, float] = {}
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                at = epoch(datetime.fromisoformat(row["timestamp"]))
                values.setdefault(at, float(row["value"]))
        if len(values) < 2 or min(values.values()) < 0:
            raise ValueError(f"{file.name}: a recorded series needs two rows, none negative")
        timestamps = sorted(values)
        first_start = 2 * timestamps[0] - timestamps[1]
        received = accumulate((values[at] for at in timestamps), initial=0.0)
        return cls((first_start, *timestamps), tuple(received))

    def bytes_between(self, start: float, end: float) -> tuple[float, float]:
        """Give received and sent bytes of [start, end)."""
        received = self._bytes_received(end) - self._bytes_received(start)
        return received, received / 2

    def rates(self, at: float) -> tuple[float, float]:
        """Give the mean rates of the recorded interval that ends at or holds `at` [bytes/s]."""
        end = bisect_left(self.edges, at)
        if end in (0, len(self.edges)):
            return 0.0, 0.0
        seconds = self.edges[end] - self.edges[end - 1]
        received = (self.cumulative[end] - self.cumulative[end - 1]) / seconds
        return received, received / 2

    def _bytes_received(self, at: float) -> float:
        after = bisect_right(self.edges, at)
        if after == 0:
            return 0.0
        if after == len(self.edges):
            return self.cumulative[-1]
        t0, t1 = self.edges[after - 1 : after + 1]
        v0, v1 = self.cumulative[after - 1 : after + 1]
        return v0 + (v1 - v0) * (at - t0) / (t1 - t0)
