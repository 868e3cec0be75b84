"""What Mist reported: one row per sample or event, as frames.

Belongs here: which source feeds which raw table, and when it may be requested.
Keep out: parsing (`mist`).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import Any

import dagster as dg
import pandas as pd

from wan_perf.defs.assets.declared import declared, table_out
from wan_perf.defs.assets.rejected_rows import (
    ROWS,
    odd_values_check,
    report_impossible,
    report_rejected,
    with_odd_values,
)
from wan_perf.defs.assets.requested_hours import (
    EVENTS_FINAL_AFTER,
    SCORES_FINAL_AFTER,
    final_hours,
    hours_of,
    record_requests,
)
from wan_perf.defs.partitions import CHUNK, HOURLY
from wan_perf.defs.resources import Progress, Source
from wan_perf.defs.retries import tried_again
from wan_perf.mist.client.errors import MistPermanentError, MistTransientError
from wan_perf.mist.collect.cadence import ALLOWED_LATENESS, PASS_EVERY, is_due
from wan_perf.mist.collect.clock import Clock, floored
from wan_perf.mist.collect.polls import Scores, allowance, take_events, take_passes, take_scores
from wan_perf.mist.endpoints.site_scores import HOUR
from wan_perf.schema.tables import (
    RAW_GATEWAY_EVENT,
    RAW_GATEWAY_STATUS,
    RAW_PATH_SAMPLE,
    RAW_PORT_SAMPLE,
    RAW_SITE_SLE,
)
from wan_perf.warehouse import Warehouse, Window
from wan_perf.wording import counted

MIST_POOL = "mist_api"
"""Who calls Mist takes turns: all share one token's calls of the hour."""
DUE_TAG = "wan_perf/due_pass"
"""A run with this tag takes only the pass that is due, also under a clock that can be advanced."""

_Stored = dg.MaterializeResult[pd.DataFrame]


@dg.multi_asset(
    name="live_passes",
    outs={
        RAW_PORT_SAMPLE.name: dg.AssetOut(**table_out(RAW_PORT_SAMPLE)),
        RAW_PATH_SAMPLE.name: dg.AssetOut(**table_out(RAW_PATH_SAMPLE)),
        RAW_GATEWAY_STATUS.name: dg.AssetOut(**table_out(RAW_GATEWAY_STATUS)),
    },
    check_specs=[odd_values_check(RAW_PORT_SAMPLE.name)],
    partitions_def=HOURLY,
    backfill_policy=CHUNK,
    # After the history: what lies behind the clock when a run begins is not sampled any more.
    deps=["raw_port_history"],
    pool=MIST_POOL,
)
@tried_again
def live_passes(
    context: dg.AssetExecutionContext,
    source: dg.ResourceParam[Source],
    clock: dg.ResourceParam[Clock],
    progress: dg.ResourceParam[Progress],
) -> tuple[_Stored, _Stored, _Stored]:
    """One asset of three tables: the same polls, at the same instants of one clock."""
    start, end = naive(context.partition_time_window)
    session = source.session()
    due = _due_now(clock, start, end) if _is_live(context) else clock.passes(start, end)
    first, due = _first_of(due)
    # Of a range that is over no pass can be taken: then not even the calls left are requested.
    budget = allowance(session, clock, reserve=0) if first else None
    passes = take_passes(
        session, due, clock, lambda at: progress.passed(at, budget.left if budget else None)
    )
    if _is_live(context) and first is None:
        context.log.warning(
            f"The clock stands at {clock.now():%Y-%m-%d %H:%M} UTC, outside of this run's hours "
            f"from {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}: no pass was taken. Where this "
            "happens again, look at this machine's clock."
        )
    missed = {f"{what} at {at:%Y-%m-%d %H:%M}": why for (at, what), why in passes.missed.items()}
    for what, why in missed.items():
        context.log.warning(f"The pass of {what} UTC was missed: {why}")
    metadata = {
        "passes_taken": len(passes.taken),
        "passes_missed": missed,
        "calls": session.calls,
        "calls_left": budget.left if budget else None,
    }
    context.add_output_metadata(metadata, output_name=RAW_PORT_SAMPLE.name)
    report_impossible(context, passes.port_samples, RAW_PORT_SAMPLE.name)
    report_impossible(context, passes.path_samples, RAW_PATH_SAMPLE.name)
    report_impossible(context, passes.gateway_status, RAW_GATEWAY_STATUS.name)
    report_rejected(context, session, RAW_PORT_SAMPLE.name)
    return (
        with_odd_values(passes.port_samples, session, RAW_PORT_SAMPLE.name),
        dg.MaterializeResult(asset_key=RAW_PATH_SAMPLE.name, value=passes.path_samples),
        dg.MaterializeResult(asset_key=RAW_GATEWAY_STATUS.name, value=passes.gateway_status),
    )


