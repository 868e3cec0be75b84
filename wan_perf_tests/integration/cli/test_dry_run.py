"""wan-perf collect --dry-run: what it says is what a collection requests; it requests nothing."""

import io
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from wan_perf.cli.dry_run import print_planned
from wan_perf.cli.planned_requests import Planned, planned_requests
from wan_perf.simulator import Cloud, Fleet
from wan_perf_tests.support.graph.staged import HOUR, START, Collecting, Stage, staged
from wan_perf_tests.support.shell import Shell

MINUTE = timedelta(minutes=1)
NOON = START + 12 * HOUR


def printed(found: list[Planned], calls_left: int | None) -> list[str]:
    out = io.StringIO()
    print_planned(found, calls_left, 1000, Console(file=out, width=200, soft_wrap=True))
    return out.getvalue().splitlines()


def test_a_line_a_stage_and_the_sum_beside_the_calls_that_are_left():
    found = [
        Planned("polls", "of 12:00 UTC: devices", 6, "at least"),
        Planned("scores", "2 hours", 11, can_wait=True),
        Planned("history", "12,000 ports", 24_007, can_wait=True),
    ]
    assert printed(found, 4_700) == [
        "polls          at least 6     of 12:00 UTC: devices",
        "scores         11             2 hours",
        "history        24,007         12,000 ports",
        "In all at least 24,024 calls; 4,700 were left in this hour after the newest poll.",
        "Of scores and history only as many calls as leave 1,000 of the hour's to live polls "
        "(WAN_PERF_CALL_RESERVE); the rest in a later run.",
        "Nothing was requested, run or stored.",
    ]


def test_nothing_to_request_is_one_line():
    assert printed([], None) == [
        "All of the range is stored and final; nothing would be requested."
    ]


def test_calls_that_are_left_are_not_guessed():
    [_, total, _] = printed([Planned("polls", "of 12:05 UTC: devices", 2)], None)
    assert total == "In all 2 calls; how many are left, wan-perf doctor shows."


def test_in_a_fresh_home_everything_is_due_and_nothing_is_requested_or_written(
    collected_cloud: Cloud, tmp_path: Path
):
    before = collected_cloud.calls()
    done = Shell(tmp_path, collected_cloud).run("collect", "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["inventory", "at", "least", "7", "none", "is", "stored", "yet"]
    assert lines[1].startswith("sites          unknown")
    assert [line.split()[0] for line in lines if line.startswith("polls")] == ["polls"]
    assert lines[-1] == "Nothing was requested, run or stored."
    assert collected_cloud.calls() == before
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    fleet = Fleet.seeded(7, 2, START, START + 48 * HOUR, faults=False)
    with staged(fleet, tmp_path, now=NOON, kind=Collecting) as found:
        yield found


def compared(
    stage: Stage, start: datetime | None, end: datetime | None, collect: Callable[[], object]
) -> tuple[dict[str, int], int, int]:
    """Calls by stage as planned, their sum, and the calls that were then made."""
    cloud = stage.cloud
    before = cloud.calls()
    found = planned_requests(stage.runs, start, end, inventory=False, again=False)
    assert cloud.calls() == before
    collect()
    made = sum(n for path, n in cloud.calls().items()) - sum(before.values())
    by_stage: dict[str, int] = {}
    for one in found:
        by_stage[one.stage] = by_stage.get(one.stage, 0) + one.calls
    return by_stage, sum(by_stage.values()), made


@pytest.mark.proof
def test_the_calls_of_live_polls_are_those_planned(stage: Stage):
    """2 stores of one page each; at 12:00 all is due, at 12:05 the devices, at 12:10 events too."""

    def live() -> tuple[dict[str, int], int, int]:
        return compared(stage, None, None, lambda: stage.runs.collect(None, None))

    first, planned, made = live()
    assert set(first) == {"inventory", "sites", "polls", "events", "scores", "causes", "alarms"}
    assert planned == made
    for minutes, stages in ((5, {"polls"}), (10, {"polls", "events"}), (60, {*first} - {"sites"})):
        stage.cloud.clock.advance_to(NOON + minutes * MINUTE)
        found, planned, made = live()
        assert set(found) == stages - ({"inventory"} if minutes == 60 else set())
        assert planned == made


@pytest.mark.proof
def test_the_calls_of_a_range_are_those_planned_and_again_fewer(stage: Stage):
    """6 past hours: history of every port, 2 calls each; a second time nothing of it is missing."""
    stage.runs.collect(None, None)
    start, end = START + 4 * HOUR, START + 10 * HOUR

    def past() -> tuple[dict[str, int], int, int]:
        return compared(stage, start, end, lambda: stage.runs.collect(start, end))

    first, planned, made = past()
    assert set(first) == {"events", "scores", "causes", "history"}
    assert planned == made
    second, planned, made = past()
    assert "history" not in second
    assert planned == made
