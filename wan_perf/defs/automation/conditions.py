"""What runs automatically: when polls are taken, what follows what, and in which run queue.

Belongs here: schedules, conditions, sensors.
Keep out: what a run computes, and how late data may arrive (`mist.collect.cadence`).

Two lanes. **Live**: every five minutes one run takes the pass that is due and brings the hour in
progress and the one before it up to date, with all that a person looks at now. **History**:
everything else. Live runs update their own downstream assets and trigger no others. So a condition
reacts to updates by runs that were not live: hours of the past that were fetched, late events, a
correction, a person's backfill; and it looks back no further than `LOOK_BACK`.
Days of today are brought up to date once an hour, since their hours change all along.

Dimensions are joined as of the hour, so that their refresh changes nothing that is over.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import dagster as dg

from wan_perf.defs.assets.raw import DUE_TAG
from wan_perf.defs.automation.run_queues import HISTORY, LANE, LIVE, REQUESTED_BY, lane
from wan_perf.mist.collect.cadence import ALLOWED_LATENESS, PASS_EVERY, reach_back
from wan_perf.mist.collect.clock import floored

AC = dg.AutomationCondition
_HOUR = timedelta(hours=1)

LOOK_BACK = timedelta(days=40)
"""A condition acts on no older partition: thirteen months are brought up to date by a person."""
MIST_KEEPS = timedelta(days=14)
_OF_LIVE = timedelta(hours=2)
"""Hours that each live run brings up to date."""
_SETTLED = ALLOWED_LATENESS + _OF_LIVE
"""An hour's polls are over and its late events received by then: what is missing is fetched."""

FACTS_SENSOR = "facts"
_WAITING = dg.RunsFilter(
    tags={LANE: LIVE}, statuses=[dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED]
)
"""Live runs that have not begun: one is enough, since the clock says which poll it takes."""
_TIMELESS = dg.AssetSelection.assets(
    "dim_site", "dim_contract", "dim_circuit", "circuit_port", "dim_policy"
)

_HOURS = dg.AssetSelection.assets("circuit_hour")


def _upstream_update(*, besides: str | None = None) -> Any:
    """An upstream partition was updated, or is about to be.

    Updates by live runs do not count, nor those by runs that the sensor `besides` requested.
    """
    by_others = AC.newly_updated() & ~AC.all_new_updates_have_run_tags(tag_values={LANE: LIVE})
    if besides:
        by_others &= ~AC.all_new_updates_have_run_tags(tag_values={REQUESTED_BY: besides})
    return AC.any_deps_match(by_others | AC.will_be_requested()).ignore(_TIMELESS)


def _until_handled(change: Any) -> Any:
    """The change, until a request or an update followed it; and what failed.

    Between two ticks both may come. A request is older than what came since. Of two updates the
    later counts; where more than a hundred partitions came at once Dagster does not say which that
    was (`DAGSTER_MAX_PARTITIONS_FOR_DA_TIMESTAMP_FETCH`), and the change stands: once too often
    loses nothing. `since_last_handled` would forget the change in each of these cases.
    """
    came = AC.any_deps_match(AC.newly_updated()).ignore(_TIMELESS)
    comes = AC.any_deps_match(AC.will_be_requested()).ignore(_TIMELESS)
    followed = AC.newly_updated() & AC.newly_updated().since(came) & ~comes
    requested = AC.newly_requested() & ~change
    return change.since(followed | requested | AC.initial_evaluation()) | _failure()


def _failure() -> Any:
    """Requested partitions that failed, or did not start since an upstream one failed: hourly.

    Runs themselves retry failures that end within a minute; this is for longer ones.
    """
    return AC.cron_tick_passed("40 * * * *") & AC.execution_failed()


def _none_in_progress() -> Any:
    """No run in progress would request the same partition again."""
    return ~AC.any_deps_in_progress() & ~AC.in_progress()


def fetched_where_missing() -> dg.AutomationCondition:
    """Hours within Mist's retention that no run has requested yet: three times an hour."""
    return (
        AC.in_latest_time_window(MIST_KEEPS)
        & ~AC.in_latest_time_window(_SETTLED)
        & AC.missing()
        # Whose history there is the inventory says: fetched before it, an hour would stay empty.
        & ~AC.any_deps_match(AC.missing()).allow(_TIMELESS)
        & AC.cron_tick_passed("*/20 * * * *")
        & ~AC.in_progress()
    ).with_label("hours of the last 14 days that were not fetched")


def follows_hours(within: timedelta = LOOK_BACK) -> dg.AutomationCondition:
    """Of hours that are no longer live, and not older than that: those whose inputs changed."""
    return (
        AC.in_latest_time_window(min(within, LOOK_BACK))
        & ~AC.in_latest_time_window(_OF_LIVE)
        # These are requested together, so they do not trigger each other.
        & _until_handled(_upstream_update(besides=FACTS_SENSOR))
        & _none_in_progress()
    ).with_label("hours whose inputs changed, or that failed")


def follows_days() -> dg.AutomationCondition:
    """Days whose inputs changed; today once an hour, and yesterday while its end comes in."""
    today = AC.in_latest_time_window() & AC.cron_tick_passed("12 * * * *")
    yesterday = AC.in_latest_time_window(timedelta(days=2)) & AC.cron_tick_passed("12 0-3 * * *")
    return _follows(today | yesterday).with_label(
        "days whose hours changed, or that failed; today once an hour"
    )


