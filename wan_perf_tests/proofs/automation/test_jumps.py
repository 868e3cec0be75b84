"""A clock that jumps between the slot of a live run and its start."""

import logging
from pathlib import Path

import pandas as pd
import pytest

from wan_perf.definitions import LIVE_JOB
from wan_perf.defs.automation.conditions import live_run
from wan_perf.mist.collect.cadence import PASS_EVERY
from wan_perf.schema.tables import CIRCUIT_HOUR, RAW_PORT_SAMPLE
from wan_perf.simulator import Fleet
from wan_perf_tests.support.automation.ticking import Ticking, ticking
from wan_perf_tests.support.graph.staged import HOUR, START

NOON = START + 12 * HOUR
EVENING = NOON + 6 * HOUR


def warnings(alive: Ticking) -> list[str]:
    """What the newest run warned of."""
    [newest] = alive.instance.get_run_records(limit=1)
    logged = alive.instance.all_logs(newest.dagster_run.run_id)
    return [entry.user_message for entry in logged if entry.level == logging.WARNING]


@pytest.mark.proof
def test_a_run_whose_hours_the_clock_left_takes_no_pass_and_the_next_goes_on(tmp_path: Path):
    """The slot of 12:05 starts when the clock shows 18:00: a machine that slept, or was set."""
    fleet = Fleet.seeded(7, 2, START, START + 24 * HOUR)
    with ticking(fleet, tmp_path, NOON, START) as alive:
        alive.stage.runs.collect(None, None)
        slept = live_run(NOON + PASS_EVERY, START)
        before = {table: alive.stage.rows(table) for table in (RAW_PORT_SAMPLE, CIRCUIT_HOUR)}
        alive.stage.cloud.clock.advance_to(EVENING)
        job = alive.definitions.resolve_job_def(LIVE_JOB)
        assert job.execute_in_process(instance=alive.instance, tags=slept.tags).success
        for table, rows in before.items():
            pd.testing.assert_frame_equal(alive.stage.rows(table), rows)
        [warning] = warnings(alive)
        assert "The clock stands at 2026-03-07 18:00 UTC" in warning
        assert "no pass was taken" in warning
        alive.live()
        passes = alive.stage.rows(RAW_PORT_SAMPLE)["pass_at"]
        assert list(passes.unique()) == [NOON, EVENING]
        assert alive.failed == {}
