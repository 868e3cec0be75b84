"""A disk that takes no more: one sentence, the old rows, and the next run goes on."""

import sys
from pathlib import Path

import pytest

from wan_perf.schema.tables import CIRCUIT_HOUR
from wan_perf.warehouse import DuckDBWarehouse
from wan_perf_tests.support.warehouse import filling
from wan_perf_tests.support.warehouse.processes import PROCESSES
from wan_perf_tests.support.warehouse.rows import H5, circuit_hours, stored, window


@pytest.mark.proof
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of a process's files")
def test_a_full_disk_leaves_the_old_hour_and_the_next_run_repairs(tmp_path: Path) -> None:
    path = tmp_path / "wan.duckdb"
    warehouse = DuckDBWarehouse(path)
    warehouse.store(CIRCUIT_HOUR, circuit_hours({}), window(H5))
    here, there = PROCESSES.Pipe()
    child = PROCESSES.Process(target=filling.fill, args=(path, there))
    child.start()
    message = here.recv()
    child.join(timeout=60)
    assert message.startswith(f"The warehouse {path} cannot be written or read: ")
    assert "Free space on its disk, or set WAN_PERF_DUCKDB" in message
    assert [row[1] for row in stored(warehouse, CIRCUIT_HOUR)] == ["c1"]
    warehouse.store(CIRCUIT_HOUR, circuit_hours({"circuit_id": "new"}), window(H5))
    assert [row[1] for row in stored(warehouse, CIRCUIT_HOUR)] == ["new"]
