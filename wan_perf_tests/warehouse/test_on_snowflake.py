"""What only Snowflake has: its connector, its settings, its names."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import fakesnow
import pytest
import snowflake.connector

from wan_perf.defs.resources import warehouse_for
from wan_perf.errors import UsageError, WanPerfError
from wan_perf.settings import read_settings
from wan_perf.warehouse import DuckDBWarehouse, SnowflakeWarehouse
from wan_perf_tests.warehouse.conftest import stand_in
from wan_perf_tests.warehouse.rows import BARE, EVERY_TYPE, FULL, H5, every_type, stored, window

SETTINGS = {
    "WAN_PERF_WAREHOUSE": "snowflake",
    "SNF_ACCOUNT": "acme-eu1",
    "SNF_USER": "loader",
    "SNF_PASSWORD": "quite-secret",
    "SNF_DATABASE": "wan",
    "SNF_SCHEMA": "perf",
    "SNF_WAREHOUSE": "small",
    "SNF_ROLE": "writer",
}


@pytest.fixture
def over_http() -> Iterator[SnowflakeWarehouse]:
    """The real connector against the stand-in's server on loopback."""
    with fakesnow.server() as there:
        account, user, password = (there.pop(name) for name in ("account", "user", "password"))
        parameters = there["session_parameters"] | {"FAKESNOW_DB_PATH": ":isolated:"}
        yield SnowflakeWarehouse(
            account,
            user,
            password,
            "wan",
            "perf",
            "small",
            arguments=there | {"session_parameters": parameters},
        )


def test_the_real_connector_answers_with_the_declared_types(over_http: SnowflakeWarehouse) -> None:
    """Rows come in by SQL: the stand-in's server does not take a staged file."""
    alone = replace(EVERY_TYPE, columns=("hour", "circuit_id", "rx_bytes", "is_up", "local_day"))
    rows = over_http.unbound(alone)
    with over_http.session() as session:
        over_http.create(session, alone)
        session.run(
            "INSERT INTO every_type VALUES ('2026-03-08 05:00:00', 'full', 9007199254740993, "
            "FALSE, '2026-03-07'), ('2026-03-08 05:00:00', 'bare', NULL, NULL, NULL)"
        )
        frame = session.frame(over_http.sql(rows.order_by("circuit_id")))
        with pytest.raises(snowflake.connector.ProgrammingError):
            session.run("SELECT * FROM nowhere")
        assert over_http.existing_columns(session, replace(alone, name="nowhere")) == {}
    assert frame["rx_bytes"].tolist()[1] == 2**53 + 1
    assert str(frame["rx_bytes"].dtype) == "Int64"
    assert list(frame.columns) == list(alone.columns)


def test_the_whole_number_beyond_a_float_survives_beside_null(
    on_snowflake: SnowflakeWarehouse,
) -> None:
    on_snowflake.store(EVERY_TYPE, every_type(FULL, BARE), window(H5))
    at = EVERY_TYPE.columns.index("rx_bytes")
    assert [row[at] for row in stored(on_snowflake, EVERY_TYPE)] == [None, 2**53 + 1]


def test_a_connection_is_opened_with_what_was_set_and_in_utc(
    on_snowflake: SnowflakeWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}
    connect = snowflake.connector.connect

    def listen(**arguments: Any) -> Any:
        given.update(arguments)
        return connect(**arguments)

    monkeypatch.setattr(snowflake.connector, "connect", listen)
    warehouse = warehouse_for(read_settings(**SETTINGS))
    with warehouse.session() as session:
        assert session.run("SELECT 1") == [(1,)]
    parameters = given.pop("session_parameters")
    assert given == {
        "account": "acme-eu1",
        "user": "loader",
        "password": "quite-secret",
        "database": "wan",
        "schema": "perf",
        "warehouse": "small",
        "role": "writer",
        "autocommit": True,
    }
    assert parameters["TIMEZONE"] == "UTC"
    assert parameters["TIMESTAMP_TYPE_MAPPING"] == "TIMESTAMP_NTZ"


def test_the_connection_is_closed_whatever_happens(
    on_snowflake: SnowflakeWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []
    connect = snowflake.connector.connect

    def listen(**arguments: Any) -> Any:
        opened.append(connect(**arguments))
        return opened[-1]

    monkeypatch.setattr(snowflake.connector, "connect", listen)
    with pytest.raises(RuntimeError), on_snowflake.session():
        raise RuntimeError
    assert [connection.is_closed() for connection in opened] == [True]


def test_an_account_that_refuses_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise snowflake.connector.DatabaseError("Incorrect username or password.\nStack")

    monkeypatch.setattr(snowflake.connector, "connect", refuse)
    with pytest.raises(WanPerfError) as refused, stand_in().session():
        pass
    said = str(refused.value)
    assert "account account cannot be opened by user user: " in said
    assert "Incorrect username or password. Look at the settings SNF_*." in said
    assert "\n" not in said
    assert "secret" not in said


@pytest.mark.parametrize(
    ("empty", "named"),
    [
        pytest.param(["SNF_USER"], "SNF_USER;", id="one"),
        pytest.param(["SNF_ACCOUNT", "SNF_SCHEMA"], "SNF_ACCOUNT, SNF_SCHEMA;", id="two"),
        pytest.param(
            [name for name in SETTINGS if name not in ("SNF_ROLE", "WAN_PERF_WAREHOUSE")],
            "SNF_ACCOUNT, SNF_USER, SNF_PASSWORD, SNF_DATABASE, SNF_SCHEMA, SNF_WAREHOUSE;",
            id="all",
        ),
    ],
)
def test_missing_settings_are_named_in_one_sentence(empty: list[str], named: str) -> None:
    given = {name: "" if name in empty else value for name, value in SETTINGS.items()}
    with pytest.raises(UsageError) as refused:
        warehouse_for(read_settings(**given))
    assert f"are empty: {named}" in str(refused.value)
    assert "quite-secret" not in str(refused.value)


def test_the_role_may_be_the_users_own() -> None:
    settings = read_settings(**(SETTINGS | {"SNF_ROLE": ""}))
    warehouse = warehouse_for(settings)
    assert isinstance(warehouse, SnowflakeWarehouse)
    assert warehouse.role == ""


def test_without_word_of_it_the_warehouse_is_the_file() -> None:
    assert isinstance(warehouse_for(read_settings(WAN_PERF_WAREHOUSE="duckdb")), DuckDBWarehouse)


def test_the_password_is_in_no_text() -> None:
    assert "secret" not in repr(stand_in())


def test_names_are_upper_case_underneath_and_lower_case_above(
    on_snowflake: SnowflakeWarehouse,
) -> None:
    rows = on_snowflake.lazy(EVERY_TYPE, window(H5))
    assert rows.columns == EVERY_TYPE.columns
    sql = on_snowflake.sql(rows)
    assert 'FROM "EVERY_TYPE"' in sql
    assert '"RX_BYTES" AS "rx_bytes"' in sql


def test_the_connector_is_not_imported_before_a_connection_is_opened() -> None:
    program = (
        "import sys\n"
        "from wan_perf.tables import DIM_HOUR\n"
        "from wan_perf.warehouse import SnowflakeWarehouse\n"
        "warehouse = SnowflakeWarehouse('a', 'u', 'p', 'd', 's', 'w')\n"
        "assert 'DIM_HOUR' in warehouse.sql(warehouse.lazy(DIM_HOUR))\n"
        "sys.exit('snowflake.connector' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
