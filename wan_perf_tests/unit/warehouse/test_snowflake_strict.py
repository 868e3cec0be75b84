"""The strict stand-in raises and answers as Snowflake does, and a table lock is waited for."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import fakesnow
import ibis
import pytest
import snowflake.connector

from wan_perf.schema.tables import CIRCUIT_HOUR
from wan_perf.warehouse import DuckDBWarehouse, SnowflakeWarehouse, Warehouse
from wan_perf.warehouse.on_snowflake import SnowflakeSession
from wan_perf.warehouse.snowflake_errors import SnowflakeRefusalError, SnowflakeTransientError
from wan_perf_tests.support.warehouse.rows import H5, circuit_hours, stored, window
from wan_perf_tests.support.warehouse.snowflake import in_process, stand_in
from wan_perf_tests.support.warehouse.snowflake_strict import (
    VIEW_LIMIT_BYTES,
    locked,
    reading_in,
    strict,
)


@pytest.fixture
def session() -> Iterator[SnowflakeSession]:
    with strict(), stand_in().session() as session:
        yield session


@pytest.fixture
def warehouse() -> Iterator[SnowflakeWarehouse]:
    with strict():
        yield stand_in()


@pytest.mark.parametrize("value", ["1.0", "NULL"])
def test_a_division_by_zero_raises(session: SnowflakeSession, value: str) -> None:
    with pytest.raises(Exception, match="Division by zero"):
        session.run(f"SELECT CAST({value} AS FLOAT) / n FROM (SELECT 0 AS n)")
    assert session.run("SELECT 1.0 / NULLIF(n, 0), 6.0 / 2 FROM (SELECT 0 AS n)") == [(None, 3.0)]


@pytest.mark.parametrize(
    "engine", [DuckDBWarehouse(Path("none.duckdb")), stand_in()], ids=["duckdb", "snowflake"]
)
def test_what_is_computed_divides_by_zero_to_null(engine: Warehouse) -> None:
    """Unknown is NULL: neither an error, as Snowflake has it, nor infinity, as DuckDB has it."""
    row = ibis.literal(1).name("n").as_table()
    rows = row.select(share=row.n / (row.n - 1), hours=row.n // (row.n - 1), half=row.n / 2)
    with strict():
        found = engine.query(rows)
    assert found.isna().iloc[0].tolist() == [True, True, False]


def test_a_reserved_word_is_refused(session: SnowflakeSession) -> None:
    with pytest.raises(SnowflakeRefusalError, match="unexpected 'trigger'") as refused:
        session.run("CREATE TABLE failover_piece (day DATE, trigger VARCHAR)")
    assert refused.value.number == 1003


_OF_EACH_PASS = (
    "CREATE TABLE place (name VARCHAR(3), tags VARIANT, stores NUMBER(9, 0)) COMMENT = 'regions'",
    "ALTER TABLE place ADD COLUMN zone VARCHAR(9)",
    "INSERT INTO place SELECT 'abc', PARSE_JSON('{\"a\": [1, 2]}'), 3, 'UTC'",
    "SELECT tags:a[1]::VARCHAR, TRIM(tags:a[0]), TO_VARIANT(stores) FROM place",
    "SELECT value FROM place, LATERAL FLATTEN(input => tags:a)",
    "SELECT OBJECT_CONSTRUCT('n', name), ARRAY_SIZE(ARRAY_CONSTRUCT(1, 2)) FROM place",
    "SELECT TRY_PARSE_JSON('['), SPLIT('a-b', '-'), REGEXP_SUBSTR('ge-0/0/1', '[0-9]'), SHA2('a')",
    "SELECT REGEXP_REPLACE('a1', '[0-9]', 'x'), TO_DECIMAL('1.25', 9, 1), TO_DATE('2026-03-08')",
    "SELECT DATEADD(hour, 1, '2026-03-08'::DATE), DATEDIFF(day, '2026-03-08', '2026-03-09')",
    "SELECT column1 FROM VALUES (1), (2)",
    "SELECT HAVERSINE(1, 2, 3, 4), CURRENT_VERSION()",
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'PERF'",
    "SELECT TO_NUMBER('1.25', 9, 1), TIMESTAMPADD(hour, 1, '2026-03-08'::DATE)",
    "SELECT X'0aff', CAST(1 AS REAL), CAST(1 AS FLOAT8), CAST(NULL AS OBJECT)",
    "SELECT GET_PATH(tags, 'a'), UPPER(tags:a::VARCHAR) FROM IDENTIFIER('place')",
    "SELECT p.stores AS n FROM place AS p JOIN place AS q ON n = q.stores",
    "SET answer = 42",
    "SHOW TABLES",
    "USE SCHEMA perf",
    "DROP TABLE place",
)


def test_passes_that_are_left_out_would_change_nothing() -> None:
    """What the stand-in makes of a statement for DuckDB is the same with all of its passes."""
    corrected, plain = (list(_made_for_duckdb(kind)) for kind in (in_process, fakesnow.patch))
    assert corrected == plain
    assert len(plain) == len(_OF_EACH_PASS)


def _made_for_duckdb(kind: Callable[[], AbstractContextManager[object]]) -> Iterator[str]:
    with kind(), snowflake.connector.connect(database="wan", schema="perf") as connection:
        cursor = connection.cursor()
        for statement in _OF_EACH_PASS:
            cursor.execute(statement)
            yield re.sub(r"\s+", " ", cursor._last_sql)


def test_a_long_view_is_refused(session: SnowflakeSession) -> None:
    with pytest.raises(SnowflakeRefusalError, match="limited to 95 KB") as refused:
        session.run(f"CREATE VIEW v AS SELECT '{'x' * VIEW_LIMIT_BYTES}' AS a")
    assert refused.value.number == 90222


def test_a_float_loses_its_zero_in_text(session: SnowflakeSession) -> None:
    sql = "SELECT CAST(CAST(85 AS FLOAT) AS VARCHAR), CAST(CAST(85 AS DECIMAL(18, 1)) AS VARCHAR)"
    assert session.run(sql) == [("85", "85.0")]


def test_max_by_takes_null(session: SnowflakeSession) -> None:
    rows = "(SELECT 1 AS day, 'x' AS v UNION ALL SELECT 2, NULL)"
    assert session.run(f"SELECT MAX_BY(v, day), MIN_BY(v, day) FROM {rows}") == [(None, "x")]


def test_rows_of_an_insert_come_in_another_order() -> None:
    numbers = " UNION ALL ".join(f"SELECT {n} AS n" for n in range(50))
    with strict(shuffled=True), stand_in().session() as session:
        session.run("CREATE TABLE t (n NUMBER(38,0))")
        session.run(f"INSERT INTO t (n) {numbers}")
        found = [n for (n,) in session.run("SELECT n FROM t")]
    assert found != sorted(found)
    assert sorted(found) == list(range(50))


def test_a_bare_timestamp_of_a_view_follows_its_reader(session: SnowflakeSession) -> None:
    """In New York's time there is no half past two on 8 March 2026."""
    skipped = "'2026-03-08 02:30:00'"
    for kind, is_same in (("TIMESTAMP", False), ("TIMESTAMP_NTZ", True)):
        session.run(f"CREATE VIEW of_{kind} AS SELECT CAST({skipped} AS {kind}) AS due")
        with reading_in("America/New_York"):
            [[text]] = session.run(f"SELECT CAST(due AS VARCHAR) FROM of_{kind}")
        assert text.startswith("2026-03-08 02:30:00") is is_same


