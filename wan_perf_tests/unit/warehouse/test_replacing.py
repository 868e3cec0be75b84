"""What a store step replaces, and what it leaves alone."""

from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from wan_perf.errors import WanPerfError
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import (
    CIRCUIT_DAY,
    CIRCUIT_HOUR,
    DIM_SITE,
    RAW_INVENTORY,
    RAW_PORT_HISTORY,
    RAW_PORT_SAMPLE,
)
from wan_perf.warehouse import RefusedRowsError, Stored, Warehouse, Window
from wan_perf_tests.support.warehouse.rows import (
    EVERY_TYPE,
    FULL,
    H5,
    H6,
    HOUR,
    as_expression,
    circuit_hours,
    every_type,
    stored,
    window,
)

FIVE_MINUTES = timedelta(minutes=5)


@pytest.fixture(params=["duckdb", "snowflake"])
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    """Both engines in either tier."""
    return request.getfixturevalue(f"on_{request.param}")


def passes(*at: Any, rate: float = 1.0) -> pd.DataFrame:
    """A sample of two ports per poll."""
    return conform(
        [
            {
                "pass_at": when,
                "sampled_at": when,
                "gateway_mac": "aa0000000001",
                "port_id": port,
                "counter_source": "device",
                "rx_bps": rate,
            }
            for when in at
            for port in ("ge-0/0/0", "ge-0/0/1")
        ],
        RAW_PORT_SAMPLE,
    )


def rates(warehouse: Warehouse) -> dict[Any, float]:
    frame = warehouse.query(warehouse.lazy(RAW_PORT_SAMPLE))
    return frame.groupby("pass_at")["rx_bps"].sum().to_dict()


@pytest.mark.parametrize("way", ["frame", "expression"])
def test_a_window_replaces_its_hours_and_no_other(warehouse: Warehouse, way: str) -> None:
    old = [{"hour": H5 + n * HOUR, "circuit_id": f"old{n}"} for n in range(4)]
    warehouse.store(CIRCUIT_HOUR, circuit_hours(*old), window(H5, 4))
    new: Any = circuit_hours({"hour": H6, "circuit_id": "new"})
    if way == "expression":  # which may hold more than the window: it is cut
        more = circuit_hours(*({"hour": H5 + n * HOUR, "circuit_id": "new"} for n in range(4)))
        new = as_expression(warehouse, CIRCUIT_HOUR, more)
    known = Stored(rows=1, coverage_pct=95.0)  # three of its minutes are unknown
    assert warehouse.store(CIRCUIT_HOUR, new, window(H6)) == known
    circuit_ids = [row[1] for row in stored(warehouse, CIRCUIT_HOUR)]
    assert circuit_ids == ["old0", "new", "old2", "old3"]


def test_the_same_rows_twice_change_nothing(warehouse: Warehouse) -> None:
    rows = circuit_hours({}, {"circuit_id": "c2"})
    warehouse.store(CIRCUIT_HOUR, rows, window(H5))
    once = stored(warehouse, CIRCUIT_HOUR)
    warehouse.store(CIRCUIT_HOUR, rows, window(H5))
    assert stored(warehouse, CIRCUIT_HOUR) == once
    assert len(once) == 2


def test_a_table_may_be_computed_from_itself(warehouse: Warehouse) -> None:
    warehouse.store(EVERY_TYPE, every_type(FULL), window(H5))
    rows = warehouse.lazy(EVERY_TYPE)
    warehouse.store(EVERY_TYPE, rows.mutate(level=rows.level + 1), window(H5))
    assert [row[3] for row in stored(warehouse, EVERY_TYPE)] == [1.1]


def test_a_day_is_a_window_too(warehouse: Warehouse) -> None:
    def day(d: Any, hours: int) -> dict[str, Any]:
        return {
            "day": d.date(),
            "circuit_id": "c1",
            "site_id": "s1",
            "hour_count": hours,
            "up_minutes": 60.0 * hours,
            "down_minutes": 0.0,
            "known_down_minutes": 0.0,
            "unknown_minutes": 0.0,
        }

    midnight = H5.replace(hour=0)
    days = [midnight + timedelta(days=n) for n in range(3)]
    all_three = conform([day(d, 24) for d in days], CIRCUIT_DAY)
    warehouse.store(CIRCUIT_DAY, all_three, window(midnight, 72))
    warehouse.store(CIRCUIT_DAY, conform([day(days[1], 23)], CIRCUIT_DAY), Window(days[1], days[2]))
    named = [
        dict(zip(CIRCUIT_DAY.columns, row, strict=True)) for row in stored(warehouse, CIRCUIT_DAY)
    ]
    assert [(row["day"], row["hour_count"]) for row in named] == [
        (days[0].date(), 24),
        (days[1].date(), 23),
        (days[2].date(), 24),
    ]


