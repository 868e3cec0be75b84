"""Reference: up, down, unknown at an instant, from the rules in `kpi.state.port_states`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from wan_perf_tests.support.kpi.rows import H, Row
from wan_perf_tests.support.kpi.seen import DAY, NEAR, events_of, history_of, hour_of, samples_of

MICROSECOND = timedelta(microseconds=1)
Interval = tuple[datetime, datetime, bool | None]


@dataclass(frozen=True)
class Observation:
    """What was seen of a port at an instant; state None where the sources contradict each other."""

    at: datetime
    is_event: bool
    state: bool | None
    flapped: datetime | None = None


class PortLife:
    """All that one hour may know of one port."""

    def __init__(
        self,
        raw: Iterable[Row],
        events: Iterable[Row],
        gateway: str,
        port: str,
        hour: datetime,
        history: Iterable[Row] = (),
    ) -> None:
        self.hour = hour
        self.past = history_of(history, gateway, port, hour)
        self.samples = samples_of(raw, gateway, port, hour)
        self.seen = [
            Observation(row["event_at"], True, row["event_kind"] == "port_up")
            for row in events_of(events, gateway, port, hour)
        ]
        downs = {o.at for o in self.seen if not o.state}
        # Down and up in one instant: it was down, for the shortest time there is.
        self.seen = [
            replace(o, at=o.at + MICROSECOND) if o.state and o.at in downs else o for o in self.seen
        ]
        for instant in {row["sampled_at"] for row in self.samples}:
            self.seen += _sampled([row for row in self.samples if row["sampled_at"] == instant])
        self.seen.sort(key=lambda o: (o.at, not o.is_event, bool(o.state)))

    def state(self, instant: datetime) -> bool | None:
        """Up, down, or unknown at the instant, history included."""
        observed = self.observation(instant)
        if observed is not None or self.past is None:
            return observed
        since, seen = self.past["up_through_from"], self.past["seen_at"]
        carrying = self.past["carrying_minutes"] == 60 and self.hour <= instant < self.hour + H
        return True if carrying or (since and since <= instant < seen) else None

    def observation(self, instant: datetime) -> bool | None:
        """Up, down, or unknown at the instant, from events and samples."""
        last, coming = self._around(instant)
        if last and coming and coming.at - last.at <= NEAR:
            if coming.is_event:
                return last.state
            if last.state is not None and coming.state is not None:
                return last.state if instant < turn(last, coming) else coming.state
        return self._by_events(instant, [o for o in (last, coming) if o and not o.is_event])

    def is_down_for_both(self, instant: datetime, edge: datetime) -> bool:
        """Down by two observations that both hours at the edge see."""
        last, coming = self._around(instant)
        if not last or not coming or coming.at - last.at > NEAR:
            return False
        seen_by_both = edge - NEAR <= last.at and coming.at < edge + NEAR
        speaks = coming.is_event or (last.state is not None and coming.state is not None)
        return seen_by_both and speaks and self.observation(instant) is False

    def _around(self, instant: datetime) -> tuple[Observation | None, Observation | None]:
        last = next((o for o in reversed(self.seen) if o.at <= instant), None)
        return last, next((o for o in self.seen if o.at > instant), None)

    def _by_events(self, instant: datetime, samples: list[Observation]) -> bool | None:
        events = [o for o in self.seen if o.is_event]
        before = [o for o in events if o.at <= instant]
        after = [o for o in events if o.at > instant]
        if before:
            proven = before[-1].state if instant < before[-1].at + DAY else None
        elif after and instant >= hour_of(after[0].at) - H:
            proven = not after[0].state
        else:
            proven = None
        return proven if all(sample.state == proven for sample in samples) else None

    def intervals(self, start: datetime, end: datetime) -> Iterator[Interval]:
        """[start, end) cut wherever the state can change."""
        cuts = {start, end, self.hour, *(o.at for o in self.seen)}
        for last, coming in pairwise(self.seen):
            cuts.add(turn(last, coming))
        for o in self.seen:
            cuts |= {o.at + DAY, hour_of(o.at) - H}
        if self.past and self.past["seen_at"]:
            cuts |= {self.past["up_through_from"], self.past["seen_at"]}
        inside = sorted(cut for cut in cuts if start <= cut <= end)
        for low, high in pairwise(inside):
            yield low, high, self.state(low)

    def spent_us(self, state: bool, start: datetime, end: datetime) -> int:
        """Time of [start, end) in that state. [us]"""
        if start >= end:
            return 0
        parts = [high - low for low, high, is_up in self.intervals(start, end) if is_up is state]
        return sum(parts, timedelta()) // MICROSECOND

    def flap_count(self) -> int:
        """Transitions in the hour: known states that differ, at most 20 minutes between them."""
        known = [
            (low, high, is_up)
            for low, high, is_up in self.intervals(self.hour - DAY, self.hour + H)
            if is_up is not None
        ]
        return sum(
            is_up != was_up and start - ended <= NEAR and start >= self.hour
            for (_, ended, was_up), (start, _, is_up) in pairwise(known)
        )


def turn(last: Observation, coming: Observation) -> datetime:
    """When the state turned between two differing observations."""
    if coming.flapped and last.at < coming.flapped <= coming.at:
        return coming.flapped
    return last.at + (coming.at - last.at) // 2


def _sampled(rows: list[Row]) -> list[Observation]:
    states = {row["is_up"] for row in rows if row["is_up"] is not None}
    flapped = [
        row["last_flapped_at"]
        for row in rows
        if row["last_flapped_at"] is not None and row["is_up"] is not None
    ]
    if not states:
        return []
    state = states.pop() if len(states) == 1 else None
    return [Observation(rows[0]["sampled_at"], False, state, max(flapped, default=None))]
