"""Expressions of wan_perf.kpi, compiled once and run by DuckDB over plain rows."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import duckdb
import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa  # type: ignore[import-untyped]

from wan_perf.declaration import Table
from wan_perf.kpi.circuit_hours import circuit_hours
from wan_perf.kpi.history import history_near
from wan_perf.kpi.nearness import events_near, samples_near
from wan_perf.kpi.state import downs, gaps, port_states
from wan_perf.kpi.traffic import port_traffic
from wan_perf.tables import (
    CIRCUIT_PORT,
    DIM_CIRCUIT,
    DIM_HOUR,
    DIM_POLICY,
    DIM_SITE,
    RAW_GATEWAY_EVENT,
    RAW_PORT_HISTORY,
    RAW_PORT_SAMPLE,
)
from wan_perf_tests.kpi.rows import Row

PORT_HOURS = {
    "gateway_mac": "string",
    "port_id": "string",
    "hour": "timestamp(6)",
    "port_speed_mbps": "float64",
    "port_hour": "int64",
}
FACT_SOURCES = (
    *(RAW_PORT_SAMPLE, RAW_PORT_HISTORY, RAW_GATEWAY_EVENT, DIM_SITE, DIM_CIRCUIT, CIRCUIT_PORT),
    *(DIM_HOUR, DIM_POLICY),
)


class Query:
    """An expression over unbound tables, ready to run."""

    def __init__(self, expression: ir.Table) -> None:
        self._sql = str(ibis.to_sql(expression, dialect="duckdb"))
        self._schemas = {t.name: t.schema for t in expression.op().find(ops.UnboundTable)}

    def rows(self, **tables: Sequence[Row]) -> list[Row]:
        """Rows of the expression over these tables; what is not given is empty or NULL."""
        connection = _connection()
        for name, schema in self._schemas.items():
            arrow = pa.Table.from_pylist(list(tables.get(name, ())), schema=schema.to_pyarrow())
            connection.register(name, arrow)
        result = connection.execute(self._sql)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def unbound(table: Table) -> ir.Table:
    """The declared table, not yet anywhere."""
    return ibis.table(table.schema, name=table.name)


@cache
def measured_query() -> Query:
    """State and traffic of given ports and hours, in whole microseconds and bytes."""
    ports = ibis.table(PORT_HOURS, name="port_hours")
    samples = samples_near(unbound(RAW_PORT_SAMPLE), ports)
    gap = gaps(samples, events_near(unbound(RAW_GATEWAY_EVENT), ports), ports)
    past = history_near(unbound(RAW_PORT_HISTORY), ports)
    states = port_states(gap, past).left_join(port_traffic(samples, downs(gap)), "port_hour")
    return Query(states.drop("port_hour_right"))


@cache
def circuit_hour_query() -> Query:
    """The whole fact."""
    return Query(circuit_hours(*(unbound(table) for table in FACT_SOURCES)))


def measured(
    samples: Sequence[Row],
    events: Sequence[Row],
    ports: Sequence[tuple[str, str, Any, Any]],
    history: Sequence[Row] = (),
) -> list[Row]:
    """State and traffic of each (gateway, port, hour, speed), in the order given."""
    numbered = [
        dict(zip(PORT_HOURS, (*port, number), strict=True)) for number, port in enumerate(ports)
    ]
    rows = measured_query().rows(
        raw_port_sample=samples,
        raw_gateway_event=events,
        raw_port_history=history,
        port_hours=numbered,
    )
    return sorted(rows, key=lambda row: row["port_hour"])
