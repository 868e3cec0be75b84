"""A backfill as the UI launches it, against the same hours run in this process.

Belongs here: both clocks, over one simulated cloud each.
Keep out: what a backfill computes.
"""

import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from wan_perf.definitions import HOURLY_ASSETS, INVENTORY_JOB
from wan_perf.mist.collect.clock import floored
from wan_perf.schema.tables import CIRCUIT_HOUR
from wan_perf.simulator import Fleet
from wan_perf_tests.support.automation.daemon import keys, running
from wan_perf_tests.support.graph.staged import HOUR, staged

_ALLOWED = 100_000
"""Calls an hour: the budget of a real token would spread the fetching over hours."""
_WITHIN_S = 5400


def backfill(sites: int, days: int) -> str:
    """Fetch and compute the last `days` of `sites` stores both ways; what each took.

    The hour in progress is among them. A range that ends before it takes Dagster several runs: the
    hours after it follow from those in it, and assets of unlike ranges have runs of their own.
    """
    now = floored(datetime.now(UTC).replace(tzinfo=None), HOUR)
    hours = min(days * 24, 14 * 24 - 2)
    begin = now - hours * HOUR
    fleet = Fleet.seeded(7, sites, begin - timedelta(hours=1), now + timedelta(hours=3))
    took: list[float] = []
    rows: list[int] = []
    assets = [key.to_user_string() for asset in HOURLY_ASSETS for key in asset.keys]
    with tempfile.TemporaryDirectory() as home:
        for way in ("in process", "as the UI"):
            with staged(fleet, Path(home) / way[:2], now, begin, hourly_limit=_ALLOWED) as stage:
                if way == "in process":
                    stage.runs.collect(now - HOUR, now, inventory=True)
                    began = time.monotonic()
                    stage.runs.collect(begin, now + HOUR)
                    took.append(time.monotonic() - began)
                else:
                    with running(stage.runs.settings) as dagster:
                        dagster.wait_for_run(dagster.launch(INVENTORY_JOB), _WITHIN_S)
                        began = time.monotonic()
                        launched = dagster.backfill(assets, keys(begin, hours + 1))
                        dagster.wait_for_backfill(launched, _WITHIN_S)
                        took.append(time.monotonic() - began)
                rows.append(len(stage.rows(CIRCUIT_HOUR)))
    return (
        f"{hours + 1} hours of {rows[0] // (hours + 1):,} circuits, {rows[0]:,} circuit-hours: "
        f"{took[0]:.0f} s in process, {took[1]:.0f} s launched as the UI launches it "
        f"({took[1] - took[0]:+.0f} s, {rows[1]:,} circuit-hours)."
    )
