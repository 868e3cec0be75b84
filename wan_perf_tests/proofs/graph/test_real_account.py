"""A day on a real Snowflake account: run where SNF_* is set, in a schema of its own.

The schema is made beside SNF_SCHEMA and dropped again, so that no table of anybody is touched; the
role needs CREATE SCHEMA on the database.
"""

import os
import uuid
from collections.abc import Iterator

import pytest

from wan_perf.schema.declaration import Table
from wan_perf.schema.tables import TABLES
from wan_perf.settings import read_settings
from wan_perf_tests.proofs.graph.test_parity import Collected, assert_equal, collected
from wan_perf_tests.support.warehouse.snowflake import stand_in

pytestmark = [
    pytest.mark.snowflake_account,
    pytest.mark.skipif(
        not os.environ.get("SNF_ACCOUNT"),
        reason="needs a Snowflake account: set SNF_ACCOUNT and the other SNF_* settings",
    ),
]


@pytest.fixture(scope="module")
def settings() -> Iterator[dict[str, str]]:
    """The environment's settings, with a schema that is made and dropped."""
    name = f"WAN_PERF_TEST_{uuid.uuid4().hex[:8].upper()}"
    known = read_settings(WAN_PERF_WAREHOUSE="snowflake")
    with stand_in(known).session() as session:
        session.run(f"CREATE SCHEMA {known.snf_database}.{name}")
        try:
            yield {"WAN_PERF_WAREHOUSE": "snowflake", "SNF_SCHEMA": name}
        finally:
            session.run(f"DROP SCHEMA {known.snf_database}.{name}")


@pytest.fixture(scope="module")
def days(
    settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Collected, Collected]:
    return (
        collected(tmp_path_factory.mktemp("account"), settings),
        collected(tmp_path_factory.mktemp("duckdb")),
    )


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_is_equal_on_the_account(days: tuple[Collected, Collected], table: Table):
    assert_equal(days[0].tables[table.name], days[1].tables[table.name], table)


def test_the_session_is_in_utc_and_tagged(settings: dict[str, str]):
    with stand_in(read_settings(**settings)).session(tag="a tag") as session:
        assert session.run("SELECT '2026-07-01 12:00'::TIMESTAMP_TZ::TEXT") == [
            ("2026-07-01 12:00:00.000 Z",)
        ]
        assert session.run("SHOW PARAMETERS LIKE 'QUERY_TAG' IN SESSION")[0][1] == "a tag"
