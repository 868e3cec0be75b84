"""A process logs in once for its sessions."""

from contextlib import ExitStack
from typing import Any

import pytest
import snowflake.connector

from wan_perf.schema.tables import CIRCUIT_HOUR
from wan_perf.warehouse import SnowflakeWarehouse
from wan_perf.warehouse.snowflake_connections import IDLE_S
from wan_perf.warehouse.snowflake_errors import SnowflakeRefusalError
from wan_perf_tests.support.warehouse.rows import H5, circuit_hours, window
from wan_perf_tests.support.warehouse.snowflake import listening


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every connection, in the order in which they were opened."""
    connections: list[Any] = []
    connect = snowflake.connector.connect

    def recorded(**arguments: Any) -> Any:
        connections.append(connect(**arguments))
        return connections[-1]

    monkeypatch.setattr(snowflake.connector, "connect", recorded)
    return connections


@pytest.fixture
def clock(on_snowflake: SnowflakeWarehouse, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock of the connections; its one entry is seconds."""
    now = [0.0]
    monkeypatch.setattr(on_snowflake._connections, "_clock", lambda: now[0])
    return now


def answer(warehouse: SnowflakeWarehouse, tag: str = "") -> list[tuple[Any, ...]]:
    with warehouse.session(tag=tag) as session:
        return session.run("SELECT 1")


def are_closed(connections: list[Any]) -> list[bool]:
    return [connection.is_closed() for connection in connections]


def test_sessions_one_after_the_other_are_one_login(
    on_snowflake: SnowflakeWarehouse, opened: list[Any]
) -> None:
    assert [answer(on_snowflake), answer(on_snowflake)] == [[(1,)], [(1,)]]
    assert are_closed(opened) == [False]


def test_sessions_at_the_same_time_have_a_connection_each(
    on_snowflake: SnowflakeWarehouse, opened: list[Any]
) -> None:
    for _ in range(2):
        with ExitStack() as stack:
            first, second = (stack.enter_context(on_snowflake.session()) for _ in range(2))
            first.run("BEGIN")
            assert second.run("SELECT 1") == [(1,)]
            first.run("ROLLBACK")
    assert are_closed(opened) == [False, False]


def test_one_in_which_something_failed_is_closed(
    on_snowflake: SnowflakeWarehouse, opened: list[Any]
) -> None:
    with pytest.raises(SnowflakeRefusalError), on_snowflake.session() as session:
        session.run("SELECT * FROM nowhere")
    assert answer(on_snowflake) == [(1,)]
    assert are_closed(opened) == [True, False]


def test_one_that_was_dropped_meanwhile_is_followed_by_another(
    on_snowflake: SnowflakeWarehouse, opened: list[Any]
) -> None:
    answer(on_snowflake)
    opened[0].close()
    assert answer(on_snowflake) == [(1,)]
    assert are_closed(opened) == [True, False]


@pytest.mark.parametrize(
    ("idle", "closed"),
    [
        pytest.param(IDLE_S - 1, [False], id="just under ten minutes"),
        pytest.param(IDLE_S, [True, False], id="ten minutes"),
    ],
)
def test_one_that_was_idle_for_long_is_closed(
    on_snowflake: SnowflakeWarehouse,
    opened: list[Any],
    clock: list[float],
    idle: float,
    closed: list[bool],
) -> None:
    answer(on_snowflake)
    clock[0] += idle
    assert answer(on_snowflake) == [(1,)]
    assert are_closed(opened) == closed


def test_each_session_has_its_own_tag(on_snowflake: SnowflakeWarehouse) -> None:
    with listening() as statements:
        for tag in ("first", "it's \\second", ""):
            answer(on_snowflake, tag)
    set_tag = "ALTER SESSION SET QUERY_TAG ="
    assert [sql for sql, _ in statements if sql != "SELECT 1"] == [
        f"{set_tag} 'it''s \\\\second'",
        f"{set_tag} ''",
    ]  # the first is set by the login


def test_a_table_that_lacks_a_column_is_looked_at_until_it_has_it(
    on_snowflake: SnowflakeWarehouse,
) -> None:
    on_snowflake.store(CIRCUIT_HOUR, circuit_hours({}), window(H5))
    with on_snowflake.session() as session:
        session.run("ALTER TABLE circuit_hour DROP COLUMN dropped_count")
    before = on_snowflake.query(on_snowflake.lazy(CIRCUIT_HOUR))
    on_snowflake.store(CIRCUIT_HOUR, circuit_hours({"dropped_count": 7}), window(H5))
    after = on_snowflake.query(on_snowflake.lazy(CIRCUIT_HOUR))
    assert (len(before), after["dropped_count"].tolist()) == (1, [7])