def test_a_pass_replaces_itself_and_no_other(warehouse: Warehouse) -> None:
    first, second = H5, H5 + FIVE_MINUTES
    assert warehouse.store(RAW_PORT_SAMPLE, passes(first), window(H5)) == Stored(2, passes=1)
    assert warehouse.store(RAW_PORT_SAMPLE, passes(second), window(H5)) == Stored(2, passes=1)
    assert rates(warehouse) == {first: 2.0, second: 2.0}
    warehouse.store(RAW_PORT_SAMPLE, passes(second, rate=5.0), window(H5))
    assert rates(warehouse) == {first: 2.0, second: 10.0}
    warehouse.store(RAW_PORT_SAMPLE, passes(second, rate=5.0), window(H5))
    assert rates(warehouse) == {first: 2.0, second: 10.0}
    assert warehouse.store(RAW_PORT_SAMPLE, passes(first, second, rate=7.0), window(H5)) == Stored(
        4, passes=2
    )


def test_a_fetch_of_some_ports_leaves_the_others_and_other_hours(warehouse: Warehouse) -> None:
    def fetched(rate: float, *where: tuple[Any, str]) -> pd.DataFrame:
        row = {
            "gateway_mac": "aa0000000001",
            "site_id": "s1",
            "fetched_at": H6,
            "rx_bps_mean": rate,
        }
        row |= {"covered_minutes": 60.0, "carrying_minutes": 60.0}
        return conform([{**row, "hour": h, "port_id": p} for h, p in where], RAW_PORT_HISTORY)

    all_of_it = [(hour, port) for hour in (H5, H6) for port in ("ge-0/0/0", "ge-0/0/1")]
    warehouse.store(RAW_PORT_HISTORY, fetched(1, *all_of_it), window(H5, 2))
    warehouse.store(RAW_PORT_HISTORY, fetched(2, (H6, "ge-0/0/0")), window(H5, 2))
    warehouse.store(RAW_PORT_HISTORY, fetched(3), window(H5, 2))
    with pytest.raises(RefusedRowsError, match="key_is_unique"):
        warehouse.store(RAW_PORT_HISTORY, fetched(4, *all_of_it, all_of_it[0]), window(H5, 2))
    found = warehouse.query(warehouse.lazy(RAW_PORT_HISTORY)).sort_values(["hour", "port_id"])
    assert found["rx_bps_mean"].tolist() == [1, 1, 2, 1]


def test_a_snapshot_without_partition_replaces_itself_and_no_other(warehouse: Warehouse) -> None:
    def taken(at: Any, name: str) -> pd.DataFrame:
        return conform([{"taken_at": at, "site_id": "s1", "site_name": name}], RAW_INVENTORY)

    for at, name in ((H5, "old"), (H6, "new"), (H5, "mended")):
        warehouse.store(RAW_INVENTORY, taken(at, name))
    assert [row[2] for row in stored(warehouse, RAW_INVENTORY)] == ["mended", "new"]


def test_a_pass_outside_the_window_is_refused(warehouse: Warehouse) -> None:
    warehouse.store(RAW_PORT_SAMPLE, passes(H6), window(H6))
    with pytest.raises(RefusedRowsError, match="2 rows break rows_are_within_the_window"):
        warehouse.store(RAW_PORT_SAMPLE, passes(H6 - FIVE_MINUTES, H6, rate=9), window(H5))
    assert rates(warehouse) == {H6: 2.0}


@pytest.mark.parametrize("way", ["frame", "expression"])
@pytest.mark.parametrize(
    ("table", "rows", "left"),
    [
        pytest.param(CIRCUIT_HOUR, circuit_hours({}, {"hour": H6}), 1, id="an hour becomes empty"),
        pytest.param(RAW_PORT_SAMPLE, passes(H5), 2, id="no pass was taken: passes held stay"),
    ],
)
def test_no_rows_are_a_valid_slice(
    warehouse: Warehouse, way: str, table: Any, rows: pd.DataFrame, left: int
) -> None:
    warehouse.store(table, rows, window(H5, 2))
    nothing: Any = rows.iloc[:0]
    if way == "expression":
        nothing = warehouse.lazy(table).limit(0)
    expected = Stored(0, passes=0 if table.snapshot else None)
    assert warehouse.store(table, nothing, window(H5)) == expected
    assert len(stored(warehouse, table)) == left


def test_an_unpartitioned_table_is_replaced_whole(warehouse: Warehouse) -> None:
    def sites(*names: str) -> pd.DataFrame:
        row = {"region": "r", "store_type": "t", "valid_from": H5}
        return conform([{**row, "site_id": name} for name in names], DIM_SITE)

    warehouse.store(DIM_SITE, sites("a", "b"))
    warehouse.store(DIM_SITE, sites("c"))
    assert [row[0] for row in stored(warehouse, DIM_SITE)] == ["c"]


def test_a_partitioned_table_is_never_replaced_without_a_window(warehouse: Warehouse) -> None:
    warehouse.store(CIRCUIT_HOUR, circuit_hours({}), window(H5))
    with pytest.raises(WanPerfError, match="circuit_hour is stored by windows"):
        warehouse.store(CIRCUIT_HOUR, circuit_hours({"hour": H6}))
    assert len(stored(warehouse, CIRCUIT_HOUR)) == 1


def test_a_window_of_a_read_begins_with_its_start_and_ends_before_its_end(
    warehouse: Warehouse,
) -> None:
    rows = circuit_hours(*({"hour": H5 + n * HOUR} for n in range(3)))
    warehouse.store(CIRCUIT_HOUR, rows, window(H5, 3))
    read = warehouse.query(warehouse.lazy(CIRCUIT_HOUR, window(H6)))
    assert read["hour"].tolist() == [H6]
