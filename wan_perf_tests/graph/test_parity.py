"""One simulated week on every engine: the same jobs, and every table equal, row by row.

Keys, whole numbers, texts, instants and NULLs are equal exactly, other figures within 1e-9 of each
other. The rollups are computed where the tables are: what comes back to Python while they run is a
row of counts or what describes a table, never rows of one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fakesnow.cursor
import numpy as np
import pandas as pd
import pytest
import snowflake.connector.cursor

from wan_perf.declaration import Table
from wan_perf.simulator import Fleet
from wan_perf.tables import CIRCUIT_13_MONTH, CIRCUIT_HOUR, FLAP_EVENT, TABLES
from wan_perf_tests.graph.staged import HOUR, START, staged
from wan_perf_tests.snowflake import SETTINGS, in_process, over_http

HOURS = 168
SITES = 2
CURSORS = (snowflake.connector.cursor.SnowflakeCursor, fakesnow.cursor.FakeSnowflakeCursor)
DESCRIBING = ("DESCRIBE TABLE", "SELECT view_definition FROM information_schema.views")


@dataclass
class Week:
    """Rows of every table, and of the rollups' statements: the text, and how many rows came."""

    tables: dict[str, pd.DataFrame]
    answers: list[tuple[str, int]]


def week(home: Path, settings: dict[str, str] | None = None) -> Week:
    """Collect the week, roll it up to 13 months, read every table."""
    end = START + HOURS * HOUR
    with staged(Fleet.whole(11, SITES, START, end), home, **(settings or {})) as stage:
        stage.runs.collect(START, end)
        with listening() as answers:
            stage.runs.aggregate_daily(START, end)
            stage.runs.aggregate_weekly()
            stage.runs.aggregate_monthly()
        return Week({name: stage.rows(table) for name, table in TABLES.items()}, answers)


@contextmanager
def listening() -> Iterator[list[tuple[str, int]]]:
    """Every statement whose rows are fetched from the connector, and how many they are."""
    heard: list[tuple[str, int]] = []
    with pytest.MonkeyPatch.context() as patch:
        for kind in CURSORS:
            patch.setattr(kind, "execute", _sent(kind.execute, heard))
            for name in ("fetchall", "fetchmany", "fetch_pandas_all"):
                patch.setattr(kind, name, _fetched(getattr(kind, name), heard))
        yield heard


def _sent(execute: Any, heard: list[tuple[str, int]]) -> Any:
    def sent(cursor: Any, command: str, *given: Any, **named: Any) -> Any:
        heard.append((command, 0))
        return execute(cursor, command, *given, **named)

    return sent


def _fetched(fetch: Any, heard: list[tuple[str, int]]) -> Any:
    """One connection works at a time: what is fetched belongs to the newest statement."""

    def fetched(cursor: Any, *given: Any, **named: Any) -> Any:
        rows = fetch(cursor, *given, **named)
        heard[-1] = (heard[-1][0], len(rows))
        return rows

    return fetched


@pytest.fixture(scope="module")
def on_duckdb(tmp_path_factory: pytest.TempPathFactory) -> Week:
    return week(tmp_path_factory.mktemp("duckdb"))


@pytest.fixture(scope="module")
def on_snowflake(tmp_path_factory: pytest.TempPathFactory) -> Week:
    with in_process():
        return week(tmp_path_factory.mktemp("snowflake"), SETTINGS)


@pytest.fixture(scope="module")
def by_wire(tmp_path_factory: pytest.TempPathFactory) -> Week:
    with over_http() as settings:
        return week(tmp_path_factory.mktemp("wire"), settings)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_is_equal_in_process(on_duckdb: Week, on_snowflake: Week, table: Table):
    assert_equal(on_snowflake.tables[table.name], on_duckdb.tables[table.name], table)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_is_equal_over_the_wire(on_duckdb: Week, by_wire: Week, table: Table):
    assert_equal(by_wire.tables[table.name], on_duckdb.tables[table.name], table)


def test_the_week_is_not_empty(on_duckdb: Week):
    rows = {name: len(frame) for name, frame in on_duckdb.tables.items()}
    circuits = on_duckdb.tables[CIRCUIT_HOUR.name]["circuit_id"].nunique()
    assert rows[CIRCUIT_HOUR.name] == HOURS * circuits
    assert rows[CIRCUIT_13_MONTH.name] == circuits
    assert rows[FLAP_EVENT.name] > 10
    assert {name for name, count in rows.items() if not count} <= MAY_BE_EMPTY


MAY_BE_EMPTY = {"raw_port_history", "chronic_offender", "active_alert"}
"""All hours have samples; nothing is chronic in a week; nothing may be wrong in its last hour."""


@pytest.mark.parametrize("engine", ["on_snowflake", "by_wire"])
def test_rollups_bring_no_rows_of_tables_to_python(engine: str, request: pytest.FixtureRequest):
    answers = request.getfixturevalue(engine).answers
    assert sum(sql.startswith("INSERT INTO") for sql, _ in answers) > 20
    large = [(sql[:200], rows) for sql, rows in answers if rows > 1]
    assert [answer for answer in large if not answer[0].startswith(DESCRIBING)] == []


def assert_equal(found: pd.DataFrame, expected: pd.DataFrame, table: Table) -> None:
    assert len(found) == len(expected)
    for column in table.fields:
        ours, theirs = found[column.name], expected[column.name]
        unknown = theirs.isna().to_numpy()
        assert np.array_equal(ours.isna().to_numpy(), unknown), column.name
        first, second = ours[~unknown], theirs[~unknown]
        if column.type == "real":
            close = np.isclose(first.astype(float), second.astype(float), rtol=1e-9, atol=0)
            assert close.all(), f"{column.name}: {first[~close].iloc[0]}, {second[~close].iloc[0]}"
        else:
            assert first.tolist() == second.tolist(), column.name
