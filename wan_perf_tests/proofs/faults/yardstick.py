"""The faults of a window beside the findings: what was found, missed and invented.

Belongs here: what is no fault of its own: failovers, transitions, invented outages.
Keep out: the rule of each kind of fault (`kinds`).
"""

from collections import defaultdict
from typing import Any

from wan_perf.kpi.state.circuit_states import CAUSES
from wan_perf_tests.proofs.faults.findings import Outage
from wan_perf_tests.proofs.faults.kinds import Kinds
from wan_perf_tests.proofs.faults.tally import Tally
from wan_perf_tests.proofs.faults.truth import POLL_S, downs

BRIEF_S = 60
"""A primary that is back within a minute is not reported as a failover unless a poll saw it."""


class Yardstick(Kinds):
    """The truth of a window beside the findings, and what became of it."""

    def judge(self) -> dict[str, Tally]:
        """Every fault that lies within the window, by kind; then what was invented."""
        for fault in self.truth["faults"]:
            inside = self.start + 3600 <= fault["start"] and fault["end"] <= self.end - 7200
            if inside and (judge := self._judges().get(fault["kind"])):
                judge(fault, self.tallies[fault["kind"]])
        self._invented()
        self._sites()
        self._transitions()
        return self.tallies

    def _sites(self) -> None:
        """Failovers of stores: found where an event overlaps, with the errors of both its ends."""
        begun, ended = self.tallies["failover"], self.tallies["failback"]
        for site in self.truth["sites"]:
            if site["is_hub"]:
                continue
            events = self.found.failovers.get(site["site_id"], [])
            truths = [(f["start"], f["end"], f["recovered"]) for f in site["failovers"]]
            burst: dict[Outage, list[tuple[int, int]]] = defaultdict(list)
            for start, end, recovered in truths:
                if start < self.start + 3600 or end > self.end - 7200:
                    continue
                begun.planted += 1
                near = [e for e in events if e.start < end and start < e.end]
                if not near and recovered - start < BRIEF_S:
                    continue
                begun.observable += 1
                if near:
                    begun.found += 1
                    burst[near[0]].append((start, end))
                else:
                    begun.missed.append({"site": site["site_id"], "start": start, "end": end})
            # One event can hold several: its ends are those of the first and the last of them.
            for event, of_event in burst.items():
                begun.errors_s.append(abs(event.start - of_event[0][0]))
                ended.errors_s.append(abs(event.end - of_event[-1][1]))
                ended.planted += 1
                ended.observable += 1
                ended.found += 1
            begun.invented += [
                (site["site_id"], event)
                for event in events
                if not any(
                    event.start < end + POLL_S and start < event.end for start, end, _ in truths
                )
            ]

    def _transitions(self) -> None:
        """Changes between up and down of circuits whose gateway reported all along."""
        for circuit in self.circuits:
            if circuit["on_demand"]:
                continue
            turns = self.found.turns.get(circuit["circuit_id"], [])
            # Events are stored by the cloud: what its own outages cost is received later.
            gaps = [s for mac in self.holders[circuit["circuit_id"]] for s in self._gaps_of(mac)]
            edges = [(at, to) for a, b in downs(circuit) for at, to in ((a, "down"), (b, "up"))]
            self._turned(circuit, edges, turns, gaps, self._unreported(circuit))
            known = [at for at, _ in edges]
            self.tallies["transition"].invented += [
                (circuit["circuit_id"], Outage(t, t, frozenset({word})))
                for t, word in turns
                if not any(abs(t - at) <= 60 for at in known)
                and not any(a - 3600 <= t <= b + 3600 for a, b in gaps)
            ]

    def _turned(
        self,
        circuit: dict[str, Any],
        edges: list[tuple[float, str]],
        turns: list[tuple[float, str]],
        gaps: list[tuple[float, float]],
        unreported: set[float],
    ) -> None:
        tally, assigned = self.tallies["transition"], circuit["held"]
        first, last = max(self.start, assigned[0]) + 3600, min(self.end, assigned[1]) - 7200
        for at, to in edges:
            if not first <= at <= last:
                continue
            tally.planted += 1
            if at in unreported or any(a - 1200 <= at <= b + 1200 for a, b in gaps):
                continue
            tally.observable += 1
            near = [abs(t - at) for t, word in turns if word == to and abs(t - at) <= 60]
            if near:
                tally.found += 1
                tally.errors_s.append(min(near))
            else:
                tally.missed.append({"circuit_id": circuit["circuit_id"], "at": at, "to": to})

    def _invented(self) -> None:
        """Outages in which the line worked all the time, by what they claim."""
        kinds = {"port": "port_down", "isp": "isp_dead_arp", "gateway": "power_lost"}
        truths: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for circuit in self.circuits:
            truths[circuit["circuit_id"]] += downs(circuit)
        for circuit_id, outages in self.found.outages.items():
            for outage in outages:
                real = sum(
                    max(0.0, min(b, outage.end) - max(a, outage.start))
                    for a, b in set(truths[circuit_id])
                )
                if not real:
                    cause = next(cause for cause in CAUSES if cause in outage.causes)
                    self.tallies[kinds.get(cause, "wan_lost")].invented.append((circuit_id, outage))
