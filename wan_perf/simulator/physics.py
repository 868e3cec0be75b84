"""What a gateway is at an instant: powered or not, when it booted, what reaches the cloud.

Belongs here: closed forms over one gateway; every instant `at` is in epoch seconds.
Keep out: its interfaces (`ports`), which faults are planted, what the cloud's JSON looks like.
"""

from bisect import bisect_right
from dataclasses import dataclass

from wan_perf.simulator.instants import Interval
from wan_perf.simulator.ports import Port, last_boot
from wan_perf.simulator.spans import FOREVER, inside

REPORT_EVERY_S = 60
"""How often a gateway's statistics reach the cloud [s]."""
DECLARED_AFTER_S = 150
"""A gateway without reports for so long is declared disconnected [s]."""


@dataclass(frozen=True)
class Gateway:
    """One gateway at a site, with its ports.

    Attributes:
        boots: when it booted, rising; the first is before everything.
        telemetry_gaps: when its statistics did not reach the cloud, ascending, disjoint.
        report_phase_s: second of the minute at which it reports.
        recorded_reports: where not empty, its reports come exactly then, not each minute.
        offs: when it had no power, or was booting.
        losses: when nothing at all reached the cloud, nor did its events; part of `telemetry_gaps`.
        assigned: when it stands at its site; before and after it is a spare.
        is_ha: two nodes that act as one gateway.
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
    telemetry_gaps: tuple[Interval, ...] = ()
    recorded_reports: tuple[float, ...] = ()
    offs: tuple[Interval, ...] = ()
    losses: tuple[Interval, ...] = ()
    assigned: Interval = FOREVER
    is_ha: bool = False

    @property
    def wan_ports(self) -> tuple[Port, ...]:
        """Its WAN ports, in order of preference; each member of an aggregate is one."""
        return tuple(port for port in self.ports if port.line)

    @property
    def circuits(self) -> dict[str, tuple[Port, ...]]:
        """Its WAN ports by what they are to the operator: an aggregate, or the port itself."""
        grouped: dict[str, tuple[Port, ...]] = {}
        for port in self.wan_ports:
            grouped[port.bundle] = (*grouped.get(port.bundle, ()), port)
        return grouped

    def is_assigned(self, at: float) -> bool:
        """Say whether it stands at its site."""
        return self.assigned[0] <= at < self.assigned[1]

    def uptime(self, at: float) -> float:
        """Give the seconds since the last boot [s]."""
        return at - last_boot(self.boots, at)

    def reported_at(self, at: float) -> float:
        """Give the newest instant at or before `at` at which its statistics reached the cloud.

        Before the first report, or before a recorded series begins, this is the first boot.
        """
        if self.recorded_reports:
            before = bisect_right(self.recorded_reports, at)
            return self.recorded_reports[before - 1] if before else float(self.boots[0])
        newest = self._on_schedule(at)
        while gap := inside(self.telemetry_gaps, newest):
            newest = self._on_schedule(gap[0] - 1)
        return max(newest, float(self.boots[0]))

    def next_report(self, at: float) -> float:
        """Give the first instant at or after `at` at which its statistics are due."""
        due = self._on_schedule(at)
        return due if due == at else due + REPORT_EVERY_S

    def declared_lost(self, loss: Interval) -> Interval | None:
        """Say from when to when the cloud called it disconnected; None where it never noticed."""
        declared = int(self.reported_at(loss[0])) + DECLARED_AFTER_S
        back = int(self.next_report(loss[1]))
        return (declared, back) if declared < loss[1] else None

    def is_connected(self, at: float) -> bool:
        """Say whether the cloud called it connected at an instant."""
        loss = next((loss for loss in reversed(self.losses) if loss[0] <= at), None)
        lost = self.declared_lost(loss) if loss else None
        return not (lost and lost[0] <= at < lost[1])

    def received_at(self, at: float) -> float:
        """Give the instant at which the cloud receives an event of `at`."""
        loss = inside(self.losses, at)
        return self.next_report(loss[1]) if loss else at

    def _on_schedule(self, at: float) -> float:
        phase = self.report_phase_s
        return (at - phase) // REPORT_EVERY_S * REPORT_EVERY_S + phase
