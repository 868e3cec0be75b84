"""Where history begins and ends: partial days, the hour in progress, what has no neighbour yet."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from wan_perf.definitions import DAILY_JOB
from wan_perf.schema.tables import CIRCUIT_DAY, CIRCUIT_HOUR, RAW_PORT_SAMPLE
from wan_perf.simulator import Fleet
from wan_perf_tests.support.graph.staged import HOUR, START, Stage, UpToFacts, staged

pytestmark = pytest.mark.proof

EVENING = START + 20 * HOUR
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Collection begins at 20:00 and stands at 00:55 of the next day."""
    fleet = Fleet.seeded(5, 3, EVENING, EVENING + 10 * HOUR, faults=False)
    home = tmp_path_factory.mktemp("edges")
    with staged(fleet, home, EVENING, EVENING, kind=UpToFacts) as stage:
        stage.runs.collect(EVENING, EVENING + 5 * HOUR)
        stage.runs._run(DAILY_JOB, ["2026-03-07", "2026-03-08"], only=[CIRCUIT_DAY])
        yield stage


def test_a_day_that_began_in_the_evening_has_four_hours(stage: Stage):
    days = stage.rows(CIRCUIT_DAY)
    circuits = days["circuit_id"].nunique()
    assert days["hour_count"].tolist() == [4] * circuits + [1] * circuits


def test_the_hour_in_progress_knows_only_what_was_received(stage: Stage):
    """The poll of 00:55 was made 75 s later and found reports at most a minute older."""
    last = stage.rows(CIRCUIT_HOUR).query(
        "hour == @stamp", local_dict={"stamp": EVENING + 4 * HOUR}
    )
    assert last["up_minutes"].between(55.25, 56.25).all()
    assert (last["known_down_minutes"] == 0).all()
    assert last["unknown_minutes"].between(3.75, 4.75).all()
    assert last["observed_minutes"].between(55.25, 56.25).all()


def test_the_end_of_an_hour_is_known_when_the_next_pass_is_taken(stage: Stage):
    stage.runs.collect(EVENING + 5 * HOUR, EVENING + 5 * HOUR + 5 * MINUTE)
    hours = stage.rows(CIRCUIT_HOUR)
    whole = hours[hours["hour"] == EVENING + 4 * HOUR]
    assert (whole["observed_minutes"] == 60).all()
    assert (whole["unknown_minutes"] == 0).all()


def test_every_sample_was_taken_once(stage: Stage):
    samples = stage.rows(RAW_PORT_SAMPLE)
    assert not samples.duplicated(list(RAW_PORT_SAMPLE.key)).any()
    passes = samples["pass_at"].drop_duplicates().sort_values()
    assert (passes.diff().dropna() == 5 * MINUTE).all()
