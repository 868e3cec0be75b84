"""Hours above a level as bits: how many, and the most on end, by hand and in plain Python."""

import random
from functools import cache

import ibis
import pytest

from wan_perf.kpi.windows.hour_bits import bit, with_time_above_of_bits
from wan_perf.schema.metrics import JUDGED, UTILIZATION
from wan_perf.schema.values import SEVERITIES
from wan_perf_tests.support.kpi.engine import Query
from wan_perf_tests.support.kpi.rows import Row

CONTINUOUS, CUMULATIVE = UTILIZATION.continuous("high"), UTILIZATION.cumulative("high")


@cache
def query() -> Query:
    """What hours so far back, one row each, come to as bits."""
    names = [m.continuous(s) for m in JUDGED for s in SEVERITIES]
    columns = {"nth": "int64", "hours_back": "int64", "is_above": "boolean", "judged": "int64"}
    hours = ibis.table(columns, name="hours")
    own = bit(hours.hours_back)
    sums = hours.group_by("nth").aggregate(
        **{name: hours.is_above.ifelse(own, 0.0).sum() for name in names},
        **{metric.judged: hours.judged.sum() for metric in JUDGED},
    )
    return Query(with_time_above_of_bits(sums))


def found(*windows: str, judged: int = 1) -> list[Row]:
    """Windows as their hours in order of time: # above, . not, blank missing."""
    rows = [
        {"nth": n, "hours_back": len(hours) - 1 - at, "is_above": what == "#", "judged": judged}
        for n, hours in enumerate(windows)
        for at, what in enumerate(hours)
        if what != " "
    ]
    random.Random(1).shuffle(rows)
    return sorted(query().rows(hours=rows), key=lambda row: row["nth"])


@pytest.mark.parametrize(
    ("hours", "longest", "in_all"),
    [
        pytest.param("...", 0, 0, id="none"),
        pytest.param(".#.", 1, 1, id="one"),
        pytest.param("##.", 2, 2, id="from the first hour on"),
        pytest.param(".##", 2, 2, id="up to the last hour"),
        pytest.param("#.##.###.#..", 3, 7, id="several"),
        pytest.param("## ##", 2, 4, id="a missing hour ends a run"),
        pytest.param(24 * "#", 24, 24, id="all day"),
        pytest.param(12 * "#.", 1, 12, id="every other hour"),
        pytest.param("." + 22 * "#" + ".", 22, 22, id="all but the first and the last"),
    ],
)
def test_both_modes(hours: str, longest: int, in_all: int) -> None:
    [row] = found(hours)
    assert (row[CONTINUOUS], row[CUMULATIVE]) == (longest, in_all)


def test_what_could_not_be_judged_has_no_hours_and_not_zero() -> None:
    [row] = found("...", judged=0)
    assert (row[CONTINUOUS], row[CUMULATIVE]) == (None, None)


def test_every_length_at_every_place_of_a_day_is_as_long_as_it_is() -> None:
    drawn = [(24 - n, at) for n in range(24) for at in range(n + 1)]
    windows = [at * "." + length * "#" + (24 - at - length) * "." for length, at in drawn]
    assert [row[CONTINUOUS] for row in found(*windows)] == [length for length, _ in drawn]


def test_hours_by_chance_are_as_plain_python_says() -> None:
    chance = random.Random(5)
    windows = [
        "".join("#" if chance.random() < share else "." for _ in range(24))
        for share in (0.1, 0.5, 0.8, 0.95)
        for _ in range(200)
    ]
    rows = found(*windows)
    assert [row[CONTINUOUS] for row in rows] == [max(map(len, w.split("."))) for w in windows]
    assert [row[CUMULATIVE] for row in rows] == [w.count("#") for w in windows]
