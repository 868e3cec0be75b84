"""Each rule finds the fault that it is for, and what the package declares and computes has none."""

import pytest

from wan_perf.schema.columns import COLUMNS
from wan_perf.schema.declaration import View
from wan_perf.schema.tables import TABLES
from wan_perf_tests.support.warehouse.snowflake import stand_in
from wan_perf_tests.support.warehouse.snowflake_lint import (
    RULES,
    VIEW_BYTES,
    faults,
    reserved_words,
)

BAD = {
    "reserved word": "CREATE TABLE failover_piece (day DATE, trigger DATE)",
    "case of a name": 'SELECT "t0"."hour" AS "h" FROM "CIRCUIT_HOUR" AS "t0"',
    "size of a view": f"CREATE VIEW v AS SELECT '{'x' * VIEW_BYTES}' AS a",
    "size of a statement": f"SELECT '{'x' * 300_000}' AS a",
    "depth of a statement": "SELECT 1 AS a FROM (" * 70 + "SELECT 1 AS a" + ")" * 70,
    "division": 'SELECT CAST("t0"."N" AS DOUBLE) / "t0"."OF" AS "share" FROM "T" AS "t0"',
    "LN or SQRT": 'SELECT LN("t0"."N") AS "a" FROM "T" AS "t0"',
    "float to text": 'SELECT CAST(ROUND("t0"."N", 1) AS VARCHAR) AS "a" FROM "T" AS "t0"',
    "bare TIMESTAMP": 'CREATE VIEW v AS SELECT CAST("DAY" AS TIMESTAMP) AS "a" FROM "T"',
    "place of NULLs": ('SELECT ROW_NUMBER() OVER (ORDER BY "t0"."N" ASC) AS "a" FROM "T" AS "t0"'),
    "MAX_BY with ties": 'SELECT MAX_BY("t0"."N", "t0"."RX_BYTES") AS "a" FROM "T" AS "t0"',
    "frame by range": (
        'SELECT SUM("t0"."N") OVER (ORDER BY "t0"."DAY" RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) '
        'AS "a" FROM "T" AS "t0"'
    ),
    "MAX of a flag": 'SELECT MAX("N" > 1) OVER (PARTITION BY "DAY") AS "a" FROM "T"',
    "clustering": "CREATE TABLE t (day DATE) CLUSTER BY (day)",
    "collation": "CREATE TABLE t (circuit_id VARCHAR)",
}
GOOD = {
    "reserved word": "CREATE TABLE failover_piece (day DATE, failover_cause DATE)",
    "case of a name": 'SELECT "t0"."HOUR" AS "h" FROM "CIRCUIT_HOUR" AS "t0"',
    "division": 'SELECT CAST("N" AS DOUBLE) / (60.0 * NULLIF("OF", 0)) AS "a" FROM "T"',
    "LN or SQRT": 'SELECT LN(NULLIF("t0"."N", 0)) AS "a" FROM "T" AS "t0"',
    "float to text": (
        'SELECT CAST(CAST(ROUND("t0"."N", 1) AS DECIMAL(18, 1)) AS VARCHAR) AS "a" FROM "T" AS "t0"'
    ),
    "bare TIMESTAMP": (
        'CREATE VIEW v AS SELECT CAST("t0"."DAY" AS TIMESTAMP_NTZ) AS "a" FROM "T" AS "t0"'
    ),
    "place of NULLs": (
        'SELECT ROW_NUMBER() OVER (ORDER BY "t0"."N" ASC NULLS LAST) AS "a" FROM "T" AS "t0"'
    ),
    "MAX_BY with ties": 'SELECT MAX_BY("t0"."N", "t0"."DAY") AS "a" FROM "T" AS "t0"',
    "frame by range": (
        'SELECT SUM("t0"."N") OVER (ORDER BY "t0"."DAY" ASC NULLS LAST ROWS BETWEEN 1 PRECEDING '
        'AND CURRENT ROW) AS "a" FROM "T" AS "t0"'
    ),
    "collation": "CREATE TABLE t (circuit_id VARCHAR COLLATE '')",
}


def test_every_rule_is_shown_to_fail() -> None:
    assert BAD.keys() == RULES.keys()


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_finds_its_fault_and_no_other(rule: str) -> None:
    assert {fault.split(":")[0] for fault in faults(BAD[rule])} == {rule}
    if rule in GOOD:
        assert faults(GOOD[rule]) == []


def test_no_table_or_column_has_the_name_of_a_reserved_word() -> None:
    assert {"TRIGGER", "ORDER", "START"} <= reserved_words()
    names = [*TABLES, *COLUMNS]
    assert [name for name in names if name.upper() in reserved_words()] == []


def test_what_is_declared_is_as_snowflake_takes_it() -> None:
    """All tables and views; what assets compute is linted by proofs/graph/test_parity."""
    warehouse = stand_in()
    found = {}
    for table in TABLES.values():
        is_view = isinstance(table, View)
        found[table.name] = faults(
            warehouse.declared_view(table) if is_view else warehouse.definition(table)
        )
        for column in () if is_view else table.fields[-1:]:
            found[f"{table.name}.{column.name}"] = faults(warehouse.addition(table, column))
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
