"""A process that dies in the midst of a store step.

It imports what a spawned process imports first, so that many of them start cheaply.
"""

import contextlib
import itertools
import os
from pathlib import Path
from typing import Any

from wan_perf.schema.tables import CIRCUIT_HOUR
from wan_perf.warehouse import DuckDBWarehouse, Warehouse
from wan_perf.warehouse.on_duckdb import DuckDBSession
from wan_perf.warehouse.on_snowflake import SnowflakeSession
from wan_perf_tests.support.warehouse.rows import H5, as_expression, circuit_hours, window
from wan_perf_tests.support.warehouse.snowflake import in_process, stand_in

DIED = 9
OLD, NEW = ["old"], ["new1", "new2"]


@contextlib.contextmanager
def opened(engine: str, folder: Path) -> Any:
    """The warehouse of the engine with its file in the folder."""
    if engine == "duckdb":
        yield DuckDBWarehouse(folder / "wan.duckdb", patience_s=20)
        return
    with in_process(db_path=folder):
        yield stand_in()


def hours_of(warehouse: Warehouse, names: list[str], way: str) -> Any:
    """One hour of the named circuits, as a frame or as an expression."""
    rows = circuit_hours(*({"circuit_id": name} for name in names))
    return as_expression(warehouse, CIRCUIT_HOUR, rows) if way == "expression" else rows


def die(engine: str, folder: Path, way: str, at: int, moment: str) -> None:
    """Store the new rows; end at once, without any cleaning up, before or after the at-th call."""
    with opened(engine, folder) as warehouse:
        rows = hours_of(warehouse, NEW, way)
        kind: Any = DuckDBSession if engine == "duckdb" else SnowflakeSession
        calls = itertools.count(1)
        for name in ("run", "stage_frame"):
            setattr(kind, name, _dying(getattr(kind, name), calls, at, moment))
        warehouse.store(CIRCUIT_HOUR, rows, window(H5))
    os._exit(0)


def _dying(original: Any, calls: Any, at: int, moment: str) -> Any:
    def step(*given: Any) -> Any:
        call = next(calls)
        if call == at and moment == "before":
            os._exit(DIED)
        answer = original(*given)
        if call == at:
            os._exit(DIED)
        return answer

    return step
