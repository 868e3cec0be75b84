"""Units of time whose rows were replaced: those that the window of a store touches."""

from datetime import datetime

import duckdb
import pytest

from wan_perf.schema.declaration import Table
from wan_perf.schema.tables import CIRCUIT_DAY, CIRCUIT_HOUR, CIRCUIT_MONTH, CIRCUIT_WEEK
from wan_perf.warehouse import Window
from wan_perf.warehouse.changes import units_of_window


@pytest.mark.parametrize(
    ("table", "window", "units"),
    [
        pytest.param(
            *(CIRCUIT_HOUR, ("2026-03-08T22", "2026-03-09T01")),
            ["2026-03-08T22", "2026-03-08T23", "2026-03-09T00"],
            id="hours over midnight, the end not included",
        ),
        pytest.param(
            *(CIRCUIT_HOUR, ("2026-03-08T22:30", "2026-03-08T23:00:01")),
            ["2026-03-08T22", "2026-03-08T23"],
            id="hours that the window touches in part",
        ),
        pytest.param(
            *(CIRCUIT_DAY, ("2026-02-28T00", "2026-03-02T00")),
            ["2026-02-28T00", "2026-03-01T00"],
            id="days over the end of a month",
        ),
        pytest.param(
            *(CIRCUIT_WEEK, ("2026-03-04T00", "2026-03-16T00")),
            ["2026-03-02T00", "2026-03-09T00"],
            id="ISO weeks begin on Mondays: a Wednesday is of that of the 2nd",
        ),
        pytest.param(
            *(CIRCUIT_MONTH, ("2026-01-01T00", "2026-03-01T00")),
            ["2026-01-01T00", "2026-02-01T00"],
            id="months, of which the second has 28 days",
        ),
    ],
)
def test_units_that_a_window_touches(
    table: Table, window: tuple[str, str], units: list[str]
) -> None:
    start, end = (datetime.fromisoformat(at) for at in window)
    query = units_of_window(table, Window(start, end), "TIMESTAMP")
    assert [unit for (unit,) in duckdb.sql(query).fetchall()] == [
        datetime.fromisoformat(at) for at in units
    ]


def test_a_window_without_length_touches_none() -> None:
    at = datetime(2026, 3, 8, 5)
    assert units_of_window(CIRCUIT_HOUR, Window(at, at), "TIMESTAMP") == ""
