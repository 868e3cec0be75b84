"""What an interface is at an instant: up or down, what it carried, what it counts.

Belongs here: closed forms over one interface; every instant `at` is in epoch seconds.
Keep out: why it is down, which circuit is in use, what reaches the cloud.
"""

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from wan_perf.simulator.instants import Interval
from wan_perf.simulator.traffic import Flow


@dataclass(frozen=True)
class Line:
    """The provider's service behind a WAN port, as it physically is.

    `provisioned_mbps` is (down, up); both exist even where the contract names one figure only.
    """

    wan_name: str
    wan_type: str
    medium: str
    provider: str
    asn: str
    rank: int
    provisioned_mbps: tuple[float, float]


class FlowInterval(NamedTuple):
    """A flow that an interface carries over [start, end) [epoch s]."""

    start: float
    end: float
    flow: Flow


@dataclass(frozen=True)
class _Piece:
    """A flow interval within one boot's life, with the bytes counted before it."""

    start: float
    end: float
    flow: Flow
    rx_before: float
    tx_before: float


@dataclass(frozen=True)
class Port:
    """One physical interface; `line` is None on a LAN port.

    Attributes:
        flow: what it carries while it is up, unless `carried` says more.
        downs: when its link was down, rising, never touching.
        boots: when its gateway booted, rising; the first is before everything.
        carried: what flows when, rising and apart; None: `flow` while the link is up.
        unit: logical unit of the interface; 0, or the provider's VLAN.
        logical: the interface that is configured over it (reth0, ae0, pp0); "" for itself.
        node: which node of a cluster it is on, 0 or 1.
        disabled: administratively down, for good.
    """

    port_id: str
    mac: str
    if_index: int
    speed_mbps: int
    flow: Flow
    boots: tuple[int, ...]
    line: Line | None = None
    downs: tuple[Interval, ...] = ()
    carried: tuple[FlowInterval, ...] | None = None
    unit: int = 0
    logical: str = ""
    node: int = 0
    disabled: bool = False

    @property
    def usage(self) -> str:
        """Say "wan" or "lan"."""
        return "wan" if self.line else "lan"

    @property
    def bundle(self) -> str:
        """Name the circuit's interface: the aggregate that it is a member of, or itself."""
        return self.logical if self.logical.startswith(("reth", "ae")) else self.port_id

    @property
    def interface(self) -> str:
        """Name the logical interface that carries addresses, with its unit."""
        return f"{self.logical or self.port_id}.{self.unit}"

    def is_up(self, at: float) -> bool:
        """Say whether the port was up: down at a fault's first instant, up again at its end."""
        return bisect_right(self.transitions, at) % 2 == 0

    def bytes_between(self, start: float, end: float) -> tuple[float, float]:
        """Give the exact bytes received and sent in [start, end); a boot loses none of them."""
        rx = tx = 0.0
        first, last = max(self._piece_at(start), 0), bisect_left(self._starts, end)
        for piece in self._pieces[first:last]:
            begin, stop = max(start, piece.start), min(end, piece.end)
            if begin < stop:
                more_rx, more_tx = piece.flow.bytes_between(begin, stop)
                rx, tx = rx + more_rx, tx + more_tx
        return rx, tx

    def counters(self, at: float) -> tuple[int, int]:
        """Give the whole bytes received and sent since the gateway's last boot."""
        place = self._piece_at(at)
        start = self.flow.counter_start
        if place < 0:
            return 0, 0
        piece = self._pieces[place]
        if piece.start < last_boot(self.boots, at):
            return start, start
        rx, tx = piece.flow.bytes_between(piece.start, min(at, piece.end))
        return start + math.floor(piece.rx_before + rx), start + math.floor(piece.tx_before + tx)

    def rates(self, at: float) -> tuple[float, float]:
        """Give received and sent rates; zero where nothing flows [bytes/s]."""
        place = self._piece_at(at)
        if place < 0 or at >= self._pieces[place].end:
            return 0.0, 0.0
        return self._pieces[place].flow.rates(at)

    @cached_property
    def transitions(self) -> tuple[int, ...]:
        """The instants at which the port changed between up and down, rising."""
        return tuple(instant for down in self.downs for instant in down)

    def last_flapped(self, at: float) -> int:
        """Give the last change of state at or before an instant, or the boot if newer."""
        boot = last_boot(self.boots, at)
        before = bisect_right(self.transitions, at)
        return max(boot, self.transitions[before - 1]) if before else boot

    @cached_property
    def flow_intervals(self) -> tuple[FlowInterval, ...]:
        """What flows when."""
        if self.carried is not None:
            return self.carried
        edges = [-math.inf, *self.transitions, math.inf]
        return tuple(
            FlowInterval(start, end, self.flow)
            for start, end in zip(edges[::2], edges[1::2], strict=True)
        )

    def _piece_at(self, at: float) -> int:
        return bisect_right(self._starts, at) - 1

    @cached_property
    def _starts(self) -> list[float]:
        return [piece.start for piece in self._pieces]

    @cached_property
    def _pieces(self) -> list[_Piece]:
        # Sum the intervals with traffic instead of subtracting those without: the counter of a
        # dead port then stays constant to the byte, whatever the floating point does.
        pieces: list[_Piece] = []
        for boot, next_boot in zip(self.boots, (*self.boots[1:], math.inf), strict=True):
            rx = tx = 0.0
            for begin, finish, flow in self.flow_intervals:
                start, end = max(boot, begin), min(finish, next_boot)
                if start >= end:
                    continue
                pieces.append(_Piece(start, end, flow, rx, tx))
                if end < math.inf:
                    more_rx, more_tx = flow.bytes_between(start, end)
                    rx, tx = rx + more_rx, tx + more_tx
        return pieces


def last_boot(boots: tuple[int, ...], at: float) -> int:
    """Give the newest boot at or before an instant; the first one where all are later."""
    return boots[max(bisect_right(boots, at) - 1, 0)]
