"""A small estate, collected once, from which each case starts anew with a cloud that answers badly.

The jobs are those of `wan_perf.definitions`. A case runs the one raw asset that polls the endpoint:
whatever follows from raw rows is a pure function of them, so equal raw rows are equal figures.
"""

import io
import logging
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pandas as pd

from wan_perf.definitions import HOURLY_JOB, INVENTORY_JOB, build_definitions
from wan_perf.defs.assets.rejected_rows import REJECTED
from wan_perf.defs.resources import Source
from wan_perf.defs.retries import AT_ONCE_TAG
from wan_perf.errors import WanPerfError
from wan_perf.mist.collect.clock import RealClock
from wan_perf.schema.declaration import Table
from wan_perf.simulator import Cloud, Fleet
from wan_perf.simulator.incidents import KINDS
from wan_perf.warehouse.changes import CHANGES
from wan_perf_tests.support.graph.cells import Outcome
from wan_perf_tests.support.graph.staged import (
    HOUR,
    START,
    Stage,
    UpToFacts,
    staged,
    without_checks,
)
from wan_perf_tests.support.memory import memory

NOW = START + 6 * HOUR
"""A poll with port statistics is due."""
COLLECTED = (NOW - 2 * HOUR, NOW)
HOURS = {
    "raw_port_sample": (NOW, NOW),
    "raw_gateway_event": (NOW - 2 * HOUR, NOW - HOUR),
    "raw_site_sle": (NOW - HOUR, NOW - HOUR),
    "raw_port_history": (NOW - 4 * HOUR, NOW - 3 * HOUR),
}
"""First and last hour of each asset's run: the poll that is due, two hours of events, the newest
hour of scores, two past hours."""
TOGETHER = {"raw_port_sample": ("raw_port_sample", "raw_path_sample", "raw_gateway_status")}
"""Tables that one asset makes."""
SILENCE_S = 0.4
"""How long an answer may be silent; a slow one is slower."""
SLOW_S = 1.2
_TALKATIVE = {"loggers": {"console": {"config": {"log_level": "DEBUG"}}}}

State = dict[str, tuple[int, int]]
"""Rows of each table: how many, and a sum of their hashes."""


class Standing(RealClock):
    """The clock of a live run, at an instant that does not pass."""

    def now(self) -> datetime:
        return NOW

    def wait(self, seconds: float) -> None:
        """Go on at once."""


@dataclass
class Ran:
    """What a run reported: one sentence if it failed, else its metadata; and all that it wrote."""

    failed: WanPerfError | None
    metadata: dict[str, Any]
    written: str

    @property
    def warnings(self) -> list[str]:
        missed = dict.fromkeys(self.metadata.get("passes_missed", {}).values())
        why = [w for of in ("why_left", "why_without_quality") for w in self.metadata.get(of, ())]
        return [*self.metadata.get(REJECTED, ()), *why, *missed]


