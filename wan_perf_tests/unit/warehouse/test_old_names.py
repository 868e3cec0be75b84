"""Views of old names: a query of the version before answers under another table name."""

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from wan_perf.defs.automation.retention import prune_rows
from wan_perf.policy.thresholds import Policy
from wan_perf.schema.declaration import Table
from wan_perf.schema.tables import (
    CIRCUIT_HOUR,
    CIRCUIT_STATE,
    FAILOVER_EVENT,
    FAILOVER_PIECE,
    FLAP_EVENT,
    TABLES,
)
from wan_perf.warehouse import DuckDBWarehouse, SnowflakeWarehouse, Warehouse, migrations
from wan_perf.warehouse.migrations import RENAMES, Rename
from wan_perf.warehouse.old_names import OldNames, declared, drop_ended, ended
from wan_perf_tests.support.warehouse.rows import H5, circuit_hours, window
from wan_perf_tests.support.warehouse.snowflake_lint import faults
from wan_perf_tests.unit.warehouse.test_migrations import OLD_ROW, OLD_STATE
from wan_perf_tests.unit.warehouse.test_views import made

PRESENT = migrations.PRESENT
MINUTES = "unheard_minutes"
MIDNIGHT = H5.replace(hour=0)
OLD_WORD = {word.new: word.old for rename in RENAMES for word in rename.words}
OLD_HOUR = f"""
    INSERT INTO circuit_hour (hour, circuit_id, site_id, {MINUTES}, state_evidence)
    VALUES ('2026-03-08 05:00:00', 'c1', 's1', 12, '{OLD_WORD["observed"]}'),
        ('2026-03-08 05:00:00', 'c2', 's1', 0, 'settled'),
        ('2026-03-08 05:00:00', 'c3', 's1', 60, NULL)
"""
QUERIES = {
    CIRCUIT_HOUR: f"SELECT circuit_id, {MINUTES}, state_evidence FROM {{}} ORDER BY circuit_id",
    CIRCUIT_STATE: "SELECT started_at, state, evidence FROM {} ORDER BY started_at",
    FAILOVER_PIECE: f'SELECT site_id, "{{trigger}}", {MINUTES} FROM {{}}',
}
"""Queries that somebody wrote for the version before."""
ROWS = {CIRCUIT_HOUR: OLD_HOUR, CIRCUIT_STATE: OLD_STATE, FAILOVER_PIECE: OLD_ROW}


def sql(warehouse: Warehouse, text: str, table: str = "") -> str:
    """The text with its table, and with the column that is a reserved word of Snowflake."""
    return text.replace("{trigger}", warehouse.stored_name("trigger")).replace("{}", table)


def make_old(warehouse: Warehouse, table: Table) -> None:
    """Make the table with its rows as the version before did."""
    # A piece's minutes got their new name in between: a row of that time is as old.
    inserted = ROWS[table].replace("no_telemetry_minutes", MINUTES)
    with warehouse.session() as session:
        session.run(warehouse.definition(table))
        for rename in RENAMES:
            if rename.table == table.name:
                old = warehouse.quoted(rename.old)
                session.run(f"ALTER TABLE {table.name} RENAME COLUMN {rename.new} TO {old}")
        session.run(sql(warehouse, inserted))


def view_of(table: Table) -> OldNames:
    [view] = [view for view in declared() if view.shown is table]
    return view


