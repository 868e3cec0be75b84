"""Declared views: made by the warehouse, read like tables, never stored into."""

from dataclasses import replace

import ibis.expr.types as ir
import pytest

from wan_perf.errors import WanPerfError
from wan_perf.schema.declaration import View
from wan_perf.schema.tables import CIRCUIT_HOUR, TABLES, THRESHOLD_PIECE, THRESHOLD_RUN
from wan_perf.warehouse import DuckDBWarehouse, SnowflakeWarehouse, Warehouse
from wan_perf_tests.support.warehouse.rows import (
    EVERY_TYPE,
    FULL,
    H5,
    as_expression,
    every_type,
    window,
)

FIRST_RUN = """
    INSERT INTO threshold_piece (day, circuit_id, site_id, metric, severity, level, started_at,
        ended_at, above_hours, value_max, value_sum, value_mean)
    VALUES ('2026-03-08', 'c1', 's1', 'utilization_pct', 'high', 80, '2026-03-08 05:00:00',
        '2026-03-08 07:00:00', 2, 90, 175, 87.5)
"""


def big_hours(every_type: ir.Table) -> ir.Table:
    return every_type.filter(every_type.rx_bytes > 1000)


def no_hours(every_type: ir.Table) -> ir.Table:
    return every_type.filter(every_type.rx_bytes > 2**54)


BIG = View(
    "big_hour",
    "One row per circuit and hour with more than 1000 bytes.",
    group="events",
    key=("hour", "circuit_id"),
    columns=("hour", "circuit_id", "rx_bytes"),
    sources=("every_type",),
    computed_by=f"{__name__}:big_hours",
)


@pytest.fixture
def big(monkeypatch: pytest.MonkeyPatch) -> View:
    for table in (EVERY_TYPE, BIG):
        monkeypatch.setitem(TABLES, table.name, table)
    return BIG


def made(statements: list[str]) -> list[str]:
    return [sql for sql in statements if sql.startswith("CREATE OR REPLACE VIEW")]


def test_a_view_is_there_before_anybody_has_read_it(warehouse: Warehouse) -> None:
    """So that a person with nothing but SQL finds it beside the tables."""
    midnight = H5.replace(hour=0)
    warehouse.store(THRESHOLD_PIECE, warehouse.lazy(THRESHOLD_PIECE), window(midnight, 24))
    with warehouse.session() as session:
        session.run(FIRST_RUN)
        names = "circuit_id, severity, above_hours, value_mean, is_open"
        [row] = session.run(f"SELECT {names} FROM threshold_run")
    assert row == ("c1", "high", 2, 87.5, None)


def test_a_view_is_read_before_anything_was_stored(warehouse: Warehouse) -> None:
    rows = warehouse.query(warehouse.lazy(THRESHOLD_RUN))
    assert rows.empty
    assert tuple(rows.columns) == THRESHOLD_RUN.columns


def test_readers_create_nothing_and_writers_create_a_view_once(
    warehouse: Warehouse, statements: list[str]
) -> None:
    warehouse.query(warehouse.lazy(THRESHOLD_RUN))
    assert not [sql for sql in statements if sql.startswith(("CREATE", "ALTER"))]
    for views_made in (1, 0):
        statements.clear()
        warehouse.store(THRESHOLD_PIECE, warehouse.lazy(THRESHOLD_PIECE), window(H5, 24))
        assert len(made(statements)) == views_made
    warehouse.query(warehouse.lazy(THRESHOLD_RUN))
    assert made(statements) == []


