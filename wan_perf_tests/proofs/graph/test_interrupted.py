"""What a killed run leaves half done is completed by the next command."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from wan_perf.cli.corrections import CorrectingRuns
from wan_perf.definitions import DAILY_JOB, INVENTORY_JOB
from wan_perf.errors import WanPerfError
from wan_perf.schema.declaration import Table
from wan_perf.schema.tables import (
    CIRCUIT_DAY,
    CIRCUIT_HOUR,
    CIRCUIT_PORT,
    DIM_CIRCUIT,
    DIM_CONTRACT,
    DIM_POLICY,
    DIM_SITE,
    RAW_INVENTORY,
    REGION_PERIODS,
    SITE_PERIODS,
)
from wan_perf.simulator import Fleet
from wan_perf_tests.support.graph.staged import (
    HOUR,
    START,
    Stage,
    UpToFacts,
    WithoutChecks,
    copied,
    staged,
)
from wan_perf_tests.support.memory import memory

pytestmark = pytest.mark.proof
FLEET = Fleet.seeded(7, 1, START, START + 24 * HOUR, faults=False)


class Interrupted(CorrectingRuns, UpToFacts):
    """The command's runs, without what stands on the fact."""


@pytest.fixture(scope="module")
def polled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """An inventory and a poll."""
    with staged(FLEET, tmp_path_factory.mktemp("polled"), kind=Interrupted) as stage:
        stage.runs.collect(None, None)
        yield stage


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param([RAW_INVENTORY], id="before its dimensions"),
        pytest.param(
            [RAW_INVENTORY, DIM_CONTRACT, DIM_SITE, DIM_CIRCUIT, CIRCUIT_PORT],
            id="before its policy",
        ),
    ],
)
def test_an_inventory_that_was_killed(stored: list[Table], tmp_path: Path):
    """For six hours each collect reported 0 circuit-hours, or hours without levels, and success."""
    with staged(FLEET, tmp_path, kind=Interrupted) as stage:
        stage.runs._run(INVENTORY_JOB, only=stored)
        stage.cloud.clock.advance_to(START + 10 * HOUR / 60)
        stage.runs.collect(None, None)
        assert len(stage.rows(CIRCUIT_HOUR)) > 0
        assert len(stage.rows(DIM_CIRCUIT)) > 0
        assert len(stage.rows(DIM_POLICY)) > 0


def test_an_inventory_that_was_not_recorded(polled: Stage, tmp_path: Path):
    """Contracts stayed those of the inventory before, until the next one was due."""
    with copied(polled, tmp_path) as stage:
        stage.cloud.clock.advance_to(START + 7 * HOUR)
        with Interrupted(stage.runs.settings, stage.runs.console, memory()) as unrecorded:
            unrecorded._run(INVENTORY_JOB, only=[RAW_INVENTORY])
        assert set(stage.rows(DIM_CONTRACT)["taken_at"]) == {pd.Timestamp(START)}
        stage.runs.collect(None, None)
        assert set(stage.rows(DIM_CONTRACT)["taken_at"]) == {pd.Timestamp(START + 7 * HOUR)}
        assert not stage.runs.inventory_is_due(stage.cloud.clock.now())


@pytest.mark.parametrize(
    "table", [DIM_SITE, CIRCUIT_PORT, DIM_POLICY], ids=lambda table: table.name
)
def test_a_dropped_dimension_is_made_again(table, polled: Stage, tmp_path: Path):
    with copied(polled, tmp_path) as stage:
        before = len(stage.rows(table))
        with stage.runs.warehouse.session() as session:
            session.run(f"DROP TABLE {table.name}")
        stage.cloud.clock.advance_to(START + 10 * HOUR / 60)
        stage.runs.collect(None, None)
        assert len(stage.rows(table)) == before > 0


def test_hours_with_samples_and_without_facts_are_computed(tmp_path: Path):
    with staged(FLEET, tmp_path, kind=Interrupted) as stage:
        stage.runs.collect(START, START + 3 * HOUR)
        complete = stage.rows(CIRCUIT_HOUR)
        with stage.runs.warehouse.session() as session:
            session.run(f"DELETE FROM circuit_hour WHERE hour = TIMESTAMP '{START + HOUR}'")
        stage.cloud.clock.advance_to(START + 9 * HOUR)  # a live run reaches back four hours
        stage.runs.collect(None, None)
        stored = stage.rows(CIRCUIT_HOUR)
        again = stored[stored["hour"] < START + 3 * HOUR].reset_index(drop=True)
        assert again.equals(complete)
        assert "Computed 1 hour that had samples and no circuit-hours." in stage.printed.getvalue()


def test_samples_without_any_circuit_hour_are_a_failure(polled: Stage, tmp_path: Path):
    with copied(polled, tmp_path) as stage:
        with stage.runs.warehouse.session() as session:
            session.run("UPDATE dim_circuit SET is_in_service = FALSE")
        stage.cloud.clock.advance_to(START + 10 * HOUR / 60)
        with pytest.raises(WanPerfError, match="no circuit-hour was computed"):
            stage.runs.collect(None, None)


def test_days_that_a_killed_command_stored_in_part(tmp_path: Path):
    """Killed after circuit_day of a range was stored, the next command began with its newest day:
    sites and regions had no rows of the days before."""
    midnight = START + 24 * HOUR
    fleet = Fleet.seeded(7, 1, START, midnight + 24 * HOUR, faults=False)
    with staged(fleet, tmp_path, midnight - 2 * HOUR, kind=WithoutChecks) as stage:
        stage.runs.collect(midnight - 2 * HOUR, midnight + HOUR)
        days = [f"{START:%Y-%m-%d}", f"{midnight:%Y-%m-%d}"]
        stage.runs._run(DAILY_JOB, days, only=(CIRCUIT_DAY,))
        stage.runs.aggregate_daily()
        for table in (CIRCUIT_DAY, SITE_PERIODS["day"], REGION_PERIODS["day"]):
            found = pd.to_datetime(stage.rows(table)["day"])
            assert sorted(set(found.dt.strftime("%Y-%m-%d"))) == days, table.name
