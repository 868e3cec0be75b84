"""An inventory that fails stops no sampling: a poll that was missed cannot be taken later."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from wan_perf.cli.jobs import QUIET
from wan_perf.definitions import LIVE_JOB, build_definitions
from wan_perf.defs.automation.conditions import live_run
from wan_perf.errors import UsageError
from wan_perf.mist.client.errors import MistTransientError
from wan_perf.schema.tables import CIRCUIT_HOUR, DIM_CIRCUIT, RAW_INVENTORY, RAW_PORT_SAMPLE
from wan_perf.simulator import Fleet
from wan_perf_tests.support.graph.cells import LASTING, SITES
from wan_perf_tests.support.graph.staged import (
    HOUR,
    START,
    Collecting,
    Stage,
    WithoutChecks,
    staged,
)
from wan_perf_tests.support.memory import memory

pytestmark = pytest.mark.proof
NOON = START + 12 * HOUR
POLL = timedelta(minutes=5)


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return Fleet.seeded(6, 2, START, START + 24 * HOUR, faults=False)


@pytest.fixture
def stage(fleet: Fleet, tmp_path: Path) -> Iterator[Stage]:
    with staged(fleet, tmp_path, now=NOON, kind=Collecting) as stage:
        yield stage


def polls(stage: Stage) -> list[object]:
    return sorted(stage.rows(RAW_PORT_SAMPLE)["pass_at"].unique())


def test_the_poll_goes_on_with_the_circuits_that_are_known(stage: Stage):
    stage.runs.collect(None, None)
    taken = len(stage.rows(RAW_INVENTORY))
    stage.cloud.clock.advance_to(NOON + POLL)
    stage.cloud.misbehave(SITES, "503", times=LASTING)
    with pytest.raises(MistTransientError, match="sites, status 503"):
        stage.runs.collect(None, None, inventory=True)
    assert polls(stage) == [NOON, NOON + POLL]
    assert len(stage.rows(RAW_INVENTORY)) == taken
    assert (stage.rows(CIRCUIT_HOUR)["hour"] == NOON).any()


def test_without_any_inventory_raw_samples_are_stored(stage: Stage):
    stage.cloud.misbehave(SITES, "401")
    with pytest.raises(Exception, match="MIST_API_TOKEN"):
        stage.runs.collect(None, None)
    assert polls(stage) == [NOON]
    assert len(stage.rows(CIRCUIT_HOUR)) == len(stage.rows(DIM_CIRCUIT)) == 0


def test_a_range_without_any_inventory_is_sampled_too(stage: Stage):
    stage.cloud.misbehave(SITES, "401")
    with pytest.raises(Exception, match="MIST_API_TOKEN"):
        stage.runs.collect(NOON, NOON + HOUR)
    assert len(polls(stage)) == 12


def test_a_contract_file_that_cannot_be_read_costs_no_poll(stage: Stage):
    path = stage.runs.settings.circuits_path
    assert path is not None
    path.write_text("site,nothing\nStore 0001,1\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"contracts\.csv"):
        stage.runs.collect(None, None)
    assert polls(stage) == [NOON]


def test_a_live_run_of_the_daemon_needs_no_inventory(fleet: Fleet, tmp_path: Path):
    with staged(fleet, tmp_path, now=NOON, kind=WithoutChecks) as stage:
        request = live_run(NOON, START)
        definitions = build_definitions(stage.runs.settings)
        job = definitions.resolve_job_def(LIVE_JOB)
        with memory() as instance:
            result = job.execute_in_process(
                instance=instance, tags=dict(request.tags or {}), run_config=QUIET
            )
        assert result.success
        assert polls(stage) == [NOON]
