"""Rows of the future, as a machine whose clock was a day ahead stores them."""

from datetime import timedelta

from wan_perf.schema.tables import CIRCUIT_HOUR
from wan_perf.warehouse import Warehouse
from wan_perf.warehouse.future import remove_rows_after, rows_after
from wan_perf_tests.support.warehouse.rows import H5, HOUR, circuit_hours, stored, window


def test_rows_after_the_present_are_found_and_removed(warehouse: Warehouse) -> None:
    """The hour in progress has begun: it stays."""
    for at in (H5, H5 + HOUR, H5 + 25 * HOUR):
        warehouse.store(CIRCUIT_HOUR, circuit_hours({"hour": at}), window(at))
    now = H5 + HOUR + timedelta(minutes=3)
    assert rows_after(warehouse, now) == {"circuit_hour": 1}
    assert remove_rows_after(warehouse, now) == {"circuit_hour": 1}
    assert [row[0] for row in stored(warehouse, CIRCUIT_HOUR)] == [H5, H5 + HOUR]
    assert rows_after(warehouse, now) == {}
    assert remove_rows_after(warehouse, now) == {}


def test_an_instant_within_the_tolerance_of_clocks_stays(warehouse: Warehouse) -> None:
    warehouse.store(CIRCUIT_HOUR, circuit_hours({"hour": H5}), window(H5))
    assert rows_after(warehouse, H5 - timedelta(minutes=9)) == {}
    assert rows_after(warehouse, H5 - timedelta(minutes=11)) == {"circuit_hour": 1}


def test_no_warehouse_has_no_rows(on_duckdb: Warehouse) -> None:
    assert rows_after(on_duckdb, H5) == {}
