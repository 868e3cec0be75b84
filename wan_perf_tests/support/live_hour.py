"""An hour of live runs against a simulated cloud, and what it costs in calls.

The runs are the command line's own, one for every pass that is due: `wan-perf collect`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from rich.console import Console

from wan_perf.cli.demo import demo_settings
from wan_perf.cli.runs import Runs
from wan_perf.mist.collect.cadence import PASS_EVERY
from wan_perf.simulator import Cloud, Fleet, serve
from wan_perf.simulator.incidents import KINDS
from wan_perf_tests.support.memory import memory

HOUR = timedelta(hours=1)
START = datetime(2026, 3, 10)
WARM_UP = 5 * HOUR
"""So that the hour that is counted reads full hours of events and scores behind it."""


def live_hour(
    fleet: Fleet, home: Path, console: Console, kind: type[Runs] = Runs
) -> dict[str, int]:
    """Calls by endpoint of the hour that begins WARM_UP after START, counted by the cloud.

    `kind` is the class of the runs. The first run takes the inventory; it is not of the hour, nor
    is the pass that it takes.
    """
    contracts = home / "contracts.csv"
    contracts.write_text(fleet.contracts_csv(), encoding="utf-8")
    begin = START + WARM_UP
    with serve(fleet, now=begin - PASS_EVERY) as cloud:
        settings = demo_settings(cloud, home, contracts, START)
        with memory() as instance, kind(settings, console, instance) as runs:
            runs.collect(None, None)
            before = cloud.calls()
            for nth in range(HOUR // PASS_EVERY):
                cloud.clock.advance_to(begin + nth * PASS_EVERY)
                runs.collect(None, None)
        return difference(cloud, before)


def difference(cloud: Cloud, before: Mapping[str, int]) -> dict[str, int]:
    """Calls since then by endpoint, in words shorter than their address."""
    calls = {path: number - before.get(path, 0) for path, number in cloud.calls().items()}
    named = {path.removeprefix("/api/v1/").removeprefix("orgs/{org_id}/"): path for path in calls}
    return {name: calls[path] for name, path in sorted(named.items()) if calls[path]}


def counted(sites: int, home: Path, console: Console) -> dict[str, int]:
    """The live hour of a whole fleet: every layout, two hubs, every fault but an outage of the API.

    An outage would answer nothing, and so cost less.
    """
    end = START + WARM_UP + 2 * HOUR
    return live_hour(Fleet.whole(7, sites, START, end, KINDS - {"api_outage"}), home, console)


def summary(calls: Mapping[str, int], sites: int) -> str:
    """The calls as lines, the dearest first, and their sum."""
    lines = [f"{number:>6,}  {name}" for name, number in sorted(calls.items(), key=lambda c: -c[1])]
    total = f"{sum(calls.values()):>6,}  calls in a live hour of {sites:,} sites"
    return "\n".join([*lines, total])
