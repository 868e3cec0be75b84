"""A gateway that polls have and the inventory has not: an inventory is taken because of it."""

from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from wan_perf.defs.automation.unknown_gateways import unknown_gateway_sensor, unknown_gateways
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import RAW_GATEWAY_STATUS, RAW_INVENTORY
from wan_perf.warehouse import DuckDBWarehouse, Window

TAKEN = datetime(2026, 3, 7, 6, 3)
NOW = datetime(2026, 3, 7, 9, 10)
HOUR = timedelta(hours=1)


def clock(hour: int, minute: int) -> datetime:
    return TAKEN.replace(hour=hour, minute=minute)


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    """An inventory of 06:03 with the gateways a and b and a spare; a is polled since 05:55."""
    made = DuckDBWarehouse(tmp_path / "wan_perf.duckdb")
    rows = [
        {"taken_at": TAKEN, "site_id": f"S-{mac}", "gateway_mac": mac, "port_id": "ge-0/0/0"}
        for mac in ("a", "b")
    ]
    rows.append({"taken_at": TAKEN, "gateway_mac": "spare"})
    made.store(RAW_INVENTORY, conform(rows, RAW_INVENTORY))
    polled(made, "a", clock(5, 55), clock(6, 55), clock(7, 55), clock(8, 55), clock(9, 5))
    return made


def polled(warehouse: DuckDBWarehouse, mac: str, *at: datetime) -> None:
    """Store the newest poll of the gateway in each of its hours."""
    for instant in at:
        hour = instant.replace(minute=0)
        row = {"hour": hour, "gateway_mac": mac, "pass_at": instant, "site_id": f"S-{mac}"}
        frame = conform([row], RAW_GATEWAY_STATUS)
        warehouse.store(RAW_GATEWAY_STATUS, frame, Window(hour, hour + HOUR))


@pytest.mark.parametrize(
    ("mac", "at", "found"),
    [
        pytest.param("c", [clock(9, 5)], ["c"], id="a new one"),
        pytest.param("c", [clock(7, 55), clock(9, 5)], ["c"], id="for two hours already"),
        pytest.param("spare", [clock(9, 5)], ["spare"], id="a spare that was installed"),
        pytest.param("b", [clock(9, 5)], [], id="known, and polled for the first time"),
        pytest.param("c", [clock(8, 55)], [], id="gone again"),
        pytest.param("c", [clock(5, 55), clock(9, 5)], [], id="left out by the inventory"),
    ],
)
def test_who_is_unknown(warehouse: DuckDBWarehouse, mac: str, at: list[datetime], found: list[str]):
    polled(warehouse, mac, *at)
    assert unknown_gateways(warehouse, NOW) == found


def test_without_an_inventory_nobody_is_unknown(tmp_path: Path):
    empty = DuckDBWarehouse(tmp_path / "wan_perf.duckdb")
    assert unknown_gateways(empty, NOW) == []
    polled(empty, "c", clock(9, 5))
    assert unknown_gateways(empty, NOW) == []


class Still:
    """A clock that stands."""

    def now(self) -> datetime:
        return NOW


def test_the_sensor_requests_an_inventory_once(warehouse: DuckDBWarehouse):
    sensor = unknown_gateway_sensor("inventory_job", is_running=True)

    def requested() -> list[str | None]:
        context = dg.build_sensor_context(resources={"clock": Still(), "warehouse": warehouse})
        return [request.run_key for request in sensor.evaluate_tick(context).run_requests or ()]

    assert requested() == []
    polled(warehouse, "c", clock(9, 5))
    # Dagster runs a key once: an inventory that fails is not repeated every five minutes.
    assert requested() == requested() == ["2026-03-07 c"]
