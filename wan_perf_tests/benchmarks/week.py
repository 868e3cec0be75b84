"""Days that run by themselves under the virtual clock, with a cloud that fails on each of them.

Belongs here: their outages, and what is checked at its end.
Keep out: how schedules and sensors are ticked (`alive.ticking`).
"""

import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from wan_perf.mist.collect.cadence import PASS_EVERY
from wan_perf.mist.collect.clock import floored
from wan_perf.schema.tables import CIRCUIT_DAY, CIRCUIT_HOUR, RAW_PATH_SAMPLE, RAW_PORT_SAMPLE
from wan_perf.simulator import Fleet
from wan_perf.simulator.incidents import KINDS
from wan_perf_tests.support.automation.ticking import PATIENCE_S, Ticking, ticking
from wan_perf_tests.support.graph.cells import EVENTS, GATEWAYS, LASTING, PATHS
from wan_perf_tests.support.graph.staged import HOUR, START, staged

_OFTEN, _SELDOM = 2 * PASS_EVERY, HOUR
"""Between two passes: of the second length but in `_SAMPLED`. A pass takes seconds of a processor,
whatever the number of sites, and a week has 2,016 slots: those left out are gaps."""
_FOLLOWED = 12 * HOUR
_SETTLES = 9 * HOUR
_DAY = timedelta(days=1)
_SAMPLES = (RAW_PORT_SAMPLE, RAW_PATH_SAMPLE)


def _storm(alive: Ticking) -> None:
    alive.stage.cloud.misbehave(GATEWAYS, "429", times=LASTING)


def _trouble(alive: Ticking) -> None:
    for path in (GATEWAYS, PATHS):
        alive.stage.cloud.misbehave(path, "503", times=LASTING)


def _no_answer(alive: Ticking) -> None:
    for path in (GATEWAYS, PATHS, EVENTS):
        alive.stage.cloud.misbehave(path, "slow", times=LASTING)


def _slow_pages(alive: Ticking) -> None:
    alive.stage.cloud.misbehave(PATHS, "slow", times=2, seconds=PATIENCE_S / 2)


_OUTAGES: dict[range, Callable[[Ticking], None] | None] = {
    range(9, 11): _storm,
    range(14, 16): _trouble,
    range(27, 28): _no_answer,
    range(30, 34): _slow_pages,
    range(38, 41): None,
}
"""What befalls the runs of these hours of each two days; where it is None nothing runs."""
_SAMPLED = {*range(4, 6), *range(9, 11), *range(14, 16)}
"""Hours of each two days that passes cover by themselves."""


def week(sites: int, days: int) -> str:
    """Run the days by themselves from an empty warehouse; what is missing at their end."""
    end = START + days * _DAY
    last = end + _SETTLES
    fleet = Fleet.whole(11, sites, START, last, KINDS - {"api_outage", "replaced_gateway"})
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as home:
        with ticking(fleet, Path(home) / "alive", START + HOUR, START) as alive:
            passes = _live_through(alive, end)
            hours, day_rows = alive.stage.rows(CIRCUIT_HOUR), alive.stage.rows(CIRCUIT_DAY)
            doubles = sum(
                int(alive.stage.rows(table).duplicated([*table.key]).sum()) for table in _SAMPLES
            )
        with staged(fleet, Path(home) / "once", now=last) as stage:
            stage.runs.collect(START, end)
            once = stage.rows(CIRCUIT_HOUR)
    figures = {
        **_against(hours[hours["hour"] < end], once[once["hour"] < end]),
        "double samples": doubles,
        "passes": passes,
        "runs or ticks that failed": len(alive.failed),
        "largest difference of days from their hours [min]": _apart(day_rows, hours),
        "took [s]": time.monotonic() - began,
    }
    failed = [f"failed at {at:%Y-%m-%d %H:%M}: {what}" for at, what in alive.failed.items()]
    return "\n".join([*(f"{what}: {figure:,.6g}" for what, figure in figures.items()), *failed])


def _against(ours: pd.DataFrame, once: pd.DataFrame) -> dict[str, float]:
    """Circuit-hours beside those of one backfill, which has no samples."""
    both = ours.merge(
        once, on=["hour", "circuit_id"], how="outer", suffixes=("", "_once"), indicator=True
    )
    had, had_once = both["source"].notna(), both["source_once"].notna()
    past = both[both["source"] == "history"]
    apart = past["utilization_pct"].astype(float) - past["utilization_pct_once"].astype(float)
    return {
        "circuit-hours": len(ours),
        "rows that a single backfill has and these days lack": (both["_merge"] != "both").sum(),
        "hours whose figures a single backfill has and these days lack": (~had & had_once).sum(),
        "hours of which neither has figures": (~had & ~had_once).sum(),
        "from samples": (both["source"] == "samples").sum(),
        "from history": len(past),
        # Which is later, so that Mist has hours left of what was ten minutes: bytes of minutes
        # without telemetry are among its bytes, the rate is the same.
        "of history, utilization at most so far from a single backfill's [%]": apart.abs().max(),
        "unknown minutes [%]": 100 * ours["unknown_minutes"].sum() / (60 * len(ours)),
        "the same in a single backfill": 100 * once["unknown_minutes"].sum() / (60 * len(once)),
    }


def _apart(days: pd.DataFrame, hours: pd.DataFrame) -> float:
    by_days, by_hours = (rows.groupby("circuit_id")["up_minutes"].sum() for rows in (days, hours))
    return float((by_days - by_hours).abs().max())


def _live_through(alive: Ticking, end: datetime) -> int:
    """Passes and sensors until the last hour is settled; the number of passes."""
    clock, passes = alive.stage.cloud.clock, 0
    alive.follow()
    clock.advance_to(alive.now + _OFTEN)
    alive.follow()
    clock.advance_to(START + 2 * HOUR)
    while alive.now < end + _SETTLES:
        passes += _live(alive)
        often = _hour(alive) in _SAMPLED
        # A cloud that fails has its clock waited for: the next slot is a whole one again.
        clock.advance_to(floored(alive.now, _OFTEN) + (_OFTEN if often else _SELDOM))
    alive.follow(rounds=5)
    return passes


def _live(alive: Ticking) -> int:
    """The slot's run and, once in a while, the sensors; 1 where the slot was not left out."""
    for hours, befalls in _OUTAGES.items():
        if _hour(alive) in hours:
            if befalls is None:
                return 0
            befalls(alive)
    slot = floored(alive.now, _OFTEN)
    alive.live()
    if (slot - START) % _FOLLOWED == timedelta():
        alive.follow()
    return 1


def _hour(alive: Ticking) -> int:
    """Of two days."""
    return (alive.now - START) % (2 * _DAY) // HOUR
