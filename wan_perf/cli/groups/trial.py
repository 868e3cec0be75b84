"""Commands that need no account: the demonstration, Dagster on a simulated cloud, the simulator.

Belongs here: the options of these commands.
Keep out: what they do (`cli.demo`, `cli.dev`, `cli.simulate`).
"""

from pathlib import Path

import click

from wan_perf.cli.arguments import EXISTING_FILE, FILE, INSTANT, resolved
from wan_perf.cli.groups.root import commands
from wan_perf.time_argument import TimeArgument

_SITES = click.option(
    "--sites",
    default=60,
    show_default=True,
    type=click.IntRange(1, 20_000),
    help="Stores of the simulated organisation.",
)


@commands.command()
@_SITES
@click.option("--seed", default=7, show_default=True, help="Another seed, another fleet.")
@click.option("--open", "is_opened", is_flag=True, help="Serve and open the dashboard at the end.")
def demo(sites: int, seed: int, is_opened: bool) -> None:
    """Collect two weeks of a simulated retailer, and answer.

    Everything goes over HTTP, and every answer is read from the warehouse of the demonstration.
    """
    from wan_perf.cli.demo import run_demo

    run_demo(sites, seed, is_opened=is_opened)


@commands.command()
@_SITES
@click.option("--seed", default=7, show_default=True, help="Another seed, another fleet.")
@click.option(
    "--port",
    default=3000,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="Port of Dagster's UI.",
)
@click.option("--real", is_flag=True, help="Your own settings and home instead of a simulation.")
def dev(sites: int, seed: int, port: int, real: bool) -> None:
    """Serve Dagster's UI and daemon on a simulated cloud.

    Until Ctrl+C, with the dashboard beside it. A simulated organisation is a new one with every
    start. Runs of the UI are stored in the home.
    """
    from wan_perf.cli.dev import run_dev

    run_dev(sites, seed, port, real=real)


@commands.command()
@_SITES
@click.option("--seed", default=7, show_default=True, help="Another seed, another fleet.")
@click.option(
    "--port",
    default=8080,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port of the simulated cloud; 0: any free one.",
)
@click.option("--start", type=INSTANT, help="Where the virtual clock stands; without: real time.")
@click.option(
    "--days",
    default=2,
    show_default=True,
    type=click.IntRange(1, 400),
    help="Days from the start of the clock in which faults are planted.",
)
@click.option(
    "--faults/--no-faults",
    default=True,
    show_default=True,
    help="Plant faults of ports, gateways and the API, or none.",
)
@click.option(
    "--replay",
    type=EXISTING_FILE,
    help="CSV (timestamp,value): a recorded series that the first store's first port carries.",
)
@click.option("--truth", type=FILE, help="Write what happens to this file.")
@click.option("--hostile", is_flag=True, help="Odd values of every kind in 3 % of all rows.")
def simulate(
    sites: int,
    seed: int,
    port: int,
    start: TimeArgument | None,
    days: int,
    faults: bool,
    replay: Path | None,
    truth: Path | None,
    hostile: bool,
) -> None:
    """Serve a simulated Mist Cloud on this machine.

    On loopback, with planted faults, until Ctrl+C.
    """
    from wan_perf.cli.simulate import run_simulator

    run_simulator(sites, seed, port, resolved(start), days, faults, replay, truth, hostile)
