"""What an administrator runs once: its order, its privileges, and that the engine takes it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import sqlglot
from click.testing import CliRunner
from sqlglot import exp

from wan_perf.cli import commands
from wan_perf.schema.tables import TABLES
from wan_perf.warehouse import SnowflakeWarehouse, views
from wan_perf.warehouse.snowflake_errors import Names
from wan_perf.warehouse.snowflake_setup import identifier, script, statements

READER = "WAN_PERF_READER"
PLAIN = Names("acme-eu1", "LOADER", "WAN_PERF", "CIRCUITS", "WAN_PERF", "WAN_PERF_WRITER")
ODD = Names("acme-eu1", "svc-wan", 'wan "perf"', "2026", '"small wh"', "loader role")
NOT_PARSED = ("CREATE ROLE", "CREATE USER", "GRANT ROLE", "GRANT SELECT ON")
"""What sqlglot keeps as text: looked at as text below."""
SECRET = "s3cr3t-that-must-not-show"  # noqa: S105 - opens nothing


def given(names: Names = PLAIN) -> list[str]:
    return list(statements(names, READER if names == PLAIN else "ro;le"))


def starting(start: str, names: Names = PLAIN) -> list[str]:
    return [sql for sql in given(names) if sql.startswith(start)]


@pytest.mark.filterwarnings("ignore:.*contains unsupported syntax")
@pytest.mark.parametrize("names", [PLAIN, ODD], ids=["plain names", "odd names"])
def test_every_statement_parses_as_snowflakes(names: Names) -> None:
    for sql in given(names):
        [parsed] = sqlglot.parse(sql, read="snowflake")
        assert parsed is not None
        assert (parsed.find(exp.Command) is not None) == sql.startswith(NOT_PARSED), sql[:80]


def test_the_script_is_its_statements_one_after_the_other() -> None:
    text = script(PLAIN, READER)
    body = text[text.index("\nUSE ROLE USERADMIN;") :]
    assert body == "".join(f"\n{sql};\n" for sql in given())
    assert all(line.startswith("-- ") or line == "--" for line in text[: -len(body)].splitlines())


def test_everything_is_made_before_it_is_used() -> None:
    order = [
        "CREATE ROLE IF NOT EXISTS WAN_PERF_WRITER",
        "CREATE DATABASE IF NOT EXISTS WAN_PERF",
        "CREATE SCHEMA IF NOT EXISTS WAN_PERF.CIRCUITS",
        "GRANT USAGE ON SCHEMA WAN_PERF.CIRCUITS TO ROLE WAN_PERF_WRITER",
        "GRANT CREATE TABLE, CREATE VIEW, CREATE STAGE ON SCHEMA WAN_PERF.CIRCUITS",
        "USE ROLE WAN_PERF_WRITER",
        "USE SCHEMA WAN_PERF.CIRCUITS",
        "CREATE TABLE IF NOT EXISTS circuit_hour ",
        "CREATE OR REPLACE VIEW threshold_run ",
        "CREATE OR REPLACE VIEW executive_overview ",
        "GRANT SELECT ON ALL VIEWS IN SCHEMA WAN_PERF.CIRCUITS TO ROLE WAN_PERF_READER",
    ]
    found = given()
    places = [next(n for n, sql in enumerate(found) if sql.startswith(start)) for start in order]
    assert places == sorted(places)


def test_nothing_that_is_there_is_replaced_but_views() -> None:
    for sql in starting("CREATE"):
        assert " IF NOT EXISTS " in sql or re.match(
            r"CREATE OR REPLACE VIEW \w+ \(.*COPY GRANTS", sql
        )
    assert not [sql for sql in given() if sql.startswith(("DROP", "ALTER", "REVOKE", "DELETE"))]


def test_every_table_and_view_is_made_once_by_the_writer_with_its_meaning() -> None:
    found = given()
    writers = found[found.index("USE ROLE WAN_PERF_WRITER") + 2 : -3]
    made = [re.match(r"CREATE (?:TABLE IF NOT EXISTS|OR REPLACE VIEW) (\w+) ", s) for s in writers]
    expected = {**TABLES, **{view.name: view for view in views.declared()}}
    assert "circuit_hour_old_names" in expected
    assert sorted(match[1] for match in made if match) == sorted(expected)
    assert len(made) == len(expected)
    for sql, match in zip(writers, made, strict=True):
        assert match is not None
        assert f"COMMENT = '{expected[match[1]].grain}".replace("'", "") in sql.replace("'", "")


@pytest.mark.proof
def test_the_engine_takes_tables_and_views_in_this_order(
    on_snowflake: SnowflakeWarehouse, statements: list[str]
) -> None:
    with on_snowflake.session() as session:
        for sql in starting("CREATE"):
            if sql.startswith(("CREATE DATABASE", "CREATE SCHEMA", "CREATE TABLE", "CREATE OR")):
                session.run(sql)
            if sql.startswith("CREATE SCHEMA"):
                session.run("USE SCHEMA WAN_PERF.CIRCUITS")
        for view in views.declared():
            assert session.run(f"SELECT COUNT(*) FROM {view.name}") == [(0,)]
        statements.clear()
        for table in (*TABLES.values(), *views.declared()):
            on_snowflake.create(session, table)
    # A run afterwards finds nothing to create or change.
    assert {sql.split()[0] for sql in statements} <= {"DESCRIBE", "SELECT", "SHOW"}


def test_a_reader_reads_and_no_more() -> None:
    mine = [sql for sql in starting("GRANT") if sql.endswith(" TO ROLE WAN_PERF_READER")]
    assert sorted(mine) == [
        "GRANT SELECT ON ALL TABLES IN SCHEMA WAN_PERF.CIRCUITS TO ROLE WAN_PERF_READER",
        "GRANT SELECT ON ALL VIEWS IN SCHEMA WAN_PERF.CIRCUITS TO ROLE WAN_PERF_READER",
        "GRANT SELECT ON FUTURE TABLES IN SCHEMA WAN_PERF.CIRCUITS TO ROLE WAN_PERF_READER",
        "GRANT SELECT ON FUTURE VIEWS IN SCHEMA WAN_PERF.CIRCUITS TO ROLE WAN_PERF_READER",
        "GRANT USAGE ON DATABASE WAN_PERF TO ROLE WAN_PERF_READER",
        "GRANT USAGE ON SCHEMA WAN_PERF.CIRCUITS TO ROLE WAN_PERF_READER",
        "GRANT USAGE ON WAREHOUSE WAN_PERF_READER TO ROLE WAN_PERF_READER",
    ]


def test_a_writer_makes_tables_views_and_stages_in_its_schema_and_no_more() -> None:
    mine = [sql for sql in starting("GRANT") if sql.endswith(" TO ROLE WAN_PERF_WRITER")]
    assert sorted(mine) == [
        "GRANT CREATE TABLE, CREATE VIEW, CREATE STAGE ON SCHEMA WAN_PERF.CIRCUITS "
        "TO ROLE WAN_PERF_WRITER",
        "GRANT USAGE ON DATABASE WAN_PERF TO ROLE WAN_PERF_WRITER",
        "GRANT USAGE ON SCHEMA WAN_PERF.CIRCUITS TO ROLE WAN_PERF_WRITER",
        "GRANT USAGE ON WAREHOUSE WAN_PERF TO ROLE WAN_PERF_WRITER",
    ]


def test_no_other_privilege_is_given() -> None:
    others = [sql for sql in starting("GRANT") if not re.search(r"TO ROLE WAN_PERF_\w+$", sql)]
    assert others == [
        "GRANT ROLE WAN_PERF_WRITER TO ROLE SYSADMIN",
        "GRANT ROLE WAN_PERF_READER TO ROLE SYSADMIN",
        "GRANT ROLE WAN_PERF_WRITER TO USER LOADER",
    ]
    assert "ON ACCOUNT" not in script(PLAIN, READER)


def test_a_warehouse_costs_nothing_until_it_is_used() -> None:
    made = starting("CREATE WAREHOUSE")
    assert len(made) == 2
    for sql in made:
        assert "WAREHOUSE_SIZE = XSMALL AUTO_SUSPEND = 60 AUTO_RESUME = TRUE" in sql
        assert re.search(r"INITIALLY_SUSPENDED = TRUE STATEMENT_TIMEOUT_IN_SECONDS = \d+ ", sql)


def test_a_service_user_has_a_key_to_be_filled_in() -> None:
    [user] = starting("CREATE USER")
    assert user.startswith("CREATE USER IF NOT EXISTS LOADER TYPE = SERVICE RSA_PUBLIC_KEY = '<pub")
    assert "DEFAULT_ROLE = WAN_PERF_WRITER DEFAULT_WAREHOUSE = WAN_PERF " in user
    assert "DEFAULT_NAMESPACE = WAN_PERF.CIRCUITS" in user
    assert "-- Fill in: <public key>" in script(PLAIN, READER)


def test_without_a_user_none_is_made() -> None:
    text = script(replace(PLAIN, user=""), READER)
    assert "CREATE USER" not in text
    assert "TO USER" not in text
    assert "<public key>" not in text


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        pytest.param("wan_perf", "wan_perf", id="a plain name"),
        pytest.param("WAN$1", "WAN$1", id="a dollar within"),
        pytest.param("1WAN", '"1WAN"', id="a digit first"),
        pytest.param("wan-perf", '"wan-perf"', id="a hyphen"),
        pytest.param('wan"perf', '"wan""perf"', id="a quotation mark"),
        pytest.param('"wan perf"', '"wan perf"', id="quoted already"),
        pytest.param('"a"; DROP', '"""a""; DROP"', id="quoted in part only"),
        pytest.param("Zürich", '"Zürich"', id="a letter beyond ASCII"),
        pytest.param("", '""', id="no name, which Snowflake refuses"),
    ],
)
def test_a_name_that_is_not_plain_is_quoted(name: str, sentence: str) -> None:
    assert identifier(name) == sentence


