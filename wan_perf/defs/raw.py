"""What Mist said: one row per sample or event, as frames.

Belongs here: which source feeds which raw table, and when it may be asked.
Keep out: parsing (`mist`).
"""

from typing import Any

import dagster as dg
import pandas as pd

from wan_perf.defs.declared import declared
from wan_perf.defs.kept_out import tell_kept_out
from wan_perf.defs.partitions import CHUNK, HOURLY
from wan_perf.defs.resources import Progress, Source
from wan_perf.mist.clock import PASS_EVERY, Clock, floored
from wan_perf.mist.collecting import take_events, take_passes
from wan_perf.mist.errors import MistTransientError
from wan_perf.mist.inventory import inventory
from wan_perf.tables import RAW_GATEWAY_EVENT, RAW_INVENTORY, RAW_PORT_SAMPLE

DUE_TAG = "wan_perf/due_pass"
"""A run with this tag takes only the pass that is due, also under a clock that can be advanced."""


AT_ONCE_TAG = "wan_perf/fail_at_once"
"""A run with this tag is not tried again: somebody waits for its answer."""
_LONGEST_WAIT_S = 60
"""A run that waits longer keeps others from their turn; the next scheduled one asks anew."""


def retry_later(context: dg.AssetExecutionContext, error: MistTransientError) -> None:
    """Have the run tried again when the cloud says, or soon; return where that is not wanted.

    Raises:
        RetryRequested: the run is to be tried again.
    """
    wait_s = error.retry_after or 10
    if AT_ONCE_TAG not in context.run.tags and wait_s <= _LONGEST_WAIT_S:
        raise dg.RetryRequested(max_retries=2, seconds_to_wait=wait_s) from error


@dg.asset(**declared(RAW_INVENTORY), kinds={"mist", "python"})
def raw_inventory(
    context: dg.AssetExecutionContext,
    source: dg.ResourceParam[Source],
    clock: dg.ResourceParam[Clock],
) -> pd.DataFrame:
    session = source.session()
    try:
        frame, unused = inventory(session, floored(clock.now(), PASS_EVERY), source.contracts())
    except MistTransientError as error:
        retry_later(context, error)
        raise
    context.add_output_metadata({"contracts_unused": unused})
    for sentence in unused:
        context.log.warning(sentence)
    tell_kept_out(context, session)
    return frame


@dg.asset(
    **declared(RAW_PORT_SAMPLE),
    kinds={"mist", "python"},
    partitions_def=HOURLY,
    backfill_policy=CHUNK,
    # After the history: what lies behind the clock when a run begins is not sampled any more.
    deps=["raw_port_history"],
)
def raw_port_sample(
    context: dg.AssetExecutionContext,
    source: dg.ResourceParam[Source],
    clock: dg.ResourceParam[Clock],
    progress: dg.ResourceParam[Progress],
) -> pd.DataFrame:
    start, end = naive(context.partition_time_window)
    if DUE_TAG in context.run.tags:
        end = min(end, floored(clock.now(), PASS_EVERY) + PASS_EVERY)
    session = source.session()
    try:
        passes = take_passes(session, clock.passes(start, end), progress.passed)
    except MistTransientError as error:
        retry_later(context, error)
        raise
    missed = {f"{at:%Y-%m-%d %H:%M}": why for at, why in passes.missed.items()}
    for at, why in missed.items():
        context.log.warning(f"The pass of {at} UTC was missed: {why}")
    context.add_output_metadata(
        {"passes_taken": len(passes.taken), "passes_missed": missed, "calls": session.calls}
    )
    tell_kept_out(context, session)
    return passes.samples


@dg.asset(
    **declared(RAW_GATEWAY_EVENT),
    kinds={"mist", "python"},
    partitions_def=HOURLY,
    backfill_policy=CHUNK,
    deps=[raw_port_sample],  # after the passes, so that the hour's events are in
)
def raw_gateway_event(
    context: dg.AssetExecutionContext,
    source: dg.ResourceParam[Source],
    clock: dg.ResourceParam[Clock],
) -> pd.DataFrame:
    start, end = naive(context.partition_time_window)
    session = source.session()
    try:
        events = take_events(session, start, end, clock.now())
    except MistTransientError as error:
        retry_later(context, error)
        raise
    context.add_output_metadata({"calls": session.calls})
    tell_kept_out(context, session)
    return events


def naive(window: Any) -> tuple[Any, Any]:
    """Start and end of a Dagster time window, naive UTC."""
    return window.start.replace(tzinfo=None), window.end.replace(tzinfo=None)
