"""Reference: a circuit's state at an instant, from the rules in `kpi.state.circuit_states`."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import chain, pairwise

from wan_perf_tests.support.kpi.member_reference import PROTOCOLS, Member, MemberLife, Raw, opened
from wan_perf_tests.support.kpi.rows import H, Row
from wan_perf_tests.support.kpi.seen import DAY, NEAR, is_in_time, samples_of
from wan_perf_tests.support.kpi.state_reference import MICROSECOND
from wan_perf_tests.support.kpi.traffic_reference import differences

CAUSES = ("port", "isp", "path", "gateway", "wan")
Piece = tuple[datetime, datetime, str | None]


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
        self.dead = list(self._dead_intervals(raw.paths))
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

    def _dead_intervals(self, paths: list[Row]) -> Iterator[tuple[datetime, datetime]]:
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
