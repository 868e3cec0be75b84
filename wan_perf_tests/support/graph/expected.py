"""What can be known of an hour, worked out from the truth alone in plain Python.

The truth says when a port was down, when its gateway booted and reported, and when the API was out.
From that follows which instants a poll every five minutes received; the rest is the definition of
what an hour may know (20 minutes between samples, 15 for counters, events 24 hours back and to the
end of the next hour).
"""

from dataclasses import dataclass
from typing import Any

PASS_S = 300
POLLED_AFTER_S = 75
HOUR_S = 3600
SAMPLES_HOLD_S = 20 * 60
EVENTS_HOLD_S = 24 * HOUR_S
LONGEST_DIFFERENCE_S = 15 * 60

Interval = tuple[float, float]


@dataclass
class Port:
    """A circuit of the truth with its gateway's life and the instants of its received reports."""

    downs: list[Interval]
    boots: list[float]
    reported_at: list[float]

    @classmethod
    def of(cls, circuit: dict[str, Any], truth: dict[str, Any], start: float, end: float) -> "Port":
        gateway = next(g for g in truth["gateways"] if g["mac"] == circuit["gateway_mac"])
        return cls(
            [tuple(down) for down in circuit["down"]],
            gateway["boots"],
            report_instants(gateway, truth["api_outages"], start, end),
        )

    def unknown(self, hour: float) -> list[Interval]:
        """Parts of the hour of whose state nothing speaks."""
        events = sorted({edge for down in self.downs for edge in down})
        seen = sorted({*self.reported_at, *events})
        gaps = zip([float("-inf"), *seen], [*seen, float("inf")], strict=True)
        parts = []
        for a, b in gaps:
            if b - a <= SAMPLES_HOLD_S:
                continue
            before = [e for e in events if hour - EVENTS_HOLD_S <= e <= a]
            after = [e for e in events if b <= e < hour + 2 * HOUR_S]
            since = before[-1] + EVENTS_HOLD_S if before else b if after else a
            parts.append((max(a, since, hour), min(b, hour + HOUR_S)))
        return [(a, b) for a, b in parts if b > a]

    def known_down_s(self, hour: float) -> float:
        """Seconds of the hour in which the port is down and that is known."""
        down = sum(shared(d, (hour, hour + HOUR_S)) for d in self.downs)
        return down - sum(shared(d, u) for d in self.downs for u in self.unknown(hour))

    def observed(self, hour: float) -> list[Interval]:
        """Parts of the hour that differences of counters cover."""
        parts = []
        for a, b in zip(self.reported_at, self.reported_at[1:], strict=False):
            since = max([a, *(boot for boot in self.boots if a < boot <= b)])
            if b - since <= LONGEST_DIFFERENCE_S:
                parts.append((max(since, hour), min(b, hour + HOUR_S)))
        return [(a, b) for a, b in parts if b > a]


def report_instants(
    gateway: dict[str, Any], outages: list[list[float]], start: float, end: float
) -> list[float]:
    """The report instants that a poll every five minutes of [start, end) found, each once."""
    phase, every = gateway["report_phase_s"], gateway["report_every_s"]
    instants = set()
    for due in range(int(start), int(end), PASS_S):
        polled = due + POLLED_AFTER_S
        if any(a <= polled < b for a, b in outages):
            continue
        report = polled - (polled - phase) % every
        while any(a <= report < b for a, b in gateway["telemetry_gaps"]):
            report -= every
        instants.add(float(report))
    return sorted(instants)


def shared(one: Interval, other: Interval) -> float:
    """Length of what two intervals share."""
    return max(0.0, min(one[1], other[1]) - max(one[0], other[0]))
