"""One store as of 10:30 with a primary and a secondary, and what the reports make of it.

Belongs here: the rows that the tests of the present state change, and the two queries.
Keep out: cases.
"""

from datetime import datetime
from functools import cache
from typing import Any

from wan_perf.kpi.reports.alerts import active_alerts
from wan_perf.kpi.reports.current_state import current_states
from wan_perf.schema.tables import (
    CIRCUIT_HOUR,
    CIRCUIT_PORT,
    CIRCUIT_STATE,
    CURRENT_STATE,
    DIM_CIRCUIT,
    DIM_SITE,
    FAILOVER_PIECE,
    RAW_GATEWAY_EVENT,
    RAW_PORT_SAMPLE,
)
from wan_perf_tests.support.kpi.engine import Query, unbound
from wan_perf_tests.support.kpi.rows import HOUR, H, Row, at, sample

ALWAYS = {"valid_from": datetime(1970, 1, 1), "valid_to": None}
MBIT_MINUTE = 7_500_000

SOURCES = (
    *(CIRCUIT_STATE, CIRCUIT_HOUR, RAW_PORT_SAMPLE, RAW_GATEWAY_EVENT, DIM_SITE, DIM_CIRCUIT),
    *(CIRCUIT_PORT, FAILOVER_PIECE),
)

PORTS = {"C1": "ge-0/0/0", "C2": "ge-0/0/1"}


@cache
def queries() -> tuple[Query, Query]:
    states = current_states(*(unbound(table) for table in SOURCES))
    return Query(states), Query(active_alerts(unbound(CURRENT_STATE)))


def estate(**more: list[Row]) -> dict[str, list[Row]]:
    """One store with a primary C1 and a secondary C2 of 10 Mbit/s, both sampled at 10:30."""
    hours = [
        {
            "hour": hour,
            "circuit_id": circuit,
            "site_id": "S1",
            "site_kind": "store",
            "bandwidth_mbps": 10.0,
            "utilization_warning_level_pct": 70.0,
            "utilization_high_level_pct": 80.0,
            "utilization_critical_level_pct": 90.0,
        }
        for hour in (HOUR - H, HOUR)
        for circuit in PORTS
    ]
    ports = [
        {**ALWAYS, "circuit_id": c, "gateway_mac": "0000000000aa", "port_id": port}
        for c, port in PORTS.items()
    ]
    circuits = [
        {**ALWAYS, "circuit_id": c, "site_id": "S1", "role_rank": n + 1}
        for n, c in enumerate(PORTS)
    ]
    site = {**ALWAYS, "site_id": "S1", "site_name": "Store 1", "region": "West"}
    samples = [sample("10:30", port=port) for port in PORTS.values()]
    states = [state("C1"), state("C2")]
    return {
        "circuit_hour": hours,
        "circuit_port": ports,
        "dim_circuit": circuits,
        "dim_site": [site],
        "raw_port_sample": samples,
        "circuit_state": states,
        **more,
    }


def state(
    circuit: str, what: str = "up", start: str = "10:00", end: str = "10:30", **more: Any
) -> Row:
    return {
        "circuit_id": circuit,
        "site_id": "S1",
        "state": what,
        "started_at": at(start),
        "ended_at": at(end),
        **more,
    }


def now(**more: list[Row]) -> dict[str, Row]:
    return {row["circuit_id"]: row for row in queries()[0].rows(**estate(**more))}


def alert_rows(**more: list[Row]) -> list[Row]:
    return queries()[1].rows(current_state=list(now(**more).values()))


def alerts(**more: list[Row]) -> list[tuple[Any, ...]]:
    rows = alert_rows(**more)
    return sorted((row["circuit_id"] or "", row["severity"], row["messages"]) for row in rows)