def follows_trading_days() -> dg.AutomationCondition:
    """The same of trading days, whose hours come in for up to 36 hours after the UTC day.

    Today and yesterday once an hour, for stores in the west and those that close after midnight;
    the day before once more, when it is over everywhere.
    """
    two = AC.in_latest_time_window(timedelta(days=2)) & AC.cron_tick_passed("12 * * * *")
    third = AC.in_latest_time_window(timedelta(days=3)) & AC.cron_tick_passed("12 13 * * *")
    return _follows(two | third).with_label(
        "trading days whose hours changed, or that failed; the last two once an hour"
    )


def _follows(begun: Any) -> Any:
    """Days whose inputs changed by runs that were not live, and those that live runs go on with."""
    return (
        AC.in_latest_time_window(LOOK_BACK)
        & _until_handled(_upstream_update() | begun)
        & _none_in_progress()
    )


def follows_periods() -> dg.AutomationCondition:
    """Weeks and months whose days changed.

    They read utilization of hours too, but a changed hour changes its day, and only that triggers.
    """
    changed = (
        AC.in_latest_time_window(LOOK_BACK * 10)
        & _until_handled(_upstream_update())
        & _none_in_progress()
    )
    return changed.ignore(_HOURS).with_label("periods whose days changed, or that failed")


def follows_reports() -> dg.AutomationCondition:
    """Reports whose periods changed."""
    return (_until_handled(_upstream_update()) & _none_in_progress()).with_label(
        "rollups changed, or it failed"
    )


def due_every_six_hours() -> dg.AutomationCondition:
    """The inventory: every six hours, and as soon as there is none."""
    missing = AC.missing() & AC.cron_tick_passed("*/5 * * * *")
    return (missing | AC.cron_tick_passed("3 */6 * * *") | _failure()) & ~AC.in_progress()


def follows_inventory() -> dg.AutomationCondition:
    """Who is measured: together with the inventory."""
    changed = AC.any_deps_match(AC.newly_updated() | AC.will_be_requested())
    return (changed.since_last_handled() | _failure()) & ~AC.in_progress()


def sensor(
    name: str, assets: Sequence[dg.AssetsDefinition], what: str, *, is_running: bool
) -> dg.AutomationConditionSensorDefinition:
    """The sensor that acts on the conditions of these assets, in the lane of history."""
    keys = [key for asset in assets for key in asset.keys]
    return dg.AutomationConditionSensorDefinition(
        name,
        target=dg.AssetSelection.assets(*keys),
        run_tags={**lane(HISTORY), REQUESTED_BY: name},
        default_status=(
            dg.DefaultSensorStatus.RUNNING if is_running else dg.DefaultSensorStatus.STOPPED
        ),
        description=what,
    )


def live_schedule(job: str, start: datetime, *, is_running: bool) -> dg.ScheduleDefinition:
    """A live run every five minutes; partitions begin at `start`.

    The slot names the run, so that it is launched once; the run reads from the clock which poll is
    due. A late tick takes the poll of its own time: what was missed in between is a gap.
    """

    @dg.schedule(
        name="live",
        job_name=job,
        cron_schedule=f"*/{PASS_EVERY // timedelta(minutes=1)} * * * *",
        execution_timezone="UTC",
        default_status=(
            dg.DefaultScheduleStatus.RUNNING if is_running else dg.DefaultScheduleStatus.STOPPED
        ),
        description="The pass that is due, and all that a person looks at now.",
    )
    def live(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if context.instance.get_runs_count(_WAITING):
            return dg.SkipReason("An earlier live run still waits; it takes the poll that is due.")
        due = floored(context.scheduled_execution_time.replace(tzinfo=None), PASS_EVERY)
        return live_run(due, start)

    return live


def checks_schedule(job: str, start: datetime, *, is_running: bool) -> dg.ScheduleDefinition:
    """Once an hour the checks of the hour that live runs have left; partitions begin at `start`."""

    @dg.schedule(
        name="closed_hour_checks",
        job_name=job,
        cron_schedule="9 * * * *",
        execution_timezone="UTC",
        default_status=(
            dg.DefaultScheduleStatus.RUNNING if is_running else dg.DefaultScheduleStatus.STOPPED
        ),
        description="The rules of the hour that live runs no longer change, and of the reports.",
    )
    def closed_hour_checks(
        context: dg.ScheduleEvaluationContext,
    ) -> dg.RunRequest | dg.SkipReason:
        closed = closed_hour(context.scheduled_execution_time.replace(tzinfo=None))
        if closed < floored(start, _HOUR):
            return dg.SkipReason(f"Partitions begin at {start:%Y-%m-%d %H:%M} UTC.")
        return dg.RunRequest(
            run_key=f"{closed:%Y-%m-%dT%H:%M}", tags={**lane(HISTORY), **hours(closed, closed)}
        )

    return closed_hour_checks


def closed_hour(now: datetime) -> datetime:
    """Start of the newest hour that no live run changes any more."""
    return floored(now, _HOUR) - _SETTLED


def live_run(due: datetime, start: datetime) -> dg.RunRequest:
    """The live run of a pass: its hour and those before it that it reaches back to.

    In the hours after the start of partitions that is no further than there are any.
    """
    first, last = floored(max(due - reach_back(due), start), _HOUR), floored(due, _HOUR)
    return dg.RunRequest(
        run_key=f"{due:%Y-%m-%dT%H:%M}",
        tags={**lane(LIVE), DUE_TAG: "true", **hours(first, last)},
    )


def hours(first: datetime, last: datetime) -> dict[str, str]:
    """Tags with which one run covers the hours from the first to the last."""
    keys = (f"{at:%Y-%m-%d-%H:00}" for at in (first, last))
    ends = ("start", "end")
    return {f"dagster/asset_partition_range_{e}": key for e, key in zip(ends, keys, strict=True)}
