"""Rules of pieces, runs and hours above, broken one by one by hand."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import ibis
import pytest

from wan_perf.schema.declaration import Table
from wan_perf.schema.tables import CIRCUIT_DAY, THRESHOLD_PIECE, THRESHOLD_RUN
from wan_perf.warehouse import rule_queries

PIECE = {
    "day": date(2026, 3, 8),
    "circuit_id": "c1",
    "site_id": "s1",
    "metric": "utilization_pct",
    "severity": "high",
    "level": 80.0,
    "started_at": datetime(2026, 3, 8, 5),
    "ended_at": datetime(2026, 3, 8, 7),
    "above_hours": 2,
    "value_max": 90.0,
    "value_sum": 175.0,
    "value_mean": 87.5,
}
NEXT = {**PIECE, "started_at": datetime(2026, 3, 8, 7), "ended_at": datetime(2026, 3, 8, 9)}


@pytest.fixture(scope="module")
def duckdb() -> Iterator[Any]:
    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()


def broken(duckdb: Any, table: Table, *rows: dict[str, Any]) -> dict[str, int]:
    """Names of the rules that the rows break, each with how many rows do."""
    given = ibis.memtable(
        [{name: row.get(name) for name in table.columns} for row in rows], schema=table.schema
    )
    [found] = duckdb.to_pandas(rule_queries.counts(given, table, table.rules)).to_dict("records")
    assert found.pop(rule_queries.ROWS) == len(rows)
    sums = (rule_queries.MINUTES, rule_queries.UNKNOWN)
    return {name: count for name, count in found.items() if count and name not in sums}


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        pytest.param({}, {}, id="two hours at 85 and 90"),
        pytest.param(
            {"ended_at": datetime(2026, 3, 8, 5), "above_hours": 0},
            {"ended_after_it_started": 1},
            id="no length",
        ),
        pytest.param({"above_hours": 1}, {"hours_are_its_length": 1}, id="an hour too few"),
        pytest.param({"value_mean": 91.0}, {"mean_is_at_most_the_peak": 1}, id="mean over peak"),
        pytest.param({"level": 88.0}, {"is_above_its_level": 1}, id="mean under the level"),
        pytest.param({"day": date(2026, 3, 7)}, {"lies_within_its_day": 1}, id="another day"),
        pytest.param(
            {"ended_at": datetime(2026, 3, 9, 1), "above_hours": 20},
            {"lies_within_its_day": 1},
            id="beyond midnight",
        ),
        pytest.param(
            {"ended_at": datetime(2026, 3, 9), "above_hours": 19}, {}, id="ends at midnight"
        ),
        pytest.param({"severity": "awful"}, {"words_are_known": 1}, id="no such severity"),
    ],
)
def test_a_piece(duckdb: Any, change: dict[str, Any], rules: dict[str, int]) -> None:
    assert broken(duckdb, THRESHOLD_PIECE, PIECE | change) == rules


@pytest.mark.parametrize("table", [THRESHOLD_PIECE, THRESHOLD_RUN], ids=lambda t: t.name)
@pytest.mark.parametrize(
    ("second", "rules"),
    [
        pytest.param(NEXT, {}, id="the next begins where it ends"),
        pytest.param(
            NEXT | {"started_at": datetime(2026, 3, 8, 6), "above_hours": 3},
            {"none_overlaps_the_next": 1},
            id="the next begins within it",
        ),
        pytest.param(PIECE | {"severity": "warning"}, {}, id="another severity"),
        pytest.param(PIECE | {"circuit_id": "c2"}, {}, id="another circuit"),
        pytest.param(PIECE, {"none_overlaps_the_next": 1, "key_is_unique": 1}, id="twice"),
    ],
)
def test_two_of_them(
    duckdb: Any, table: Table, second: dict[str, Any], rules: dict[str, int]
) -> None:
    assert broken(duckdb, table, PIECE, second) == rules


DAY = {
    "day": date(2026, 3, 8),
    "circuit_id": "c1",
    "site_id": "s1",
    "hour_count": 24,
    "up_minutes": 1440.0,
    "down_minutes": 0.0,
    "known_down_minutes": 0.0,
    "unknown_minutes": 0.0,
    "utilization_judged_hours": 10,
    **{f"utilization_{severity}_hours": 6 for severity in ("warning", "high", "critical")},
    **{f"utilization_{severity}_longest_hours": 4 for severity in ("warning", "high", "critical")},
}
UNJUDGED = {name: None for name in DAY if name.startswith("utilization_")}


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        pytest.param({}, {}, id="six hours, four of them on end"),
        pytest.param(UNJUDGED | {"utilization_judged_hours": 0}, {}, id="nothing was judged"),
        pytest.param(
            {"utilization_high_hours": 7}, {"hours_above_are_among_the_judged": 1}, id="more high"
        ),
        pytest.param(
            {"utilization_judged_hours": 5}, {"hours_above_are_among_the_judged": 1}, id="unjudged"
        ),
        pytest.param(
            {"utilization_warning_longest_hours": 7},
            {"a_run_is_part_of_the_hours_above": 1},
            id="a run longer than all hours",
        ),
        pytest.param(
            {"utilization_critical_longest_hours": 0},
            {"a_run_is_part_of_the_hours_above": 1},
            id="hours above in no run",
        ),
    ],
)
def test_hours_above_of_a_day(duckdb: Any, change: dict[str, Any], rules: dict[str, int]) -> None:
    assert broken(duckdb, CIRCUIT_DAY, DAY | change) == rules