class _Everything(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@dataclass
class Ward:
    """The cloud, the graph over a warehouse file, and the file as it stood before every case."""

    stage: Stage
    file: Path
    before: Path
    definitions: dg.Definitions
    instance: dg.DagsterInstance
    _undisturbed: dict[tuple[str, ...], State] = field(default_factory=dict)
    _jobs: dict[tuple[str, ...], dg.JobDefinition] = field(default_factory=dict)

    @property
    def cloud(self) -> Cloud:
        return self.stage.cloud

    def reset(self) -> None:
        shutil.copyfile(self.before, self.file)

    def run(
        self,
        *assets: str,
        hours: tuple[datetime, datetime] | None = None,
        is_awaited: bool = True,
    ) -> Ran:
        """Run assets of one job, as if somebody waited for it."""
        first, last = hours or HOURS.get(assets[0], (NOW, NOW))
        tags = {
            "dagster/asset_partition_range_start": f"{first:%Y-%m-%d-%H:00}",
            "dagster/asset_partition_range_end": f"{last:%Y-%m-%d-%H:00}",
        }
        awaited = {AT_ONCE_TAG: "true"} if is_awaited else {}
        is_inventory = assets == ("raw_inventory",)
        captured, out = _Everything(), io.StringIO()
        logging.getLogger().addHandler(captured)
        try:
            with redirect_stdout(out), redirect_stderr(out):
                result = self._job(*assets).execute_in_process(
                    instance=self.instance,
                    run_config=_TALKATIVE,
                    tags=awaited | ({} if is_inventory else tags),
                )
        except Exception as error:  # what dagster wraps is found, the rest is raised anew
            return Ran(_sentence(error), {}, _written(captured, out))
        finally:
            logging.getLogger().removeHandler(captured)
        metadata: dict[str, Any] = {}
        for event in result.get_asset_materialization_events():
            entries = event.materialization.metadata.items()
            metadata |= {name: value.value for name, value in entries}
        return Ran(None, metadata, _written(captured, out))

    def _job(self, *assets: str) -> dg.JobDefinition:
        """The job of these assets without checks, made once."""
        if assets not in self._jobs:
            name = INVENTORY_JOB if assets == ("raw_inventory",) else HOURLY_JOB
            tables = {table for asset in assets for table in TOGETHER.get(asset, (asset,))}
            job = self.definitions.resolve_job_def(name)
            self._jobs[assets] = without_checks(
                job.get_subset(asset_selection=set(map(dg.AssetKey, tables)))
            )
        return self._jobs[assets]

    @cached_property
    def first(self) -> State:
        """The warehouse before every case."""
        return _state(self.before)

    def state(self) -> State:
        """The warehouse as it is."""
        return _state(self.file)

    def strike(self, path: str, how: str, times: int) -> None:
        """Forget what was to go wrong, and let the next answers of an endpoint be bad."""
        while self.cloud.illness.next(path):
            pass
        self.cloud.misbehave(path, how, times=times, seconds=SLOW_S)

    def rows(self, table: Table) -> pd.DataFrame:
        with duckdb.connect(str(self.file), read_only=True) as connection:
            found = connection.execute(f"SELECT * FROM {table.name}").df()
        return found.sort_values(list(table.key), ignore_index=True)

    def undisturbed(self, *assets: str) -> State:
        """The warehouse after a run to which everything was answered well."""
        if assets not in self._undisturbed:
            self.reset()
            assert self.run(*assets).failed is None
            self._undisturbed[assets] = self.state()
        return self._undisturbed[assets]


def _state(file: Path) -> State:
    with duckdb.connect(str(file), read_only=True) as connection:
        return {
            name: connection.execute(
                f"SELECT count(*), coalesce(sum(hash(t)), 0) FROM {name} t"
            ).fetchall()[0]
            for (name,) in connection.execute("SHOW TABLES").fetchall()
            # The version of a row is random, so that the same row stored twice has two.
            if name != CHANGES
        }


def _written(captured: _Everything, out: io.StringIO) -> str:
    return "\n".join([*captured.lines, out.getvalue()])


def _sentence(error: BaseException | None) -> WanPerfError:
    first = error
    while error is not None and not isinstance(error, WanPerfError):
        error = error.__cause__ or error.__context__
    if error is None:
        raise AssertionError("a failure that is no sentence") from first
    return error


def check_words(ran: Ran, outcome: Outcome, token: str) -> None:
    """A sentence where something is to be reported, none else, and never the token."""
    sentences = [str(ran.failed)] if ran.failed else ran.warnings
    says = [pattern for pattern in (outcome.says, outcome.also) if pattern]
    assert len(sentences) == len(says), sentences
    assert all(any(re.search(s, sentence) for sentence in sentences) for s in says), sentences
    for sentence in sentences:
        assert sentence.endswith(".")
        assert "\n" not in sentence
        assert "Traceback" not in sentence
    assert token not in ran.written + "".join(sentences)


@contextmanager
def admitted(home: Path) -> Iterator[Ward]:
    """An estate of two stores, two hours of it collected; the cloud's clock stands at NOW."""
    fleet = Fleet.whole(3, 2, START, NOW + 2 * HOUR, KINDS - {"api_outage"})
    with staged(fleet, home, now=COLLECTED[0], kind=UpToFacts) as stage:
        stage.runs.collect(*COLLECTED)
        stage.cloud.clock.advance_to(NOW)
        settings = stage.runs.settings
        before = home / "before.duckdb"
        definitions = build_definitions(
            settings, clock=Standing(), source=Source(settings, timeout=(2, SILENCE_S))
        )
        with memory() as instance:
            ward = Ward(stage, settings.duckdb_path, before, definitions, instance)
            assert ward.run("dim_hour", hours=HOURS["raw_port_history"]).failed is None
            with duckdb.connect(str(ward.file)) as connection:
                # So that the next inventory polls sites again.
                connection.execute(
                    "UPDATE raw_inventory SET site_asked_at = site_asked_at - INTERVAL 1 DAY"
                )
            shutil.copyfile(ward.file, before)
            yield ward
