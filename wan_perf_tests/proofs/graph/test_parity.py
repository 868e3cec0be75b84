"""A simulated day on both engines: the same jobs, and every table equal, row by row.

Keys, whole numbers, texts, instants and NULLs are equal exactly, other figures within 1e-9 of each
other. The rollups are computed where the tables are: what comes back to Python while they run is a
row of counts or what describes a table, never rows of one.
"""

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlglot
from sqlglot import exp
from sqlglot.tokens import TokenType

from wan_perf.cli.runs import Runs
from wan_perf.definitions import HOURLY_JOB
from wan_perf.published.publisher import publish
from wan_perf.published.queries import published_tables
from wan_perf.published.reader import open_published
from wan_perf.published.relations import PUBLISHED, VIEWS
from wan_perf.schema.declaration import Table, View
from wan_perf.schema.tables import (
    CIRCUIT_13_MONTH,
    CIRCUIT_HOUR,
    CIRCUIT_POLL,
    CIRCUIT_PORT,
    CIRCUIT_STATE,
    DIM_CIRCUIT,
    DIM_HOUR,
    DIM_POLICY,
    DIM_SITE,
    FLAP_EVENT,
    TABLES,
    TELEMETRY_GAP,
)
from wan_perf.settings import read_settings
from wan_perf.simulator import Fleet
from wan_perf.warehouse import Window, changes, schema_version
from wan_perf_tests.support.graph.staged import (
    HOUR,
    START,
    UpToFacts,
    WithoutChecks,
    in_order,
    staged,
)
from wan_perf_tests.support.warehouse.snowflake import (
    SETTINGS,
    in_process_over_http,
    listening,
    over_http,
    stand_in,
)
from wan_perf_tests.support.warehouse.snowflake_lint import faults_of
from wan_perf_tests.support.warehouse.snowflake_strict import reading_in, strict

pytestmark = pytest.mark.proof

BEGIN = START + 12 * HOUR
HOURS = 24
"""The end of one UTC day and the beginning of the next, one month and one week."""
ZONE = "America/New_York"
"""Its clocks go forward on 8 March 2026 at 07:00 UTC, within these hours."""
END = BEGIN + HOURS * HOUR
COMPUTED = (TELEMETRY_GAP, CIRCUIT_POLL, CIRCUIT_STATE, CIRCUIT_HOUR)
"""Computed over the wire, from rows that were stored over it: their statements are the longest."""
DIMENSIONS = (DIM_SITE, DIM_CIRCUIT, CIRCUIT_PORT, DIM_HOUR, DIM_POLICY)
STORED_BY_WIRE = sorted(UpToFacts.tables, key=lambda table: table.name)
SITES = 2
KEYWORDS = {
    *("FROM", "NUMBER", "AND", "NOT", "OVER", "AS", "JOIN", "IN", "OR", "EXISTS", "WHEN", "THEN"),
    *("GROUP", "WHERE", "UNIQUE", "KEY", "BY", "SELECT", "VALUES", "ON", "ELSE", "UNION", "ALL"),
    *("TIMESTAMP_NTZ", "TIMESTAMP", "VARCHAR", "DECIMAL", "FILE_FORMAT", "INTO", "EXCEPT", "TABLE"),
}
DOCUMENTED = {
    *("ABS", "AVG", "BITAND", "BITOR", "BITSHIFTLEFT", "BITSHIFTRIGHT", "CAST", "CEIL", "COALESCE"),
    *("CONCAT", "COUNT", "CURRENT_SCHEMA", "DATEADD", "DATEDIFF", "DATE_FROM_PARTS", "DATE_PART"),
    *("DATE_TRUNC", "DENSE_RANK", "EXP", "FIRST_VALUE", "FLOOR", "GREATEST", "IDENTIFIER", "IFF"),
    *("LAG", "LEAD", "LEAST", "LN", "MAX", "MAX_BY", "MEDIAN", "MIN", "MIN_BY", "NULLIF"),
    *("PERCENTILE_CONT", "POWER", "RANK", "REGEXP_REPLACE", "REGEXP_SUBSTR", "ROUND"),
    *("ROW_NUMBER", "SIGN", "SQRT", "STARTSWITH", "SUM", "TIMESTAMP_FROM_PARTS"),
    *("TIMESTAMP_NTZ_FROM_PARTS", "TO_DATE"),
}
"""Functions with a page of their own in Snowflake's SQL function reference."""
SHOWN: dict[str, Table] = {**PUBLISHED, **VIEWS}
"""What the published copy has: tables, and the views over them."""
BOOKKEEPING = (schema_version.RECORD.name, changes.CHANGES, "units")
"""Tables beside the declared ones, and the name of a list of values."""
DESCRIBING = ("DESCRIBE TABLE", "SHOW VIEWS")


