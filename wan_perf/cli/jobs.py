"""Running one of the graph's jobs in this process.

Belongs here: the definitions and the Dagster instance of these settings, a run's tags and ranges, a
failed run's one sentence.
Keep out: which partitions a command covers (`runs`), what a run computes (`defs`).
"""

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import cached_property
from typing import Self

import dagster as dg
from rich.console import Console

from wan_perf.cli.extent import extent
from wan_perf.cli.homes import PROCESS_TAG, carried, dagster_home, end_abandoned, opened
from wan_perf.cli.report import Report
from wan_perf.cli.terminal import Terminal, warning
from wan_perf.cli.verbosity import is_quiet, is_verbose
from wan_perf.definitions import build_definitions
from wan_perf.defs.assets.imported import Imported
from wan_perf.defs.assets.raw import DUE_TAG
from wan_perf.defs.automation.run_queues import HISTORY, LIVE, lane
from wan_perf.defs.resources import UNVERIFIED, clock_for, published_copy_for, warehouse_for
from wan_perf.defs.retries import AT_ONCE_TAG
from wan_perf.errors import WanPerfError
from wan_perf.schema.declaration import Table
from wan_perf.settings import Settings, read_settings

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""A run's configuration: the sentence of a failure is printed once, by `main`."""


class Jobs:
    """The jobs of these settings, run in this process.

    Recorded in the given Dagster instance, else in the home's.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        console: Console | None = None,
        instance: dg.DagsterInstance | None = None,
    ) -> None:
        self._given = instance
        self.settings = settings or read_settings()
        self.console = console or Terminal()
        # Answers may be read by a program: what is of a run stands beside them.
        self.notices = console or Terminal(stderr=True, quiet=is_quiet())
        self.warehouse = warehouse_for(self.settings)
        self.clock = clock_for(self.settings)
        self._report = Report(self.console, self.notices)
        self._imported = Imported()
        self._published = published_copy_for(self.settings, self.warehouse)
        self._stack = ExitStack()
        # A person at a terminal wants the sentence at once, not after the unattended runs' retries.
        self._tags = {AT_ONCE_TAG: "true"}

    def __enter__(self) -> Self:
        level = logging.NOTSET if is_verbose() else logging.CRITICAL
        logging.getLogger("dagster").setLevel(level)
        if self.settings.mist_verify == "off":
            self.notices.print(warning(UNVERIFIED))
        return self

    def __exit__(self, kind: object, error: object, *_: object) -> None:
        self._stack.close()
        if error is None and self._published.failures:
            raise self._published.failures[-1]

    @cached_property
    def _definitions(self) -> dg.Definitions:
        """Built with the first job: it takes a second, which a refused command does without."""
        return build_definitions(
            self.settings,
            warehouse=self.warehouse,
            clock=self.clock,
            progress=self._report,
            imported=self._imported,
            published=self._published,
        )

    @cached_property
    def _instance(self) -> dg.DagsterInstance:
        """Opened with the first job: a command that is refused before leaves no folder."""
        if self._given is not None:
            return self._given
        home = dagster_home(self.settings)
        instance = self._stack.enter_context(opened(home))
        end_abandoned(instance, home)
        self._tags[PROCESS_TAG] = self._stack.enter_context(carried(home))
        return instance

    def _run(
        self,
        job: str,
        keys: list[str] | None = None,
        tags: dict[str, str] | None = None,
        only: Sequence[Table] = (),
    ) -> dg.ExecuteInProcessResult:
        """Run a job, of the partitions from the first to the last key; all its tables, or some.

        Raises:
            KeyboardInterrupt: the run was interrupted.
            WanPerfError: the failure of ours that ended it.
        """
        ends = {
            f"dagster/asset_partition_range_{end}": key
            for end, key in zip(("start", "end"), keys or (), strict=False)
        }
        instance = self._instance
        in_lane = lane(LIVE if DUE_TAG in (tags or {}) else HISTORY)
        try:
            return self._job(job, only).execute_in_process(
                instance=instance,
                run_config={} if is_verbose() else QUIET,
                tags={**self._tags, **in_lane, **(tags or {}), **ends},
            )
        except dg.DagsterExecutionInterruptedError:  # Ctrl+C, within Dagster's own lines
            raise KeyboardInterrupt from None
        except Exception as error:
            ours = _ours(error)
            if ours is None:
                raise
            raise ours from None

    def _job(self, name: str, only: Sequence[Table]) -> dg.JobDefinition:
        """The job of all its tables, or some, with their checks."""
        job = self._definitions.resolve_job_def(name)
        keys = {dg.AssetKey(table.name) for table in only}
        return job.get_subset(asset_selection=keys) if keys else job

    def _ends(self, table: Table, column: str) -> tuple[datetime | None, datetime | None]:
        """Oldest and newest instant of a stored column; none where there are no rows."""
        return extent(self.warehouse, table, column)


def _ours(error: BaseException | None) -> WanPerfError | None:
    """The failure of ours that dagster wrapped, if there is one."""
    seen: set[int] = set()
    # Contexts can form a ring: an error raised again while it is being handled.
    while error is not None and id(error) not in seen:
        if isinstance(error, WanPerfError):
            return error
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return None
