"""What the doctor says of rows that lie after the present, by whose clock it is."""

from datetime import datetime
from pathlib import Path

import pytest

from wan_perf.schema.tables import CIRCUIT_HOUR
from wan_perf.warehouse import DuckDBWarehouse
from wan_perf_tests.support.warehouse.rows import H5, circuit_hours, window
from wan_perf_tests.unit.doctor.conftest import Doctor


class Still:
    """A clock that stands an hour before the stored row."""

    def now(self) -> datetime:
        return H5.replace(hour=H5.hour - 1)


@pytest.mark.parametrize(
    ("clock", "why", "what"),
    [
        pytest.param("real", "this machine's clock was ahead", "prune --future", id="real"),
        pytest.param(
            "simulator",
            "the simulator was started again with an earlier clock (2026-03-07 00:00 UTC)",
            "later --start",
            id="simulated",
        ),
    ],
)
def test_whose_clock_is_wrong_is_named(
    doctor: Doctor, tmp_path: Path, clock: str, why: str, what: str
):
    (tmp_path / "data").mkdir()
    warehouse = DuckDBWarehouse(tmp_path / "data" / "wan_perf.duckdb")
    warehouse.store(CIRCUIT_HOUR, circuit_hours({}), window(H5))
    found = doctor(Still(), WAN_PERF_CLOCK=clock)["future"]  # type: ignore[arg-type]
    assert found.verdict == "FAILED"
    assert f"rows lie after the present in circuit_hour (1): {why}" in found.found
    assert what in found.advice
