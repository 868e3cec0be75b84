"""What is due when, worked out by hand."""

from datetime import timedelta

import pytest

from wan_perf.mist.collect.cadence import EVERY, PASS_EVERY, is_due, reach_back
from wan_perf_tests.support.mist.scripted import START

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("minute", "due"),
    [
        (0, {"devices", "paths", "ports", "events", "scores", "alarms"}),
        (5, {"devices"}),
        (10, {"devices", "paths", "events"}),
        (25, {"devices"}),
        (30, {"devices", "paths", "ports", "events"}),
        (50, {"devices", "paths", "events"}),
        (55, {"devices"}),
    ],
)
def test_due_at_a_minute_of_the_hour(minute: int, due: set[str]) -> None:
    assert {stream for stream in EVERY if is_due(stream, START + minute * MINUTE)} == due


def test_everything_falls_on_a_pass() -> None:
    assert PASS_EVERY == 5 * MINUTE
    assert all(every % PASS_EVERY == timedelta(0) for every in EVERY.values())


def test_a_live_run_reaches_back_an_hour_and_once_an_hour_to_what_arrives_late() -> None:
    reached = [reach_back(START + n * PASS_EVERY) // (60 * MINUTE) for n in range(13)]
    assert reached == [4, *[1] * 11, 4]
