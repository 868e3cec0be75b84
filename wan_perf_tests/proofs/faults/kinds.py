"""Which finding answers which kind of fault."""

from collections.abc import Callable
from typing import Any

from wan_perf_tests.proofs.faults.findings import STEP
from wan_perf_tests.proofs.faults.tally import Fault, Tally
from wan_perf_tests.proofs.faults.truth import POLL_S, Truth, downs

SURELY_POLLED_S = 2 * POLL_S
"""A bad path of this length is seen by a poll, whatever the phase of its gateway's reports."""


class Kinds(Truth):
    """The truth with a rule for each kind of fault."""

    def _judges(self) -> dict[str, Callable[[Fault, Tally], None]]:
        outage = ("port_down", "flaps", "isp_dead_arp", "isp_dead_dhcp", "power_lost", "wan_lost")
        outage += ("hub_down", "late_event", "out_of_order_events", "duplicate_event", "twin_event")
        return {
            **dict.fromkeys(outage, self._outage),
            "congestion": self._congestion,
            "reboot": self._reset,
            "counter_reset": self._reset,
            "cloud_lost": self._cloud,
            "replaced_gateway": self._replaced,
            "member_down": self._member,
            "missed_polls": self._missed,
            "quality": self._quality,
        }

    def _outage(self, fault: Fault, tally: Tally) -> None:
        """An outage of each circuit: found where a known one covers half of it."""
        for circuit in self._of(fault):
            truths = [
                (a, b) for a, b in downs(circuit) if a <= fault["start"] < b or a < fault["end"] < b
            ]
            for a, b in truths:
                tally.planted += 1
                if not self._is_observable(fault, circuit) or not self._is_listed(circuit, a):
                    continue
                tally.observable += 1
                near = [
                    o
                    for o in self.found.outages.get(circuit["circuit_id"], [])
                    if min(o.end, b) - max(o.start, a) >= (b - a) / 2
                ]
                if near:
                    tally.found += 1
                    tally.errors_s += [abs(near[0].start - a), abs(near[-1].end - b)]
                else:
                    tally.missed.append({**fault, "circuit_id": circuit["circuit_id"]})

    def _congestion(self, fault: Fault, tally: Tally) -> None:
        """Hours at or above 70 %: of the truth, and of those with 30 observed minutes found."""
        for circuit in self._of(fault):
            for hour in circuit["hours"]:
                if not fault["start"] <= hour["hour"] <= fault["end"] - 3600:
                    continue
                share = _share(circuit, hour)
                if share is None or share < 70:
                    continue
                tally.planted += 1
                row = self.found.hours.get((circuit["circuit_id"], hour["hour"]))
                if row is None or row.observed_minutes < 60 or abs(share - 70) < 0.2:
                    continue
                tally.observable += 1
                if row.utilization_pct >= 70:
                    tally.found += 1
                else:
                    tally.missed.append(fault)

    def _reset(self, fault: Fault, tally: Tally) -> None:
        """A boot: counted where a sample on either side is at most 15 minutes away from it."""
        for circuit in self._of(fault):
            tally.planted += 1
            row = self.found.hours.get((circuit["circuit_id"], fault["end"] // 3600 * 3600))
            later = self.found.hours.get(
                (circuit["circuit_id"], fault["end"] // 3600 * 3600 + 3600)
            )
            if not self._is_listed(circuit, fault["start"]):
                continue
            tally.observable += 1
            if any(r is not None and r.reset_count > 0 for r in (row, later)):
                tally.found += 1
            else:
                tally.missed.append({**fault, "circuit_id": circuit["circuit_id"]})

    def _cloud(self, fault: Fault, tally: Tally) -> None:
        """A gateway without telemetry that was fine: settled as having carried, never as down."""
        gateway = self.gateways[fault["gateway_mac"]]
        lost = next((s for s in gateway.losses if s[0] <= fault["start"] < s[1]), None)
        declared = gateway.declared_lost(lost) if lost else None
        tally.planted += 1
        if not lost or not declared:
            return
        tally.observable += 1
        last_reported_at = float(gateway.reported_at(lost[0]))
        if (gateway.mac, last_reported_at) in self.found.carried:
            tally.found += 1
        else:
            tally.missed.append(fault)

    def _replaced(self, fault: Fault, tally: Tally) -> None:
        """The circuit goes on under its id, on another gateway."""
        for circuit in self._of(fault):
            tally.planted += 1
            if fault["end"] > self.end - STEP.total_seconds():
                continue  # no inventory was taken after it
            tally.observable += 1
            hours = [
                row
                for (circuit_id, hour), row in self.found.hours.items()
                if circuit_id == circuit["circuit_id"]
            ]
            if len({row.gateway_mac for row in hours if isinstance(row.gateway_mac, str)}) == 2:
                tally.found += 1
            else:
                tally.missed.append({**fault, "circuit_id": circuit["circuit_id"]})

    def _member(self, fault: Fault, tally: Tally) -> None:
        """A member of an aggregate: the circuit stays up."""
        for circuit in self._of(fault):
            tally.planted += 1
            if any(a < fault["end"] and fault["start"] < b for a, b in downs(circuit)):
                continue
            tally.observable += 1
            called = [
                o
                for o in self.found.outages.get(circuit["circuit_id"], [])
                if o.start < fault["end"] and fault["start"] < o.end
            ]
            if called:
                tally.missed.append({**fault, "circuit_id": circuit["circuit_id"]})
            else:
                tally.found += 1

    def _missed(self, fault: Fault, tally: Tally) -> None:
        """Reports that did not come: over 15 minutes of it stand as time that is not observed."""
        for circuit in self._of(fault):
            tally.planted += 1
            if fault["end"] - fault["start"] < 1200:
                continue
            tally.observable += 1
            hours = range(int(fault["start"] // 3600), int(fault["end"] // 3600) + 1)
            rows = [self.found.hours.get((circuit["circuit_id"], h * 3600.0)) for h in hours]
            if any(row is not None and row.observed_minutes < 60 for row in rows):
                tally.found += 1
            else:
                tally.missed.append({**fault, "circuit_id": circuit["circuit_id"]})

    def _quality(self, fault: Fault, tally: Tally) -> None:
        """A bad path: the hours' highest sample shows what was added, where a poll fell into it."""
        metric, unit = fault["detail"], "pct" if fault["detail"] == "loss" else "ms"
        for circuit in self._of(fault):
            added = self.added.get((fault["site_id"], fault["port_id"], fault["start"]))
            tally.planted += 1
            long = fault["end"] - fault["start"] >= SURELY_POLLED_S
            if added is None or not long or not self._is_polled(circuit, fault, metric):
                continue
            tally.observable += 1
            hours = range(int(fault["start"] // 3600), int(fault["end"] // 3600) + 1)
            rows = [self.found.hours.get((circuit["circuit_id"], h * 3600.0)) for h in hours]
            highest = [getattr(row, f"{metric}_max_{unit}") for row in rows if row is not None]
            if any(value >= added for value in highest):
                tally.found += 1
            else:
                tally.missed.append({**fault, "circuit_id": circuit["circuit_id"]})


def _share(circuit: dict[str, Any], hour: dict[str, Any]) -> float | None:
    """The users' formula on what physically flowed, over the whole hour."""
    down, up = circuit["bandwidth_down_mbps"], circuit["bandwidth_up_mbps"]
    if not down:
        return None
    capacity = 3600 / 8 * 1e6
    shares = (hour["rx_bytes"] / (down * capacity), hour["tx_bytes"] / ((up or down) * capacity))
    return 100 * max(shares)
