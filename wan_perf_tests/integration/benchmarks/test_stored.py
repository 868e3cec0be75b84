"""Bytes on disk are those of the warehouse's file, whatever else its engine has attached."""

from datetime import datetime
from pathlib import Path

from wan_perf.schema.tables import CIRCUIT_HOUR
from wan_perf.warehouse import DuckDBWarehouse, Window
from wan_perf_tests.benchmarks.estate import START, furnish
from wan_perf_tests.benchmarks.hours import know
from wan_perf_tests.benchmarks.stored import stored


def test_bytes_of_a_stored_table_are_part_of_the_file(tmp_path: Path) -> None:
    warehouse = DuckDBWarehouse(tmp_path / "of.duckdb")
    furnish(warehouse, 4, Window(START, START))
    hours = know(warehouse, 4, START, datetime(2026, 3, 11))
    [found] = [each for each in stored(warehouse) if each.table == CIRCUIT_HOUR]
    assert found.rows == hours == 4 * 24
    assert 0 < found.measured < found.bytes <= warehouse.path.stat().st_size
