"""Rows that a network engineer can check by hand, as frames of their table's types."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import ibis.expr.types as ir
import pandas as pd

from wan_perf.schema.declaration import Table
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import CIRCUIT_HOUR
from wan_perf.warehouse import Warehouse, Window

H5 = datetime(2026, 3, 8, 5)
HOUR = timedelta(hours=1)
H6 = H5 + HOUR

EVERY_TYPE = Table(
    "every_type",
    "One row per circuit and hour, with a column of each type.",
    group="facts",
    partition="hour",
    key=("hour", "circuit_id"),
    columns=("hour", "circuit_id", "rx_bytes", "level", "is_up", "local_day", "event_at", "detail"),
)

GOOD_HOUR: dict[str, Any] = {
    # 100 Mbit/s carry 45 GB in an hour, so 9 GB are 20 %.
    "hour": H5,
    "circuit_id": "c1",
    "site_id": "s1",
    "gateway_mac": "aa0000000001",
    "port_id": "ge-0/0/0",
    "rx_bytes": 9_000_000_000,
    "tx_bytes": 4_500_000_000,
    "observed_minutes": 60.0,
    "quality_minutes": 60.0,
    "quality_sample_count": 6,
    "bandwidth_mbps": 100.0,
    "bandwidth_source": "contract",
    "utilization_pct": 20.0,
    "utilization_severity": "normal",
    "up_minutes": 50.0,
    "down_minutes": 10.0,
    "known_down_minutes": 7.0,
    "unknown_minutes": 3.0,
    "status_hourly": "Up",
    "availability_pct": 100 * 50 / 57,
    "flap_count": 2,
    "sample_count": 12,
    "reset_count": 0,
    "dropped_count": 0,
    "is_trading_hour": True,
    "source": "samples",
}


def window(start: datetime, hours: int = 1) -> Window:
    return Window(start, start + hours * HOUR)


def circuit_hours(*changes: dict[str, Any]) -> pd.DataFrame:
    return conform([{**GOOD_HOUR, **change} for change in changes], CIRCUIT_HOUR)


def every_type(*rows: dict[str, Any]) -> pd.DataFrame:
    return conform(rows, EVERY_TYPE)


FULL = {
    "hour": H5,
    "circuit_id": "full",
    "rx_bytes": 2**53 + 1,
    "level": 0.1,
    "is_up": False,
    "local_day": date(2026, 3, 7),
    "event_at": datetime(2026, 3, 8, 5, 59, 59, 999_999),
    "detail": 'it\'s 100% "Zürich"\n店',
}
BARE = {"hour": H5, "circuit_id": "bare"}
BLANK = {"hour": H5, "circuit_id": "blank", "detail": ""}


def as_expression(warehouse: Warehouse, table: Table, frame: pd.DataFrame) -> ir.Table:
    """The rows as a lazy table, stored in a table without rules next to the one under test."""
    beside = replace(table, name=f"beside_{table.name}")
    with warehouse.session() as session:
        warehouse.create(session, beside)
        session.run(f"DELETE FROM {beside.name}")
        session.stage_frame(beside.name, frame)
    return warehouse.unbound(beside)


def stored(warehouse: Warehouse, table: Table) -> list[tuple[Any, ...]]:
    """All rows as the engine's own values, in the order of the key."""
    names = ", ".join(table.columns)
    with warehouse.session() as session:
        warehouse.create(session, table)
        return session.run(f"SELECT {names} FROM {table.name} ORDER BY {', '.join(table.key)}")