def test_a_run_waits_for_a_lock_of_one_second(warehouse: SnowflakeWarehouse) -> None:
    warehouse.store(CIRCUIT_HOUR, circuit_hours({}), window(H5))
    with locked("circuit_hour", held_s=1, timeout_s=20) as lock:
        warehouse.store(CIRCUIT_HOUR, circuit_hours({"circuit_id": "new"}), window(H5))
    assert lock.waits == [1]
    assert [row[1] for row in stored(warehouse, CIRCUIT_HOUR)] == ["new"]


def test_a_lock_that_lasts_longer_is_transient_and_loses_nothing(
    warehouse: SnowflakeWarehouse,
) -> None:
    """Dagster retries what is transient (`defs.retries`)."""
    warehouse.store(CIRCUIT_HOUR, circuit_hours({}), window(H5))
    new = circuit_hours({"circuit_id": "new"})
    with locked("circuit_hour", held_s=0.25, timeout_s=0.2) as lock:
        with pytest.raises(SnowflakeTransientError, match="has locked table 'CIRCUIT_HOUR'"):
            warehouse.store(CIRCUIT_HOUR, new, window(H5))
        assert [row[1] for row in stored(warehouse, CIRCUIT_HOUR)] == ["c1"]
        assert warehouse.store(CIRCUIT_HOUR, new, window(H5)).rows == 1
    assert len(lock.waits) == 2
    assert [row[1] for row in stored(warehouse, CIRCUIT_HOUR)] == ["new"]
