"""Dagster's webserver and daemon on the demonstration's cloud or on the user's own settings.

Belongs here: what is set for them, who may start them, the messages to the user.
Keep out: how processes start and end (`service`, `dagster_service`); another way to collect: the
UI runs the jobs.
"""

import os
import socket
import time
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from rich.console import Console

from wan_perf.cli.dashboard import beside
from wan_perf.cli.demo import demo_environment
from wan_perf.cli.homes import dagster_home, end_abandoned, opened
from wan_perf.cli.owned_folder import empty_folder, only_one
from wan_perf.cli.ranges import HOUR, ceiled
from wan_perf.cli.service import Service
from wan_perf.cli.terminal import Terminal, bold
from wan_perf.errors import UsageError, WanPerfError
from wan_perf.mist.collect.polls import EVENT_RETENTION
from wan_perf.settings import Settings, read_settings
from wan_perf.simulator import Fleet, serve
from wan_perf.user_paths import made_folder
from wan_perf.wording import counted

_BEAT_S = 30
"""A daemon gives a sign of life so often. [s]"""
_DAGSTER = "wan_perf.cli.dagster_service"
_DASHBOARD_URL = "WAN_PERF_DASHBOARD_URL"
_OURS = ("MIST_", "WAN_PERF_", "SNF_", "DAGSTER_HOME")
_HOW_IT_RUNS = {
    True: "  It runs automatically: inventory, polls, history, then days and reports.",
    False: "  Nothing runs yet: launch inventory_job, hourly_job, daily_job and reports_job, or\n"
    "  switch on the schedule live and all sensors under Automation.",
}
_WORKSPACE = """\
load_from:
  - python_module:
      module_name: wan_perf.definitions
      location_name: wan_perf
"""


def run_dev(sites: int, seed: int, port: int, *, real: bool) -> None:
    """Serve the UI until Ctrl+C.

    Raises:
        UsageError: the real organisation is requested, and there is no token.
        WanPerfError: the port is taken, the home has its Dagster already, or Dagster failed.
    """
    console = Terminal(soft_wrap=True)
    settings = read_settings()
    if real and not settings.mist_api_token.get_secret_value():
        raise UsageError("--real needs MIST_API_TOKEN; set it in the environment or in .env.")
    _refuse_taken(port)
    with only_one(made_folder(settings.home, "WAN_PERF_HOME"), "dev"):
        if real:
            home = settings.dagster_home_given or dagster_home(settings)
            given = {_DASHBOARD_URL: settings.dashboard_url}
            _serve(console, port, home, os.environ | given, Path.cwd())
        else:
            _serve_demo(console, settings, sites, seed, port)


def _serve_demo(console: Console, settings: Settings, sites: int, seed: int, port: int) -> None:
    """A new organisation with every start: its cloud remembers 14 days, its warehouse nothing."""
    home = settings.home / "dev"
    if (before := home / "dagster").is_dir():
        with opened(before) as instance:
            _refuse_second_daemon(instance, before, console)
    empty_folder(home)
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    past = ceiled(now - EVENT_RETENTION, HOUR)
    fleet = Fleet.whole(seed, sites, past, now + timedelta(days=7))
    contracts = home / "contracts.csv"
    contracts.write_text(fleet.contracts_csv(), encoding="utf-8")
    with serve(fleet, now=now, ticking=True) as cloud:
        given = demo_environment(cloud, home.resolve(), contracts.resolve(), past, clock="real")
        given["WAN_PERF_AUTOMATION"] = automation_of_demo(settings)
        given["WAN_PERF_HOME_READERS"] = settings.home_readers
        console.print(
            f"A simulated Mist Cloud with {counted(sites, 'store')} at {cloud.url}; "
            "its clock is the real one."
        )
        others = {k: v for k, v in os.environ.items() if not k.startswith(_OURS)}
        _serve(console, port, dagster_home(read_settings(**given)), others | given, home)


def automation_of_demo(settings: Settings) -> str:
    """Whether the simulated organisation is collected automatically: unless it is set to off."""
    return settings.automation if "automation" in settings.model_fields_set else "on"


def _serve(
    console: Console, port: int, home: Path, environment: dict[str, str], folder: Path
) -> None:
    workspace = home / "workspace.yaml"
    workspace.write_text(_WORKSPACE, encoding="utf-8")
    arguments = ["dev", "-w", str(workspace), "-h", "127.0.0.1", "-p", str(port)]
    environment = environment | {"DAGSTER_HOME": str(home)}
    with opened(home) as instance:
        _refuse_second_daemon(instance, home, console)
        end_abandoned(instance, home, all_others=True)
        with (
            _dashboard(environment, f"http://127.0.0.1:{port}") as address,
            Service(
                "wan_perf.cli.dagster_service",
                arguments,
                environment | _link_to(address, environment),
                folder,
                home / "dev.log",
            ) as service,
        ):
            console.print("Dagster is starting …")
            service.await_answer(f"http://127.0.0.1:{port}/server_info")
            console.print(bold(f"\nhttp://127.0.0.1:{port}"))
            console.print(_what_to_try(home, is_automatic=_is_automatic(environment)))
            console.print(f"The dashboard: {address}")
            service.await_end()
        # What the daemon carried ended with it, and its last sign of life is none any more.
        end_abandoned(instance, home, all_others=True)
        instance.wipe_daemon_heartbeats()
    console.print("Ended.")


def _dashboard(environment: dict[str, str], dagster: str) -> AbstractContextManager[str]:
    """The dashboard of the home that Dagster works on, and its address."""
    given = {k: v for k, v in environment.items() if k in ("WAN_PERF_HOME", "WAN_PERF_WAREHOUSE")}
    return beside(read_settings(**given), dagster)


def _is_automatic(environment: dict[str, str]) -> bool:
    """Whether schedule and sensors run as soon as the daemon does."""
    given = {k: v for k, v in environment.items() if k == "WAN_PERF_AUTOMATION"}
    return read_settings(**given).automation == "on"


def _link_to(address: str, environment: dict[str, str]) -> dict[str, str]:
    """The setting by which assets link to this dashboard, unless another one is set."""
    return {_DASHBOARD_URL: environment.get(_DASHBOARD_URL) or address}


def _refuse_taken(port: int) -> None:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise WanPerfError(
            f"Port {port} cannot be served on ({error.strerror}); give another --port."
        ) from None


def _refuse_second_daemon(instance: dg.DagsterInstance, home: Path, console: Console) -> None:
    """Two daemons on one home would launch every run twice."""
    last = newest = _last_sign(instance)
    until = last + 1.5 * _BEAT_S
    if time.time() < until:
        console.print("A Dagster daemon worked here just now; waiting to see whether it is gone …")
    while newest == last and time.time() < until:
        time.sleep(_BEAT_S / 10)
        newest = _last_sign(instance)
    if newest != last:
        raise WanPerfError(
            f"A Dagster daemon is already working on {home}, such as that of dagster dev; end it, "
            "or set WAN_PERF_HOME to another folder."
        )


def _last_sign(instance: dg.DagsterInstance) -> float:
    return max((beat.timestamp for beat in instance.get_daemon_heartbeats().values()), default=0.0)


def _what_to_try(home: Path, *, is_automatic: bool) -> str:
    return (
        f"{_HOW_IT_RUNS[is_automatic]}\n"
        "  Runs: what was collected and computed, and what waits.\n"
        "  Assets, circuit_hour: the hours, with checks and plots.\n"
        "  Lineage: how the tables feed each other.\n"
        f"  What Dagster says: {home / 'dev.log'}\n"
        "Ctrl+C ends it."
    )
