"""What a home's Dagster has recorded of runs: those that wait, go on, or failed.

Belongs here: reading Dagster's records, without making or changing any.
Keep out: how they are shown (`status`), ending runs of killed processes (`homes`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg

from wan_perf.defs.automation.run_queues import LANE
from wan_perf.defs.run_records import calls_left, failed_runs, instant, job_of, partitions
from wan_perf.published.collection import FailedRun
from wan_perf.published.running import Run

_RUNNING = [
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dataclass(frozen=True)
class RecordedRuns:
    """Runs of a home as they are now.

    Attributes:
        running: Those that go on, the oldest first.
        queued: Those that wait, the oldest first.
        failed: Those that failed in the time looked at, the newest first.
        daemon_seen_at: The last heartbeat of a Dagster daemon; None where none was recorded.
        calls_left: Mist's calls that were left after the newest poll, and when it was stored.
    """

    running: tuple[Run, ...] = ()
    queued: tuple[Run, ...] = ()
    failed: tuple[FailedRun, ...] = ()
    daemon_seen_at: datetime | None = None
    calls_left: tuple[int, datetime] | None = None


def recorded_runs(home: Path, failed_within: timedelta, most_failed: int) -> RecordedRuns:
    """Read the records of a Dagster home; a home without records has no runs.

    Args:
        home: The folder of the Dagster instance.
        failed_within: How far back failed runs are listed.
        most_failed: How many of them at most.
    """
    if not (home / "dagster.yaml").is_file() or not (home / "history").is_dir():
        return RecordedRuns()
    with dg.DagsterInstance.from_config(str(home)) as instance:
        beats = [beat.timestamp for beat in instance.get_daemon_heartbeats().values()]
        return RecordedRuns(
            running=tuple(_runs(instance, _RUNNING)),
            queued=tuple(_runs(instance, [dg.DagsterRunStatus.QUEUED])),
            failed=tuple(failed_runs(instance, failed_within, most_failed)),
            daemon_seen_at=instant(max(beats)) if beats else None,
            calls_left=calls_left(instance),
        )


def _runs(instance: dg.DagsterInstance, statuses: list[dg.DagsterRunStatus]) -> Iterator[Run]:
    found = instance.get_run_records(dg.RunsFilter(statuses=statuses), ascending=True)
    for record in found:
        run = record.dagster_run
        since = instant(record.start_time or record.create_timestamp.timestamp())
        yield Run(run.run_id, job_of(run), run.tags.get(LANE), partitions(run), since)
