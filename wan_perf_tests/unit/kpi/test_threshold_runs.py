"""Time above a level: what starts and ends a run, pieces and their chain, both modes."""

from functools import cache
from typing import Any

import pytest

from wan_perf.kpi.events.episodes import threshold_runs
from wan_perf.kpi.events.threshold_runs import threshold_pieces, with_time_above
from wan_perf.kpi.rollups.period_sums import sums
from wan_perf.policy.thresholds import Override
from wan_perf.schema.periods import DAY
from wan_perf.schema.tables import CIRCUIT_HOUR, THRESHOLD_PIECE, THRESHOLD_RUN
from wan_perf_tests.support.examples import seeds
from wan_perf_tests.support.kpi import runs_reference
from wan_perf_tests.support.kpi.engine import Query, circuit_hour_query, unbound
from wan_perf_tests.support.kpi.estate import hours as local_hours
from wan_perf_tests.support.kpi.estate import policy, tables
from wan_perf_tests.support.kpi.loads import LEVELS, MIDNIGHT, RAISED, loaded, ragged
from wan_perf_tests.support.kpi.rows import HOUR, H, Row, sample

SEEDS = pytest.mark.parametrize("seed", seeds(40, few=5))


@cache
def piece_query() -> Query:
    return Query(threshold_pieces(unbound(CIRCUIT_HOUR)).select(*THRESHOLD_PIECE.columns))


@cache
def run_query() -> Query:
    runs = threshold_runs(unbound(THRESHOLD_PIECE), unbound(CIRCUIT_HOUR))
    return Query(runs.select(*THRESHOLD_RUN.columns))


@cache
def day_query() -> Query:
    hours = unbound(CIRCUIT_HOUR)
    days = sums(hours.mutate(day=hours.hour.date()), DAY.column, "circuit_id")
    return Query(with_time_above(days, unbound(THRESHOLD_PIECE), DAY))


def pieces(hours: list[Row]) -> list[Row]:
    return runs_reference.in_order(piece_query().rows(circuit_hour=hours))


def runs(hours: list[Row], of_pieces: list[Row] | None = None) -> list[Row]:
    given = pieces(hours) if of_pieces is None else of_pieces
    return runs_reference.in_order(run_query().rows(threshold_piece=given, circuit_hour=hours))


def day(hours: list[Row]) -> Row:
    [row] = day_query().rows(circuit_hour=hours, threshold_piece=pieces(hours))
    return row


def spans(rows: list[Row], severity: str = "high") -> list[tuple[Any, Any]]:
    """Start and end of the rows of a severity, in hours since midnight."""
    at = [(row["started_at"], row["ended_at"]) for row in rows if row["severity"] == severity]
    return [((a - MIDNIGHT) // H, (b - MIDNIGHT) // H) for a, b in at]


def series(*percents: float | None, first: int = 0) -> list[Row]:
    return [loaded(first + n, pct) for n, pct in enumerate(percents)]


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        pytest.param(series(79.9999, 80, 85, 50), [(1, 3)], id="the level itself counts"),
        pytest.param(series(90, 90, None, 90), [(0, 2), (3, 4)], id="an unknown hour ends a run"),
        pytest.param([loaded(0, 90), loaded(2, 90)], [(0, 1), (2, 3)], id="so does a missing one"),
        pytest.param(series(10, 79), [], id="never above"),
        pytest.param([], [], id="no hours"),
        pytest.param(
            [loaded(0, 90), loaded(1, 90, observed=29.9999), loaded(2, 90)],
            [(0, 1), (2, 3)],
            id="an hour observed for less than 30 minutes is not above and ends a run",
        ),
        pytest.param(
            [loaded(0, 90), loaded(1, 90, observed=30.0), loaded(2, 90)],
            [(0, 3)],
            id="30 minutes are enough",
        ),
        pytest.param([loaded(0, 90, observed=None)], [], id="not known to be observed"),
        pytest.param(
            [loaded(0, 90), loaded(1, 90, levels=(None,) * 3)], [(0, 1)], id="no level, no run"
        ),
        pytest.param(
            [loaded(0, 90), loaded(0, 90, "C2"), loaded(1, 90)],
            [(0, 2), (0, 1)],
            id="circuits apart",
        ),
        pytest.param(series(85, 85, first=23), [(23, 24), (24, 25)], id="cut at midnight"),
        pytest.param(series(*[85] * 24), [(0, 24)], id="the whole day"),
    ],
)
def test_pieces(hours, expected):
    assert spans(pieces(hours)) == expected


