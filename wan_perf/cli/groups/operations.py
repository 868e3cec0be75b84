"""Commands for operations: status, checks, settings, copies and retention.

Belongs here: the options of these commands.
Keep out: what they do (the modules of `cli` that each of them imports).
"""

import sys
from pathlib import Path

import click

from wan_perf.cli.arguments import machine_readable
from wan_perf.cli.groups.root import commands
from wan_perf.cli.terminal import Terminal


@commands.command("status")
@click.option(
    "--days",
    default=3,
    show_default=True,
    type=click.IntRange(1, 14),
    help="How far back gaps are looked for.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show_status(days: int, as_json: bool) -> None:
    """Show freshness, gaps, failed runs and the queue.

    Reads what is stored: starts no run and requests nothing from Mist. Exit code 1 where there is
    no data yet.
    """
    from wan_perf.cli.status import print_status, print_status_json, read_status
    from wan_perf.settings import read_settings

    found = read_status(read_settings(), days)
    if as_json:
        print_status_json(found)
    else:
        print_status(found, Terminal())


@commands.command("doctor")
@machine_readable
def run_doctor(form: str | None) -> None:
    """Check settings, Mist, the warehouse, this machine.

    A line a check, with what to do where it failed. Changes nothing.
    """
    from wan_perf.cli.doctor import print_findings

    sys.exit(print_findings(Terminal(), form))


@commands.group()
def config() -> None:
    """Show the settings, without secrets."""


@config.command("show")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def show_config(as_json: bool) -> None:
    """Print every setting, its value and its source.

    The source is the environment, the .env file or the default. Secrets are not shown.
    """
    from wan_perf.cli.configuration import print_settings, shown_settings
    from wan_perf.settings import read_settings

    print_settings(shown_settings(read_settings()), Terminal(), as_json=as_json)


@commands.command()
@click.option("--all", "everything", is_flag=True, help="Write every file again.")
def publish(everything: bool) -> None:
    """Bring the published copy up to the warehouse.

    Dashboards and other readers read this copy.
    """
    from wan_perf.cli.publish import publish_now
    from wan_perf.settings import read_settings

    publish_now(read_settings(), Terminal(), everything=everything)


@commands.command()
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File; default: in the home's backups, named by the instant.",
)
def backup(out: Path | None) -> None:
    """Back up the embedded warehouse to a file.

    The copy is compared with the original; runs wait meanwhile.
    """
    from wan_perf.cli.backups import back_up
    from wan_perf.settings import read_settings

    back_up(read_settings(), out, Terminal())


@commands.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--verify", is_flag=True, help="Only read the backup whole; change nothing.")
def restore(file: Path, verify: bool) -> None:
    """Restore the embedded warehouse from a backup.

    The file before is set aside.
    """
    from wan_perf.cli.backups import restore as restore_backup
    from wan_perf.settings import read_settings

    restore_backup(read_settings(), file, Terminal(), verify_only=verify)


@commands.command()
@click.option("--future", is_flag=True, help="Only rows of the future, stored by a wrong clock.")
def prune(future: bool) -> None:
    """Remove Dagster's records and raw rows past retention.

    The policy file says how long they are retained; the files shrink.
    """
    from wan_perf.cli.prune import prune as prune_expired
    from wan_perf.cli.prune import prune_future
    from wan_perf.settings import read_settings

    command = prune_future if future else prune_expired
    command(read_settings(), Terminal())
