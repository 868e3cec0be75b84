"""Renamed columns: an existing warehouse keeps its values, on both engines."""

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from wan_perf.published.relations import selection
from wan_perf.schema.tables import CIRCUIT_STATE, FAILOVER_EVENT, FAILOVER_PIECE, TABLES
from wan_perf.warehouse import DuckDBWarehouse, Warehouse, migrations
from wan_perf.warehouse.migrations import RENAMES, Rename, apply_renames, pending
from wan_perf_tests.support.warehouse.rows import H5, window

MIDNIGHT = H5.replace(hour=0)
OLD_ROW = """
    INSERT INTO failover_piece (day, site_id, started_at, ended_at, primary_circuit_id,
        backup_circuit_id, "{trigger}", is_inferred, is_begin, on_backup_minutes, dark_minutes,
        no_telemetry_minutes)
    VALUES ('2026-03-08', 's1', '2026-03-08 05:00:00', '2026-03-08 07:00:00', 'c1', 'c2', 'port',
        FALSE, TRUE, 120, 0, 0)
"""
OLD_VIEW = 'CREATE VIEW failover_event AS SELECT site_id, "{trigger}" FROM failover_piece'


@pytest.fixture
def old(warehouse: Warehouse) -> Warehouse:
    """A warehouse of the version before the rename, with a failover and a view of it."""
    trigger = warehouse.stored_name("trigger")
    create = warehouse.definition(FAILOVER_PIECE).replace(" failover_cause ", f' "{trigger}" ')
    create = create.replace(".failover_cause ", f'."{trigger}" ')
    with warehouse.session() as session:
        for sql in (create, OLD_ROW, OLD_VIEW):
            session.run(sql.replace("{trigger}", trigger))
    return warehouse


def columns(warehouse: Warehouse) -> set[str]:
    with warehouse.session(read_only=True) as session:
        return set(warehouse.existing_columns(session, FAILOVER_PIECE))


def test_trigger_becomes_failover_cause_with_its_values(old: Warehouse) -> None:
    with old.session() as session:
        old.create(session, FAILOVER_PIECE)
        row = session.run("SELECT site_id, failover_cause, on_backup_minutes FROM failover_piece")
        view = session.run("SELECT site_id, failover_cause, on_backup_minutes FROM failover_event")
    assert row == view == [("s1", "port", 120)]
    assert columns(old) == set(FAILOVER_PIECE.columns)


def test_a_store_migrates_what_it_does_not_replace(old: Warehouse) -> None:
    none = old.lazy(FAILOVER_PIECE).limit(0)
    old.store(FAILOVER_PIECE, none, window(MIDNIGHT.replace(day=9), 24))
    [row] = old.query(old.lazy(FAILOVER_PIECE)).to_dict("records")
    assert (row["site_id"], row["failover_cause"]) == ("s1", "port")


def test_a_reader_reads_the_old_column_and_migrates_nothing(
    old: Warehouse, statements: list[str]
) -> None:
    """On Snowflake it has no right to, and on DuckDB it has the file read-only."""
    before = columns(old)
    for table in (FAILOVER_PIECE, FAILOVER_EVENT):
        statements.clear()
        [row] = old.query(old.lazy(table)).to_dict("records")
        assert (row["site_id"], row["failover_cause"]) == ("s1", "port")
        assert not [sql for sql in statements if sql.startswith(("CREATE", "ALTER"))]
    assert columns(old) == before
    assert "trigger" in before


def test_a_second_run_migrates_nothing(old: Warehouse, statements: list[str]) -> None:
    for renames in (1, 0):
        statements.clear()
        with old.session() as session:
            old.create(session, FAILOVER_PIECE)
        assert sum("RENAME COLUMN" in sql for sql in statements) == renames