def test_a_view_is_made_outside_of_any_transaction(
    warehouse: Warehouse, statements: list[str], big: View
) -> None:
    warehouse.store(EVERY_TYPE, every_type(FULL), window(H5))
    begin, commit = statements.index("BEGIN"), statements.index("COMMIT")
    [at] = [n for n, sql in enumerate(statements) if sql in made(statements)]
    assert at < begin < commit
    assert warehouse.query(warehouse.lazy(big))["rx_bytes"].tolist() == [FULL["rx_bytes"]]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"computed_by": f"{__name__}:no_hours"}, id="another query"),
        pytest.param({"columns": ("hour", "circuit_id")}, id="other columns"),
        pytest.param({"grain": "One row per hour."}, id="other words"),
    ],
)
def test_a_view_that_is_declared_anew_is_made_anew(
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    statements: list[str],
    big: View,
    change: dict,
) -> None:
    warehouse.store(EVERY_TYPE, every_type(FULL), window(H5))
    changed = replace(big, **change)
    monkeypatch.setitem(TABLES, big.name, changed)
    statements.clear()
    before = warehouse.query(warehouse.lazy(changed))
    assert made(statements) == []
    warehouse.store(EVERY_TYPE, every_type(FULL), window(H5))
    assert len(made(statements)) == 1
    for rows in (before, warehouse.query(warehouse.lazy(changed))):
        assert len(rows) == (0 if "computed_by" in change else 1)
        assert tuple(rows.columns) == changed.columns
    assert len(made(statements)) == 1


def test_a_table_under_a_view_takes_a_new_column(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, big: View
) -> None:
    older = replace(EVERY_TYPE, columns=tuple(c for c in EVERY_TYPE.columns if c != "event_at"))
    monkeypatch.setitem(TABLES, older.name, older)
    warehouse.store(older, every_type(FULL)[list(older.columns)], window(H5))
    monkeypatch.setitem(TABLES, older.name, EVERY_TYPE)
    warehouse.store(EVERY_TYPE, every_type(FULL), window(H5))
    assert len(warehouse.query(warehouse.lazy(big))) == 1


def test_nothing_is_stored_into_a_view(warehouse: Warehouse, big: View) -> None:
    rows = as_expression(warehouse, EVERY_TYPE, every_type(FULL)).select(*big.columns)
    with pytest.raises(WanPerfError, match="big_hour is a view and keeps no rows"):
        warehouse.store(big, rows)


def test_the_file_says_what_a_view_and_its_columns_mean(
    on_duckdb: DuckDBWarehouse, big: View
) -> None:
    with on_duckdb.session() as session:
        on_duckdb.create(session, big)
        [[comment]] = session.run("SELECT comment FROM duckdb_views() WHERE view_name = 'big_hour'")
        columns = dict(
            session.run(
                "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'big_hour'"
            )
        )
    assert comment == f"{big.grain} Key: hour, circuit_id."
    assert columns["rx_bytes"] == (
        "Bytes received while observed; NULL where nothing was observed. [B]"
    )


def test_snowflake_receives_what_a_view_means_and_keeps_who_may_read_it(
    on_snowflake: SnowflakeWarehouse, statements: list[str], big: View
) -> None:
    with on_snowflake.session() as session:
        on_snowflake.create(session, big)
    [created] = made(statements)
    assert "\"CIRCUIT_ID\" COMMENT 'The provider''s service: the contract''s id, " in created
    assert " COPY GRANTS COMMENT = 'One row per circuit and hour with more than " in created
    assert "1000 bytes. Key: hour, circuit_id.' AS SELECT " in created


def test_names_of_a_view_are_upper_case_underneath(on_snowflake: SnowflakeWarehouse) -> None:
    with on_snowflake.session() as session:
        on_snowflake.create(session, THRESHOLD_RUN)
        found = on_snowflake.existing_columns(session, THRESHOLD_RUN)
        described = session.run("DESCRIBE TABLE threshold_run")
    assert tuple(found) == THRESHOLD_RUN.columns
    assert [row[0] for row in described] == [name.upper() for name in THRESHOLD_RUN.columns]


def test_the_view_of_runs_reads_declared_tables() -> None:
    assert [TABLES[name] for name in THRESHOLD_RUN.sources] == [THRESHOLD_PIECE, CIRCUIT_HOUR]
