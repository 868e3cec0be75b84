"""What Dagster has recorded of collecting: runs that failed, calls that were left.

Belongs here: reading that from an instance, without making or changing anything.
Keep out: who is shown it (`published.collection`, `cli.status`).
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.definitions.assets.job.asset_job import IMPLICIT_ASSET_JOB_NAME  # no public name
from dagster._utils.error import SerializableErrorInfo

from wan_perf.published.collection import FAILED_WITHIN, Collection, FailedRun
from wan_perf.schema.tables import RAW_PORT_SAMPLE

_RANGE = "dagster/asset_partition_range_"
_MOST_PUBLISHED = 5


def collection(instance: dg.DagsterInstance, run: dg.DagsterRun, now: datetime) -> Collection:
    """The state of collecting at the end of a run; the run counts as failed where a step did.

    Errors that are no sentence of ours are named by their class only: readers of the published copy
    may be others than those of the runs' logs.
    """
    failed = list(failed_runs(instance, FAILED_WITHIN, _MOST_PUBLISHED, only_ours=True))
    count = instance.get_runs_count(_failures(FAILED_WITHIN))
    kind = dg.DagsterEventType.STEP_FAILURE
    if instance.get_records_for_run(run.run_id, of_type=kind, limit=1).records:
        why = _why(instance, run.run_id, only_ours=True)
        failed.insert(0, FailedRun(run.run_id, job_of(run), partitions(run), now, why))
        count += 1
    left, left_at = calls_left(instance) or (None, None)
    return Collection(left, left_at, count, tuple(failed[:_MOST_PUBLISHED]))


def failed_runs(
    instance: dg.DagsterInstance, within: timedelta, most: int, *, only_ours: bool = False
) -> Iterator[FailedRun]:
    """Runs that failed within a time, the newest first.

    Args:
        instance: Whose runs.
        within: How far back.
        most: How many of them at most.
        only_ours: Errors that are no sentence of ours are named by their class only.
    """
    for record in instance.get_run_records(_failures(within), limit=most):
        run = record.dagster_run
        ended = instant(record.end_time or record.update_timestamp.timestamp())
        why = _why(instance, run.run_id, only_ours=only_ours)
        yield FailedRun(run.run_id, job_of(run), partitions(run), ended, why)


def calls_left(instance: dg.DagsterInstance) -> tuple[int, datetime] | None:
    """The calls that were left after the newest poll, and when it was stored."""
    event = instance.get_latest_materialization_event(dg.AssetKey(RAW_PORT_SAMPLE.name))
    if event is None or event.asset_materialization is None:
        return None
    left = event.asset_materialization.metadata.get("calls_left")
    if left is None or not isinstance(left.value, int):
        return None
    return left.value, instant(event.timestamp)


def has_ended(instance: dg.DagsterInstance, run_id: str) -> bool:
    """True where no process works on the run any more; a run of another instance is unknown."""
    run = instance.get_run_by_id(run_id)
    return run is not None and run.is_finished


def job_of(run: dg.DagsterRun) -> str:
    """The job of a run; without one, launched by a person, the assets or checks that it is of."""
    if run.job_name != IMPLICIT_ASSET_JOB_NAME:
        return run.job_name
    names = sorted(key.to_user_string() for key in run.asset_selection or ())
    others = f" and {len(names) - 1} more" if len(names) > 1 else ""
    if names:
        return f"{names[0]}{others}"
    return "checks" if run.asset_check_selection else "all assets"


def partitions(run: dg.DagsterRun) -> str | None:
    """The partitions that a run covers, in words."""
    first, last = (run.tags.get(f"{_RANGE}{end}") for end in ("start", "end"))
    if first and last:
        return first if first == last else f"{first} to {last}"
    return run.tags.get("dagster/partition")


def instant(timestamp: float) -> datetime:
    """An instant of Dagster's, naive UTC to the second."""
    return datetime.fromtimestamp(timestamp, UTC).replace(tzinfo=None, microsecond=0)


def _failures(within: timedelta) -> dg.RunsFilter:
    since = datetime.now(UTC) - within
    return dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE], updated_after=since)


def _why(instance: dg.DagsterInstance, run_id: str, *, only_ours: bool) -> str | None:
    """The sentence of the innermost cause of the first step that failed, else of the run."""
    for kind in (dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE):
        for entry in instance.all_logs(run_id, of_type=kind):
            event = entry.get_dagster_event()
            step = kind is dg.DagsterEventType.STEP_FAILURE
            data = event.step_failure_data if step else event.job_failure_data
            if data.error is not None:
                return _sentence(data.error, only_ours=only_ours)
            if event.message and not only_ours:
                return _first_line(event.message)
    return None


def _sentence(error: SerializableErrorInfo, *, only_ours: bool) -> str:
    """The message of the first error of ours in the chain of causes, else of the innermost one."""
    chain = [error]
    while (cause := chain[-1].cause) is not None:
        chain.append(cause)
    ours = next((one for one in chain if one.message.startswith("wan_perf.")), None)
    if ours is None and only_ours:
        return f"{chain[-1].cls_name}; the run's log has the reason."
    chosen = ours or chain[-1]
    text = _first_line(chosen.message)
    name, _, sentence = text.partition(": ")
    return sentence if sentence and name.rpartition(".")[2] == chosen.cls_name else text


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