def test_renames_of_renames_run_in_order(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Rename("failover_piece", "began_with", "trigger", since=migrations.PRESENT)
    monkeypatch.setattr(migrations, "RENAMES", (first, *RENAMES))
    create = warehouse.definition(FAILOVER_PIECE).replace("failover_cause ", "began_with ")
    with warehouse.session() as session:
        for sql in (create, OLD_ROW):
            session.run(sql.replace("{trigger}", warehouse.stored_name("began_with")))
        warehouse.create(session, FAILOVER_PIECE)
        assert session.run("SELECT failover_cause FROM failover_piece") == [("port",)]


def test_a_column_with_both_names_is_left_alone() -> None:
    assert pending("failover_piece", ["trigger", "failover_cause"]) == []
    assert pending("failover_piece", ["day"]) == []
    assert pending("failover_event", ["trigger"]) == []


def test_columns_have_their_new_names() -> None:
    renames = pending("failover_piece", ["day", "trigger"])
    assert apply_renames({"day": "DATE", "trigger": "VARCHAR"}, renames) == {
        "day": "DATE",
        "failover_cause": "VARCHAR",
    }


def test_renames_end_at_declared_columns_and_start_at_none() -> None:
    for rename in RENAMES:
        assert rename.old not in TABLES[rename.table].columns
        later = {r.old for r in RENAMES if r.table == rename.table}
        assert rename.new in {*TABLES[rename.table].columns, *later}


def test_a_file_of_the_version_before_is_read_by_people_while_it_waits(tmp_path: Path) -> None:
    """A view of an old file that reads the renamed column is replaced at once."""
    file = tmp_path / "wan.duckdb"
    warehouse = DuckDBWarehouse(file)
    with warehouse.session() as session:
        session.run(warehouse.definition(FAILOVER_PIECE).replace("failover_cause", "trigger"))
        session.run(OLD_VIEW.replace("{trigger}", "trigger"))
        warehouse.create(session, FAILOVER_PIECE)
    with duckdb.connect(str(file), read_only=True) as connection:
        assert connection.execute("SELECT failover_cause FROM failover_event").fetchall() == []


OLD_STATE = """
    INSERT INTO circuit_state (started_at, ended_at, circuit_id, site_id, state, evidence)
    VALUES ('2026-03-08 05:00', '2026-03-08 05:10', 'c1', 's1', 'up', 'heard'),
        ('2026-03-08 05:10', '2026-03-08 05:20', 'c1', 's1', 'unheard', NULL),
        ('2026-03-08 05:20', '2026-03-08 05:30', 'c1', 's1', 'down', 'settled')
"""
NEW_WORDS = [("up", "observed"), ("no_telemetry", None), ("down", "settled")]


@pytest.fixture
def old_states(warehouse: Warehouse) -> Warehouse:
    """A warehouse whose states have the words of the version before."""
    create = warehouse.definition(CIRCUIT_STATE).replace("state_evidence", "evidence")
    with warehouse.session() as session:
        session.run(create)
        session.run(OLD_STATE)
    return warehouse


def words(warehouse: Warehouse) -> list[tuple[str, str | None]]:
    rows = warehouse.query(warehouse.lazy(CIRCUIT_STATE)).sort_values("started_at")
    pairs = rows[["state", "state_evidence"]].itertuples(index=False, name=None)
    return [(state, None if pd.isna(evidence) else evidence) for state, evidence in pairs]


def test_words_have_their_new_names_for_a_reader_and_once_they_are_migrated(
    old_states: Warehouse, statements: list[str]
) -> None:
    assert words(old_states) == NEW_WORDS
    assert not [sql for sql in statements if sql.startswith(("UPDATE", "ALTER"))]
    with old_states.session() as session:
        old_states.create(session, CIRCUIT_STATE)
        stored = session.run("SELECT state, state_evidence FROM circuit_state ORDER BY started_at")
    assert stored == words(old_states) == NEW_WORDS


def test_a_process_that_dies_after_the_words_leaves_nothing_to_repair(
    old_states: Warehouse,
) -> None:
    [rename] = [rename for rename in RENAMES if rename.table == "circuit_state"]
    with old_states.session() as session:
        for word in rename.words:
            session.run(
                f"UPDATE circuit_state SET {word.column} = '{word.new}' "
                f"WHERE {word.column} = '{word.old}'"
            )
    assert words(old_states) == NEW_WORDS
    with old_states.session() as session:
        old_states.create(session, CIRCUIT_STATE)
    assert words(old_states) == NEW_WORDS


def test_published_files_of_the_version_before_are_read_under_the_new_names() -> None:
    columns = ("started_at", "ended_at", "circuit_id", "site_id", "state", "evidence")
    selected = selection(CIRCUIT_STATE, columns)
    values = OLD_STATE.partition("VALUES")[2]
    old = f"(VALUES {values}) AS old_states ({', '.join(columns)})"
    with duckdb.connect() as connection:
        rows = connection.execute(f"SELECT {selected} FROM {old} ORDER BY started_at").df()
    found = zip(rows["state"], rows["state_evidence"], strict=True)
    assert [(state, evidence or None) for state, evidence in found] == NEW_WORDS
