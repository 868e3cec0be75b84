"""What only Snowflake has: its connector, its settings, its names, its refusals."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import snowflake.connector

from wan_perf.defs.resources import warehouse_for
from wan_perf.errors import UsageError
from wan_perf.settings import read_settings
from wan_perf.warehouse import DuckDBWarehouse, SnowflakeWarehouse
from wan_perf.warehouse.on_snowflake import _comparable, _without_null_types
from wan_perf.warehouse.snowflake_errors import SnowflakeRefusalError
from wan_perf_tests.support.warehouse.rows import (
    BARE,
    EVERY_TYPE,
    FULL,
    H5,
    every_type,
    stored,
    window,
)
from wan_perf_tests.support.warehouse.snowflake import SETTINGS, in_process, over_http, stand_in


@pytest.mark.proof
def test_the_real_connector_answers_with_the_declared_types() -> None:
    with over_http() as settings:
        warehouse = stand_in(read_settings(**settings))
        assert warehouse.store(EVERY_TYPE, every_type(FULL, BARE), window(H5)).rows == 2
        frame = warehouse.query(warehouse.lazy(EVERY_TYPE).order_by("circuit_id"))
        with warehouse.session() as session:
            with pytest.raises(SnowflakeRefusalError):
                session.run("SELECT * FROM nowhere")
            assert warehouse.existing_columns(session, replace(EVERY_TYPE, name="nowhere")) == {}
    assert frame["rx_bytes"].tolist()[1] == 2**53 + 1
    assert str(frame["rx_bytes"].dtype) == "Int64"
    assert list(frame.columns) == list(EVERY_TYPE.columns)
    assert frame["hour"].tolist() == [H5, H5]


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
    with warehouse.session(tag="what it is for") as session:
        assert session.run("SELECT 1") == [(1,)]
    parameters = given.pop("session_parameters")
    assert given.pop("application") == "DagsterLabs_Dagster"  # dagster-snowflake names itself
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
    assert parameters["QUERY_TAG"] == "what it is for"


@pytest.mark.parametrize(
    ("empty", "named"),
    [
        pytest.param(["SNF_USER"], "SNF_USER;", id="one"),
        pytest.param(["SNF_ACCOUNT", "SNF_SCHEMA"], "SNF_ACCOUNT, SNF_SCHEMA;", id="two"),
        pytest.param(
            [name for name in SETTINGS if name not in ("SNF_ROLE", "WAN_PERF_WAREHOUSE")],
            "SNF_ACCOUNT, SNF_USER, SNF_DATABASE, SNF_SCHEMA, SNF_WAREHOUSE;",
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
    assert warehouse.names.role == ""


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


@pytest.mark.proof
def test_the_connector_is_not_imported_before_a_connection_is_opened() -> None:
    program = (
        "import sys\n"
        "from wan_perf.schema.tables import DIM_HOUR\n"
        "from wan_perf.settings import read_settings\n"
        "from wan_perf.defs.resources import warehouse_for\n"
        f"warehouse = warehouse_for(read_settings(**{SETTINGS!r}))\n"
        "assert 'DIM_HOUR' in warehouse.sql(warehouse.lazy(DIM_HOUR))\n"
        "sys.exit('snowflake.connector' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_text_column_without_a_value_is_text_in_parquet() -> None:
    """Else its type is null, which is no type of Snowflake's."""
    frame = pd.DataFrame({"a": [None, None], "b": ["x", None], "n": [1.5, None]})
    kinds = pa.Schema.from_pandas(_without_null_types(frame), preserve_index=False)
    assert {field.name: str(field.type) for field in kinds} == {
        "a": "string",
        "b": "string",
        "n": "double",
    }


@pytest.mark.parametrize(
    ("kind", "comparable"),
    [
        ("VARCHAR(16777216)", "VARCHAR"),
        ("VARCHAR(16777216) COLLATE ''", "VARCHAR"),
        ("VARCHAR(16777216) COLLATE 'en-ci'", "VARCHAR COLLATE 'en-ci'"),
    ],
)
def test_a_collation_makes_another_type(kind: str, comparable: str) -> None:
    """Under one that ignores case ids merge: doctor and the store step refuse such a column."""
    assert _comparable(kind) == comparable


def test_no_text_column_follows_the_collation_of_the_account(statements: list[str]) -> None:
    with in_process():
        stand_in().store(EVERY_TYPE, every_type(FULL), window(H5))
    created = [sql for sql in statements if sql.startswith("CREATE") and "every_type" in sql]
    assert len(created) == 2  # the table and the stage, on which the key is checked
    assert all("circuit_id VARCHAR COLLATE ''" in sql for sql in created)
