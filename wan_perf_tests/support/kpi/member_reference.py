"""Reference: the state of one member of a circuit at an instant.

From the rules in `kpi.state.circuit_states`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from wan_perf_tests.support.kpi.rows import HOUR, H, Row
from wan_perf_tests.support.kpi.seen import DAY
from wan_perf_tests.support.kpi.state_reference import MICROSECOND, PortLife

LINK = ("port_up", "port_down", "port_disabled")
PROTOCOLS = ("arp", "dhcp")


@dataclass(frozen=True)
class Raw:
    """All that was ever received."""

    samples: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    gaps: list[Row] = field(default_factory=list)
    paths: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Member:
    """A port that a circuit owns over [since, until)."""

    gateway: str
    port: str
    interface: str | None = None
    is_aggregate: bool = False
    since: datetime = HOUR - 1000 * H
    until: datetime = HOUR + 1000 * H


class MemberLife:
    """What one hour may know of one member."""

    def __init__(self, member: Member, raw: Raw, hour: datetime) -> None:
        self.member = member
        own = [row for row in raw.events if row["gateway_mac"] == member.gateway]
        near = [row for row in own if hour - DAY <= row["event_at"] < hour + 2 * H]
        names = {member.port, member.interface}
        self.events = [
            {**row, "port_id": member.port}
            for row in near
            if row["port_id"] is not None and row["port_id"] in names
        ]
        self.of_gateway = [row for row in near if row["event_kind"].startswith("gateway_")]
        self.link = PortLife(raw.samples, self.events, member.gateway, member.port, hour)
        self.gaps = [
            row
            for row in raw.gaps
            if row["gateway_mac"] == member.gateway
            and row["port_id"] in (None, member.port)
            and row["started_at"] < hour + H
            and row["ended_at"] > hour
        ]

    def has(self, path: Row) -> bool:
        """Whether the circuit owned it when one of its paths was sampled."""
        named = (path["gateway_mac"], path["port_id"]) == (self.member.gateway, self.member.port)
        return (
            named
            and self.member.since <= (path["sampled_at"] or path["pass_at"]) < self.member.until
        )

    def reported(self, instant: datetime) -> tuple[str | None, bool]:
        """Its state for the circuit, None while not owned; and whether its link is up."""
        if not self.member.since <= instant < self.member.until:
            return None, False
        settled = [r for r in self.gaps if r["started_at"] <= instant < r["ended_at"]]
        is_over = any(row["port_id"] is None for row in settled)
        outcomes = {row["outcome"] for row in settled}
        in_gap = opened(self.of_gateway, "gateway_disconnected", ("gateway_connected",), instant)
        link = self.link.state(instant)
        if in_gap and not is_over:
            return "open", False
        if link is False:
            off = opened(self._bounced(), "port_disabled", ("port_up", "port_down"), instant)
            return ("disabled" if off else "down"), False
        linked = (link is True and not in_gap) or "carried" in outcomes
        if in_gap:
            for outcome, word in (("carried", "up"), ("restarted", "restarted"), ("cut", "cut")):
                if outcome in outcomes:
                    return word, linked
            return "unknown", linked
        return ("up" if link else "unknown"), linked

    def _bounced(self) -> list[Row]:
        downs = {r["event_at"] for r in self.events if r["event_kind"] in LINK[1:]}
        return [
            {**r, "event_at": r["event_at"] + MICROSECOND}
            if r["event_kind"] == "port_up" and r["event_at"] in downs
            else r
            for r in self.events
        ]

    def turns(self) -> list[datetime]:
        """Instants of events at which it or its provider may have turned."""
        kinds = (*LINK, *(f"{p}_{how}" for p in PROTOCOLS for how in ("unresolved", "resolved")))
        return [row["event_at"] for row in self._bounced() if row["event_kind"] in kinds]

    def cuts(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Instants at which anything of it can change."""
        for low, high, _ in self.link.intervals(start, end):
            yield from (low, high)
        for row in [*self.events, *self.of_gateway]:
            yield from (row["event_at"], row["event_at"] + MICROSECOND)
            yield from (row["event_at"] + DAY, row["event_at"] + DAY + MICROSECOND)
        for row in self.gaps:
            yield from (row["started_at"], row["ended_at"])
        yield from (self.member.since, self.member.until)


def opened(
    events: Iterable[Row], opening: str, closing: tuple[str, ...], instant: datetime
) -> bool:
    """Whether the last event of the two kinds, 24 hours old at most, opens; at once, it closes."""
    past = [
        row
        for row in events
        if row["event_kind"] in (opening, *closing) and row["event_at"] <= instant
    ]
    if not past:
        return False
    last = max(past, key=lambda row: (row["event_at"], row["event_kind"] != opening))
    return last["event_kind"] == opening and instant < last["event_at"] + DAY
