"""The demonstration: two weeks of a simulated retailer over HTTP, and what the warehouse says.

Belongs here: staging the simulator and the settings of a demonstration.
Keep out: another way to collect or compute: it runs the same jobs as every other command.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from wan_perf.cli.dashboard import run_dashboard
from wan_perf.cli.due import INVENTORY_EVERY
from wan_perf.cli.homes import dagster_home
from wan_perf.cli.owned_folder import empty_folder, only_one
from wan_perf.cli.questions import print_answers, read_answers
from wan_perf.cli.ranges import DAY, HOUR
from wan_perf.cli.read_source import readable
from wan_perf.cli.runs import Runs
from wan_perf.cli.simulated_cloud import Served, served_apart
from wan_perf.cli.terminal import Terminal, bold
from wan_perf.cli.texts_ahead import texts_made_ahead
from wan_perf.errors import WanPerfError
from wan_perf.mist.collect.clock import floored
from wan_perf.mist.collect.polls import EVENT_RETENTION
from wan_perf.settings import Settings, read_settings
from wan_perf.simulator import Cloud, Fleet
from wan_perf.user_paths import made_folder
from wan_perf.wording import counted

_OUTAGE = timedelta(minutes=20)
"""An outage of the simulated API is over by then."""


def run_demo(sites: int, seed: int, *, is_opened: bool = False) -> None:
    """Two weeks of a seeded fleet from the cloud's history, and yesterday from polls; answers.

    With `is_opened` the dashboard is served at the end, and opened in the browser, until Ctrl+C.

    Raises:
        UsageError: the folder of the demonstration holds what wan-perf did not make.
        WanPerfError: another demonstration runs on this home, or a run failed.
    """
    settings = read_settings()
    with only_one(made_folder(settings.home, "WAN_PERF_HOME"), "demo"):
        home = empty_folder(settings.home / "demo")
        _demonstrate(home, sites, seed)
        if is_opened:
            shown = read_settings(WAN_PERF_HOME=str(home), WAN_PERF_WAREHOUSE="duckdb")
            run_dashboard(shown, Terminal(), "127.0.0.1", None, None, is_opened=True)


def _demonstrate(home: Path, sites: int, seed: int) -> None:
    """Collect and answer.

    An hour before and after the day of passes is collected too: its edges need their neighbours.
    The history begins an hour inside what the cloud keeps.
    """
    console = Terminal()
    today = floored(datetime.now(UTC).replace(tzinfo=None), DAY)
    start, end = today - DAY - HOUR, today + HOUR if _is_over(today + HOUR) else today
    past = start - EVENT_RETENTION + HOUR
    fleet = Fleet.whole(seed, sites, past, end + HOUR)
    contracts = home / "contracts.csv"
    contracts.write_text(fleet.contracts_csv(), encoding="utf-8")
    circuits = sum(len(gateway.wan_ports) for gateway in fleet.gateways)
    console.print(
        f"A simulated Mist Cloud with {counted(sites, 'store')} and {circuits} WAN ports, "
        f"{len(fleet.faults)} planted faults; every number below went over HTTP."
    )
    with texts_made_ahead(), served_apart(fleet, start) as cloud:
        settings = demo_settings(cloud, home, contracts, past)
        with Runs(settings, console) as runs:
            _collect(runs, console, past, start)
            # With an inventory of the last hours, as production has it: what was replaced is known.
            _collect(runs, console, start, end - INVENTORY_EVERY)
            _collect(runs, console, end - INVENTORY_EVERY, end)
            runs.aggregate_daily(past, today)
            runs.aggregate_weekly()
            runs.aggregate_monthly()
            print_answers(read_answers(readable(settings)), console)
    console.print(bold("\nWhat to open next"))
    console.print(_what_next(home, settings), soft_wrap=True)


def _collect(runs: Runs, console: Console, start: datetime, end: datetime) -> None:
    """Collect a range with a new inventory; where the cloud is out just then, again later.

    The simulated API is out for some minutes once or twice a day, now and then as a range ends.
    """
    try:
        runs.collect(start, end, inventory=True)
    except WanPerfError as error:
        console.print(f"{error}")
        runs.clock.wait(_OUTAGE.total_seconds())
        runs.collect(start, end)


def demo_settings(
    cloud: Cloud | Served, home: Path, contracts: Path, start: datetime, **given: object
) -> Settings:
    """Settings that point at a simulator and keep everything in one folder; what is given wins."""
    return read_settings(**(demo_environment(cloud, home, contracts, start) | given))


def demo_environment(
    cloud: Cloud | Served, home: Path, contracts: Path, start: datetime, clock: str = "simulator"
) -> dict[str, str]:
    """The same, as the environment of a process."""
    return {
        "MIST_API_TOKEN": cloud.token,
        "MIST_ORG_ID": cloud.org_id,
        "MIST_BASE_URL": cloud.url,
        "MIST_VERIFY": "on",
        "WAN_PERF_CLOCK": clock,
        "WAN_PERF_WAREHOUSE": "duckdb",
        "WAN_PERF_HOME": str(home),
        "WAN_PERF_DUCKDB": str(home / "wan_perf.duckdb"),
        "WAN_PERF_START": start.isoformat(),
        "WAN_PERF_CIRCUITS": str(contracts),
    }


def _is_over(instant: datetime) -> bool:
    return instant <= datetime.now(UTC).replace(tzinfo=None)


def _what_next(home: Path, settings: Settings) -> str:
    dagster = dagster_home(settings)
    variables = {
        "WAN_PERF_HOME": str(home.resolve()),
        "WAN_PERF_START": settings.start.isoformat(),
        "DAGSTER_HOME": str(dagster),
    }
    form = '$env:{}="{}"; ' if os.name == "nt" else "{}='{}' "
    setting = "".join(form.format(name, value) for name, value in variables.items())
    home_setting = form.format("WAN_PERF_HOME", variables["WAN_PERF_HOME"])
    return (
        "  The dashboard, what is wrong now and why:\n"
        f"    {home_setting}wan-perf dashboard --open\n"
        "  The graph, its runs and its checks in the Dagster UI:\n"
        f"    {setting}dagster dev -m wan_perf.definitions\n"
        f"  The tables, in SQL: {settings.duckdb_path} (DuckDB)\n"
        "  What each column means:  wan-perf dictionary\n"
        "  A cloud to collect from by hand:  wan-perf simulate"
    )
