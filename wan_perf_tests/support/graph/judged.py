"""Stored circuit-hours beside what physically happened; each method lists the hours that differ."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import pandas as pd

from wan_perf.simulator import Fleet
from wan_perf_tests.support.graph.expected import Interval, Port

CLOSE_S = 0.005
"""Minutes are stored to 0.0001 min, which is 6 ms."""
DIRECTIONS = ("rx_bytes", "tx_bytes")
_HOUR = timedelta(hours=1)

Wrong = list[tuple[Any, ...]]
"""Circuit, hour, stored value, true value."""


@dataclass(frozen=True)
class Judged:
    """Circuit-hours of [start, end), by gateway, port and hour, and the truth of those hours.

    The first and the last hour lack a neighbour; those between them are judged.
    """

    fleet: Fleet
    start: datetime
    end: datetime
    hours: dict[tuple[str, str, float], Any]

    @classmethod
    def of(cls, fleet: Fleet, start: datetime, end: datetime, rows: pd.DataFrame) -> "Judged":
        """Of the rows of circuit_hour."""
        stored = {(r.gateway_mac, r.port_id, epoch(r.hour)): r for r in rows.itertuples()}
        return cls(fleet, start, end, stored)

    @cached_property
    def truth(self) -> dict[str, Any]:
        return self.fleet.truth(self.start, self.end)

    def each(self) -> list[tuple[Any, dict[str, Any], Port]]:
        """Each circuit-hour to be judged: the stored row, the truth's hour and the port's life."""
        return self._each

    @cached_property
    def _each(self) -> list[tuple[Any, dict[str, Any], Port]]:
        truth, hours = self.truth, (self.end - self.start) // _HOUR
        found = []
        for circuit in truth["circuits"]:
            port = Port.of(circuit, truth, epoch(self.start), epoch(self.end))
            for hour in circuit["hours"][1 : hours - 1]:
                row = self.hours[circuit["gateway_mac"], circuit["port_id"], hour["hour"]]
                found.append((row, hour, port))
        return found

    def needed(self) -> Iterator[tuple[Any, dict[str, Any], Port]]:
        """The same without the hours in which a circuit on demand was in standby for some time."""
        return (each for each in self.each() if each[0].standby_minutes == 0)

    def wrong_known_down(self) -> Wrong:
        """Hours whose known down time is not right to the second."""
        return [
            (row.circuit_id, row.hour, row.known_down_minutes * 60, port.known_down_s(hour["hour"]))
            for row, hour, port in self.needed()
            if abs(row.known_down_minutes * 60 - port.known_down_s(hour["hour"])) > CLOSE_S
        ]

    def wrong_unknown(self) -> Wrong:
        """Hours whose unknown time is not right to the second."""
        return [
            (row.circuit_id, row.hour, row.unknown_minutes * 60, unknown)
            for row, hour, port in self.needed()
            if abs(row.unknown_minutes * 60 - (unknown := lengths(port.unknown(hour["hour"]))))
            > CLOSE_S
        ]

    def wrong_up(self) -> Wrong:
        """The one judgement that needs no rule of ours: up is at most what physically was up."""
        return [
            (row.circuit_id, row.hour, row.up_minutes * 60, 3600 - hour["down_seconds"])
            for row, hour, _ in self.each()
            if row.up_minutes * 60 > 3600 - hour["down_seconds"] + CLOSE_S
        ]

    def wrong_flaps(self) -> Wrong:
        """Hours whose flaps are not exact."""
        return [
            (row.circuit_id, row.hour, row.flap_count, hour["transitions"])
            for row, hour, _ in self.needed()
            if row.flap_count != hour["transitions"]
        ]

    def wrong_observed(self) -> Wrong:
        """Hours whose observed time is not right to the second."""
        return [
            (row.circuit_id, row.hour, row.observed_minutes * 60, observed)
            for row, hour, port in self.each()
            if abs(row.observed_minutes * 60 - (observed := lengths(port.observed(hour["hour"]))))
            > CLOSE_S
        ]

    def wrong_bytes(self, direction: str) -> Wrong:
        """Hours whose bytes over the observed parts are off by over 0.1 % of what they carried."""
        which, wrong = DIRECTIONS.index(direction), []
        ports = {(g.mac, p.port_id): p for g in self.fleet.gateways for p in g.wan_ports}
        for row, hour, life in self.each():
            port = ports[row.gateway_mac, row.port_id]
            parts = life.observed(hour["hour"])
            carried = sum(port.bytes_between(a, b)[which] for a, b in parts)
            stored = getattr(row, direction)
            is_right = (
                abs(stored - carried) <= 0.001 * hour[direction] + 1 if parts else pd.isna(stored)
            )
            if not is_right:
                wrong.append((row.circuit_id, row.hour, stored, carried))
        return wrong


def epoch(instant: datetime) -> float:
    """Seconds since 1970."""
    return (pd.Timestamp(instant) - pd.Timestamp(0)).total_seconds()


def lengths(parts: list[Interval]) -> float:
    """Seconds of intervals together."""
    return sum(b - a for a, b in parts)
