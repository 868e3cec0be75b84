"""What Mist said: one row per sample or event, as frames.

Belongs here: which source feeds which raw table, and when it may be asked.
Keep out: parsing (`mist`).
"""

from typing import Any

import dagster as dg
import pandas as pd

from wan_perf.defs.declared import declared
from wan_perf.defs.partitions import CHUNK, HOURLY
from wan_perf.defs.resources import Progress, Source
from wan_perf.mist.clock import PASS_EVERY, Clock, floored
from wan_perf.mist.collecting import take_events, take_passes
from wan_perf.mist.errors import MistTransientError
from wan_perf.mist.inventory import inventory
from wan_perf.tables import RAW_GATEWAY_EVENT, RAW_INVENTORY, RAW_PORT_SAMPLE

DUE_TAG = "wan_perf/due_pass"
"""A run with this tag takes only the pass that is due, also under a clock that can be advanced."""


def retry_transient(error: MistTransientError) -> dg.RetryRequested:
    """Asks for the run to be tried again when the cloud says, or soon."""
    return dg.RetryRequested(max_retries=2, seconds_to_wait=error.retry_after or 10)


@dg.asset(**declared(RAW_INVENTORY), kinds={"mist", "python"})
def raw_inventory(
    context: dg.AssetExecutionContext,
    source: dg.ResourceParam[Source],
    clock: dg.ResourceParam[Clock],
) -> pd.DataFrame:
    try:
        frame, unused = inventory(
            source.session(), floored(clock.now(), PASS_EVERY), source.contracts()
        )
    except MistTransientError as error:
        raise retry_transient(error) from error
    context.add_output_metadata({"contracts_unused": unused})
    for sentence in unused:
        context.log.warning(sentence)
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
        raise retry_transient(error) from error
    missed = {f"{at:%Y-%m-%d %H:%M}": why for at, why in passes.missed.items()}
    for at, why in missed.items():
        context.log.warning(f"The pass of {at} UTC was missed: {why}")
    context.add_output_metadata(
        {"passes_taken": len(passes.taken), "passes_missed": missed, "calls": session.calls}
    )
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
        raise retry_transient(error) from error
    context.add_output_metadata({"calls": session.calls})
    return events


def naive(window: Any) -> tuple[Any, Any]:
    """Start and end of a Dagster time window, naive UTC."""
    return window.start.replace(tzinfo=None), window.end.replace(tzinfo=None)
