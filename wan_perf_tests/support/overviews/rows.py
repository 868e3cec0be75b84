"""Rows of an estate that a person can add up, and how they are stored."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from wan_perf.schema.frames import conform
from wan_perf.schema.tables import (
    TABLES,
)
from wan_perf.warehouse import Warehouse, Window

Row = dict[str, Any]
Both = tuple[Warehouse, Warehouse]
ALWAYS = datetime(1970, 1, 1)
YEARS = Window(datetime(2025, 1, 1), datetime(2027, 1, 1))
JAN, FEB, MAR, MAY, JUN = (date(2026, month, 1) for month in (1, 2, 3, 5, 6))
DAY = date(2026, 3, 8)
NOW = datetime(2026, 3, 8, 12)


def store_rows(warehouse: Warehouse, given: Mapping[str, Iterable[Row]]) -> None:
    for name, rows in given.items():
        table = TABLES[name]
        window = YEARS if table.partition else None
        warehouse.store(table, conform(list(rows), table), window)


def by(rows: Iterable[Row], *key: str) -> dict[Any, Row]:
    return {tuple(row[n] for n in key) if len(key) > 1 else row[key[0]]: row for row in rows}


def site(name: str, region: str = "West", **columns: Any) -> Row:
    own = {"site_id": name, "site_name": f"Store {name}", "region": region, "valid_from": ALWAYS}
    return {**own, "site_kind": "store", "store_type": "Express", **columns}


def up(hours: int, minutes: float = 0.0, **columns: Any) -> Row:
    """So many hours in service, up all the time but for the minutes."""
    whole = 60.0 * hours
    states = {"up_minutes": whole - minutes, "down_minutes": minutes, "unknown_minutes": 0.0}
    return {
        "hour_count": hours,
        **states,
        "known_down_minutes": minutes,
        "flap_count": 0,
        **columns,
    }


def load(high: int | None, judged: int) -> Row:
    return {"utilization_high_hours": high, "utilization_judged_hours": judged}


def circuit(name: str, at: str, **columns: Any) -> Row:
    return {"circuit_id": name, "site_id": at, "valid_from": ALWAYS, **columns}
