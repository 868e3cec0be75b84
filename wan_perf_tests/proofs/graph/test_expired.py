"""Runs over hours whose raw rows were removed by their retention: the facts stay."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from wan_perf.cli.corrections import CorrectingRuns
from wan_perf.definitions import FACTS_JOB
from wan_perf.policy.thresholds import Retention
from wan_perf.schema.tables import CIRCUIT_HOUR, CIRCUIT_STATE, RAW_PORT_SAMPLE
from wan_perf.simulator import Fleet
from wan_perf.warehouse.expired import ExpiredRowsError, remove_expired
from wan_perf_tests.support.graph.staged import HOUR, START, Stage, UpToFacts, copied, staged

pytestmark = pytest.mark.proof
FLEET = Fleet.seeded(7, 1, START, START + 24 * HOUR, faults=False)


class Correcting(CorrectingRuns, UpToFacts):
    """The command's runs, without what stands on the fact."""


@pytest.fixture(scope="module")
def expired(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, list[pd.DataFrame]]]:
    """Three hours whose raw rows were removed, and their facts and states before that."""
    with staged(FLEET, tmp_path_factory.mktemp("expired"), kind=Correcting) as stage:
        stage.runs.collect(START, START + 3 * HOUR)
        before = facts(stage)
        assert len(before[0]) > 0
        retention, later = Retention(), START + timedelta(days=403)
        remove_expired(
            stage.runs.warehouse, later, lambda table: retention.row_age(table.retention_days)
        )
        assert stage.rows(RAW_PORT_SAMPLE).empty
        yield stage, before


def facts(stage: Stage) -> list[pd.DataFrame]:
    return [stage.rows(table) for table in (CIRCUIT_HOUR, CIRCUIT_STATE)]


def test_a_backfill_over_removed_rows_keeps_the_facts_and_says_so(
    expired: tuple[Stage, list[pd.DataFrame]],
):
    stage, before = expired
    hours = [f"{START + n * HOUR:%Y-%m-%d-%H:00}" for n in (0, 2)]
    # 2026-03-07 and 403 days, less 400 days
    with pytest.raises(ExpiredRowsError, match="before 2026-03-10 were removed"):
        stage.runs._run(FACTS_JOB, hours)
    with pytest.raises(ExpiredRowsError, match="give a range from 2026-03-10 on"):
        stage.runs.collect(START, START + 3 * HOUR, again=True)
    assert all(map(pd.DataFrame.equals, facts(stage), before))


def test_a_correction_leaves_hours_out_whose_raw_rows_are_gone(
    expired: tuple[Stage, list[pd.DataFrame]], tmp_path: Path
):
    """Else every inventory would fail for ever after a contract of old hours was corrected."""
    with copied(expired[0], tmp_path) as stage:
        with stage.runs.warehouse.session() as session:
            session.run("UPDATE dim_circuit SET bandwidth_mbps = 7777")
        assert stage.runs.correct() is None
        assert stage.rows(CIRCUIT_HOUR).equals(expired[1][0])
