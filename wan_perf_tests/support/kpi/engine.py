"""Expressions of wan_perf.kpi, compiled once and run by DuckDB over plain rows."""

from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa  # type: ignore[import-untyped]

from wan_perf.kpi.hour.circuit_hours import circuit_hours, state_sums
from wan_perf.kpi.hour.port_history import member_history
from wan_perf.kpi.hour.regular_traffic import hourly_traffic
from wan_perf.kpi.state.circuit_polls import circuit_polls
from wan_perf.kpi.state.circuit_states import circuit_states, states_of
from wan_perf.kpi.state.evidence import collect_evidence
from wan_perf.kpi.state.evidence_window import FOR_EVER_US, evidence_readings
from wan_perf.schema.declaration import Table
from wan_perf.schema.tables import (
    CIRCUIT_POLL,
    CIRCUIT_PORT,
    CIRCUIT_STATE,
    DIM_CIRCUIT,
    DIM_HOUR,
    DIM_POLICY,
    DIM_SITE,
    RAW_CIRCUIT_HOUR,
    RAW_GATEWAY_EVENT,
    RAW_PATH_SAMPLE,
    RAW_PORT_HISTORY,
    RAW_PORT_SAMPLE,
    TELEMETRY_GAP,
)
from wan_perf.warehouse import DuckDBWarehouse
from wan_perf_tests.support.kpi.rows import Row, polled_at

MEMBERS = {
    "circuit_hour": "int64",
    "port_hour": "int64",
    "hour": "timestamp(6)",
    "gateway_mac": "string",
    "port_id": "string",
    "interface": "string",
    "is_aggregate": "boolean",
    "member_from_us": "int64",
    "member_to_us": "int64",
}
CIRCUITS = {
    "circuit_hour": "int64",
    "circuit_id": "string",
    "hour": "timestamp(6)",
    "site_id": "string",
    "site_kind": "string",
    "role_rank": "int64",
    "is_on_demand": "boolean",
}
STATE_SOURCES = (
    *(RAW_PORT_SAMPLE, RAW_PORT_HISTORY, RAW_PATH_SAMPLE, CIRCUIT_POLL, RAW_GATEWAY_EVENT),
    *(TELEMETRY_GAP, DIM_SITE, DIM_CIRCUIT, CIRCUIT_PORT, DIM_HOUR),
)
FACT_SOURCES = (
    *(CIRCUIT_STATE, RAW_PORT_SAMPLE, RAW_PORT_HISTORY, RAW_CIRCUIT_HOUR, CIRCUIT_POLL),
    *(RAW_GATEWAY_EVENT, DIM_SITE, DIM_CIRCUIT, CIRCUIT_PORT, DIM_HOUR, DIM_POLICY),
)


_COMPILER = DuckDBWarehouse(Path("of nothing.duckdb"))
"""Makes the text that the warehouse runs, in which nothing is planned twice; it opens no file."""


class Query:
    """An expression over unbound tables, ready to run: planned once, over tables of its own."""

    def __init__(self, expression: ir.Table) -> None:
        self._sql = _COMPILER.sql(expression)
        self._schemas = {
            t.name: t.schema.to_pyarrow() for t in expression.op().find(ops.UnboundTable)
        }

    def rows(self, **tables: Sequence[Row]) -> list[Row]:
        """Rows of the expression over these tables; what is not given is empty or NULL."""
        for name, schema in self._schemas.items():
            given = pa.Table.from_pylist(list(tables.get(name, ())), schema=schema)
            self._connection.execute(f"DELETE FROM {name}")
            self._connection.register("given", given)
            self._connection.execute(f"INSERT INTO {name} FROM given")
        result = self._connection.execute("EXECUTE query")
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect()
        connection.execute("SET TimeZone = 'UTC'")
        # DuckDB plans a prepared statement at every execution: of a few rows that is all its time.
        # What the warehouse runs is optimized, in the tests of the store step and of the graph.
        connection.execute("PRAGMA disable_optimizer")
        for name, schema in self._schemas.items():
            connection.register("empty", schema.empty_table())
            connection.execute(f"CREATE TABLE {name} AS FROM empty")
        connection.execute(f"PREPARE query AS {self._sql}")
        return connection


