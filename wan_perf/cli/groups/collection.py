"""Commands that collect and compute.

Belongs here: the options of these commands.
Keep out: which jobs and partitions they run (`cli.runs`, `cli.corrections`, `cli.imports`).
"""

from pathlib import Path

import click

from wan_perf.cli.arguments import FILE, INSTANT, Choice, machine_readable
from wan_perf.cli.groups.root import commands
from wan_perf.cli.terminal import Terminal
from wan_perf.time_argument import TimeArgument


@commands.command()
@click.option("--start", type=INSTANT, help="First hour of a range, UTC.")
@click.option("--end", type=INSTANT, help="End of the range, not included; default: now.")
@click.option("--inventory", is_flag=True, help="Take a new inventory, whatever its age.")
@click.option("--again", is_flag=True, help="Compute a range again that is stored and final.")
@click.option("--dry-run", is_flag=True, help="Print what would be requested; request nothing.")
def collect(
    start: TimeArgument | None,
    end: TimeArgument | None,
    inventory: bool,
    again: bool,
    dry_run: bool,
) -> None:
    """Collect what is due now, or a range of hours.

    Without a range: the poll that is due. Of a range: what Mist still has.
    """
    if dry_run:
        from wan_perf.cli.dry_run import dry_run as print_requests
        from wan_perf.settings import read_settings

        print_requests(read_settings(), Terminal(), start, end, inventory=inventory, again=again)
        return
    from wan_perf.cli.corrections import CorrectingRuns

    with CorrectingRuns() as runs:
        runs.collect(runs.resolved(start), runs.resolved(end), inventory=inventory, again=again)


@commands.command("import")
@click.argument("file", type=FILE)
def import_hours(file: Path) -> None:
    """Import circuit-hours of an older tool from a file.

    CSV or Parquet; days, weeks, months and reports follow.
    """
    from wan_perf.cli.imports import ImportRuns

    with ImportRuns() as runs:
        runs.import_file(file)


@commands.command()
def adopt() -> None:
    """Register stored partitions in this home's Dagster."""
    from wan_perf.cli.adoption import Adoption

    with Adoption() as runs:
        runs.adopt()


@commands.command()
@click.argument("period", metavar="PERIOD", type=Choice(["daily", "weekly", "monthly"]))
@click.option(
    "--start", type=INSTANT, help="First day, UTC; default: the newest period that there is."
)
@click.option("--end", type=INSTANT, help="End of the range, not included; default: the newest.")
def aggregate(period: str, start: TimeArgument | None, end: TimeArgument | None) -> None:
    """Aggregate hours to days, days to weeks and months.

    PERIOD is daily, weekly or monthly; monthly computes the 13 months too.
    """
    from wan_perf.cli.runs import Runs

    with Runs() as runs:
        by_period = {
            "daily": runs.aggregate_daily,
            "weekly": runs.aggregate_weekly,
            "monthly": runs.aggregate_monthly,
        }
        by_period[period](runs.resolved(start), runs.resolved(end))


@commands.command("full-cycle")
@click.option("--start", type=INSTANT, help="First hour of a range, UTC.")
@click.option("--end", type=INSTANT, help="End of the range, not included; default: now.")
@machine_readable
def full_cycle(start: TimeArgument | None, end: TimeArgument | None, form: str | None) -> None:
    """Collect, aggregate and print the answers."""
    from wan_perf.cli.cycle import FullCycle
    from wan_perf.cli.questions import print_in_form, read_answers
    from wan_perf.cli.read_source import readable

    # A program reads standard output: what is of the runs goes beside it.
    with FullCycle(console=Terminal(stderr=True) if form else None) as runs:
        runs.full_cycle(runs.resolved(start), runs.resolved(end))
        try:
            print_in_form(read_answers(readable(runs.settings)), Terminal(), form)
        finally:
            runs.raise_inventory_failure()