@dg.asset(
    **declared(RAW_GATEWAY_EVENT),
    check_specs=[odd_values_check(RAW_GATEWAY_EVENT.name)],
    kinds={"mist", "python"},
    partitions_def=HOURLY,
    backfill_policy=CHUNK,
    deps=[RAW_PORT_SAMPLE.name],  # after the passes, so that the hour's events are in
    pool=MIST_POOL,
)
@tried_again
def raw_gateway_event(
    context: dg.AssetExecutionContext,
    source: dg.ResourceParam[Source],
    clock: dg.ResourceParam[Clock],
    warehouse: dg.ResourceParam[Warehouse],
) -> dg.MaterializeResult[pd.DataFrame]:
    start, end = naive(context.partition_time_window)
    session, events, why, now = source.session(), None, "", clock.now()
    final = {} if _is_live(context) else _final_events(context, start, end, now)
    open_hours = [hour for hour in hours_of(start, end) if hour not in final]
    requested = dict.fromkeys(open_hours, now)
    is_requested = not _is_live(context) or is_due("events", floored(now, PASS_EVERY))
    if is_requested and open_hours:
        try:
            events = take_events(session, open_hours[0], open_hours[-1] + HOUR, clock)
        except (MistPermanentError, MistTransientError) as error:
            # A live run goes on with its pass, which nobody can take again.
            if not _is_live(context):
                raise
            why = str(error)
            context.log.warning(f"Events were not had and stay as they are: {why}")
    context.add_output_metadata({"calls": session.calls, "why_left": why}, output_name=ROWS)
    report_rejected(context, session)
    record_requests(
        context, RAW_GATEWAY_EVENT.name, final | (requested if events is not None else {})
    )
    if events is None or final:
        # The window is replaced by what is returned: what was not requested is stored again.
        stored = warehouse.query(warehouse.lazy(RAW_GATEWAY_EVENT, Window(start, end)))
        events = stored if events is None else _replace_events(stored, open_hours, events)
    return with_odd_values(events, session, RAW_GATEWAY_EVENT.name)


def _replace_events(
    stored: pd.DataFrame, requested: list[datetime], events: pd.DataFrame
) -> pd.DataFrame:
    """The stored events with those of the requested hours replaced."""
    at = stored["event_at"]
    beside = (at < requested[0]) | (at >= requested[-1] + HOUR)
    return pd.concat([stored[beside], events], ignore_index=True)


def _final_events(
    context: dg.AssetExecutionContext, start: datetime, end: datetime, now: datetime
) -> dict[datetime, datetime]:
    hours = hours_of(start, end)
    return final_hours(context.instance, RAW_GATEWAY_EVENT.name, hours, EVENTS_FINAL_AFTER, now)


@dg.asset(
    **declared(RAW_SITE_SLE),
    check_specs=[odd_values_check(RAW_SITE_SLE.name)],
    kinds={"mist", "python"},
    partitions_def=HOURLY,
    backfill_policy=CHUNK,
    deps=[RAW_PORT_SAMPLE.name],  # after the passes, so that their hours are over
    pool=MIST_POOL,
)
@tried_again
def raw_site_sle(
    context: dg.AssetExecutionContext,
    source: dg.ResourceParam[Source],
    clock: dg.ResourceParam[Clock],
    warehouse: dg.ResourceParam[Warehouse],
    progress: dg.ResourceParam[Progress],
) -> dg.MaterializeResult[pd.DataFrame]:
    start, end = naive(context.partition_time_window)
    now = clock.now()
    session, found = source.session(), Scores()
    if not _is_live(context) or is_due("scores", floored(now, PASS_EVERY)):
        # A call for each hour, and no report reads them: of a range only the newest are requested.
        first = start if _is_live(context) else max(start, floored(now, HOUR) - source.score_hours)
        hours = hours_of(first, min(end, floored(now, HOUR)))
        final = final_hours(context.instance, RAW_SITE_SLE.name, hours, SCORES_FINAL_AFTER, now)
        wanted = set(hours) - final_scores(warehouse, start, end) - set(final)
        found = take_scores(session, sorted(wanted), clock, source.reserve, progress.scored)
        requested = dict.fromkeys(wanted - set(found.left), now)
        record_requests(context, RAW_SITE_SLE.name, final | requested)
    reasons = sorted(set(found.left.values()))
    for why in reasons:
        context.log.warning(f"Scores of {counted(len(found.left), 'hour')} are left: {why}")
    context.add_output_metadata(
        {"hours_left": len(found.left), "why_left": reasons, "calls": session.calls},
        output_name=ROWS,
    )
    report_rejected(context, session)
    return with_odd_values(found.frame, session, RAW_SITE_SLE.name)


def final_scores(warehouse: Warehouse, start: datetime, end: datetime) -> set[datetime]:
    """Hours whose scores are stored and were requested when they no longer changed."""
    stored = warehouse.lazy(RAW_SITE_SLE, Window(start, end))
    hours = warehouse.query(stored.group_by("hour").aggregate(fetched_at=stored.fetched_at.max()))
    final = hours[hours["fetched_at"] >= hours["hour"] + HOUR + ALLOWED_LATENESS]
    return {hour.to_pydatetime() for hour in final["hour"]}


def _is_live(context: dg.AssetExecutionContext) -> bool:
    return DUE_TAG in context.run.tags


def _first_of(due: Iterable[datetime]) -> tuple[datetime | None, Iterator[datetime]]:
    """The first pass, None where there is none; and all of them."""
    passes = iter(due)
    first = next(passes, None)
    return first, chain(() if first is None else (first,), passes)


def _due_now(clock: Clock, start: datetime, end: datetime) -> list[datetime]:
    due = floored(clock.now(), PASS_EVERY)
    return [due] if start <= due < end else []


def naive(window: Any) -> tuple[Any, Any]:
    """Start and end of a Dagster time window, naive UTC."""
    return window.start.replace(tzinfo=None), window.end.replace(tzinfo=None)