def unbound(table: Table) -> ir.Table:
    """The declared table, not yet anywhere."""
    return ibis.table(table.schema, name=table.name)


@cache
def measured_query() -> Query:
    """State and traffic of given circuits and members, in whole microseconds and bytes."""
    circuits, members = ibis.table(CIRCUITS, name="circuits"), ibis.table(MEMBERS, name="members")
    readings = evidence_readings(unbound(RAW_PORT_SAMPLE), members)
    past = member_history(unbound(RAW_PORT_HISTORY), members)
    gaps = unbound(TELEMETRY_GAP)
    paths, polls, raw_events = map(unbound, (RAW_PATH_SAMPLE, CIRCUIT_POLL, RAW_GATEWAY_EVENT))
    evidence = collect_evidence(readings, past, paths, polls, raw_events, gaps, circuits, members)
    sums = state_sums(states_of(circuits, members, evidence))
    numbered = circuits.select("circuit_hour", "hour", "circuit_id")
    states = numbered.inner_join(sums, ["hour", "circuit_id"]).drop("hour", "circuit_id")
    traffic = hourly_traffic(unbound(RAW_PORT_SAMPLE), evidence.events, members)
    return Query(states.left_join(traffic, "circuit_hour").drop("circuit_hour_right"))


@cache
def circuit_hour_query() -> Query:
    """The whole fact, from the raw tables."""
    states = circuit_states(*from_raw(*STATE_SOURCES))
    return Query(circuit_hours(states, *from_raw(*FACT_SOURCES[1:])))


def from_raw(*tables: Table) -> list[ir.Table]:
    """The declared tables, not yet anywhere; polls of circuits are made of paths on the way."""
    polls = circuit_polls(*map(unbound, (RAW_PATH_SAMPLE, RAW_PORT_SAMPLE, CIRCUIT_PORT)))
    return [polls if table is CIRCUIT_POLL else unbound(table) for table in tables]


def member(number: int, gateway: str, port: str, hour: Any, **more: Any) -> Row:
    """A port that is all of circuit `number`, owned for ever."""
    return {
        "circuit_hour": number,
        "port_hour": number,
        "hour": hour,
        "gateway_mac": gateway,
        "port_id": port,
        "interface": None,
        "is_aggregate": False,
        "member_from_us": -FOR_EVER_US,
        "member_to_us": FOR_EVER_US,
        **more,
    }


def measured(
    samples: Sequence[Row],
    events: Sequence[Row],
    ports: Sequence[tuple[str, str, Any, Any]],
    history: Sequence[Row] = (),
) -> list[Row]:
    """State and traffic of each (gateway, port, hour, speed that polls report), in that order."""
    members = [
        member(number, gateway, port, hour) for number, (gateway, port, hour, _) in enumerate(ports)
    ]
    speeds = {(gateway, port): speed for gateway, port, _, speed in ports}
    polled = [
        timed
        for row in samples
        for timed in polled_at(speeds.get((row["gateway_mac"], row["port_id"])), [row])
    ]
    circuits = [
        {"circuit_hour": m["circuit_hour"], "hour": m["hour"], "site_id": "S1"} for m in members
    ]
    return measured_circuits(
        circuits,
        members,
        raw_port_sample=polled,
        raw_gateway_event=events,
        raw_port_history=history,
    )


def measured_circuits(
    circuits: Sequence[Row], members: Sequence[Row], **raw: Sequence[Row]
) -> list[Row]:
    """State and traffic of each circuit, in the order of its number."""
    named = [{"circuit_id": str(row["circuit_hour"]), **row} for row in circuits]
    rows = measured_query().rows(circuits=named, members=members, **raw)
    return sorted(rows, key=lambda row: row["circuit_hour"])
