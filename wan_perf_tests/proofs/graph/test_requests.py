"""How many calls a range costs, and that one that is stored costs none."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from wan_perf.definitions import INVENTORY_JOB
from wan_perf.schema.tables import RAW_GATEWAY_EVENT, RAW_SITE_SLE
from wan_perf.simulator import Fleet
from wan_perf_tests.support.graph.staged import (
    HOUR,
    START,
    Collecting,
    OfEvents,
    OfScores,
    Stage,
    WithoutChecks,
    copied,
    staged,
)

pytestmark = pytest.mark.proof

NOW = START + timedelta(days=3)
SCORES = "/api/v1/orgs/{org_id}/insights/sites-sle"
EVENTS = "/api/v1/orgs/{org_id}/devices/events/search"


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return Fleet.seeded(7, 2, START, NOW + timedelta(days=1), faults=False)


@pytest.fixture(scope="module")
def inventoried(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The inventory was taken three days after the start."""
    home = tmp_path_factory.mktemp("requests")
    with staged(fleet, home, now=NOW, kind=Collecting) as stage:
        stage.runs._run(INVENTORY_JOB)
        yield stage


@pytest.fixture(scope="module")
def stored(inventoried: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """And four hours were collected; raw tables and the fact alone."""
    with copied(inventoried, tmp_path_factory.mktemp("stored")) as stage:
        assert calls_of(stage, 29, 33)[EVENTS] == 1
        yield stage


def calls_of(stage: Stage, *hours: int, **how: bool) -> Counter[str]:
    """Calls by their path that collecting [START + first, START + last) makes."""
    before = Counter(stage.cloud.calls())
    stage.runs.collect(*(START + n * HOUR for n in hours), **how)
    return Counter(stage.cloud.calls()) - before


def test_a_stored_range_makes_no_call_and_keeps_its_events(stored: Stage):
    """Over a day old: its events are final, its ports have history."""
    events = stored.rows(RAW_GATEWAY_EVENT)
    assert calls_of(stored, 29, 33) == {}
    assert stored.rows(RAW_GATEWAY_EVENT).equals(events)


def test_only_the_hours_that_are_missing_are_requested(stored: Stage, tmp_path: Path):
    with copied(stored, tmp_path) as stage:
        known = stage.rows(RAW_GATEWAY_EVENT)
        assert len(known) > 0
        assert calls_of(stage, 29, 35)[EVENTS] == 1
        found = stage.rows(RAW_GATEWAY_EVENT)
    assert found[found["event_at"] < START + 33 * HOUR].reset_index(drop=True).equals(known)


def test_events_of_the_last_day_are_requested_again(fleet: Fleet, tmp_path: Path):
    """They may come late."""
    with staged(fleet, tmp_path, now=NOW, kind=OfEvents) as stage:
        assert calls_of(stage, 60, 62)[EVENTS] == 1
        assert calls_of(stage, 60, 62)[EVENTS] == 1


def test_scores_are_requested_for_the_last_day_of_a_range(fleet: Fleet, tmp_path: Path):
    """Of ten hours at the end of the first day none, of the last day one call each, once."""
    with staged(fleet, tmp_path, now=NOW, kind=OfScores) as stage:
        assert calls_of(stage, 14, 24)[SCORES] == 0
        assert calls_of(stage, 44, 52)[SCORES] == 4  # hours 48 to 51
        hours = {(at - START) // HOUR for at in stage.rows(RAW_SITE_SLE)["hour"]}
        assert sorted(hours) == [*range(48, 52)]
        assert calls_of(stage, 44, 52)[SCORES] == 0


def test_a_range_that_is_stored_as_a_whole_ends_without_a_run(inventoried: Stage, tmp_path: Path):
    with copied(inventoried, tmp_path, WithoutChecks) as stage:
        calls_of(stage, 5, 7)
        runs = stage.runs._instance.get_runs_count()
        assert calls_of(stage, 5, 7) == {}
        assert stage.runs._instance.get_runs_count() == runs
        assert "nothing was requested. --again computes it again." in stage.printed.getvalue()
        assert calls_of(stage, 5, 7, again=True) == {}
        assert stage.runs._instance.get_runs_count() > runs
