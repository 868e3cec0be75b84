"""What was planted in a simulated fleet, and what of it the platform finds.

    python -m wan_perf_tests.faults --sites 200 --days 14

Every poll, event and history of a fleet with all kinds of faults goes through the real chain; then
the outages that follow from it are laid beside what physically happened. Belongs here: which
finding answers which fault, and the printing. Keep out: any rule of measuring.
"""

import argparse
import math
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd

from wan_perf.kpi.state.circuit_states import CAUSES
from wan_perf.schema.tables import (
    CIRCUIT_HOUR,
    CIRCUIT_PORT,
    CIRCUIT_STATE,
    FAILOVER_EVENT,
    FLAP_EVENT,
    TELEMETRY_GAP,
)
from wan_perf.simulator import Fleet
from wan_perf.warehouse import Warehouse
from wan_perf_tests.graph.staged import HOUR, START, Stage, staged

STEP = timedelta(hours=12)
"""Inventory is taken at the start of each step."""
POLL_S = 600
SURELY_POLLED_S = 2 * POLL_S
"""A bad path of this length is seen by a poll, whatever the phase of its gateway's reports."""
BRIEF_S = 60
"""A primary that is back within a minute is not reported as a failover unless a poll saw it."""
Fault = dict[str, Any]


@dataclass(frozen=True)
class Outage:
    """An interval in which a circuit is known to be down. [epoch s]"""

    start: float
    end: float
    causes: frozenset[str]


@dataclass
class Tally:
    """What became of the faults of one kind."""

    planted: int = 0
    observable: int = 0
    found: int = 0
    missed: list[Fault] = field(default_factory=list)
    invented: list[tuple[str, Outage]] = field(default_factory=list)
    errors_s: list[float] = field(default_factory=list)


@dataclass
class Findings:
    """What the warehouse reports of the fleet's window."""

    outages: dict[str, list[Outage]]
    hours: dict[tuple[str, float], Any]
    carried: set[tuple[str, float]]
    ports: pd.DataFrame
    failovers: dict[str, list[Outage]]
    turns: dict[str, list[tuple[float, str]]]


def collected(stage: Stage, days: float) -> None:
    """Collect the window, and its days."""
    collect_steps(stage, days)
    stage.runs.aggregate_daily(START, START + timedelta(days=days))


def collect_steps(stage: Stage, days: float) -> None:
    """Collect the window in steps, each with a new inventory."""
    at, end = START, START + timedelta(days=days)
    while at < end:
        stage.runs.collect(at, min(at + STEP, end), inventory=True)
        at += STEP


def findings(warehouse: Warehouse) -> Findings:
    """Outages of every circuit, chained over the hours; circuit-hours; gaps that carried."""
    states = warehouse.lazy(CIRCUIT_STATE)
    rows = warehouse.query(states.filter(states.state == "down"))
    hours = warehouse.query(warehouse.lazy(CIRCUIT_HOUR))
    gaps = warehouse.query(warehouse.lazy(TELEMETRY_GAP))
    settled = gaps[gaps["outcome"] == "carried"]
    return Findings(
        outages=_chained(rows),
        hours={(row.circuit_id, epoch(row.hour)): row for row in hours.itertuples()},
        carried={(row.gateway_mac, epoch(row.started_at)) for row in settled.itertuples()},
        failovers=_failovers(warehouse),
        turns=_turns(warehouse),
        ports=warehouse.query(warehouse.lazy(CIRCUIT_PORT)),
    )


def _failovers(warehouse: Warehouse) -> dict[str, list[Outage]]:
    """By site; the cause is what triggered it, `inferred` besides where no poll saw it."""
    found: dict[str, list[Outage]] = defaultdict(list)
    for row in warehouse.query(warehouse.lazy(FAILOVER_EVENT)).itertuples():
        words = {row.failover_cause} | ({"inferred"} if row.is_inferred else set())
        event = Outage(epoch(row.started_at), epoch(row.ended_at), frozenset(words))
        found[row.site_id].append(event)
    return found


def _turns(warehouse: Warehouse) -> dict[str, list[tuple[float, str]]]:
    found: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for row in warehouse.query(warehouse.lazy(FLAP_EVENT)).itertuples():
        found[row.circuit_id].append((epoch(row.turned_at), row.turned_to))
    return found


def epoch(instant: Any) -> float:
    """Seconds since 1970."""
    return (pd.Timestamp(instant) - pd.Timestamp(0)).total_seconds()


def _chained(rows: pd.DataFrame) -> dict[str, list[Outage]]:
    pieces: dict[str, list[Outage]] = defaultdict(list)
    for row in rows.itertuples():
        piece = Outage(epoch(row.started_at), epoch(row.ended_at), frozenset({row.down_cause}))
        pieces[row.circuit_id].append(piece)
    return {circuit_id: _joined(of_circuit) for circuit_id, of_circuit in pieces.items()}


def _joined(pieces: Iterable[Outage]) -> list[Outage]:
    joined: list[Outage] = []
    for piece in sorted(pieces, key=lambda piece: piece.start):
        if joined and piece.start - joined[-1].end < 0.001:
            last = joined[-1]
            joined[-1] = Outage(last.start, piece.end, last.causes | piece.causes)
        else:
            joined.append(piece)
    return joined


