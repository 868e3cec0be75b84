"""The declarations themselves: well formed, all used, and their rules checked by hand."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import ibis
import pytest

from wan_perf.schema.columns import COLUMNS, Column
from wan_perf.schema.declaration import IBIS_TYPES, Table, View
from wan_perf.schema.tables import CIRCUIT_DAY, CIRCUIT_HOUR, DIM_CIRCUIT, RAW_PORT_SAMPLE, TABLES
from wan_perf.warehouse import rule_queries
from wan_perf_tests.support.warehouse.rows import GOOD_HOUR, H5, H6

DIALECTS = ("duckdb", "snowflake")
UNITS = {"B": "bytes", "min": "minutes", "%": "pct", "Mbit/s": "mbps", "bit/s": "bps"}
ENDS = {"at": "instant", "id": "text", "count": "integer", "pct": "real", "mbps": "real"}
"""What the last word of a column's name means for its type."""


def broken_rules(**rules: bool) -> list[str]:
    return [rule for rule, holds in rules.items() if not holds]


def offenders(of: Iterable[Any], rules: Callable[[Any], list[str]]) -> dict[str, list[str]]:
    """Whatever breaks a rule, by its name."""
    return {each.name: found for each in of if (found := rules(each))}


def test_columns_are_well_formed_and_used() -> None:
    used = {name for table in TABLES.values() for name in table.columns}

    def rules(column: Column) -> list[str]:
        return broken_rules(
            snake_case=bool(re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", column.name)),
            known_type=column.type in IBIS_TYPES,
            meaning_is_a_sentence=column.meaning[-1] == ".",
            used=column.name in used,
        )

    assert offenders(COLUMNS.values(), rules) == {}


def test_views_are_computed_by_functions_of_kpi() -> None:
    views = {table.name: table for table in TABLES.values() if isinstance(table, View)}
    assert "threshold_run" in views
    for view in views.values():
        assert view.computed_by == f"{view.expression.__module__}:{view.expression.__name__}"
        assert view.expression.__module__.startswith("wan_perf.kpi.")


def test_the_name_of_a_column_has_its_unit_and_its_type() -> None:
    def rules(column: Column) -> list[str]:
        words = column.name.split("_")
        is_flag = words[0] in ("is", "was")
        return broken_rules(
            unit=column.unit not in UNITS or UNITS[column.unit] in words,
            type_by_the_end=ENDS.get(words[-1], column.type) == column.type,
            flag_is_boolean=not is_flag or column.type == "boolean",
        )

    assert offenders(COLUMNS.values(), rules) == {}


def test_tables_are_well_formed() -> None:
    """What slices a table is in its key and never NULL.

    Else a key that is unique in the slice, where it is checked, may not be in the table.
    """

    def rules(table: Table) -> list[str]:
        columns, key = set(table.columns), set(table.key)
        sliced_by = {table.partition, table.snapshot} - {None}
        return broken_rules(
            snake_case=bool(re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", table.name)),
            grain=table.grain.startswith("One row per "),
            each_column_once=len(columns) == len(table.columns),
            known_columns=columns <= set(COLUMNS),
            key_and_required_are_columns=key | set(table.required) <= columns,
            part_of_the_key_is_never_null=set(table.nullable_key) < key,
            slices_are_in_the_key=sliced_by <= key - set(table.nullable_key),
        )

    assert offenders(TABLES.values(), rules) == {}


@pytest.mark.proof
def test_rules_have_names_of_their_own_and_compile_on_both_engines() -> None:
    def rules(table: Table) -> list[str]:
        names = [rule_queries.KEY, rule_queries.ROWS, *(rule.name for rule in table.rules)]
        counted = rule_queries.counts(ibis.table(table.schema, name="rows"), table, table.rules)
        minutes = [c for c in counted.columns if c in (rule_queries.MINUTES, rule_queries.UNKNOWN)]
        sql = {dialect: str(ibis.to_sql(counted, dialect=dialect)) for dialect in DIALECTS}
        return broken_rules(
            unique=len(set(names)) == len(names),
            snake_case=all(re.fullmatch(r"[a-z0-9_]+", name) for name in names),
            columns=[*counted.columns]
            == [rule_queries.ROWS, *names[2:], *minutes, rule_queries.KEY],
            minutes=bool(minutes) == ("unknown_minutes" in table.columns),
            **{dialect: names[-1] in text for dialect, text in sql.items()},
        )

    assert offenders(TABLES.values(), rules) == {}


def test_the_dictionary_names_every_column() -> None:
    def rules(table: Table) -> list[str]:
        line = table.to_line()
        head = f"{table.name}: {table.grain} Key: {', '.join(table.key)}."
        return broken_rules(
            one_line="\n" not in line,
            head=line.startswith(head),
            **{column.name: f"{column.name} ({column.type}" in line for column in table.fields},
        )

    assert offenders(TABLES.values(), rules) == {}


def test_an_offender_is_listed_with_the_rules_that_it_breaks() -> None:
    [(name, found)] = offenders(
        [COLUMNS["utilization_pct"], replace(COLUMNS["flap_count"], name="Flap Count")],
        lambda column: broken_rules(lower=column.name.islower(), unit=bool(column.unit)),
    ).items()
    assert (name, found) == ("Flap Count", ["lower", "unit"])


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
    [found] = duckdb.to_pandas(rule_queries.counts(rows, table, table.rules)).to_dict("records")
    assert found.pop(rule_queries.ROWS) == 1
    rules = {rule_queries.KEY, *(rule.name for rule in table.rules)}
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
            id="no telemetry",
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
def test_an_hour_that_follows_every_rule(duckdb: Any, change: dict[str, Any]) -> None:
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


def test_raw_values_have_no_bounds(duckdb: Any) -> None:
    """A raw table stores impossible values of the source, so that they can be examined."""
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