@dataclass
class Collected:
    """Rows of every table, and every statement of collecting and of the rollups: the text, and how
    many rows came back. `views` are those tables as a reader in the given zone reads them;
    `by_wire` all of them as the real connector reads them from the same stand-in over HTTP;
    `published` those of the published copy."""

    tables: dict[str, pd.DataFrame]
    views: dict[str, pd.DataFrame]
    by_wire: dict[str, pd.DataFrame]
    published: dict[str, pd.DataFrame]
    collecting: list[tuple[str, int]]
    rollups: list[tuple[str, int]]


def collected(
    home: Path,
    settings: dict[str, str] | None = None,
    reader_zone: str | None = None,
    kind: type[Runs] = Runs,
) -> Collected:
    """Collect the hours and roll them up to 13 months; publish once; read every table."""
    fleet = Fleet.whole(11, SITES, BEGIN, END)
    with staged(fleet, home, BEGIN, kind=kind, **(settings or {})) as stage:
        with listening() as collecting:
            stage.runs.collect(BEGIN, END)
        with listening() as rollups:
            stage.runs.aggregate_daily(BEGIN, END)
            stage.runs.aggregate_weekly()
            stage.runs.aggregate_monthly()
        tables = {name: stage.rows(table) for name, table in TABLES.items()}
        views: dict[str, pd.DataFrame] = {}
        by_wire: dict[str, pd.DataFrame] = {}
        if reader_zone:
            with reading_in(reader_zone):
                views = {n: stage.rows(t) for n, t in TABLES.items() if isinstance(t, View)}
            with in_process_over_http() as there:
                warehouse = stand_in(read_settings(**there))
                by_wire = {name: in_order(warehouse, table) for name, table in TABLES.items()}
        publish(stage.runs.warehouse, stage.runs.settings.published_path)
        copy = published_tables(open_published(stage.runs.settings.published_path))
        published = {name: in_order(copy, table) for name, table in SHOWN.items()}
        return Collected(tables, views, by_wire, published, collecting, rollups)


def stored_and_computed(
    rows: dict[str, pd.DataFrame], home: Path, settings: dict[str, str]
) -> dict[str, pd.DataFrame]:
    """Store what was collected, compute the fact from it in one run; read what is stored."""
    fleet = Fleet.whole(11, SITES, BEGIN, END)
    with staged(fleet, home, END, kind=WithoutChecks, **settings) as stage:
        for table in (*UpToFacts.tables, *DIMENSIONS):
            if table not in COMPUTED:
                window = Window(START, END) if table.partition else None
                stage.runs.warehouse.store(table, rows[table.name], window)
        first, last = (f"{at:%Y-%m-%d-%H:00}" for at in (BEGIN - HOUR, END - HOUR))
        stage.runs._run(HOURLY_JOB, [first, last], only=COMPUTED)
        return {table.name: stage.rows(table) for table in UpToFacts.tables}


@pytest.fixture(scope="module")
def on_duckdb(tmp_path_factory: pytest.TempPathFactory) -> Collected:
    return collected(tmp_path_factory.mktemp("duckdb"), kind=WithoutChecks)


@pytest.fixture(scope="module")
def on_snowflake(tmp_path_factory: pytest.TempPathFactory) -> Collected:
    """The strict stand-in, with the rows of every INSERT ... SELECT in random order."""
    with strict(shuffled=True):
        # Publications would send statements of their own beside those of collecting.
        settings = SETTINGS | {"WAN_PERF_PUBLISH": "off"}
        return collected(tmp_path_factory.mktemp("snowflake"), settings, reader_zone=ZONE)


@pytest.fixture(scope="module")
def by_wire(
    on_duckdb: Collected, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, pd.DataFrame]:
    """The rows of DuckDB, stored by the real connector, and the fact computed through it."""
    with over_http() as settings:
        return stored_and_computed(on_duckdb.tables, tmp_path_factory.mktemp("wire"), settings)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_is_equal_in_process(on_duckdb: Collected, on_snowflake: Collected, table: Table):
    assert_equal(on_snowflake.tables[table.name], on_duckdb.tables[table.name], table)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_is_read_alike_over_the_wire(on_snowflake: Collected, table: Table):
    assert_equal(on_snowflake.by_wire[table.name], on_snowflake.tables[table.name], table)


@pytest.mark.parametrize("name", SHOWN)
def test_a_table_is_published_alike(on_duckdb: Collected, on_snowflake: Collected, name: str):
    assert_equal(on_snowflake.published[name], on_duckdb.published[name], SHOWN[name])


