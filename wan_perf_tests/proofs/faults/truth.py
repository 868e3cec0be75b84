"""What physically happened in a window, and which of it left evidence.

Belongs here: whether a fault could be found at all.
Keep out: whether it was (`kinds`, `yardstick`).
"""

import math
from collections import defaultdict
from datetime import datetime
from typing import Any

from wan_perf.simulator import Fleet
from wan_perf_tests.proofs.faults.findings import STEP, Findings, epoch
from wan_perf_tests.proofs.faults.tally import Fault, Tally

POLL_S = 600


class Truth:
    """The truth of a window beside the findings."""

    def __init__(self, fleet: Fleet, found: Findings, start: datetime, end: datetime) -> None:
        self.found, self.start, self.end = found, epoch(start), epoch(end)
        self.truth: dict[str, Any] = fleet.truth(start, end)
        self.circuits = [
            {**circuit, "circuit_id": circuit["circuit_id"] or self._own_id(circuit)}
            for circuit in self.truth["circuits"]
            if circuit["is_lit"] and not circuit["is_disabled"]
        ]
        self.holders: dict[str, set[str]] = defaultdict(set)
        for circuit in self.circuits:
            self.holders[circuit["circuit_id"]].add(circuit["gateway_mac"])
        self.gateways = {gateway.mac: gateway for gateway in fleet.gateways}
        self.tallies: dict[str, Tally] = defaultdict(Tally)
        self.added: dict[tuple[str, str, int], float] = {
            (path["site_id"], path["port_id"], start): amount
            for path in self.truth["paths"]
            for start, _, _, amount in path["quality_faults"]
        }
        self.after_window = {
            (fault["gateway_mac"], fault["start"])
            for fault in self.truth["faults"]
            if fault["kind"] == "late_event" and fault["end"] > self.end
        }
        self.tells_jitter = {path.life.site_id: path.has_jitter for path in fleet.paths}

    def _own_id(self, circuit: dict[str, Any]) -> str:
        known = self.found.ports
        of_port = known[
            (known["gateway_mac"] == circuit["gateway_mac"])
            & known["port_id"].isin([circuit["port_id"], *circuit["members"]])
        ]
        return str(of_port["circuit_id"].iloc[0]) if len(of_port) else "not listed"

    def _of(self, fault: Fault) -> list[dict[str, Any]]:
        """The circuits that a fault strikes, those on demand left out."""
        return [
            circuit
            for circuit in self.circuits
            if circuit["site_id"] == fault["site_id"]
            and not circuit["on_demand"]
            and fault["port_id"] in (None, circuit["port_id"])
            and (fault["kind"] == "wan_lost" or circuit["gateway_mac"] == fault["gateway_mac"])
        ]

    def _is_listed(self, circuit: dict[str, Any], at: float) -> bool:
        """Whether an inventory had listed the circuit on this gateway by then.

        A gateway that replaces another is in no inventory before the next one is taken: whose
        circuits its samples and events are of is unknown until then, and no inventory says when it
        was installed.
        """
        since, step = circuit["held"][0] - self.start, STEP.total_seconds()
        return since <= 0 or at - self.start >= math.ceil(since / step) * step

    def _comes_too_late(self, gateway_mac: str, *instants: float) -> bool:
        """Whether a port event of one of the instants reaches the cloud after the window."""
        return any((gateway_mac, at) in self.after_window for at in instants)

    def _is_observable(self, fault: Fault, circuit: dict[str, Any]) -> bool:
        """Whether it was reported: events that are late may come after the window.

        A loss of power leaves no event of the ports: only where the cloud noticed the gap.
        """
        if self._comes_too_late(fault["gateway_mac"], fault["start"], fault["end"]):
            return False
        if fault["kind"] not in ("power_lost", "hub_down"):
            return True
        gateway = self.gateways[circuit["gateway_mac"]]
        struck = [s for s in gateway.losses if s[0] <= fault["start"] < s[1]]
        return any(gateway.declared_lost(loss) for loss in struck)

    def _is_polled(self, circuit: dict[str, Any], fault: Fault, metric: str) -> bool:
        """Whether the path was up and reported for so long that a poll must have seen it."""
        if metric == "jitter" and not self.tells_jitter[fault["site_id"]]:
            return False
        if not self._is_listed(circuit, fault["start"]):
            return False
        bad = [*downs(circuit), *self._without_telemetry(circuit["gateway_mac"])]
        spoiled = sum(max(0.0, min(b, fault["end"]) - max(a, fault["start"])) for a, b in bad)
        return not spoiled

    def _without_telemetry(self, mac: str) -> list[tuple[float, float]]:
        """When nothing of a gateway reached the cloud, or nothing of the cloud us."""
        return [*self._gaps_of(mac), *((a, b) for a, b in self.truth["api_outages"])]

    def _gaps_of(self, mac: str) -> list[tuple[float, float]]:
        gateway = next(g for g in self.truth["gateways"] if g["mac"] == mac)
        return [(a, b) for a, b, _ in gateway.get("no_telemetry", [])]

    def _unreported(self, circuit: dict[str, Any]) -> set[float]:
        """Instants of changes that no evidence reports; without a DOWN its UP changes nothing."""
        mac, found = circuit["gateway_mac"], set()
        for a, b in downs(circuit):
            is_listed = self._is_listed(circuit, a)
            if not is_listed or self._comes_too_late(mac, a):
                found.add(a)
            if not is_listed or self._comes_too_late(mac, a, b):
                found.add(b)
        return found


def downs(circuit: dict[str, Any]) -> list[tuple[float, float]]:
    """When the line could not be used; one on demand, also while nobody needed it."""
    edges = [0, *(edge for interval in circuit["usable"] for edge in interval), 2**40]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]