def test_figures_of_a_piece():
    """80, 100 and 90.0003 %: 270.0003 in all, on end from 05:00 to 08:00."""
    [row] = [r for r in pieces(series(80, 100, 90.0003, first=5)) if r["severity"] == "high"]
    assert row == {
        "day": MIDNIGHT.date(),
        "circuit_id": "C1",
        "site_id": "S1",
        "metric": "utilization_pct",
        "severity": "high",
        "level": 80,
        "started_at": MIDNIGHT + 5 * H,
        "ended_at": MIDNIGHT + 8 * H,
        "above_hours": 3,
        "value_max": 100,
        "value_sum": 270.0003,
        "value_mean": 270.0003 / 3,
    }


def test_a_severer_run_lies_in_a_milder_one():
    found = pieces(series(70, 80, 90, 80, 70))
    assert [spans(found, severity) for severity in ("warning", "high", "critical")] == [
        [(0, 5)], [(1, 4)], [(2, 3)]
    ]  # fmt: skip


def test_a_change_of_the_level_cuts_a_piece_and_no_run():
    """90 % all the time; high is 80 up to 02:00, 85 up to 04:00, then 80 again."""
    levels = [LEVELS, LEVELS, RAISED, RAISED, LEVELS]
    hours = [loaded(n, 90, levels=of_hour) for n, of_hour in enumerate(levels)]
    high = [row for row in pieces(hours) if row["severity"] == "high"]
    assert spans(high) == [(0, 2), (2, 4), (4, 5)]
    assert [row["level"] for row in high] == [80, 85, 80]
    assert spans(runs(hours)) == [(0, 5)]
    assert day(hours)["utilization_high_longest_hours"] == 5


def test_a_level_raised_above_the_value_ends_the_run():
    hours = [loaded(0, 82), loaded(1, 82, levels=RAISED)]
    assert spans(runs(hours)) == [(0, 1)]
    assert runs(hours)[0]["is_open"] is False


def test_the_policys_date_decides_which_level_an_hour_has():
    """82 % in both hours; from 11:00 on high is 85."""
    raised = Override(
        metric="utilization_pct", warning=75, high=85, critical=95, **{"from": HOUR + H}
    )
    mbit_minute = 7_500_000
    carried = [int(8 * n * mbit_minute * 0.82) for n in (0, 10, 20, 30, 60, 70, 80, 90)]
    clocks = ("10:00", "10:10", "10:20", "10:30", "11:00", "11:10", "11:20", "11:30")
    hours = circuit_hour_query().rows(
        **tables(
            dim_hour=local_hours(HOUR, 2),
            dim_policy=policy(raised),
            raw_port_sample=[sample(c, n, n) for c, n in zip(clocks, carried, strict=True)],
        )
    )
    hours.sort(key=lambda row: row["hour"])
    assert [row["utilization_high_level_pct"] for row in hours] == [80, 85]
    assert [row["utilization_severity"] for row in hours] == ["high", "warning"]
    assert spans(pieces(hours)) == [(10, 11)]
    assert spans(pieces(hours), "warning") == [(10, 11), (11, 12)]


def test_a_move_to_another_site_cuts_a_piece_and_no_run():
    hours = [loaded(0, 90), loaded(1, 90, site="S2")]
    assert [row["site_id"] for row in pieces(hours) if row["severity"] == "high"] == ["S1", "S2"]
    [run] = [row for row in runs(hours) if row["severity"] == "high"]
    assert (run["site_id"], run["above_hours"]) == ("S2", 2)


def test_a_run_over_days_is_one_row():
    """From 22:00 over two midnights to 01:00 of the day after next."""
    [run] = [r for r in runs(series(*[85] * 27, 10, first=22)) if r["severity"] == "high"]
    assert (run["started_at"], run["ended_at"]) == (MIDNIGHT + 22 * H, MIDNIGHT + 49 * H)
    assert (run["above_hours"], run["value_mean"], run["is_open"]) == (27, 85, False)


OTHER_CIRCUIT = loaded(2, 10, "C2")
"""A row of the newest hour, 02:00."""


