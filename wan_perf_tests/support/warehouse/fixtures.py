"""Both engines: a DuckDB file, and Snowflake's stand-in in this process."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from wan_perf.warehouse import DuckDBWarehouse, SnowflakeWarehouse, Warehouse
from wan_perf.warehouse.engine import Session
from wan_perf.warehouse.on_duckdb import DuckDBSession
from wan_perf.warehouse.on_snowflake import SnowflakeSession
from wan_perf_tests.support.warehouse.snowflake import in_process, stand_in


@pytest.fixture
def on_duckdb(tmp_path: Path) -> DuckDBWarehouse:
    return DuckDBWarehouse(tmp_path / "wan.duckdb", patience_s=20)


@pytest.fixture
def on_snowflake() -> Iterator[SnowflakeWarehouse]:
    with in_process():
        yield stand_in()


@pytest.fixture(params=["duckdb", pytest.param("snowflake", marks=pytest.mark.proof)])
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    """Each engine; `test_replacing` shows in either tier that a store step is right on both."""
    return request.getfixturevalue(f"on_{request.param}")


Log = list[str]


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Log:
    """Every statement of every session from here on, in order; a staged frame is `STAGE name`."""
    log: Log = []
    for kind in (DuckDBSession, SnowflakeSession):
        _listen(monkeypatch, kind, "run", log, lambda sql: sql)
        _listen(monkeypatch, kind, "stage_frame", log, lambda name, frame: f"STAGE {name}")
    return log


def _listen(
    monkeypatch: pytest.MonkeyPatch,
    kind: type[Session],
    name: str,
    log: Log,
    statement: Callable[..., str],
) -> None:
    original = getattr(kind, name)

    def record(session: Session, *given: Any) -> Any:
        log.append(statement(*given))
        return original(session, *given)

    monkeypatch.setattr(kind, name, record)
