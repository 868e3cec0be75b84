"""What goes in comes out: every type, NULL beside "", microseconds, whole numbers beyond 2**53."""

from typing import Any

import ibis
import pandas as pd
import pytest

from wan_perf.schema.tables import CIRCUIT_HOUR, DIM_HOUR, TABLES
from wan_perf.warehouse import RefusedRowsError, Stored, Warehouse
from wan_perf_tests.support.warehouse.rows import (
    BARE,
    BLANK,
    EVERY_TYPE,
    FULL,
    GOOD_HOUR,
    H5,
    as_expression,
    circuit_hours,
    every_type,
    stored,
    window,
)

AS_STORED = [tuple(row.get(name) for name in EVERY_TYPE.columns) for row in (BARE, BLANK, FULL)]
DTYPES = {
    "hour": "datetime64[us]",
    "circuit_id": "object",
    "rx_bytes": "Int64",
    "level": "float64",
    "is_up": "boolean",
    "local_day": "object",
    "event_at": "datetime64[us]",
    "detail": "object",
}


@pytest.mark.parametrize("way", ["frame", "expression"])
def test_every_type_is_stored_to_the_last_digit(warehouse: Warehouse, way: str) -> None:
    rows: Any = every_type(FULL, BARE, BLANK)
    if way == "expression":
        rows = as_expression(warehouse, EVERY_TYPE, rows)
    assert warehouse.store(EVERY_TYPE, rows, window(H5)) == Stored(rows=3)
    assert stored(warehouse, EVERY_TYPE) == AS_STORED


@pytest.mark.parametrize(
    "stored_rows",
    [
        pytest.param([FULL], id="a full row"),
        pytest.param([BARE], id="a row of NULLs"),
        pytest.param([BLANK], id="empty text is not NULL"),
        pytest.param([FULL, FULL | {"circuit_id": "g", "is_up": True}], id="full rows"),
        pytest.param([], id="no rows"),
    ],
)
def test_a_frame_read_back_is_the_frame_that_was_stored(
    warehouse: Warehouse, stored_rows: list[dict[str, Any]]
) -> None:
    frame = every_type(*stored_rows)
    warehouse.store(EVERY_TYPE, frame, window(H5))
    read = warehouse.query(warehouse.lazy(EVERY_TYPE).order_by("circuit_id"))
    pd.testing.assert_frame_equal(read, frame)


def test_types_of_a_frame_do_not_follow_its_rows(warehouse: Warehouse) -> None:
    warehouse.store(EVERY_TYPE, every_type(FULL, BARE), window(H5))
    rows = warehouse.lazy(EVERY_TYPE)
    for some in (rows, rows.filter(rows.circuit_id == "bare"), rows.limit(0)):
        assert {name: str(kind) for name, kind in warehouse.query(some).dtypes.items()} == DTYPES


def test_a_count_and_a_mean_have_their_types_too(warehouse: Warehouse) -> None:
    warehouse.store(EVERY_TYPE, every_type(FULL, BARE), window(H5))
    rows = warehouse.lazy(EVERY_TYPE)
    sums = rows.aggregate(
        n=rows.count(), none=rows.rx_bytes.nullif(2**53 + 1).max(), mean=rows.level.mean()
    )
    answer = warehouse.query(sums)
    assert [str(kind) for kind in answer.dtypes] == ["Int64", "Int64", "float64"]
    assert answer["n"].tolist() == [2]
    assert answer["mean"].tolist() == [0.1]
    assert answer["none"].isna().all()


def test_objects_and_floats_of_any_frame_arrive_by_the_declared_types(warehouse: Warehouse) -> None:
    """A frame that nobody conformed: whole numbers as floats, flags and dates as plain objects."""
    frame = pd.DataFrame([FULL | {"rx_bytes": 5}, BARE | dict.fromkeys(FULL, None) | BARE])
    assert str(frame["rx_bytes"].dtype) == "float64"
    warehouse.store(EVERY_TYPE, frame, window(H5))
    full = FULL | {"rx_bytes": 5}
    assert stored(warehouse, EVERY_TYPE) == [
        tuple(row.get(name) for name in EVERY_TYPE.columns) for row in (BARE, full)
    ]


@pytest.mark.parametrize("way", ["frame", "expression"])
def test_columns_in_another_order_are_matched_by_name(warehouse: Warehouse, way: str) -> None:
    frame = circuit_hours({})
    backwards: Any = frame[list(reversed(frame.columns))]
    if way == "expression":
        beside = as_expression(warehouse, CIRCUIT_HOUR, frame)
        backwards = beside.select(*reversed(beside.columns))
    warehouse.store(CIRCUIT_HOUR, backwards, window(H5))
    [row] = stored(warehouse, CIRCUIT_HOUR)
    assert row == tuple(GOOD_HOUR.get(name) for name in CIRCUIT_HOUR.columns)


def _without(rows: Any, name: str) -> Any:
    return rows[[column for column in rows.columns if column != name]]


def _with(rows: Any, name: str) -> Any:
    if isinstance(rows, pd.DataFrame):
        return rows.assign(**{name: "blue"})
    return rows.mutate(**{name: ibis.literal("blue")})


@pytest.mark.parametrize("way", ["frame", "expression"])
@pytest.mark.parametrize(
    ("change", "named"),
    [
        pytest.param(_without, "flap_count", id="missing"),
        pytest.param(_with, "colour", id="extra"),
    ],
)
def test_other_columns_than_the_declared_are_refused(
    warehouse: Warehouse, way: str, change: Any, named: str
) -> None:
    rows: Any = circuit_hours({})
    warehouse.store(CIRCUIT_HOUR, rows, window(H5))
    before = stored(warehouse, CIRCUIT_HOUR)
    if way == "expression":
        rows = as_expression(warehouse, CIRCUIT_HOUR, rows)
    with pytest.raises(RefusedRowsError, match=f"^circuit_hour: .* differ in {named}; nothing"):
        warehouse.store(CIRCUIT_HOUR, change(rows, named), window(H5))
    assert stored(warehouse, CIRCUIT_HOUR) == before


def test_what_was_never_stored_is_read_as_an_empty_table(warehouse: Warehouse) -> None:
    frame = warehouse.query(warehouse.lazy(DIM_HOUR))
    assert frame.empty
    assert list(frame.columns) == list(DIM_HOUR.columns)


def test_an_expression_over_tables_that_are_not_there_is_an_empty_slice(
    warehouse: Warehouse,
) -> None:
    hours = warehouse.lazy(CIRCUIT_HOUR)
    zones = warehouse.lazy(DIM_HOUR)
    rows = hours.semi_join(zones, "hour")
    assert warehouse.store(CIRCUIT_HOUR, rows, window(H5)) == Stored(rows=0)
    assert warehouse.query(zones).empty


@pytest.mark.proof
def test_every_declared_table_can_be_created_twice(warehouse: Warehouse) -> None:
    found: dict[str, dict[str, str]] = {}
    with warehouse.session() as session:
        for table in TABLES.values():
            warehouse.create(session, table)
            warehouse.create(session, table)
            found[table.name] = warehouse.existing_columns(session, table)
    for table in TABLES.values():
        declared = {c.name: warehouse.type_names[c.type] for c in table.fields}
        assert found[table.name] == declared, table.name
