"""What the doctor says of the warehouse: real files, and Snowflake's stand-in."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import snowflake.connector
from fakesnow.cursor import FakeSnowflakeCursor

from wan_perf.doctor.store import STORE, place
from wan_perf.schema.declaration import View
from wan_perf.schema.tables import CIRCUIT_DAY, FLAP_EVENT, TABLES
from wan_perf.warehouse import DuckDBWarehouse, SnowflakeWarehouse, Warehouse
from wan_perf_tests.support.warehouse.processes import PROCESSES
from wan_perf_tests.support.warehouse.snowflake import SETTINGS, in_process, refusing, stand_in
from wan_perf_tests.unit.doctor.conftest import Doctor, failed

VIEWS = sum(isinstance(table, View) for table in TABLES.values())


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "wan_perf.duckdb"
    make_all(DuckDBWarehouse(path))
    return path


@pytest.fixture
def file(whole: Path, tmp_path: Path) -> Path:
    """A file with every table and view."""
    (tmp_path / "data").mkdir()
    return Path(shutil.copy(whole, tmp_path / "data"))


@pytest.fixture
def snowflake_stand_in() -> Iterator[SnowflakeWarehouse]:
    with in_process():
        yield stand_in()


def make_all(warehouse: Warehouse) -> None:
    with warehouse.session() as session:
        for table in TABLES.values():
            warehouse.create(session, table)


def hold(path: Path, read_only: bool, locked: Any, done: Any) -> None:
    with DuckDBWarehouse(path).session(read_only=read_only):
        locked.set()
        done.wait(60)


def names(path: Path) -> set[str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute("SELECT table_name FROM information_schema.tables").fetchall()
    return {name for (name,) in rows}


def test_without_a_file_none_is_made(doctor: Doctor, tmp_path: Path) -> None:
    found = doctor()
    assert found["warehouse"].found == "none yet; wan-perf collect makes data/wan_perf.duckdb."
    assert {found[name].verdict for name in STORE[1:]} == {"skipped"}
    assert list(tmp_path.iterdir()) == []


def test_a_file_as_declared_stays_as_it_is(doctor: Doctor, file: Path) -> None:
    before = names(file)
    found = doctor()
    assert failed(found) == []
    assert found["warehouse"].found.startswith(f"DuckDB v{duckdb.__version__}, ")
    assert found["privileges"].found == (
        "tables can be made, filled, altered, viewed, staged and dropped."
    )
    assert found["tables"].found == f"{len(before) - VIEWS} of {len(before) - VIEWS} exist."
    assert found["views"].found == f"{VIEWS} of {VIEWS} are as declared."
    assert names(file) == before


def test_what_is_missing_or_lacking_is_made_by_itself(doctor: Doctor, file: Path) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute("DROP VIEW flap_event")
        connection.execute("DROP VIEW threshold_run")
        connection.execute("CREATE VIEW threshold_run AS SELECT 1 AS one")
        connection.execute("DROP TABLE trend")
        connection.execute("ALTER TABLE circuit_day DROP COLUMN flap_count")
    found = doctor()
    assert failed(found) == []
    assert "made with their first store: trend;" in found["tables"].found
    assert "added with the next store: circuit_day.flap_count." in found["tables"].found
    assert found["views"].found == (
        f"{VIEWS - 2} of {VIEWS} are as declared; made with their tables: {FLAP_EVENT.name}; "
        "made again with the next store: threshold_run."
    )


def test_a_column_of_another_type_fails_and_is_named(doctor: Doctor, file: Path) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute("ALTER TABLE circuit_day ALTER flap_count TYPE VARCHAR")
    found = doctor()
    assert failed(found) == ["tables"]
    assert f"{CIRCUIT_DAY.name}.flap_count is VARCHAR and declared BIGINT." in found["tables"].found
    assert found["tables"].advice == (
        "Rename or drop the table, then run the collection again; until then it stores nothing."
    )


def test_a_broken_file_fails_and_stays(doctor: Doctor, tmp_path: Path) -> None:
    broken = tmp_path / "broken.duckdb"
    broken.write_bytes(b"no database " * 1000)
    found = doctor(WAN_PERF_DUCKDB=str(broken))
    assert failed(found) == ["warehouse"]
    assert f"The warehouse {broken} cannot be opened: " in found["warehouse"].found
    assert "set WAN_PERF_DUCKDB to another file." in found["warehouse"].found
    assert found["tables"].found == "not checked, because the warehouse is not open."
    assert broken.read_bytes() == b"no database " * 1000


def test_a_file_with_damaged_blocks_is_not_written_to(doctor: Doctor, file: Path) -> None:
    """Its catalog can be read, its rows cannot: a write could reuse their blocks."""
    with duckdb.connect(str(file)) as connection:
        connection.execute("PRAGMA force_compression = 'uncompressed'")
        connection.execute(
            "INSERT INTO raw_gateway_event BY NAME SELECT format('event {:06}', n) AS detail, "
            "'5c5b35000001' AS gateway_mac, TIMESTAMP '2026-03-07' AS event_at, "
            "'GW_EVENT' AS event_name, 'other' AS event_kind FROM range(40000) AS of(n)"
        )
    content = bytearray(file.read_bytes())
    content[content.index(b"event 020000")] = 0
    file.write_bytes(content)
    found = doctor()
    assert "raw_gateway_event cannot be read" in found["blocks"].found
    assert found["privileges"].found == (
        "not checked, because blocks of the file cannot be read; it is not written to."
    )
    assert file.read_bytes() == content


def test_an_empty_file_is_not_made_a_warehouse(doctor: Doctor, tmp_path: Path) -> None:
    empty = tmp_path / "empty.duckdb"
    empty.touch()
    assert failed(doctor(WAN_PERF_DUCKDB=str(empty))) == ["warehouse"]
    assert empty.stat().st_size == 0


@pytest.mark.parametrize(
    ("they_read", "failing", "others"),
    [
        pytest.param(False, "warehouse", "skipped", id="by a writer"),
        pytest.param(True, "privileges", "ok", id="by a reader, which can be read beside"),
    ],
)
def test_a_file_that_another_process_holds(
    doctor: Doctor, file: Path, they_read: bool, failing: str, others: str
) -> None:
    locked, done = PROCESSES.Event(), PROCESSES.Event()
    child = PROCESSES.Process(target=hold, args=(file, they_read, locked, done))
    child.start()
    try:
        assert locked.wait(60)
        found = doctor()
    finally:
        done.set()
        child.join(60)
    assert failed(found) == [failing]
    assert "lock" in found[failing].found
    assert "Close what uses it" in found[failing].found
    assert found["tables"].verdict == others


def test_a_folder_that_cannot_be_made(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / "note").write_text("no folder", encoding="utf-8")
    found = doctor(WAN_PERF_DUCKDB=str(tmp_path / "note" / "wan.duckdb"))
    assert failed(found) == ["warehouse"]
    assert found["warehouse"].found == f"{tmp_path / 'note'} is a file and no folder."


def test_snowflake_without_its_settings(doctor: Doctor) -> None:
    found = doctor(WAN_PERF_WAREHOUSE="snowflake")
    assert failed(found) == ["warehouse"]
    assert "SNF_ACCOUNT, SNF_USER, SNF_DATABASE" in found["warehouse"].found


def test_a_refused_login_is_one_sentence_and_one_attempt(doctor: Doctor, tmp_path: Path) -> None:
    """The real connector against an account that knows no such role, with a contract file."""
    contracts = tmp_path / "contracts.csv"
    contracts.write_text("site_id,port_id,bandwidth_down_mbps\nS1,ge-0/0/0,100\n", encoding="utf-8")
    with refusing(390186, "Role 'WRITER' specified in the connect string is not granted.") as (
        settings,
        logins,
    ):
        found = doctor(**settings, WAN_PERF_CIRCUITS=str(contracts))
    assert failed(found) == ["warehouse"]
    assert [name for name, finding in found.items() if "WRITER" in finding.found] == ["warehouse"]
    assert found["warehouse"].found.endswith(
        "Set SNF_ROLE to a role that loader has, or GRANT ROLE writer TO USER loader."
    )
    assert found["privileges"].found == "not checked, because the warehouse is not open."
    assert len(logins) == 1
    assert SETTINGS["SNF_PASSWORD"] not in str(found)


@pytest.mark.proof
def test_snowflake_says_where_it_stands(
    doctor: Doctor, snowflake_stand_in: SnowflakeWarehouse
) -> None:
    make_all(snowflake_stand_in)
    found = doctor(**SETTINGS)
    assert failed(found) == []
    # The stand-in knows no warehouses; that hides nothing of the rest.
    assert found["warehouse"].found.endswith(
        "in account acme-eu1, role duckdb, database WAN, schema PERF."
    )
    assert found["privileges"].verdict == "ok"
    assert " exist." in found["tables"].found
    assert found["views"].found == f"{VIEWS} of {VIEWS} are as declared."
    assert "quite-secret" not in str(found)


def refuse(monkeypatch: pytest.MonkeyPatch, words: str, error: BaseException) -> None:
    """Let the stand-in refuse statements that begin so, as Snowflake does without a grant."""
    original = FakeSnowflakeCursor.execute

    def execute(cursor: Any, sql: str, *given: Any, **named: Any) -> Any:
        if sql.startswith(words):
            raise error
        return original(cursor, sql, *given, **named)

    monkeypatch.setattr(FakeSnowflakeCursor, "execute", execute)


def probes(warehouse: SnowflakeWarehouse) -> list[tuple[Any, ...]]:
    with warehouse.session() as session:
        return session.run(
            "SELECT table_name FROM information_schema.tables WHERE table_name ILIKE 'doctor%'"
        )


REFUSED = snowflake.connector.errors.ProgrammingError(
    msg="SQL access control error:\nInsufficient privileges to operate on schema 'PERF'."
)


@pytest.mark.parametrize(
    ("words", "doing", "grant"),
    [
        ("CREATE TABLE", "making a table", "CREATE TABLE"),
        ("CREATE VIEW", "making a view", "CREATE VIEW"),
        ("CREATE TEMPORARY", "making a stage", "CREATE TABLE, CREATE STAGE"),
    ],
)
def test_a_missing_grant_is_named_and_nothing_stays(
    doctor: Doctor,
    snowflake_stand_in: SnowflakeWarehouse,
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    doing: str,
    grant: str,
) -> None:
    refuse(monkeypatch, words, REFUSED)
    found = doctor(**SETTINGS)
    assert failed(found) == ["privileges"]
    assert found["privileges"].found.startswith(f"{doing} fails: ")
    assert found["privileges"].advice == f"GRANT {grant} ON SCHEMA wan.perf TO ROLE writer."
    assert probes(snowflake_stand_in) == []


def test_a_probe_that_cannot_be_dropped_is_named(
    doctor: Doctor, snowflake_stand_in: SnowflakeWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "DROP TABLE IF EXISTS doctor_probe", REFUSED)
    found = doctor(**SETTINGS)
    assert failed(found) == ["privileges"]
    [stays] = probes(snowflake_stand_in)
    assert f"{stays[0].lower()}; drop what is still there." in found["privileges"].found


def test_an_interruption_leaves_no_probe(
    doctor: Doctor, snowflake_stand_in: SnowflakeWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "ALTER TABLE", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        doctor(**SETTINGS)
    assert probes(snowflake_stand_in) == []


@pytest.mark.parametrize(
    ("session_answer", "advice"),
    [
        (
            {"WAREHOUSE": None, "DATABASE": "WAN", "SCHEMA": "PERF"},
            "Correct SNF_WAREHOUSE, or GRANT USAGE ON WAREHOUSE small TO ROLE LOADER.",
        ),
        (
            {"WAREHOUSE": "SMALL", "DATABASE": None, "SCHEMA": None},
            "Correct SNF_DATABASE, or GRANT USAGE ON DATABASE wan TO ROLE LOADER.",
        ),
        (
            {"WAREHOUSE": "SMALL", "DATABASE": "WAN", "SCHEMA": None},
            "Correct SNF_SCHEMA, or GRANT USAGE ON SCHEMA wan.perf TO ROLE LOADER.",
        ),
    ],
)
def test_a_session_that_stands_nowhere(session_answer: dict[str, str | None], advice: str) -> None:
    """Snowflake opens a session without what the role has no right to."""
    finding = place({"ROLE": "LOADER", "VERSION": "10.0.0", **session_answer}, stand_in().names)
    assert (finding.verdict, finding.advice) == ("FAILED", advice)
