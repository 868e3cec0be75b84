"""Days of schedules and conditions under the virtual clock, in this process.

What a daemon does is done here by hand: the live run of every slot, and once an hour whatever the
conditions request, over the same definitions, tags and sensors. Runs that sensors request are
without checks: the store step refuses what breaks a rule, and `check` runs the hourly ones.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg

from wan_perf.cli.jobs import QUIET
from wan_perf.definitions import CHECKS_JOB, LIVE_JOB, build_definitions
from wan_perf.defs.automation import conditions
from wan_perf.defs.resources import Source
from wan_perf.mist.collect.cadence import PASS_EVERY
from wan_perf.simulator import Fleet
from wan_perf_tests.support.graph.staged import HOUR, Stage, WithoutChecks, staged, without_checks
from wan_perf_tests.support.memory import memory

PATIENCE_S = 10
"""Longest wait for an answer; the default of a minute would only make outages long. [s]"""


@dataclass
class Ticking:
    """A home that runs by itself, its clock, and what went wrong on the way."""

    stage: Stage
    definitions: dg.Definitions
    instance: dg.DagsterInstance
    failed: dict[datetime, str] = field(default_factory=dict)
    _cursors: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def _graph(self) -> Any:
        return self.definitions.resolve_asset_graph()

    @cached_property
    def _sensors(self) -> tuple[list[Any], list[Any]]:
        """Those of late data, and those of conditions, the last one first."""
        found: dict[bool, list[Any]] = {True: [], False: []}
        for sensor in reversed(list(self.definitions.sensors or ())):
            found[isinstance(sensor, dg.AutomationConditionSensorDefinition)].append(sensor)
        return found[False], found[True]

    @property
    def now(self) -> datetime:
        """The virtual instant."""
        return self.stage.cloud.clock.now()

    def until(self, end: datetime, every: timedelta = PASS_EVERY) -> None:
        """Live runs up to the end."""
        while self.now < end:
            self.live()
            self.stage.cloud.clock.advance_to(self.now + every)

    def live(self) -> None:
        """The schedule's run of the slot."""
        request = conditions.live_run(self.now, self.stage.runs.settings.start)
        job = self.definitions.resolve_job_def(LIVE_JOB)
        self._execute(job, tags=request.tags)

    def check(self) -> None:
        """The schedule's checks of the hour that live runs have left."""
        closed = conditions.closed_hour(self.now)
        job = self.definitions.resolve_job_def(CHECKS_JOB)
        self._execute(job, tags=conditions.hours(closed, closed))

    def _execute(self, job: Any, **given: Any) -> None:
        """One that fails is a gap."""
        result = job.execute_in_process(
            instance=self.instance, run_config=QUIET, raise_on_error=False, **given
        )
        if not result.success:
            self.failed[self.now] = job.name

    def follow(self, rounds: int = 3) -> None:
        """What the sensors request, until they request nothing more.

        The last one first: each has seen what the live runs did before another fetches anything, as
        in a daemon, which evaluates each of them twice a minute.
        """
        late, others = self._sensors
        for sensor in late:
            self._late(sensor)
        for _ in range(rounds):
            requested = [self._requested_by(sensor) for sensor in others]
            if not any(requested):
                return

    def _late(self, sensor: dg.SensorDefinition) -> None:
        """What one of the sensors of late events, ended telemetry gaps and corrections requests."""
        needed = {key: self.definitions.resources[key] for key in sensor.required_resource_keys}
        context = dg.build_sensor_context(
            resources=needed, cursor=self._cursors.get(sensor.name), instance=self.instance
        )
        try:
            tick = sensor.evaluate_tick(context)
        except Exception as error:  # the UI shows a tick that fails; the next one evaluates again
            self.failed[self.now] = f"{sensor.name}: {error}"
            return
        self._cursors[sensor.name] = tick.cursor
        for request in tick.run_requests or ():
            job = without_checks(self.definitions.resolve_job_def(sensor.job_name))
            self._execute(job, tags=request.tags)

    def _requested_by(self, sensor: Any) -> bool:
        evaluated = dg.evaluate_automation_conditions(
            self.definitions,
            instance=self.instance,
            asset_selection=sensor.asset_selection,
            evaluation_time=self.now.replace(tzinfo=UTC),
            cursor=self._cursors.get(sensor.name),
        )
        self._cursors[sensor.name] = evaluated.cursor
        runs: dict[tuple[str, ...], list[dg.AssetKey]] = defaultdict(list)
        # As a backfill does: what others stand on first.
        places = {key: n for n, key in enumerate(self._graph.toposorted_asset_keys)}
        for result in sorted(evaluated.results, key=lambda found: places[found.key]):
            wanted = evaluated.get_requested_partitions(result.key)
            if wanted:
                runs[tuple(sorted(key or "" for key in wanted))].append(result.key)
        for partitions, assets in runs.items():
            for first, last in _ranges(partitions):
                self._run(assets, first, last, sensor.run_tags)
        return bool(runs)

    def _run(
        self, assets: list[dg.AssetKey], first: str, last: str, tags: Mapping[str, str]
    ) -> None:
        ends = {"start": first, "end": last} if first else {}
        hours = {f"dagster/asset_partition_range_{end}": key for end, key in ends.items()}
        job = self.definitions.resolve_implicit_global_asset_job_def()
        requested = without_checks(job.get_subset(asset_selection={*assets}))
        self._execute(requested, tags={**tags, **hours})


def _ranges(partitions: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """First and last key of each interval of hours; days and longer are run from first to last."""
    first = before = partitions[0]
    for key in partitions[1:]:
        is_hour = len(key) > len("2026-03-08")
        if is_hour and _instant(key) - _instant(before) != HOUR:
            yield first, before
            first = key
        before = key
    yield first, before


def _instant(key: str) -> datetime:
    return datetime.strptime(key, "%Y-%m-%d-%H:%M")  # noqa: DTZ007 - naive UTC by rule


@contextmanager
def ticking(fleet: Fleet, home: Path, now: datetime, start: datetime) -> Iterator[Ticking]:
    """A home with nothing in it at `now`; partitions begin at `start`."""
    with staged(fleet, home, now, start, WithoutChecks) as stage, stage.runs as runs:
        source = Source(runs.settings, timeout=(PATIENCE_S, PATIENCE_S))
        definitions = build_definitions(
            runs.settings, warehouse=runs.warehouse, clock=runs.clock, source=source
        )
        with memory() as instance:
            yield Ticking(stage, definitions, instance)