@pytest.mark.parametrize("table", STORED_BY_WIRE, ids=[t.name for t in STORED_BY_WIRE])
def test_a_table_is_stored_alike_over_the_wire(
    on_duckdb: Collected, by_wire: dict[str, pd.DataFrame], table: Table
):
    assert_equal(by_wire[table.name], on_duckdb.tables[table.name], table)


@pytest.mark.parametrize("view", [n for n, t in TABLES.items() if isinstance(t, View)])
def test_a_view_is_equal_in_a_zone_whose_clocks_change(on_snowflake: Collected, view: str):
    """In New York a TIMESTAMP of a session that has it with a zone skips an hour of the day."""
    assert_equal(on_snowflake.views[view], on_snowflake.tables[view], TABLES[view])


def test_the_day_is_not_empty(on_duckdb: Collected):
    rows = {name: len(frame) for name, frame in on_duckdb.tables.items()}
    circuits = on_duckdb.tables[CIRCUIT_HOUR.name]["circuit_id"].nunique()
    assert rows[CIRCUIT_HOUR.name] == (1 + HOURS) * circuits  # a range begins an hour early
    assert rows[CIRCUIT_13_MONTH.name] == circuits
    assert rows[FLAP_EVENT.name] > 10
    assert {name for name, count in rows.items() if not count} <= MAY_BE_EMPTY


MAY_BE_EMPTY = {"raw_circuit_hour", "chronic_offender", "active_alert"}
"""Nothing is imported; nothing is chronic in a day; nothing may be wrong in its last hour."""


def test_rollups_bring_no_rows_of_tables_to_python(on_snowflake: Collected):
    rollups = on_snowflake.rollups
    assert sum(sql.startswith("INSERT INTO") for sql, _ in rollups) > 20
    large = [(sql[:200], rows) for sql, rows in rollups if rows > 1]
    assert [answer for answer in large if not answer[0].startswith(DESCRIBING)] == []


@pytest.fixture(scope="module")
def statements(on_snowflake: Collected) -> list[str]:
    """One of each statement that was sent: those that differ in numbers only are one."""
    sent = [sql for sql, _ in (*on_snowflake.collecting, *on_snowflake.rollups)]
    return list({re.sub(r"\d+|stage_\w+", "", sql): sql for sql in sent}.values())


@pytest.fixture(scope="module")
def parsed(statements: list[str]) -> dict[str, exp.Expression]:
    return {sql: sqlglot.parse_one(sql, read="snowflake") for sql in statements}


def test_every_statement_is_snowflake_and_calls_what_snowflake_documents(
    parsed: dict[str, exp.Expression],
):
    assert len(parsed) > 200
    called: set[str] = set()
    for sql, tree in parsed.items():
        assert not isinstance(tree, exp.Command), sql[:200]
        called |= calls(sql)
    assert called - DOCUMENTED == set()
    assert {"MAX_BY", "PERCENTILE_CONT", "TIMESTAMP_NTZ_FROM_PARTS"} <= called


def test_the_lint_finds_nothing_in_any_statement(parsed: dict[str, exp.Expression]):
    found = {sql[:120]: wrong for sql, tree in parsed.items() if (wrong := faults_of(tree, sql))}
    assert found == {}


def calls(sql: str) -> set[str]:
    """Names before a parenthesis, but for keywords, types and what is being defined."""
    tokens = sqlglot.tokenize(sql, read="snowflake")
    found = {
        name.text.upper()
        for name, after in pairwise(tokens)
        if after.token_type == TokenType.L_PAREN
        and name.token_type not in (TokenType.IDENTIFIER, TokenType.STRING, TokenType.NUMBER)
        and re.fullmatch(r"\w+", name.text)
    }
    return {
        name
        for name in found - KEYWORDS
        if not name.lower().startswith(("stage_", *BOOKKEEPING, *TABLES))
    }


def test_whole_numbers_are_divided_as_floats(parsed: dict[str, exp.Expression]):
    """Snowflake divides fixed-point numbers to six decimals; the stand-in does not show it."""
    divisions = 0
    for tree in parsed.values():
        for division in tree.find_all(exp.Div):
            left = division.this.unnest()
            assert isinstance(left, exp.Cast), division.sql()
            assert left.to.is_type("double"), division.sql()
            divisions += 1
    assert divisions > 100


def test_nothing_is_defined_while_a_transaction_is_open(on_snowflake: Collected):
    """A data definition commits on Snowflake; the stand-in does not show it."""
    is_open, transactions = False, 0
    for sql, _ in (*on_snowflake.collecting, *on_snowflake.rollups):
        verb = sql.split(maxsplit=1)[0].upper()
        is_open = verb == "BEGIN" or (is_open and verb not in ("COMMIT", "ROLLBACK"))
        transactions += verb == "BEGIN"
        assert not is_open or verb in ("BEGIN", "DELETE", "INSERT"), sql[:200]
    assert transactions > 40


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
