"""A table that is not as the declaration says: older, newer, or changed by somebody."""

from dataclasses import replace

import pytest

from wan_perf.errors import WanPerfError
from wan_perf.schema.tables import TABLES
from wan_perf.warehouse import DuckDBWarehouse, SnowflakeWarehouse, Warehouse
from wan_perf_tests.support.warehouse.rows import (
    EVERY_TYPE,
    FULL,
    H5,
    H6,
    every_type,
    stored,
    window,
)

OLDER = replace(EVERY_TYPE, columns=tuple(c for c in EVERY_TYPE.columns if c != "event_at"))


def columns(warehouse: Warehouse) -> list[str]:
    with warehouse.session() as session:
        return list(warehouse.existing_columns(session, EVERY_TYPE))


def test_a_new_column_is_added_and_null_in_old_rows(warehouse: Warehouse) -> None:
    old = every_type(FULL)[list(OLDER.columns)]
    warehouse.store(OLDER, old, window(H5))
    warehouse.store(EVERY_TYPE, every_type(FULL | {"hour": H6}), window(H6))
    at = EVERY_TYPE.columns.index("event_at")
    assert [row[at] for row in stored(warehouse, EVERY_TYPE)] == [None, FULL["event_at"]]


def test_a_reader_of_an_old_table_gets_null_and_alters_nothing(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TABLES, EVERY_TYPE.name, EVERY_TYPE)
    warehouse.store(OLDER, every_type(FULL)[list(OLDER.columns)], window(H5))
    [read] = warehouse.query(warehouse.lazy(EVERY_TYPE)).to_dict("records")
    assert str(read["event_at"]) == "NaT"
    assert read["detail"] == FULL["detail"]
    assert columns(warehouse) == list(OLDER.columns)


def test_a_column_that_is_no_longer_declared_is_left_alone(warehouse: Warehouse) -> None:
    warehouse.store(EVERY_TYPE, every_type(FULL), window(H5))
    later = every_type(FULL | {"hour": H6})[list(OLDER.columns)]
    warehouse.store(OLDER, later, window(H6))
    assert columns(warehouse) == list(EVERY_TYPE.columns)
    at = EVERY_TYPE.columns.index("event_at")
    assert [row[at] for row in stored(warehouse, EVERY_TYPE)] == [FULL["event_at"], None]


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        pytest.param("rx_bytes", "VARCHAR", id="text instead of a whole number"),
        pytest.param("level", "VARCHAR", id="text instead of a number"),
        pytest.param("local_day", "BOOLEAN", id="a flag instead of a date"),
        pytest.param("detail", "DATE", id="a date instead of text"),
    ],
)
def test_a_column_of_another_type_is_one_clear_sentence(
    warehouse: Warehouse, column: str, kind: str
) -> None:
    with warehouse.session() as session:
        warehouse.create(session, EVERY_TYPE)
        session.run(f"ALTER TABLE every_type DROP COLUMN {column}")
        session.run(f"ALTER TABLE every_type ADD COLUMN {column} {kind}")
    declared = warehouse.type_names[next(c.type for c in EVERY_TYPE.fields if c.name == column)]
    with pytest.raises(WanPerfError) as refused:
        warehouse.store(EVERY_TYPE, every_type(FULL), window(H5))
    assert str(refused.value) == (
        f"Table every_type: column {column} is {kind} in the warehouse and {declared} in the "
        "declaration; rename or drop the table, then run the collection again."
    )


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("SELECT 1 AS hour", id="of other columns"),
        pytest.param("SELECT * FROM moved", id="of the same columns"),
    ],
)
def test_a_view_in_place_of_a_table_is_one_clear_sentence_and_stands(
    on_duckdb: DuckDBWarehouse, query: str
) -> None:
    """Nothing is lost: the rows are in the table that somebody moved, and stay there."""
    on_duckdb.store(EVERY_TYPE, every_type(FULL), window(H5))
    with on_duckdb.session() as session:
        session.run("ALTER TABLE every_type RENAME TO moved")
        session.run(f"CREATE VIEW every_type AS {query}")
    with pytest.raises(WanPerfError) as refused:
        on_duckdb.store(EVERY_TYPE, every_type(FULL), window(H5))
    assert str(refused.value) == (
        f"every_type is a view in the warehouse {on_duckdb.path} and a table in the declaration; "
        "rename or drop the view, then run the command again."
    )
    with on_duckdb.session() as session:
        assert session.run("SELECT circuit_id FROM moved") == [("full",)]


def test_the_file_says_what_tables_and_columns_mean(on_duckdb: DuckDBWarehouse) -> None:
    with on_duckdb.session() as session:
        on_duckdb.create(session, OLDER)
        on_duckdb.create(session, EVERY_TYPE)
        [[table]] = session.run("SELECT comment FROM duckdb_tables()")
        comments = dict(
            session.run("SELECT column_name, comment FROM duckdb_columns() WHERE NOT internal")
        )
    assert table == f"{EVERY_TYPE.grain} Key: hour, circuit_id."
    assert comments["rx_bytes"] == (
        "Bytes received while observed; NULL where nothing was observed. [B]"
    )
    assert comments["event_at"] == "Instant of the event, as the gateway saw it."  # added later


def test_snowflake_receives_what_tables_and_columns_mean(
    on_snowflake: SnowflakeWarehouse, statements: list[str]
) -> None:
    with on_snowflake.session() as session:
        on_snowflake.create(session, OLDER)
        on_snowflake.create(session, EVERY_TYPE)
    created, added = (sql for sql in statements if not sql.startswith("DESCRIBE"))
    assert (
        "circuit_id VARCHAR COLLATE '' COMMENT 'The provider''s service: the contract''s id, "
        in created
    )
    assert created.endswith(f") COMMENT = '{EVERY_TYPE.grain} Key: hour, circuit_id.'")
    assert added == (
        "ALTER TABLE every_type ADD COLUMN event_at TIMESTAMP_NTZ(6) "
        "COMMENT 'Instant of the event, as the gateway saw it.'"
    )


def test_columns_are_read_again_after_a_change_within_a_session(
    on_duckdb: DuckDBWarehouse,
) -> None:
    with on_duckdb.session() as session:
        assert on_duckdb.existing_columns(session, EVERY_TYPE) == {}
        on_duckdb.create(session, OLDER)
        assert list(on_duckdb.existing_columns(session, EVERY_TYPE)) == list(OLDER.columns)
        session.run(f"ALTER TABLE {OLDER.name} DROP COLUMN {OLDER.columns[-1]}")
        left = on_duckdb.existing_columns(session, EVERY_TYPE)
        session.run(f"CREATE TEMPORARY TABLE beside AS SELECT 1 AS {OLDER.columns[-1]}")
        assert on_duckdb.existing_columns(session, EVERY_TYPE) == left
        session.run("BEGIN")
        on_duckdb.create(session, EVERY_TYPE)
        assert set(on_duckdb.existing_columns(session, EVERY_TYPE)) == set(EVERY_TYPE.columns)
        session.run("ROLLBACK")
        assert on_duckdb.existing_columns(session, EVERY_TYPE) == left
    assert list(left) == list(OLDER.columns[:-1])
