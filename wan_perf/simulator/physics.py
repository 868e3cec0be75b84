"""What physically happens at an instant: ports that are up or down, counters, boots, reports.

Belongs here: closed forms over one gateway; every instant `at` is in epoch seconds.
Keep out: which faults are planted, what the cloud's JSON looks like.
"""

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property

from wan_perf.simulator.instants import Interval
from wan_perf.simulator.traffic import Flow

REPORT_EVERY_S = 60
"""How often a gateway's statistics reach the cloud [s]."""


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


@dataclass(frozen=True)
class _Piece:
    """A stretch of one boot's life in which the port was up, with what was counted before it."""

    start: float
    end: float
    rx_before: float
    tx_before: float


@dataclass(frozen=True)
class Port:
    """One physical interface; `line` is None on a LAN port.

    Attributes:
        downs: when it was down, rising, never touching.
        boots: when its gateway booted, rising; the first is before everything.
    """

    port_id: str
    mac: str
    if_index: int
    speed_mbps: int
    flow: Flow
    boots: tuple[int, ...]
    line: Line | None = None
    downs: tuple[Interval, ...] = ()

    @property
    def usage(self) -> str:
        """Say "wan" or "lan"."""
        return "wan" if self.line else "lan"

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
                more_rx, more_tx = self.flow.bytes_between(begin, stop)
                rx, tx = rx + more_rx, tx + more_tx
        return rx, tx

    def counters(self, at: float) -> tuple[int, int]:
        """Give the whole bytes received and sent since the gateway's last boot."""
        place = self._piece_at(at)
        if place < 0:
            return 0, 0
        piece = self._pieces[place]
        rx, tx = self.flow.bytes_between(piece.start, min(at, piece.end))
        start = self.flow.counter_start
        return start + math.floor(piece.rx_before + rx), start + math.floor(piece.tx_before + tx)

    def rates(self, at: float) -> tuple[float, float]:
        """Give received and sent rates; zero while down [bytes/s]."""
        return self.flow.rates(at) if self.is_up(at) else (0.0, 0.0)

    @cached_property
    def transitions(self) -> tuple[int, ...]:
        """The instants at which the port changed between up and down, rising."""
        return tuple(instant for down in self.downs for instant in down)

    def last_flapped(self, at: float) -> int:
        """Give the last change of state at or before an instant, or the boot if newer."""
        boot = last_boot(self.boots, at)
        before = bisect_right(self.transitions, at)
        return max(boot, self.transitions[before - 1]) if before else boot

    def _piece_at(self, at: float) -> int:
        return bisect_right(self._starts, at) - 1

    @cached_property
    def _starts(self) -> list[float]:
        return [piece.start for piece in self._pieces]

    @cached_property
    def _pieces(self) -> list[_Piece]:
        # Summing the up stretches, not subtracting the down ones: a down port's counter then
        # stands still to the byte, whatever the floating point does.
        pieces: list[_Piece] = []
        for boot, next_boot in zip(self.boots, (*self.boots[1:], math.inf), strict=True):
            rx = tx = 0.0
            start: float = boot
            for down, up in (*self.downs, (math.inf, math.inf)):
                if up <= boot:
                    continue  # over before this boot; it would only add an empty piece
                stop = min(max(start, down), next_boot)
                pieces.append(_Piece(start, stop, rx, tx))
                if down >= next_boot:
                    break
                more_rx, more_tx = self.flow.bytes_between(start, stop)
                rx, tx, start = rx + more_rx, tx + more_tx, max(start, min(up, next_boot))
        return pieces


@dataclass(frozen=True)
class Gateway:
    """One gateway at a site, with its ports.

    Attributes:
        boots: when it booted, rising; the first is before everything.
        silences: when its statistics did not reach the cloud.
        report_phase_s: second of the minute at which it reports.
        recorded_reports: where not empty, its reports come exactly then, not each minute.
    """

    mac: str
    device_id: str
    name: str
    model: str
    serial: str
    version: str
    site_id: str
    ports: tuple[Port, ...]
    boots: tuple[int, ...]
    report_phase_s: int
    silences: tuple[Interval, ...] = ()
    recorded_reports: tuple[float, ...] = ()

    @property
    def wan_ports(self) -> tuple[Port, ...]:
        """Its WAN ports, in order of preference."""
        return tuple(port for port in self.ports if port.line)

    def uptime(self, at: float) -> float:
        """Give the seconds since the last boot [s]."""
        return at - last_boot(self.boots, at)

    def reported_at(self, at: float) -> float:
        """Give the newest instant at or before `at` at which its statistics reached the cloud.

        Before a recorded series begins this is the first boot.
        """
        if self.recorded_reports:
            before = bisect_right(self.recorded_reports, at)
            return self.recorded_reports[before - 1] if before else float(self.boots[0])
        newest = self._on_schedule(at)
        for start, end in reversed(self.silences):
            if start <= newest < end:
                newest = self._on_schedule(start - 1)
        return newest

    def _on_schedule(self, at: float) -> float:
        phase = self.report_phase_s
        return (at - phase) // REPORT_EVERY_S * REPORT_EVERY_S + phase


def last_boot(boots: tuple[int, ...], at: float) -> int:
    """Give the newest boot at or before an instant; the first one where all are later."""
    return boots[max(bisect_right(boots, at) - 1, 0)]
