"""The order of the statements: on Snowflake a data definition commits whatever is open."""

from typing import Any

import pytest

from wan_perf.schema.tables import CIRCUIT_DAY, CIRCUIT_HOUR, RAW_PORT_SAMPLE
from wan_perf.warehouse import (
    RefusedRowsError,
    SnowflakeWarehouse,
    Warehouse,
    changes,
    schema_version,
    views,
)
from wan_perf_tests.support.warehouse.rows import H5, as_expression, circuit_hours, window
from wan_perf_tests.unit.warehouse.test_replacing import passes

DEFINES = ("CREATE", "ALTER", "DROP", "TRUNCATE", "COMMENT")


def verbs(statements: list[str]) -> list[str]:
    return [sql.split()[0].upper() for sql in statements]


def tables(statements: list[str]) -> list[str]:
    return [" ".join(sql.split()[:3]) for sql in statements]


def rows_of(warehouse: Warehouse, kind: str) -> tuple[Any, Any]:
    if kind == "passes":
        return RAW_PORT_SAMPLE, passes(H5)
    frame = circuit_hours({})
    rows = as_expression(warehouse, CIRCUIT_HOUR, frame) if kind == "expression" else frame
    return CIRCUIT_HOUR, rows


def without_preparation(statements: list[str]) -> list[str]:
    """Without those that prepare the records of the schema's and the rows' versions, by which a
    process begins its first store."""
    records = (schema_version.RECORD.name, changes.CHANGES, "information_schema")
    return [sql for sql in statements if not any(name in sql.lower() for name in records)]


@pytest.mark.parametrize("kind", ["frame", "expression", "passes"])
@pytest.mark.parametrize("times", [1, 2])
def test_no_data_is_defined_between_begin_and_commit(
    warehouse: Warehouse, statements: list[str], kind: str, times: int
) -> None:
    """DuckDB writes the rows of an expression once, and checks them before it commits."""
    table, rows = rows_of(warehouse, kind)
    for _ in range(times):
        statements.clear()
        warehouse.store(table, rows, window(H5))
    begin, commit = statements.index("BEGIN"), statements.index("COMMIT")
    inside = statements[begin + 1 : commit]
    # On Snowflake a removed version would have other runs wait, so that versions are only added.
    on_snowflake = isinstance(warehouse, SnowflakeWarehouse)
    removes = [] if on_snowflake else ["DELETE FROM stored_change"]
    checks = ["SELECT"] if kind == "expression" and not on_snowflake else []
    assert [" ".join(sql.split()[: 1 if sql.startswith("SELECT") else 3]) for sql in inside] == [
        *(f"DELETE FROM {table.name}", f"INSERT INTO {table.name}", *checks),
        *(*removes, "INSERT INTO stored_change"),
    ]
    before = verbs(without_preparation(statements[:begin]))
    # The table with its views, the first time; the stage, each time.
    first = 1 + len(views.made_with(table)) if times == 1 else 0
    assert before.count("CREATE") == first + 1
    assert verbs(statements[commit + 1 :]) == ["DROP"]
    assert verbs(statements).count("BEGIN") == 1


def test_the_table_is_created_before_the_stage_and_the_stage_is_checked_before_begin(
    on_snowflake: SnowflakeWarehouse, statements: list[str]
) -> None:
    on_snowflake.store(CIRCUIT_HOUR, circuit_hours({}), window(H5))
    statements = without_preparation(statements)
    sequence = verbs(statements)
    of_views = [verb for _ in views.made_with(CIRCUIT_HOUR) for verb in ("SHOW", "CREATE")]
    stage = 2 + len(of_views)
    assert sequence == [
        *("DESCRIBE", "CREATE", *of_views, "CREATE", "STAGE", sequence[stage + 2]),
        *("BEGIN", "DELETE", "INSERT", "COMMIT", "DROP"),
    ]
    assert "key_is_unique" in statements[stage + 2]
    assert statements[1].startswith("CREATE TABLE IF NOT EXISTS circuit_hour (hour TIMESTAMP_")
    assert statements[stage].startswith("CREATE TEMPORARY TABLE stage_circuit_hour_")


def test_refused_rows_never_begin(warehouse: Warehouse, statements: list[str]) -> None:
    with pytest.raises(RefusedRowsError):
        warehouse.store(CIRCUIT_HOUR, circuit_hours({}, {}), window(H5))
    assert not {"BEGIN", "DELETE", "COMMIT"} & set(verbs(statements))


def test_a_read_of_what_is_there_writes_nothing(
    warehouse: Warehouse, statements: list[str]
) -> None:
    warehouse.store(CIRCUIT_HOUR, circuit_hours({}), window(H5))
    statements.clear()
    warehouse.query(warehouse.lazy(CIRCUIT_HOUR))
    assert not set(DEFINES) & set(verbs(statements))


def test_a_failing_insert_rolls_back(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, statements: list[str]
) -> None:
    warehouse.store(CIRCUIT_HOUR, circuit_hours({}), window(H5))
    with warehouse.session() as session:
        kind = type(session)
    run = kind.run

    def stop(session: Any, sql: str) -> Any:
        if sql.startswith("INSERT INTO circuit_hour"):
            raise KeyboardInterrupt
        return run(session, sql)

    monkeypatch.setattr(kind, "run", stop)
    statements.clear()
    with pytest.raises(KeyboardInterrupt):
        warehouse.store(CIRCUIT_HOUR, circuit_hours({"circuit_id": "new"}), window(H5))
    assert verbs(statements)[-3:] == ["BEGIN", "DELETE", "ROLLBACK"]
    hours = warehouse.query(warehouse.lazy(CIRCUIT_HOUR))
    assert hours["circuit_id"].tolist() == ["c1"]


def test_a_date_is_compared_with_dates_and_an_instant_with_instants(
    warehouse: Warehouse, statements: list[str]
) -> None:
    """Else the engine guesses: whether a text with a time is a date, depends on its formats."""
    midnight = H5.replace(hour=0)
    for table in (CIRCUIT_DAY, CIRCUIT_HOUR):
        warehouse.store(table, warehouse.lazy(table), window(midnight, 24))
    deletes = [sql for sql in statements if sql.startswith("DELETE FROM circuit_")]
    assert [sql.split(" WHERE ")[1] for sql in deletes] == [
        "day >= '2026-03-08' AND day < '2026-03-09'",
        "hour >= '2026-03-08 00:00:00' AND hour < '2026-03-09 00:00:00'",
    ]