@pytest.mark.parametrize(
    ("after", "is_open"),
    [
        pytest.param([], True, id="reaches the end of the newest hour"),
        pytest.param([loaded(2, 10)], False, id="the hour after it is below"),
        pytest.param([loaded(2, None)], True, id="the newest hour is not judged yet"),
        pytest.param([loaded(2, 10, observed=20.0)], True, id="nor after 20 minutes of it"),
        pytest.param([OTHER_CIRCUIT], False, id="out of service in the newest hour"),
        pytest.param(
            [loaded(2, None), loaded(3, 10, "C2")], False, id="the hour after it stayed unknown"
        ),
        pytest.param([loaded(3, 85)], False, id="the hour after it is missing"),
    ],
)
def test_a_run_is_open_where_nothing_known_ends_it(after, is_open):
    run = runs([loaded(0, 85), loaded(1, 85), *after])[0]
    assert (spans([run], run["severity"]), run["is_open"]) == ([(0, 2)], is_open)


def test_a_run_whose_pieces_are_older_than_its_hours_is_open():
    """Pieces were cut after 02:00; by now 03:00 is above too, and 04:00 is there."""
    early = [loaded(0, 85), loaded(1, 85)]
    later = [*early, loaded(2, 85), loaded(3, 10)]
    [run] = [row for row in runs(later, pieces(early)) if row["severity"] == "high"]
    assert (spans([run]), run["is_open"]) == ([(0, 2)], True)


def test_without_any_hours_it_is_not_known_whether_a_run_goes_on():
    assert runs([], pieces([loaded(0, 85)]))[0]["is_open"] is None


def test_both_modes_of_a_day():
    """High for 1, then 3, then 2 hours: 6 in all, 3 on end."""
    row = day(series(85, 10, 85, 85, 85, None, 85, 85))
    assert row["utilization_high_hours"] == 6
    assert row["utilization_high_longest_hours"] == 3
    assert row["utilization_critical_hours"] == row["utilization_critical_longest_hours"] == 0
    assert row["utilization_judged_hours"] == 7


def test_a_day_in_which_nothing_could_be_judged_has_no_hours_above_and_not_zero():
    row = day([loaded(0, None), loaded(1, 99, observed=29)])
    above = [n for n in row if n.startswith("utilization_") and n.endswith("_hours")]
    assert len(above) == 7
    assert {name: row[name] for name in above if row[name] is not None} == {
        "utilization_judged_hours": 0
    }


def test_a_run_over_midnight_counts_in_each_day_for_its_part():
    hours = series(85, 85, 85, first=22)
    rows = day_query().rows(circuit_hour=hours, threshold_piece=pieces(hours))
    longest = {row["day"]: row["utilization_high_longest_hours"] for row in rows}
    assert [longest[at] for at in sorted(longest)] == [2, 1]


@SEEDS
def test_ragged_days_are_as_the_reference_says(seed):
    hours = ragged(seed)
    found = pieces(hours)
    assert found == runs_reference.pieces(hours)
    assert runs(hours, found) == runs_reference.runs(hours)
    rows = day_query().rows(circuit_hour=hours, threshold_piece=found)
    for row in rows:
        at = MIDNIGHT.replace(day=row["day"].day)
        expected = runs_reference.time_above(hours, row["circuit_id"], at)
        assert {name: row[name] for name in expected} == expected
    assert len(rows) == len({(row["circuit_id"], row["hour"].date()) for row in hours})


@SEEDS
def test_a_day_alone_is_the_day_in_a_range(seed):
    hours = ragged(seed)
    days = {row["hour"].date() for row in hours}
    alone = [row for at in days for row in pieces([h for h in hours if h["hour"].date() == at])]
    assert runs_reference.in_order(alone) == pieces(hours)


@pytest.mark.proof
def test_the_ragged_days_hold_what_they_are_to_try():
    """Long runs, runs over midnights, changes of level within a run, open ones and over ones."""
    drawn = [ragged(seed) for seed in range(40)]
    found = [row for hours in drawn for row in runs_reference.runs(hours)]
    cut = [row for hours in drawn for row in runs_reference.pieces(hours)]
    assert max(row["above_hours"] for row in found) > 24
    assert 0 < sum(row["is_open"] for row in found) < len(found) / 2
    last = [row["ended_at"] - H for row in found]
    midnights = sum(
        (at.date() - row["started_at"].date()).days for at, row in zip(last, found, strict=True)
    )
    assert midnights > 100
    assert len(cut) > len(found) + midnights  # what else cuts a piece: a new level, another site