@pytest.fixture(autouse=True)
def renamed_in_this_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the tests stay true when a later version has renames of its own, or none."""
    monkeypatch.setattr(migrations, "PRESENT", "0.2")


@pytest.fixture
def next_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "PRESENT", "0.3")


@pytest.mark.parametrize("table", QUERIES, ids=lambda table: table.name)
def test_an_old_query_answers_the_same_once_its_table_is_migrated(
    warehouse: Warehouse, table: Table
) -> None:
    make_old(warehouse, table)
    with warehouse.session() as session:
        before = session.run(sql(warehouse, QUERIES[table], table.name))
        old_columns = set(warehouse.existing_columns(session, table))
    warehouse.store(table, warehouse.lazy(table).limit(0), window(MIDNIGHT + timedelta(days=1), 24))
    with warehouse.session() as session:
        after = session.run(sql(warehouse, QUERIES[table], f"{table.name}_old_names"))
        shown = set(warehouse.existing_columns(session, view_of(table)))
        assert set(warehouse.existing_columns(session, table)) == set(table.columns)
    assert after == before
    assert len(after) == (1 if table is FAILOVER_PIECE else 3)
    assert shown == old_columns


def test_a_table_that_another_table_reads_is_migrated_with_its_view(warehouse: Warehouse) -> None:
    """A run that only reads the old table migrates it, perhaps days before its next store."""
    make_old(warehouse, CIRCUIT_HOUR)
    with warehouse.session() as session:
        warehouse.create(session, CIRCUIT_HOUR)
        rows = session.run(sql(warehouse, QUERIES[CIRCUIT_HOUR], "circuit_hour_old_names"))
    assert rows == [("c1", 12, OLD_WORD["observed"]), ("c2", 0, "settled"), ("c3", 60, None)]


def test_a_view_whose_table_was_renamed_has_old_names_too(warehouse: Warehouse) -> None:
    make_old(warehouse, FAILOVER_PIECE)
    make_old(warehouse, CIRCUIT_STATE)
    with warehouse.session() as session:
        session.run("UPDATE circuit_state SET turned_to = state WHERE state IN ('up', 'down')")
        for table in (FAILOVER_PIECE, CIRCUIT_STATE):
            warehouse.create(session, table)
        failovers = session.run(sql(warehouse, QUERIES[FAILOVER_PIECE], "failover_event_old_names"))
        flaps = session.run(
            "SELECT turned_to, evidence FROM flap_event_old_names ORDER BY turned_at"
        )
    assert failovers == [("s1", "port", 0)]
    assert flaps == [("up", OLD_WORD["observed"]), ("down", "settled")]


def test_a_new_warehouse_has_the_view_and_makes_it_once(
    warehouse: Warehouse, statements: list[str]
) -> None:
    for views_made in (1, 0):
        statements.clear()
        warehouse.store(CIRCUIT_HOUR, circuit_hours({"no_telemetry_minutes": 3}), window(H5))
        assert len(made(statements)) == views_made
        assert sum("RENAME" in sql for sql in statements) == 0
    with warehouse.session() as session:
        rows = session.run(f"SELECT {MINUTES} FROM circuit_hour_old_names")
    assert rows == [(3,)]


def test_a_later_store_looks_at_nothing_on_snowflake_again(
    on_snowflake: SnowflakeWarehouse, statements: list[str]
) -> None:
    """The second store looks at the views that the first one made; later ones need not."""
    looked: list[list[str]] = []
    for _ in range(3):
        statements.clear()
        none = on_snowflake.lazy(CIRCUIT_STATE).limit(0)
        on_snowflake.store(CIRCUIT_STATE, none, window(H5))
        looks = [sql.split() for sql in statements if sql.startswith(("DESCRIBE", "SHOW"))]
        looked.append(sorted(words[-1].strip("'") for words in looks))
    views = ["circuit_state_old_names", "flap_event", "flap_event_old_names"]
    assert looked[1:] == [views, []]


def test_columns_say_their_present_names_and_words() -> None:
    columns = {column.name: column for column in view_of(CIRCUIT_STATE).fields}
    old = OLD_WORD["observed"]
    assert columns["evidence"].meaning.endswith(
        f" Now state_evidence. Its value {old} is now observed."
    )
    assert columns["evidence"].one_of == (old, "settled", "history", "import")
    assert columns["state"].meaning.endswith(
        f" Its value {OLD_WORD['no_telemetry']} is now no_telemetry."
    )
    assert columns["site_id"] == next(c for c in CIRCUIT_STATE.fields if c.name == "site_id")
    assert view_of(FAILOVER_PIECE).grain == (
        "The rows of failover_piece under the names before version 0.2, until the version after "
        f"it: trigger is now failover_cause; {MINUTES} is now no_telemetry_minutes."
    )


def test_every_renamed_table_and_what_shows_its_columns_has_a_view() -> None:
    assert {view.shown.name for view in declared()} == {
        *(rename.table for rename in RENAMES if rename.since == migrations.PRESENT),
        *(FLAP_EVENT.name, FAILOVER_EVENT.name),
    }
    for view in declared():
        assert view.name not in TABLES
        assert len(set(view.columns)) == len(view.shown.columns)
        for words in view.old_words.values():
            assert len(set(words.values())) == len(words)


def test_snowflake_takes_the_views(on_snowflake: SnowflakeWarehouse) -> None:
    """One has a column whose name is a reserved word there."""
    assert {view.name: faults(on_snowflake.declared_view(view)) for view in declared()} == {
        view.name: [] for view in declared()
    }


def test_a_column_that_was_renamed_twice_has_its_first_name(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Rename("failover_piece", "began_with", "trigger", since=migrations.PRESENT)
    monkeypatch.setattr(migrations, "RENAMES", (first, *RENAMES))
    make_old(warehouse, FAILOVER_PIECE)
    with warehouse.session() as session:
        warehouse.create(session, FAILOVER_PIECE)
        assert session.run("SELECT began_with FROM failover_piece_old_names") == [("port",)]


def test_the_version_is_that_of_the_package_or_the_next() -> None:
    """A release raises the version here too: the views of the one before end with it."""
    pyproject = Path(__file__).parents[3] / "pyproject.toml"
    released = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["version"]

    def numbers(version: str) -> list[int]:
        return [int(number) for number in version.split(".")[:2]]

    assert numbers(released) <= numbers(PRESENT)
    for rename in RENAMES:
        assert numbers(rename.since) <= numbers(PRESENT)


@pytest.mark.usefixtures("next_version")
def test_the_next_version_declares_no_view_and_drops_those_that_exist(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, statements: list[str]
) -> None:
    with monkeypatch.context() as before:
        before.setattr(migrations, "PRESENT", "0.2")
        warehouse.store(CIRCUIT_HOUR, circuit_hours({}), window(H5))
    assert declared() == []
    assert len(ended()) == 5
    assert drop_ended(warehouse) == ["circuit_hour_old_names"]
    statements.clear()
    assert drop_ended(warehouse) == []
    warehouse.store(CIRCUIT_HOUR, circuit_hours({}), window(H5))
    assert not [sql for sql in statements if sql.startswith(("CREATE OR REPLACE", "DROP VIEW"))]


@pytest.mark.usefixtures("next_version")
def test_retention_drops_views_that_have_ended(
    on_duckdb: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(migrations, "PRESENT", "0.2")
        on_duckdb.store(CIRCUIT_HOUR, circuit_hours({}), window(H5))
    prune_rows(on_duckdb, H5, Policy())
    with on_duckdb.session() as session:
        views = session.run("SELECT view_name FROM duckdb_views() WHERE NOT internal")
    assert views == []


def test_nothing_is_dropped_before_its_time(on_duckdb: DuckDBWarehouse) -> None:
    on_duckdb.store(CIRCUIT_HOUR, circuit_hours({}), window(H5))
    assert ended() == []
    assert drop_ended(on_duckdb) == []
    with on_duckdb.session() as session:
        assert session.run("SELECT COUNT(*) FROM circuit_hour_old_names") == [(1,)]


@pytest.mark.usefixtures("next_version")
def test_a_table_that_is_renamed_in_the_next_version_replaces_its_view(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the version before only: a name of two versions before is in none."""
    with monkeypatch.context() as before:
        before.setattr(migrations, "PRESENT", "0.2")
        warehouse.store(CIRCUIT_HOUR, circuit_hours({}), window(H5))
    with warehouse.session() as session:
        session.run("ALTER TABLE circuit_hour RENAME COLUMN flap_count TO change_count")
    later = Rename("circuit_hour", "change_count", "flap_count", since="0.3")
    monkeypatch.setattr(migrations, "RENAMES", (*RENAMES, later))
    with warehouse.session() as session:
        warehouse.create(session, CIRCUIT_HOUR)
        rows = session.run("SELECT change_count, no_telemetry_minutes FROM circuit_hour_old_names")
    assert rows == [(2, None)]
