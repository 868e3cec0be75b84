"""What the warehouse reports of a fleet's window: outages, failovers, transitions, hours.

Belongs here: collecting the window, and reading the tables that answer to a fault.
Keep out: what was planted (`truth`).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from wan_perf.schema.tables import (
    CIRCUIT_HOUR,
    CIRCUIT_PORT,
    CIRCUIT_STATE,
    FAILOVER_EVENT,
    FLAP_EVENT,
    TELEMETRY_GAP,
)
from wan_perf.warehouse import Warehouse
from wan_perf_tests.support.graph.staged import START, Stage

STEP = timedelta(hours=12)
"""Inventory is taken at the start of each step."""


@dataclass(frozen=True)
class Outage:
    """An interval in which a circuit is known to be down. [epoch s]"""

    start: float
    end: float
    causes: frozenset[str]


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
