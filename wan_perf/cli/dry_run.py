"""`wan-perf collect --dry-run`: what would be requested from Mist; nothing is.

Belongs here: the records that are read, what is printed.
Keep out: which stages and calls there are (`planned_requests`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import dagster as dg
from rich.console import Console

from wan_perf.cli.due import DueJobs
from wan_perf.cli.homes import opened
from wan_perf.cli.planned_requests import Planned, planned_requests
from wan_perf.cli.recorded_runs import recorded_runs
from wan_perf.cli.terminal import bold
from wan_perf.mist.collect.clock import floored
from wan_perf.settings import Settings
from wan_perf.time_argument import TimeArgument
from wan_perf.wording import counted

_HOUR = timedelta(hours=1)
_WIDTH = 14


def dry_run(
    settings: Settings,
    console: Console,
    start: TimeArgument | None,
    end: TimeArgument | None,
    *,
    inventory: bool,
    again: bool,
) -> None:
    """Print what `wan-perf collect` with these arguments would request; nothing is changed.

    Raises:
        UsageError: the range cannot be collected.
    """
    with _home_instance(settings) as instance, DueJobs(settings, console, instance) as jobs:
        ends = (jobs.resolved(start), jobs.resolved(end))
        found = planned_requests(jobs, *ends, inventory=inventory, again=again)
        now = jobs.clock.now()
        left = recorded_runs(settings.dagster_home, _HOUR, 1).calls_left
    is_of_now = left is not None and floored(left[1], _HOUR) == floored(now, _HOUR)
    print_planned(found, left[0] if left and is_of_now else None, settings.call_reserve, console)


def print_planned(
    found: Sequence[Planned], calls_left: int | None, reserve: int, console: Console
) -> None:
    """Print a line a stage, and all calls beside those that are left in this hour, if known."""
    if not found:
        console.print("All of the range is stored and final; nothing would be requested.")
        return
    for one in found:
        number = f"{one.bound} {one.calls:,}".strip()
        calls = "unknown" if one.bound and not one.calls else number
        console.print(bold(f"{one.stage:<{_WIDTH}}"), f"{calls:<{_WIDTH}}", one.scope)
    bounds = {one.bound for one in found} - {""}
    bound = f"{bounds.pop()} " if len(bounds) == 1 else "about " if bounds else ""
    total = sum(one.calls for one in found)
    left = "how many are left, wan-perf doctor shows"
    if calls_left is not None:
        left = f"{calls_left:,} were left in this hour after the newest poll"
    console.print(f"In all {bound}{counted(total, 'call')}; {left}.")
    waiting = [one.stage for one in found if one.can_wait]
    if waiting:
        console.print(
            f"Of {' and '.join(dict.fromkeys(waiting))} only as many calls as leave {reserve:,} "
            "of the hour's to live polls (WAN_PERF_CALL_RESERVE); the rest in a later run."
        )
    console.print("Nothing was requested, run or stored.")


@contextmanager
def _home_instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """The home's records as they are; without a home none, and none is made."""
    home = settings.dagster_home
    exists = (home / "dagster.yaml").is_file() and (home / "history").is_dir()
    with opened(home) if exists else dg.DagsterInstance.ephemeral() as instance:
        yield instance
