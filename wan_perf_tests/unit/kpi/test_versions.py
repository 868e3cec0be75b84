"""From when to when what a snapshot says holds."""

from datetime import datetime
from functools import cache

import ibis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wan_perf.kpi.dimensions.validity import merge_versions, versions
from wan_perf_tests.support.examples import oracle
from wan_perf_tests.support.kpi.engine import Query
from wan_perf_tests.support.kpi.snapshots import DAYS

EVER = datetime(1970, 1, 1)


@cache
def versions_query() -> Query:
    snapshots = ibis.table(
        {"taken_at": "timestamp(6)", "thing": "string", "value": "int64"}, name="snapshots"
    )
    taken = ibis.table({"taken_at": "timestamp(6)"}, name="taken")
    return Query(versions(snapshots, ["thing"], ["value"], taken))


def version_rows(snapshots: list[tuple[int, str, int | None]], days: int) -> list[tuple]:
    """(thing, value, from, to) of what each snapshot contains."""
    rows = versions_query().rows(
        snapshots=[{"taken_at": DAYS[day], "thing": t, "value": v} for day, t, v in snapshots],
        taken=[{"taken_at": day} for day in DAYS[:days]],
    )
    found = [(r["thing"], r["value"], r["valid_from"], r["valid_to"]) for r in rows]
    return sorted(found, key=lambda row: (row[0], row[2]))


@pytest.mark.parametrize(
    ("snapshots", "expected"),
    [
        pytest.param([(0, "a", 1), (1, "a", 1)], [("a", 1, EVER, None)], id="unchanged"),
        pytest.param(
            [(0, "a", 1), (1, "a", 2)],
            [("a", 1, EVER, DAYS[1]), ("a", 2, DAYS[1], None)],
            id="changed",
        ),
        pytest.param([(0, "a", 1)], [("a", 1, EVER, DAYS[1])], id="vanished"),
        pytest.param([(1, "a", 1)], [("a", 1, DAYS[1], None)], id="appeared later"),
        pytest.param(
            [(0, "a", None), (1, "a", None)], [("a", None, EVER, None)], id="NULL equals NULL"
        ),
        pytest.param(
            [(0, "a", None), (1, "a", 1)],
            [("a", None, EVER, DAYS[1]), ("a", 1, DAYS[1], None)],
            id="NULL and a value differ",
        ),
    ],
)
def test_two_snapshots(snapshots, expected):
    assert version_rows(snapshots, 2) == expected


def test_what_reappears_begins_again():
    expected = [("a", 1, EVER, DAYS[1]), ("a", 1, DAYS[2], None)]
    assert version_rows([(0, "a", 1), (2, "a", 1)], 3) == expected


def reference_versions(series_by_thing: dict[str, list], days: int) -> list[tuple]:
    """Walk the snapshots of each thing; a missing one is `absent`."""
    found = []
    for thing, values in sorted(series_by_thing.items()):
        for day in range(days):
            if values[day] == "absent" or (day and values[day] == values[day - 1]):
                continue
            end = next((d for d in range(day, days) if values[d] != values[day]), None)
            start = EVER if day == 0 else DAYS[day]
            found.append((thing, values[day], start, None if end is None else DAYS[end]))
    return found


@oracle(40)
@given(
    st.dictionaries(
        st.sampled_from("abc"),
        st.lists(st.sampled_from(["absent", None, 1, 2]), min_size=6, max_size=6),
    )
)
def test_versions_are_as_the_reference_says(values):
    snapshots = [
        (day, thing, value)
        for thing, series in values.items()
        for day, value in enumerate(series)
        if value != "absent"
    ]
    assert version_rows(snapshots, 6) == reference_versions(values, 6)


@cache
def merged_query() -> Query:
    rows = ibis.table(
        {"thing": "string", "value": "int64"}
        | {"valid_from": "timestamp(6)", "valid_to": "timestamp(6)"},
        name="rows",
    )
    return Query(merge_versions(rows, ["thing"], ["value"]))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            [(1, EVER, DAYS[1]), (1, DAYS[1], None)], [(1, EVER, None)], id="equal values are one"
        ),
        pytest.param(
            [(None, EVER, DAYS[1]), (None, DAYS[1], DAYS[2]), (2, DAYS[2], None)],
            [(None, EVER, DAYS[2]), (2, DAYS[2], None)],
            id="NULL equals NULL",
        ),
        pytest.param(
            [(1, EVER, DAYS[1]), (1, DAYS[2], None)],
            [(1, EVER, DAYS[1]), (1, DAYS[2], None)],
            id="a gap stays",
        ),
        pytest.param(
            [(1, EVER, DAYS[1]), (2, DAYS[1], DAYS[2]), (1, DAYS[2], None)],
            [(1, EVER, DAYS[1]), (2, DAYS[1], DAYS[2]), (1, DAYS[2], None)],
            id="a value that comes back",
        ),
    ],
)
def test_consecutive_rows_of_equal_values_are_one(rows: list[tuple], expected: list[tuple]):
    given = [
        {"thing": "a", "value": value, "valid_from": begin, "valid_to": end}
        for value, begin, end in rows
    ]
    found = merged_query().rows(rows=given)
    key = [(r["value"], r["valid_from"], r["valid_to"]) for r in found]
    assert sorted(key, key=lambda row: row[1]) == expected