def test_odd_names_are_quoted_wherever_they_stand() -> None:
    found = given(ODD)
    assert 'USE SCHEMA "wan ""perf"""."2026"' in found
    assert 'GRANT USAGE ON WAREHOUSE "small wh_READER" TO ROLE "ro;le"' in found
    assert 'GRANT ROLE "loader role" TO USER "svc-wan"' in found
    assert 'DEFAULT_ROLE = "loader role"' in starting("CREATE USER", ODD)[0]


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, *arguments: str, **settings: str) -> str:
    monkeypatch.chdir(folder)
    for name in ("ACCOUNT", "USER", "PASSWORD", "DATABASE", "SCHEMA", "WAREHOUSE", "ROLE"):
        monkeypatch.delenv(f"SNF_{name}", raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    ended = CliRunner().invoke(commands, ["snowflake-setup", *arguments])
    assert ended.exit_code == 0, ended.output
    return ended.output


def test_the_command_needs_no_setting_and_no_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(monkeypatch, tmp_path) == script(replace(PLAIN, user=""), READER)
    assert list(tmp_path.iterdir()) == []


def test_the_command_takes_the_names_of_the_settings_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = run(
        *(monkeypatch, tmp_path, "--reader", "ANALYST"),
        SNF_PASSWORD=SECRET,
        SNF_ACCOUNT="acme-eu",
        SNF_USER="LOADER",
        SNF_ROLE="COLLECTOR",
        SNF_DATABASE="NETWORK",
        SNF_SCHEMA="WAN",
        SNF_WAREHOUSE="SMALL",
    )
    names = Names("acme-eu", "LOADER", "NETWORK", "WAN", "SMALL", "COLLECTOR")
    assert output == script(names, "ANALYST")
    assert SECRET not in output
    assert "PASSWORD" not in output.upper()
