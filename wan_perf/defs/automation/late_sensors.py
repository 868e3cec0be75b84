"""Sensors that have closed hours computed again, each by a run over just them.

Belongs here: when they evaluate, and the runs that they request.
Keep out: which hours these are (`late_data`), what follows from them (`conditions`).
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import dagster as dg

from wan_perf.defs.automation.conditions import hours
from wan_perf.defs.automation.late_data import (
    consecutive_hours,
    hours_of_corrections,
    hours_of_ended_gaps,
    hours_of_late_events,
    hours_without_facts,
)
from wan_perf.defs.automation.run_queues import HISTORY, lane
from wan_perf.defs.resources import PolicyFile, Source
from wan_perf.kpi.state.evidence_window import EVENT_REACH_BACK
from wan_perf.mist.collect.cadence import ALLOWED_LATENESS
from wan_perf.mist.collect.clock import Clock, floored
from wan_perf.warehouse import Warehouse

_HOUR = timedelta(hours=1)


def late_sensors(
    events_job: str, facts_job: str, start: datetime, *, is_running: bool
) -> list[dg.SensorDefinition]:
    """The sensors of events, telemetry gaps and contracts; each evaluates once an hour.

    `events_job` reads the events of its hours again, `facts_job` computes its hours again. Hours
    before `start` have no partition and are not requested.
    """
    status = dg.DefaultSensorStatus.RUNNING if is_running else dg.DefaultSensorStatus.STOPPED
    return [
        _late_events(events_job, start, status),
        _ended_gaps(facts_job, start, status),
        _corrections(facts_job, start, status),
        _uncomputed(facts_job, start, status),
    ]


def _late_events(job: str, start: datetime, status: dg.DefaultSensorStatus) -> dg.SensorDefinition:
    @dg.sensor(
        job_name=job,
        minimum_interval_seconds=3600,
        default_status=status,
        description="Hours of the last day with events in Mist that are not stored.",
    )
    def late_events(
        source: dg.ResourceParam[Source],
        clock: dg.ResourceParam[Clock],
        warehouse: dg.ResourceParam[Warehouse],
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        until = floored(clock.now(), _HOUR) - ALLOWED_LATENESS
        begin = until - EVENT_REACH_BACK
        changed = hours_of_late_events(source, clock, warehouse, begin, until)
        yield from _run_requests(changed, start, "No event came late.")

    return late_events


def _ended_gaps(job: str, start: datetime, status: dg.DefaultSensorStatus) -> dg.SensorDefinition:
    @dg.sensor(
        name="ended_silences",  # Dagster has its cursor and its switch under this name
        job_name=job,
        minimum_interval_seconds=300,
        default_status=status,
        description="Hours of telemetry gaps that ended, whose cause is now known.",
    )
    def ended_gaps(
        context: dg.SensorEvaluationContext,
        clock: dg.ResourceParam[Clock],
        warehouse: dg.ResourceParam[Warehouse],
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        now = clock.now()
        since = datetime.fromisoformat(context.cursor) if context.cursor else now
        changed, newest = hours_of_ended_gaps(warehouse, since, floored(now, _HOUR) - _HOUR)
        context.update_cursor(newest.isoformat())
        yield from _run_requests(changed, start, "No telemetry gap of more than an hour ended.")

    return ended_gaps


def _corrections(job: str, start: datetime, status: dg.DefaultSensorStatus) -> dg.SensorDefinition:
    @dg.sensor(
        job_name=job,
        minimum_interval_seconds=3600,
        default_status=status,
        description="Hours that contracts or the policy describe otherwise than they are stored.",
    )
    def corrections(
        context: dg.SensorEvaluationContext,
        clock: dg.ResourceParam[Clock],
        warehouse: dg.ResourceParam[Warehouse],
        policy: dg.ResourceParam[PolicyFile],
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        schedule = policy.read().trading_hours
        compared = json.loads(context.cursor) if context.cursor else {}
        found, compared = hours_of_corrections(warehouse, compared, start, clock.now(), schedule)
        context.update_cursor(json.dumps(compared))
        yield from _run_requests(
            found, start, "Every hour has the bandwidth, ranks, levels and trading hours in force."
        )

    return corrections


def _uncomputed(job: str, start: datetime, status: dg.DefaultSensorStatus) -> dg.SensorDefinition:
    @dg.sensor(
        job_name=job,
        minimum_interval_seconds=3600,
        default_status=status,
        description="Hours whose samples were stored and whose circuit-hours were not.",
    )
    def uncomputed(
        clock: dg.ResourceParam[Clock], warehouse: dg.ResourceParam[Warehouse]
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        # The hours in progress are those of live runs.
        found = hours_without_facts(warehouse, floored(clock.now(), _HOUR) - _HOUR)
        yield from _run_requests(found, start, "Every hour with samples has its circuit-hours.")

    return uncomputed


def _run_requests(
    found: Iterable[datetime], start: datetime, nothing: str
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """A run for each interval of consecutive hours, none before the start."""
    begin = floored(start, _HOUR)
    intervals = list(consecutive_hours(sorted(at for at in found if at >= begin)))
    if not intervals:
        yield dg.SkipReason(nothing)
    for first, last in intervals:
        yield dg.RunRequest(tags={**lane(HISTORY), **hours(first, last)})
