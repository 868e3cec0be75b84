"""Reference: a circuit's state at an instant, and what an import makes of its hour.

From the rules in `kpi.state.circuit_states` and `kpi.hour.imported_hours`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain, pairwise

from wan_perf_tests.kpi.rows import HOUR, H, Row
from wan_perf_tests.kpi.seen import DAY, NEAR, is_in_time, samples_of
from wan_perf_tests.kpi.state_reference import MICROSECOND, PortLife
from wan_perf_tests.kpi.traffic_reference import differences

LINK = ("port_up", "port_down", "port_disabled")
CAUSES = ("port", "isp", "path", "gateway", "wan")
PROTOCOLS = ("arp", "dhcp")
Piece = tuple[datetime, datetime, str | None]


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
        for low, high, _ in self.link.stretches(start, end):
            yield from (low, high)
        for row in [*self.events, *self.of_gateway]:
            yield from (row["event_at"], row["event_at"] + MICROSECOND)
            yield from (row["event_at"] + DAY, row["event_at"] + DAY + MICROSECOND)
        for row in self.gaps:
            yield from (row["started_at"], row["ended_at"])
        yield from (self.member.since, self.member.until)


class CircuitLife:
    """What one hour may know of one circuit."""

    def __init__(
        self,
        members: Iterable[Member],
        raw: Raw,
        hour: datetime,
        *,
        better: "Iterable[CircuitLife]" = (),
        on_demand: bool = False,
    ) -> None:
        self.hour = hour
        self.members = [MemberLife(member, raw, hour) for member in members]
        self.better, self.on_demand = list(better), on_demand
        self.dead = list(self._dead_stretches(raw.paths))
        self.use = [
            [
                (d.start, d.end, max(d.rx, d.tx) * 8 < 1000 * (d.end - d.start).total_seconds())
                for source in ("device", "port")
                for d in _differences_of(raw, member.member, source, hour)
                if d.counts
            ]
            for member in self.members
        ]

    def outcome(self, instant: datetime) -> str | None:
        """up, the cause of a down, standby, disabled, or nothing known."""
        plain = self.plain(instant)
        if not self.on_demand:
            return plain
        relieved = any(other.outcome(instant) == "up" for other in self.better)
        return "standby" if relieved and (plain != "up" or self.rests(instant)) else plain

    def rests(self, instant: datetime) -> bool:
        """Whether a member carries next to nothing and none carries more."""
        now = [
            [is_idle for start, end, is_idle in of_member if start <= instant < end]
            for of_member in self.use
        ]
        return any(map(any, now)) and not any(words and not any(words) for words in now)

    def plain(self, instant: datetime) -> str | None:
        """The same without regard to standby."""
        reported = [(m.member.is_aggregate, m.reported(instant)[0]) for m in self.members]
        words = {word for is_aggregate, word in reported if word and not is_aggregate}
        bundle = {word for is_aggregate, word in reported if is_aggregate}
        rules = (
            ("down" in words and words <= {"down", "disabled"}, "port"),
            ("open" in words and "up" not in words, None),
            (self._provider_failed(instant), "isp"),
            (any(start <= instant < end for start, end in self.dead), "path"),
            ("up" in words | bundle, "up"),
            ("down" in bundle, "port"),
            ("unknown" in words, None),
            ("restarted" in words, "gateway"),
            ("cut" in words, "wan"),
            ("down" in words, "port"),
            ("disabled" in words, "disabled"),
        )
        return next((outcome for holds, outcome in rules if holds), None)

    def _provider_failed(self, instant: datetime) -> bool:
        events = [row for member in self.members for row in member.events]
        return any(
            opened(events, f"{protocol}_unresolved", (f"{protocol}_resolved",), instant)
            for protocol in PROTOCOLS
        )

    def _dead_stretches(self, paths: list[Row]) -> Iterator[tuple[datetime, datetime]]:
        """Between two passes that found all paths dead, where nothing turned between them."""
        fresh = [
            row
            for row in paths
            if is_in_time(row) and self.hour - H <= row["pass_at"] < self.hour + 2 * H
        ]
        found = []
        for due in sorted({row["pass_at"] for row in fresh}):
            of_pass = [row for row in fresh if row["pass_at"] == due]
            alive = {row["peer_mac"] for row in of_pass if row["is_up"]} - {None}
            own = [row for row in of_pass if any(m.has(row) for m in self.members)]
            if own:
                dead = all(row["is_up"] is False and row["peer_mac"] in alive for row in own)
                instants = [row["sampled_at"] or row["pass_at"] for row in own]
                found.append((max(instants), dead, min(instants)))
        turns = [turn for member in self.members for turn in member.turns()]
        for (last, was_dead, _), (then, is_dead, first) in pairwise(sorted(found)):
            turned = any(last < turn <= then for turn in turns)
            if was_dead and is_dead and first - last <= NEAR and not turned:
                yield last, first

    def pieces(self, start: datetime, end: datetime) -> list[Piece]:
        """[start, end) cut wherever the state can change."""
        cuts = {start, end}
        for life in (self, *self.better):
            cuts.update(edge for a, b, _ in chain(*life.use) for edge in (a, b))
            cuts.update(edge for interval in life.dead for edge in interval)
            for member in life.members:
                cuts.update(member.cuts(start, end))
        inside = sorted(cut for cut in cuts if start <= cut <= end)
        return [(low, high, self.outcome(low)) for low, high in pairwise(inside)]

    def figures(self) -> Row:
        """The figures of `circuit_states` for the hour."""
        hour = self.pieces(self.hour, self.hour + H)
        spent = {
            word: sum((high - low for low, high, outcome in hour if outcome == word), timedelta())
            for word in ("up", "standby", "disabled", *CAUSES)
        }
        down = sum((spent[cause] for cause in CAUSES), timedelta())
        most = max(spent[cause] for cause in CAUSES)
        linked = sum(
            (
                high - low
                for low, high, _ in hour
                if any(member.reported(low)[1] for member in self.members)
            ),
            timedelta(),
        )
        return {
            "up_us": spent["up"] // MICROSECOND,
            "down_us": down // MICROSECOND,
            "link_up_us": linked // MICROSECOND,
            "standby_us": spent["standby"] // MICROSECOND,
            "disabled_us": spent["disabled"] // MICROSECOND,
            "down_cause": next((c for c in CAUSES if most and spent[c] == most), None),
            "flap_count": self.flap_count(),
        }

    def flap_count(self) -> int:
        """Changes between up and down with at most 20 minutes of unknown time between them."""
        known = [
            (low, high, outcome == "up")
            for low, high, outcome in self.pieces(self.hour - DAY, self.hour + H)
            if outcome in ("up", *CAUSES)
        ]
        return sum(
            is_up != was_up and start - ended <= NEAR and start >= self.hour
            for (_, ended, was_up), (start, _, is_up) in pairwise(known)
        )


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


def _differences_of(raw: Raw, member: Member, source: str, hour: datetime) -> list:
    rows = samples_of(raw.samples, member.gateway, member.port, hour)
    return differences(
        [
            row
            for row in rows
            if row["counter_source"] == source
            and row["rx_bytes_counter"] is not None
            and row["tx_bytes_counter"] is not None
        ]
    )


QUALITY = (
    *("loss_avg_pct", "loss_max_pct", "loss_p95_pct", "jitter_avg_ms", "jitter_max_ms"),
    *("jitter_p95_ms", "latency_avg_ms", "latency_max_ms", "latency_p95_ms"),
)
STATE_PARTS = ("standby_minutes", "disabled_minutes", "no_telemetry_minutes", "link_up_minutes")


def with_import(row: Row, imported: Row) -> Row:
    """A row of circuit_hour that was made without the import, as it is with it."""
    found = dict(row)
    if takes_over(imported["observed_minutes"], row["observed_minutes"]):
        found |= {name: imported[name] for name in ("rx_bytes", "tx_bytes", "observed_minutes")}
        found["source"] = "import"
        most = row["bandwidth_mbps"] * 1e6 / 8 * imported["observed_minutes"] * 60
        found["utilization_pct"] = round(
            100 * max(imported["rx_bytes"], imported["tx_bytes"]) / most, 4
        )
    known = row["up_minutes"] + row["known_down_minutes"]
    known += row["standby_minutes"] + row["disabled_minutes"]
    up, unknown = imported["up_minutes"], imported["unknown_minutes"]
    if up is not None and takes_over(60 - unknown, known):
        down = 60 - up - unknown
        found |= dict.fromkeys((*STATE_PARTS, "down_cause"))
        found |= {"up_minutes": up, "known_down_minutes": down, "unknown_minutes": unknown}
        found |= {"down_minutes": 60 - up, "flap_count": imported["flap_count"]}
        found |= {"state_evidence": "import", "status_hourly": "Up" if up else "Down"}
        found["availability_pct"] = round(100 * up / (up + down), 4)
    if takes_over(imported["quality_minutes"], row["quality_minutes"]):
        found |= {name: imported[name] for name in (*QUALITY, "quality_minutes")}
        found |= {"quality_source": "import", "mos_avg": None}
    if found["known_down_minutes"] == 60:  # delay is conditional on arrival (RFC 7679)
        found |= dict.fromkeys((*QUALITY, "quality_source", "mos_avg"))
        found |= {"quality_minutes": 0.0, "quality_sample_count": 0}
    return found


def takes_over(offered: float | None, stored: float) -> bool:
    """Whether a source that comes later replaces one that covers less than 45 minutes."""
    return offered is not None and stored < 45 and offered > stored
