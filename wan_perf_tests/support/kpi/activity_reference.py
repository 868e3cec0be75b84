"""Reference: which circuit is in use at an instant, from the rules in `kpi.state.activity`.

One site and one hour; instants are microseconds from the hour's start.
"""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

CAUSES = ("port", "isp", "path", "gateway", "wan")
AT_REST = (*CAUSES, "standby", "disabled")
MINUTE = 60_000_000


@dataclass(frozen=True)
class StateInterval:
    """A circuit's state over [start, end)."""

    start: int
    end: int
    outcome: str | None
    turned_to: str | None = None


@dataclass(frozen=True)
class Poll:
    """What one poll reports of a circuit."""

    pass_at: datetime
    at: int
    is_active: bool | None


@dataclass(frozen=True)
class Use:
    """All that is known of one circuit."""

    rank: int | None
    state_intervals: list[StateInterval]
    polls: list[Poll] = field(default_factory=list)
    idle: list[tuple[int, int]] = field(default_factory=list)

    def outcome(self, t: int) -> str | None:
        """The state at the instant."""
        return next(s.outcome for s in self.state_intervals if s.start <= t < s.end)

    def pairs(self) -> list[tuple[Poll, Poll]]:
        """Polls with new information that follow each other within 20 minutes."""
        first_polls: dict[int, Poll] = {}
        for poll in sorted(self.polls, key=lambda p: (p.at, p.pass_at)):
            first_polls.setdefault(poll.at, poll)
        known = [poll for poll in first_polls.values() if poll.is_active is not None]
        return [(a, b) for a, b in pairwise(known) if b.at - a.at <= 20 * MINUTE]

    def down_for(self, t: int) -> int:
        """How long the outage lasts in which the instant lies; 0 without one."""
        if self.outcome(t) not in CAUSES:
            return 0
        down = [s for s in self.state_intervals if s.outcome in CAUSES]
        own = next(s for s in down if s.start <= t < s.end)
        start, end = own.start, own.end
        while before := next((s for s in down if s.end == start), None):
            start = before.start
        while after := next((s for s in down if s.start == end), None):
            end = after.end
        return end - start


@dataclass(frozen=True)
class Site:
    """The circuits of one site."""

    circuits: list[Use]

    def changed_over(self, then: datetime) -> int | None:
        """When the first circuit fell that had lost its use by that pass."""
        falls = [
            s.start
            for use in self.circuits
            for a, b in use.pairs()
            if b.pass_at == then and a.is_active and not b.is_active
            for s in use.state_intervals
            if s.turned_to == "down" and a.at < s.start <= b.at
        ]
        return min(falls, default=None)

    def polled(self, use: Use, t: int) -> bool | None:
        """What the polls around the instant say; None where they say nothing."""
        for a, b in use.pairs():
            if a.at <= t < b.at:
                fell = self.changed_over(b.pass_at)
                turn = b.at if fell is None else min(max(fell, a.at), b.at)
                return a.is_active if t < turn else b.is_active
        return None

    def is_inferred(self, use: Use, t: int) -> bool:
        """Whether the circuit must carry the site, since the only primary is down for a minute."""
        first = [u for u in self.circuits if u.rank == 1]
        if len(first) != 1 or use.rank is None or use.rank == 1 or use.outcome(t) != "up":
            return False
        [primary] = first
        around = [(a, b) for a, b in primary.pairs() if a.at <= t < b.at]
        has_inactive_poll = any(not (a.is_active and b.is_active) for a, b in around)
        idle = any(a <= t < b for a, b in use.idle)
        return primary.down_for(t) >= MINUTE and not has_inactive_poll and not idle

    def activity(self, use: Use, t: int) -> str | None:
        """active, inactive, inferred or unknown (None)."""
        polled = self.polled(use, t)
        if use.outcome(t) in AT_REST:
            return "inactive"
        if polled:
            return "active"
        if self.is_inferred(use, t):
            return "inferred"
        return None if polled is None else "inactive"