class Yardstick:
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

    def _outage(self, fault: Fault, tally: Tally) -> None:
        """An outage of each circuit: found where a known one covers half of it."""
        for circuit in self._of(fault):
            truths = [
                (a, b) for a, b in _down(circuit) if a <= fault["start"] < b or a < fault["end"] < b
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
            if any(a < fault["end"] and fault["start"] < b for a, b in _down(circuit)):
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

    def _is_polled(self, circuit: dict[str, Any], fault: Fault, metric: str) -> bool:
        """Whether the path was up and reported for so long that a poll must have seen it."""
        if metric == "jitter" and not self.tells_jitter[fault["site_id"]]:
            return False
        if not self._is_listed(circuit, fault["start"]):
            return False
        bad = [*_down(circuit), *self._without_telemetry(circuit["gateway_mac"])]
        spoiled = sum(max(0.0, min(b, fault["end"]) - max(a, fault["start"])) for a, b in bad)
        return not spoiled

    def _without_telemetry(self, mac: str) -> list[tuple[float, float]]:
        """When nothing of a gateway reached the cloud, or nothing of the cloud us."""
        return [*self._gaps_of(mac), *((a, b) for a, b in self.truth["api_outages"])]

    def _gaps_of(self, mac: str) -> list[tuple[float, float]]:
        gateway = next(g for g in self.truth["gateways"] if g["mac"] == mac)
        return [(a, b) for a, b, _ in gateway.get("no_telemetry", [])]

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
            edges = [(at, to) for a, b in _down(circuit) for at, to in ((a, "down"), (b, "up"))]
            self._turned(circuit, edges, turns, gaps, self._unreported(circuit))
            known = [at for at, _ in edges]
            self.tallies["transition"].invented += [
                (circuit["circuit_id"], Outage(t, t, frozenset({word})))
                for t, word in turns
                if not any(abs(t - at) <= 60 for at in known)
                and not any(a - 3600 <= t <= b + 3600 for a, b in gaps)
            ]

    def _unreported(self, circuit: dict[str, Any]) -> set[float]:
        """Instants of changes that no evidence reports; without a DOWN its UP changes nothing."""
        mac, found = circuit["gateway_mac"], set()
        for a, b in _down(circuit):
            is_listed = self._is_listed(circuit, a)
            if not is_listed or self._comes_too_late(mac, a):
                found.add(a)
            if not is_listed or self._comes_too_late(mac, a, b):
                found.add(b)
        return found

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
            truths[circuit["circuit_id"]] += _down(circuit)
        for circuit_id, outages in self.found.outages.items():
            for outage in outages:
                real = sum(
                    max(0.0, min(b, outage.end) - max(a, outage.start))
                    for a, b in set(truths[circuit_id])
                )
                if not real:
                    cause = next(cause for cause in CAUSES if cause in outage.causes)
                    self.tallies[kinds.get(cause, "wan_lost")].invented.append((circuit_id, outage))


def _down(circuit: dict[str, Any]) -> list[tuple[float, float]]:
    """When the line could not be used; one on demand, also while nobody needed it."""
    edges = [0, *(edge for interval in circuit["usable"] for edge in interval), 2**40]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]


def _share(circuit: dict[str, Any], hour: dict[str, Any]) -> float | None:
    """The users' formula on what physically flowed, over the whole hour."""
    down, up = circuit["bandwidth_down_mbps"], circuit["bandwidth_up_mbps"]
    if not down:
        return None
    capacity = 3600 / 8 * 1e6
    shares = (hour["rx_bytes"] / (down * capacity), hour["tx_bytes"] / ((up or down) * capacity))
    return 100 * max(shares)


def print_table(tallies: dict[str, Tally]) -> None:
    """The table as it stands in docs/verification.md."""
    head = ("kind", "planted", "observable", "found", "missed", "invented", "error median, worst")
    print("| " + " | ".join(head) + " |")  # noqa: T201 - the command's output
    print("|" + " --- |" * len(head))  # noqa: T201
    for kind, tally in sorted(tallies.items()):
        error = "-"
        if tally.errors_s:
            error = f"{median(tally.errors_s):.0f} s, {max(tally.errors_s):.0f} s"
        figures = (tally.planted, tally.observable, tally.found, len(tally.missed))
        figures = (*figures, len(tally.invented))
        print(f"| {kind} | " + " | ".join(map(str, figures)) + f" | {error} |")  # noqa: T201


def main() -> None:
    """Plant, collect, compare, print."""
    parser = argparse.ArgumentParser(description="Planted faults and what is found of them.")
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--days", type=float, default=14)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--show", type=int, default=0, help="Print so many that were missed or invented."
    )
    options = parser.parse_args()
    began = time.perf_counter()
    end = START + timedelta(days=options.days)
    fleet = Fleet.whole(options.seed, options.sites, START, end + HOUR)
    with (
        tempfile.TemporaryDirectory() as home,
        staged(fleet, Path(home)) as stage,
    ):
        collected(stage, options.days)
        found = findings(stage.runs.warehouse)
    tallies = Yardstick(fleet, found, START, end).judge()
    print_table(tallies)
    for kind, tally in sorted(tallies.items()):
        for fault in tally.missed[: options.show]:
            print(f"missed {kind}: {fault}")  # noqa: T201
        for circuit_id, outage in tally.invented[: options.show]:
            print(f"invented {kind}: {circuit_id} {outage}")  # noqa: T201
    print(f"{options.sites} sites, {options.days:g} days: {time.perf_counter() - began:.0f} s")  # noqa: T201


if __name__ == "__main__":
    main()
