"""What a home's Dagster has recorded of runs: those that wait, go on, or failed.

Belongs here: reading Dagster's records, without making or changing any.
Keep out: how they are shown (`status`), ending runs of killed processes (`homes`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster._utils.error import SerializableErrorInfo

from wan_perf.defs.lanes import LANE

_RUNNING = [
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
_RANGE = "dagster/asset_partition_range_"


@dataclass(frozen=True)
class Run:
    """A run: its job, lane (live or history), the partitions it covers, and when it began."""

    run_id: str
    job: str
    lane: str | None
    partitions: str | None
    since: datetime


@dataclass(frozen=True)
class FailedRun:
    """A run that failed: when it ended, and the sentence; None where its log is gone."""

    run_id: str
    job: str
    partitions: str | None
    ended_at: datetime
    why: str | None


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
            failed=tuple(_failed(instance, failed_within, most_failed)),
            daemon_seen_at=_instant(max(beats)) if beats else None,
            calls_left=_calls_left(instance),
        )


def _runs(instance: dg.DagsterInstance, statuses: list[dg.DagsterRunStatus]) -> Iterator[Run]:
    found = instance.get_run_records(dg.RunsFilter(statuses=statuses), ascending=True)
    for record in found:
        run = record.dagster_run
        since = _instant(record.start_time or record.create_timestamp.timestamp())
        yield Run(run.run_id, run.job_name, run.tags.get(LANE), _partitions(run), since)


def _failed(instance: dg.DagsterInstance, within: timedelta, most: int) -> Iterator[FailedRun]:
    wanted = dg.RunsFilter(
        statuses=[dg.DagsterRunStatus.FAILURE], updated_after=datetime.now(UTC) - within
    )
    for record in instance.get_run_records(wanted, limit=most):
        run = record.dagster_run
        ended = _instant(record.end_time or record.update_timestamp.timestamp())
        yield FailedRun(
            run.run_id, run.job_name, _partitions(run), ended, _why(instance, run.run_id)
        )


def _why(instance: dg.DagsterInstance, run_id: str) -> str | None:
    """The sentence of the innermost cause of the first step that failed, else of the run."""
    for kind in (dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE):
        for entry in instance.all_logs(run_id, of_type=kind):
            event = entry.get_dagster_event()
            step = kind is dg.DagsterEventType.STEP_FAILURE
            data = event.step_failure_data if step else event.job_failure_data
            if data.error is not None:
                return _sentence(data.error)
            if event.message:
                return _first_line(event.message)
    return None


def _sentence(error: SerializableErrorInfo) -> str:
    """The message of the first error of ours in the chain of causes, else of the innermost one."""
    chain = [error]
    while (cause := chain[-1].cause) is not None:
        chain.append(cause)
    ours = (one for one in chain if one.message.startswith("wan_perf."))
    chosen = next(ours, chain[-1])
    text = _first_line(chosen.message)
    name, _, sentence = text.partition(": ")
    return sentence if sentence and name.rpartition(".")[2] == chosen.cls_name else text


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _partitions(run: dg.DagsterRun) -> str | None:
    first, last = (run.tags.get(f"{_RANGE}{end}") for end in ("start", "end"))
    if first and last:
        return first if first == last else f"{first} to {last}"
    return run.tags.get("dagster/partition")


def _calls_left(instance: dg.DagsterInstance) -> tuple[int, datetime] | None:
    event = instance.get_latest_materialization_event(dg.AssetKey("raw_port_sample"))
    if event is None or event.asset_materialization is None:
        return None
    left = event.asset_materialization.metadata.get("calls_left")
    if left is None or not isinstance(left.value, int):
        return None
    return left.value, _instant(event.timestamp)


def _instant(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC).replace(tzinfo=None, microsecond=0)
