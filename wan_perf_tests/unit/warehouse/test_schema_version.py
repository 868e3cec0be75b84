"""The version of the schema: stored with the first store, and a newer one is refused."""

from pathlib import Path
from typing import Any

import pytest

from wan_perf.cli import main
from wan_perf.doctor.store import examine_store
from wan_perf.schema.tables import CIRCUIT_HOUR
from wan_perf.settings import read_settings
from wan_perf.warehouse import DuckDBWarehouse, Warehouse, schema_version
from wan_perf.warehouse.schema_version import VERSION, NewerSchemaError, stored_version
from wan_perf_tests.support.warehouse.rows import H5, circuit_hours, window


@pytest.fixture(autouse=True)
def each_test_compares(monkeypatch: pytest.MonkeyPatch) -> None:
    """As each process does with its first read and its first store."""
    for compared in ("_READ", "_WRITTEN"):
        monkeypatch.setattr(schema_version, compared, set())


def version_of(warehouse: Warehouse) -> int:
    with warehouse.session(read_only=True) as session:
        return stored_version(warehouse, session)


def raise_version(warehouse: Warehouse, version: int) -> None:
    """As a release with this version would."""
    with warehouse.session() as session:
        session.run(f"INSERT INTO schema_version (version) VALUES ({version})")
    for compared in (schema_version._READ, schema_version._WRITTEN):
        compared.clear()


def store(warehouse: Warehouse, **figures: Any) -> None:
    warehouse.store(CIRCUIT_HOUR, circuit_hours(figures), window(H5, 1))


def test_the_first_store_records_the_version(warehouse: Warehouse) -> None:
    assert version_of(warehouse) == 0
    store(warehouse)
    assert version_of(warehouse) == VERSION


def test_a_warehouse_of_a_release_without_versions_is_admitted(warehouse: Warehouse) -> None:
    with warehouse.session() as session:
        warehouse.create(session, CIRCUIT_HOUR)
    assert warehouse.query(warehouse.lazy(CIRCUIT_HOUR)).empty
    assert version_of(warehouse) == 0  # a reader writes nothing
    store(warehouse)
    assert version_of(warehouse) == VERSION


def test_a_newer_warehouse_is_neither_read_nor_written(warehouse: Warehouse) -> None:
    store(warehouse)
    raise_version(warehouse, VERSION + 1)
    says = rf"schema version {VERSION + 1}, and this release of wan_perf knows {VERSION}"
    with pytest.raises(NewerSchemaError, match=says):
        warehouse.query(warehouse.lazy(CIRCUIT_HOUR))
    with pytest.raises(NewerSchemaError, match="Upgrade wan_perf, or restore a backup"):
        store(warehouse, rx_bytes=1)
    with warehouse.session(read_only=True) as session:
        [[rx_bytes]] = session.run("SELECT rx_bytes FROM circuit_hour")
    assert rx_bytes != 1


def test_the_version_is_compared_once_by_a_process(
    warehouse: Warehouse, statements: list[str]
) -> None:
    for comparisons in (1, 0):
        statements.clear()
        store(warehouse)
        assert sum("INSERT INTO schema_version" in sql for sql in statements) == comparisons


@pytest.fixture
def newer_home(tmp_path: Path) -> Path:
    """A home whose warehouse a newer release has written."""
    warehouse = DuckDBWarehouse(read_settings(WAN_PERF_HOME=tmp_path).duckdb_path)
    store(warehouse)
    raise_version(warehouse, VERSION + 1)
    return tmp_path


def test_doctor_says_that_the_warehouse_is_newer(newer_home: Path) -> None:
    settings = read_settings(WAN_PERF_HOME=newer_home)
    findings = {f.name: f for f in examine_store(settings, None, patience_s=1)}  # type: ignore[arg-type]
    assert findings["tables"].verdict == "FAILED"
    assert f"schema version {VERSION + 1}" in findings["tables"].found


def test_a_command_ends_with_one_sentence(
    newer_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["wan-perf", "--home", str(newer_home), "report"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code != 0
    [sentence] = capsys.readouterr().err.splitlines()
    assert f"schema version {VERSION + 1}" in sentence
