"""The published copy follows every run, whoever launched it and whatever became of its steps.

Belongs here: when a run publishes, and how its failure shows.
Keep out: what is written (`published`).

A run publishes as its IO manager is closed, after its last step: a step of its own would be skipped
where one before it failed, and a run of a sensor or of a person would not have it. What failed is
an error in the run's log and an event of its own; the rows that the run stored stay, and the next
run publishes what is missing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import dagster as dg
from dagster._core.storage.db_io_manager import DbIOManager

from wan_perf.defs.automation.run_queues import HISTORY, LANE, LIVE, PATIENCE_S
from wan_perf.defs.run_records import collection, has_ended, job_of, partitions
from wan_perf.errors import WanPerfError
from wan_perf.published.collection import Collection
from wan_perf.published.compaction import compact
from wan_perf.published.publisher import Publication, publish
from wan_perf.published.replacement import utc_now
from wan_perf.published.running import Run, announced, announcements, withdraw
from wan_perf.waiting import waiting
from wan_perf.warehouse import Warehouse

_TURN_S = {LIVE: 60.0, HISTORY: 600.0}
"""How long a run waits for the publication of another one. [s]"""
_MERGES_LATER = {LIVE: timedelta(days=7), HISTORY: timedelta(0)}
"""Live runs merge days and months only where no other run did so for a week."""
_MOST_MERGES = {LIVE: 1}
"""A live run merges one file: there are twelve runs an hour."""


@dataclass
class PublishedCopy:
    """The published copy of a warehouse.

    Where it is not `is_on` nothing is written.

    `is_simulated` where the runs follow a simulator's virtual clock; `failures` are those of this
    process's publications, for a command to report at its end.
    """

    warehouse: Warehouse
    folder: Path
    is_on: bool = True
    is_simulated: bool = False
    failures: list[WanPerfError] = field(default_factory=list)

    def follow(
        self, run_id: str, lane: str, collection: Collection | None = None
    ) -> Publication | None:
        """Publish what a run changed, and how collecting went; None where nothing is published.

        Raises:
            WanPerfError: nothing was published; also noted in `failures`.
        """
        if not self.is_on:
            return None
        patience_s = _TURN_S.get(lane, _TURN_S[HISTORY])
        try:
            with waiting(PATIENCE_S.get(lane)):
                done = publish(
                    self.warehouse,
                    self.folder,
                    run=run_id,
                    collection=collection,
                    patience_s=patience_s,
                )
            later = _MERGES_LATER.get(lane, _MERGES_LATER[HISTORY])
            compact(self.folder, later=later, most=_MOST_MERGES.get(lane), patience_s=patience_s)
            return done
        except WanPerfError as error:
            self.failures.append(error)
            raise


def publishing(manager: DbIOManager, copy: PublishedCopy) -> dg.IOManagerDefinition:
    """The IO manager; as it is closed the run publishes."""

    # Dagster takes a generator here, which its types do not say.
    @dg.io_manager(  # type: ignore[arg-type]
        description="Tables in the warehouse; publishes them at the end of a run."
    )
    def io_manager(context: dg.InitResourceContext) -> Iterator[DbIOManager]:
        run = context.run
        with _announced(context, copy):
            yield manager
        if run is None:
            return
        try:
            lane = run.tags.get(LANE, HISTORY)
            publication = copy.follow(run.run_id, lane, _collection(context, run, copy))
        except WanPerfError as error:
            _log(context).error(str(error))
            raise
        if publication is not None:
            _log(context).info(str(publication))

    return io_manager


@contextmanager
def _announced(context: dg.InitResourceContext, copy: PublishedCopy) -> Iterator[None]:
    """Readers of the copy see the run while it computes, and none of a killed process."""
    run = context.run
    if run is None or not copy.is_on:
        yield
        return
    for other in announcements(copy.folder):
        if context.instance is not None and has_ended(context.instance, other.run_id):
            withdraw(copy.folder, other.run_id)
    lane = run.tags.get(LANE)
    with announced(copy.folder, Run(run.run_id, job_of(run), lane, partitions(run), utc_now())):
        yield


def _collection(
    context: dg.InitResourceContext, run: dg.DagsterRun, copy: PublishedCopy
) -> Collection | None:
    """How collecting went; None where the instance cannot say: that is no reason to fail."""
    if context.instance is None:
        return None
    try:
        found = collection(context.instance, run, utc_now())
    except Exception as error:  # storages of any kind
        _log(context).warning(f"Calls left and failed runs are not published: {error}")
        return None
    return replace(found, is_simulated=copy.is_simulated)


def _log(context: dg.InitResourceContext) -> dg.DagsterLogManager:
    return context.log or dg.get_dagster_logger()  # type: ignore[return-value]
