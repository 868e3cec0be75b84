"""A simulated cloud collected through the real chain: the same jobs that the command line runs."""

import io
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

import dagster as dg
import pandas as pd
from rich.console import Console

from wan_perf.cli.demo import demo_settings
from wan_perf.cli.runs import Runs
from wan_perf.definitions import COLLECTED, HOURLY_JOB
from wan_perf.defs.assets.raw import DUE_TAG
from wan_perf.defs.assets.rejected_rows import ODD_VALUES
from wan_perf.schema.declaration import Table
from wan_perf.schema.tables import (
    CIRCUIT_HOUR,
    CIRCUIT_POLL,
    CIRCUIT_STATE,
    RAW_ALARM,
    RAW_GATEWAY_EVENT,
    RAW_SITE_SLE,
    TABLES,
    TELEMETRY_GAP,
)
from wan_perf.simulator import Cloud, Fleet, serve
from wan_perf.warehouse import Warehouse
from wan_perf_tests.support.memory import copied as copied_instance
from wan_perf_tests.support.memory import memory

START = datetime.fromisoformat("2026-03-07T00:00")
HOUR = timedelta(hours=1)
_FILES_OF_HOME = ("duckdb", "circuits_path", "policy_path")


def without_checks(job: dg.JobDefinition) -> dg.JobDefinition:
    """The job without checks but those of a raw table's own step."""
    layer = job.asset_layer
    own = {key for key in layer.asset_graph.asset_check_keys if key.name == ODD_VALUES}
    return job.get_subset(asset_selection=layer.executable_asset_keys, asset_check_selection=own)


class WithoutChecks(Runs):
    """Runs without checks but those of a raw table's own step.

    For tests of what is stored: the store step refuses what breaks a rule.
    """

    def _job(self, name: str, only: Sequence[Table]) -> dg.JobDefinition:
        return without_checks(super()._job(name, only))


class Collecting(WithoutChecks):
    """Runs of the raw tables and the fact, without the tables between and after.

    For tests of what is requested and stored: the rest takes most of a run's time.
    """

    tables: ClassVar[list[Table]] = [
        *(TABLES[key.to_user_string()] for asset in COLLECTED for key in asset.keys),
        CIRCUIT_HOUR,
    ]

    def _run(
        self,
        job: str,
        keys: list[str] | None = None,
        tags: dict[str, str] | None = None,
        only: Sequence[Table] = (),
    ) -> dg.ExecuteInProcessResult:
        if job == HOURLY_JOB:
            only = [table for table in only or self.tables if table in self.tables]
        return super()._run(job, keys, tags, only)

    def _run_windows(self, begin: datetime, end: datetime) -> None:
        """None: they are among the tables between and after."""


class UpToFacts(Collecting):
    """Runs of the fact and all that it depends on, for tests of what an hour is computed from."""

    tables: ClassVar[list[Table]] = [
        *Collecting.tables,
        *(TELEMETRY_GAP, CIRCUIT_POLL, CIRCUIT_STATE),
    ]


class WithoutInventory(Collecting):
    """Runs of raw tables that need no inventory: none is taken, and no sample is reported."""

    def inventory_is_due(self, now: datetime) -> bool:
        return False

    def _collect_hours(self, begin: datetime, end: datetime, *, due_only: bool) -> None:
        keys = [f"{at:%Y-%m-%d-%H:00}" for at in (begin, end - HOUR)]
        with self._report.passes(begin, 1):
            self._run(HOURLY_JOB, keys, {DUE_TAG: "true"} if due_only else {})


class OfEvents(WithoutInventory):
    """Runs of the events alone."""

    tables: ClassVar = [RAW_GATEWAY_EVENT]


class OfScores(WithoutInventory):
    """Runs of the scores of sites alone."""

    tables: ClassVar = [RAW_SITE_SLE]


class OfAlarms(WithoutInventory):
    """Runs of the alarms alone."""

    tables: ClassVar = [RAW_ALARM]


@dataclass
class Stage:
    """A cloud, the runs that collect from it, and what they printed."""

    cloud: Cloud
    runs: Runs
    printed: io.StringIO

    def rows(self, table: Table) -> pd.DataFrame:
        """All rows of a table, in the order of its key."""
        return in_order(self.runs.warehouse, table)


def in_order(warehouse: Warehouse, table: Table) -> pd.DataFrame:
    """All rows of a table, in the order of its key."""
    found = warehouse.query(warehouse.lazy(table))
    return found.sort_values(list(table.key), ignore_index=True)


@contextmanager
def staged(
    fleet: Fleet,
    home: Path,
    now: datetime = START,
    start: datetime = START,
    kind: type[Runs] = Runs,
    hourly_limit: int = 5000,
    hostile: bool = False,
    **given: object,
) -> Iterator[Stage]:
    """Serve the fleet and open runs on a warehouse of their own; partitions begin at `start`.

    `kind` is the class of the runs, `hourly_limit` are the calls that the cloud allows; `given` are
    further settings, such as those of another warehouse than the home's file.
    """
    home.mkdir(parents=True, exist_ok=True)
    contracts = home / "contracts.csv"
    contracts.write_text(fleet.contracts_csv(), encoding="utf-8")
    printed = io.StringIO()
    with serve(fleet, now=now, hourly_limit=hourly_limit, hostile=hostile) as cloud:
        settings = demo_settings(cloud, home, contracts, start, **given)
        console = Console(file=printed, width=200)
        with memory() as instance, kind(settings, console, instance) as runs:
            yield Stage(cloud, runs, printed)


@contextmanager
def copied(
    stage: Stage,
    home: Path,
    kind: type[Runs] | None = None,
    hourly_limit: int = 5000,
    **given: object,
) -> Iterator[Stage]:
    """The stage as it stands, in a home of its own; what happens there does not happen to it.

    A copy has the rows, files and recorded runs, and a new cloud of the same fleet, whose clock
    stands where the other one's does; its calls are counted from 0. `kind` is the class of its
    runs, by default that of the stage; `given` are settings that differ, by their fields.
    """
    settings, fleet, now = stage.runs.settings, stage.cloud.fleet, stage.cloud.clock.now()
    shutil.copytree(settings.home, home, symlinks=True, dirs_exist_ok=True)
    paths = {name: getattr(settings, name) for name in ("home", *_FILES_OF_HOME)}
    moved = {name: home / path.relative_to(settings.home) for name, path in paths.items() if path}
    printed = io.StringIO()
    with (
        serve(fleet, now=now, hourly_limit=hourly_limit) as cloud,
        copied_instance(stage.runs._instance) as instance,
    ):
        settings = settings.model_copy(update=moved | {"mist_base_url": cloud.url} | given)
        console = Console(file=printed, width=200)
        with (kind or type(stage.runs))(settings, console, instance) as runs:
            yield Stage(cloud, runs, printed)
