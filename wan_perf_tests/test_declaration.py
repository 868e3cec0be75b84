"""The declarations themselves: well formed, all used, and their rules checked by hand."""

import re
from collections.abc import Iterator
from typing import Any

import ibis
import pytest

from wan_perf.columns import COLUMNS, Column
from wan_perf.declaration import IBIS_TYPES, Table
from wan_perf.tables import CIRCUIT_DAY, CIRCUIT_HOUR, DIM_CIRCUIT, RAW_PORT_SAMPLE, TABLES
from wan_perf.warehouse import checking
from wan_perf_tests.warehouse.rows import GOOD_HOUR, H5, H6

UNITS = {"B": "bytes", "min": "minutes", "%": "pct", "Mbit/s": "mbps", "bit/s": "bps"}
EVERY_TABLE = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
EVERY_COLUMN = pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)


@EVERY_COLUMN
def test_a_column_is_well_formed_and_used(column: Column) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", column.name)
    assert column.type in IBIS_TYPES
    assert column.meaning[-1] == "."
    assert any(column.name in table.columns for table in TABLES.values())


@EVERY_COLUMN
def test_the_unit_stands_in_the_name(column: Column) -> None:
    if column.unit in UNITS:
        assert UNITS[column.unit] in column.name.split("_")


@EVERY_COLUMN
def test_the_end_of_a_name_tells_the_type(column: Column) -> None:
    kinds = {"at": "instant", "id": "text", "count": "integer", "pct": "real", "mbps": "real"}
    expected = kinds.get(column.name.split("_")[-1])
    assert expected in (None, column.type)
    assert column.name.startswith(("is_", "was_")) <= (column.type == "boolean")


@EVERY_TABLE
def test_a_table_is_well_formed(table: Table) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", table.name)
    assert table.grain.startswith("One row per ")
    assert len(set(table.columns)) == len(table.columns)
    assert set(table.columns) <= set(COLUMNS)
    assert set(table.key) <= set(table.columns)
    assert set(table.required) <= set(table.columns)
    assert set(table.nullable_key) < set(table.key)


@EVERY_TABLE
def test_what_cuts_a_table_is_in_its_key_and_never_null(table: Table) -> None:
    """Else a key that is unique in the slice, where it is checked, may not be in the table."""
    for name in (table.partition, table.snapshot):
        assert name is None or name in set(table.key) - set(table.nullable_key)


@EVERY_TABLE
def test_rules_have_names_of_their_own_and_compile_on_both_engines(table: Table) -> None:
    names = [checking.KEY, checking.ROWS, *(rule.name for rule in table.rules)]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in names)
    counted = checking.counts(ibis.table(table.schema, name="rows"), table, table.rules)
    minutes = [c for c in counted.columns if c in (checking.MINUTES, checking.UNKNOWN)]
    assert list(counted.columns) == [checking.ROWS, *names[2:], *minutes, checking.KEY]
    assert bool(minutes) == ("unknown_minutes" in table.columns)
    for dialect in ("duckdb", "snowflake"):
        assert names[-1] in str(ibis.to_sql(counted, dialect=dialect))


@EVERY_TABLE
def test_the_dictionary_names_every_column(table: Table) -> None:
    line = table.to_line()
    assert line.startswith(f"{table.name}: {table.grain} Key: {', '.join(table.key)}.")
    for column in table.fields:
        assert f"{column.name} ({column.type}" in line
    assert "\n" not in line


def test_the_rules_of_a_circuit_hour() -> None:
    enforced = {rule.name for rule in CIRCUIT_HOUR.rules if rule.enforced}
    assert enforced >= {
        "required_values_are_present",
        *("minutes_are_0_to_60", "percentages_are_0_to_100"),
        "down_minutes_is_60_minus_up_minutes",
        *("known_down_and_unknown_make_down", "status_follows_up_minutes"),
        *("utilization_follows_its_formula", "words_are_known"),
    }
    [minutes] = [rule for rule in CIRCUIT_HOUR.rules if rule.name == "minutes_are_0_to_60"]
    for part in ("up", "down", "known_down", "unknown", "observed"):
        assert f" {part}_minutes" in minutes.meaning
    assert [rule.name for rule in CIRCUIT_HOUR.rules if not rule.enforced] == [
        "utilization_is_at_most_100_pct",
        "bandwidth_is_known",
        "counters_are_possible",
    ]


@pytest.fixture(scope="module")
def duckdb() -> Iterator[Any]:
    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()


def broken(duckdb: Any, table: Table, row: dict[str, Any]) -> set[str]:
    """Names of the rules that the row breaks."""
    literals = {name: ibis.literal(row.get(name), kind) for name, kind in table.schema.items()}
    rows = ibis.range(1).unnest().name("one").as_table().select(**literals)
    [found] = duckdb.to_pandas(checking.counts(rows, table, table.rules)).to_dict("records")
    assert found.pop(checking.ROWS) == 1
    rules = {checking.KEY, *(rule.name for rule in table.rules)}
    return {name for name, count in found.items() if count and name in rules}


