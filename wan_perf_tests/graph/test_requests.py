"""How many calls a range costs, and that one that is stored costs none."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from wan_perf.schema.tables import RAW_GATEWAY_EVENT, RAW_SITE_SLE
from wan_perf.simulator import Fleet
from wan_perf_tests.graph.staged import HOUR, START, Collecting, Stage, staged

pytestmark = pytest.mark.proof

NOW = START + timedelta(days=3)
SCORES = "/api/v1/orgs/{org_id}/insights/sites-sle"
EVENTS = "/api/v1/orgs/{org_id}/devices/events/search"


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return Fleet.seeded(7, 2, START, NOW + timedelta(days=1), faults=False)


@pytest.fixture
def raw(fleet: Fleet, tmp_path: Path) -> Iterator[Stage]:
    """Three days after the start; raw tables and the fact alone."""
    with staged(fleet, tmp_path, now=NOW, kind=Collecting) as stage:
        yield stage


def calls_of(stage: Stage, *hours: int, **how: bool) -> Counter[str]:
    """Calls by their path that collecting [START + first, START + last) makes."""
    before = Counter(stage.cloud.calls())
    stage.runs.collect(*(START + n * HOUR for n in hours), **how)
    return Counter(stage.cloud.calls()) - before


def test_a_stored_range_makes_no_call_and_keeps_its_events(raw: Stage):
    """Two days old: its events are final, its ports have history."""
    assert calls_of(raw, 5, 9)[EVENTS] == 1
    events = raw.rows(RAW_GATEWAY_EVENT)
    assert calls_of(raw, 5, 9) == {}
    assert raw.rows(RAW_GATEWAY_EVENT).equals(events)


def test_only_the_hours_that_are_missing_are_requested(raw: Stage):
    calls_of(raw, 5, 9)
    known = raw.rows(RAW_GATEWAY_EVENT)
    assert calls_of(raw, 5, 11)[EVENTS] == 1
    found = raw.rows(RAW_GATEWAY_EVENT)
    assert found[found["event_at"] < START + 9 * HOUR].reset_index(drop=True).equals(known)


def test_events_of_the_last_day_are_requested_again(raw: Stage):
    """They may come late."""
    assert calls_of(raw, 60, 62)[EVENTS] == 1
    assert calls_of(raw, 60, 62)[EVENTS] == 1


def test_scores_are_requested_for_the_last_day_of_a_range(raw: Stage):
    """Of ten hours at the end of the first day none, of the last day one call each, once."""
    assert calls_of(raw, 14, 24)[SCORES] == 0
    assert calls_of(raw, 44, 52)[SCORES] == 4  # hours 48 to 51
    assert sorted({(at - START) // HOUR for at in raw.rows(RAW_SITE_SLE)["hour"]}) == [
        *range(48, 52)
    ]
    assert calls_of(raw, 44, 52)[SCORES] == 0


def test_a_range_that_is_stored_as_a_whole_ends_without_a_run(fleet: Fleet, tmp_path: Path):
    with staged(fleet, tmp_path, now=NOW) as stage:
        calls_of(stage, 5, 7)
        runs = stage.runs._instance.get_runs_count()
        assert calls_of(stage, 5, 7) == {}
        assert stage.runs._instance.get_runs_count() == runs
        assert "nothing was requested. --again computes it again." in stage.printed.getvalue()
        assert calls_of(stage, 5, 7, again=True) == {}
        assert stage.runs._instance.get_runs_count() > runs
