"""Flows made of flows: a share of one, several at once.

Belongs here: sums and shares that stay closed forms.
Keep out: who uses them when.
"""

from dataclasses import dataclass

from wan_perf.simulator.traffic import DailyFlow, Flow


@dataclass(frozen=True)
class Together:
    """Several flows at once, each in a share.

    Attributes:
        parts: flows and the share of each that flows here.
    """

    parts: tuple[tuple[Flow, float], ...]
    counter_start: int = 0

    def bytes_between(self, start: float, end: float) -> tuple[float, float]:
        """Give received and sent bytes of [start, end)."""
        volumes = [(flow.bytes_between(start, end), share) for flow, share in self.parts]
        return sum(v[0] * s for v, s in volumes), sum(v[1] * s for v, s in volumes)

    def rates(self, at: float) -> tuple[float, float]:
        """Give received and sent rates at an instant [bytes/s]."""
        rates = [(flow.rates(at), share) for flow, share in self.parts]
        return sum(r[0] * s for r, s in rates), sum(r[1] * s for r, s in rates)


def fit_to_capacity(demand: DailyFlow, capacity: tuple[float, float]) -> DailyFlow:
    """Give what a line carries of a demand: all of it, or a wave that peaks at its capacity.

    Args:
        demand: what the site would like to carry.
        capacity: highest received and sent rate. [bytes/s]
    """
    rx, tx = (
        wave if wave.base * (1 + wave.swing) <= most else wave.peaking_at(most)
        for wave, most in zip((demand.rx, demand.tx), capacity, strict=True)
    )
    return DailyFlow(rx, tx, demand.counter_start)