DOWN = {"up_minutes": 0.0, "down_minutes": 60.0, "status_hourly": "Down"}
NOTHING_SEEN = {
    "rx_bytes": None,
    "tx_bytes": None,
    "utilization_pct": None,
    "observed_minutes": 0.0,
}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({}, id="an ordinary hour"),
        pytest.param(
            {**NOTHING_SEEN, **DOWN, "known_down_minutes": 60.0, "unknown_minutes": 0.0},
            id="down all hour",
        ),
        pytest.param(
            {
                **NOTHING_SEEN,
                **DOWN,
                "known_down_minutes": 0.0,
                "unknown_minutes": 60.0,
                "status_hourly": "Unknown",
            },
            id="nothing heard",
        ),
        pytest.param(
            {**DOWN, "known_down_minutes": 1.0, "unknown_minutes": 59.0},
            id="one minute known down, the rest unknown: Down",
        ),
        pytest.param(
            {
                "up_minutes": 60.0,
                "down_minutes": 0.0,
                "known_down_minutes": 0.0,
                "unknown_minutes": 0.0,
            },
            id="up all hour",
        ),
        pytest.param({"tx_bytes": 36 * 10**9, "utilization_pct": 80.0}, id="sending is busier"),
        pytest.param(
            {"bandwidth_up_mbps": 10.0, "utilization_pct": 100.0},
            id="4.5 GB sent fill an upload of 10 Mbit/s",
        ),
        pytest.param({"observed_minutes": 30.0, "utilization_pct": 40.0}, id="half observed"),
        pytest.param({"bandwidth_mbps": 0.0, "utilization_pct": None}, id="a bandwidth of zero"),
        pytest.param({"utilization_pct": 20.0001}, id="rounded to the last stored digit"),
    ],
)
def test_an_hour_that_keeps_every_rule(duckdb: Any, change: dict[str, Any]) -> None:
    assert broken(duckdb, CIRCUIT_HOUR, GOOD_HOUR | change) == set()


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        ({"hour": None}, {"required_values_are_present"}),
        ({"sample_count": None}, {"required_values_are_present"}),
        ({"utilization_severity": "awful"}, {"words_are_known"}),
        ({"source": "guess"}, {"words_are_known"}),
        ({"dropped_count": -1}, {"amounts_are_not_negative", "counters_are_possible"}),
        ({"dropped_count": 1}, {"counters_are_possible"}),
        ({"bandwidth_mbps": None, "utilization_pct": None}, {"bandwidth_is_known"}),
        ({"bandwidth_up_mbps": -1.0, "utilization_pct": None}, {"amounts_are_not_negative"}),
        ({"availability_pct": 100.1}, {"percentages_are_0_to_100"}),
        ({"unknown_minutes": -1.0, "known_down_minutes": 11.0}, {"minutes_are_0_to_60"}),
        (
            {"known_down_minutes": 61.0, "unknown_minutes": None},
            {"minutes_are_0_to_60", "required_values_are_present"},
        ),
        (
            {"up_minutes": 61.0, "down_minutes": -1.0, "known_down_minutes": -4.0},
            {"minutes_are_0_to_60"},
        ),
        ({"up_minutes": 49.9}, {"down_minutes_is_60_minus_up_minutes"}),
        ({"unknown_minutes": 2.9}, {"known_down_and_unknown_make_down"}),
        ({"status_hourly": "Unknown"}, {"status_follows_up_minutes"}),
        ({"utilization_pct": 20.001}, {"utilization_follows_its_formula"}),
        ({"utilization_pct": 10.0}, {"utilization_follows_its_formula"}),  # of the idler direction
        ({"rx_bytes": 54 * 10**9, "utilization_pct": 120.0}, {"utilization_is_at_most_100_pct"}),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "breaks",
)
def test_an_hour_that_breaks_a_rule(duckdb: Any, change: dict[str, Any], rules: set[str]) -> None:
    assert broken(duckdb, CIRCUIT_HOUR, GOOD_HOUR | change) == rules


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        ({}, set()),
        (
            {"up_minutes": 1441.0, "down_minutes": -1.0},
            {
                "minutes_are_0_to_1440",
                "known_down_and_unknown_make_down",
            },
        ),
        ({"hour_count": 23}, {"down_minutes_is_the_rest"}),
        ({"known_down_minutes": 41.0}, {"known_down_and_unknown_make_down"}),
    ],
    ids=["a day", "more than a day", "an hour less", "a minute twice"],
)
def test_a_day(duckdb: Any, change: dict[str, Any], rules: set[str]) -> None:
    day = {
        "day": H5.date(),
        "circuit_id": "c1",
        "site_id": "s1",
        "hour_count": 24,
        "up_minutes": 1380.0,
        "down_minutes": 60.0,
        "known_down_minutes": 40.0,
        "unknown_minutes": 20.0,
    }
    assert broken(duckdb, CIRCUIT_DAY, day | change) == rules


@pytest.mark.parametrize(
    ("valid_to", "rules"),
    [
        pytest.param(None, set(), id="holds still"),
        pytest.param(H6, set(), id="held an hour"),
        pytest.param(H5, {"valid_from_is_before_valid_to"}, id="never held"),
    ],
)
def test_a_row_holds_for_some_time(duckdb: Any, valid_to: Any, rules: set[str]) -> None:
    row = {"circuit_id": "c1", "site_id": "s1", "valid_from": H5, "valid_to": valid_to}
    assert broken(duckdb, DIM_CIRCUIT, row) == rules


def test_what_was_heard_has_no_bounds(duckdb: Any) -> None:
    """A raw table keeps a nonsense of the source, so that it can be looked into."""
    row = {
        "pass_at": H5,
        "gateway_mac": "aa",
        "port_id": "ge-0/0/0",
        "counter_source": "device",
        "sampled_at": H5,
        "rx_bps": -1.0,
    }
    assert broken(duckdb, RAW_PORT_SAMPLE, row) == set()
    assert broken(duckdb, RAW_PORT_SAMPLE, row | {"sampled_at": None}) == {
        "required_values_are_present"
    }
