"""The command line: wan-perf …, the same as python -m wan_perf.

Belongs here: commands, their options, and how a failure ends them.
Keep out: computing: every number comes from the graph's assets.

Exit codes: 2 where a setting, a file or the command line is wrong, 1 where something failed. Each
command imports what it needs when it runs, so that --help answers at once.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from wan_perf.cli.arguments import (
    EXISTING_FILE,
    FILE,
    FOLDER,
    INSTANT,
    Choice,
    machine_readable,
    resolved,
)
from wan_perf.cli.command_group import CommandGroup, run
from wan_perf.cli.completion import completed, metrics, tables
from wan_perf.cli.terminal import Terminal, printable
from wan_perf.cli.verbosity import set_verbosity
from wan_perf.env_file import ENV_FILE_VARIABLE
from wan_perf.file_modes import modes_at, restricted
from wan_perf.network import exempt_loopback
from wan_perf.time_argument import EXAMPLES, TimeArgument
from wan_perf.waiting import waiting

_PATIENCE_S = 30
"""How long a command waits for the file of the warehouse before it begins to work. [s]"""
_ABOUT = f"""How a retailer's WAN circuits perform, measured from the Juniper Mist Cloud.

Settings come from the environment and from .env (see .env.example). Instants are UTC, such as
{EXAMPLES}.
"""


@click.group(
    cls=CommandGroup, help=_ABOUT, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="wan-perf")
@click.option("--home", type=FOLDER, help="In place of WAN_PERF_HOME.")
@click.option("--env-file", type=EXISTING_FILE, help="In place of .env.")
@click.option("-v", "--verbose", count=True, help="Log runs on standard error; -vv: all.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no warnings.")
def commands(home: Path | None, env_file: Path | None, verbose: int, quiet: bool) -> None:
    """The commands; their help is `_ABOUT`."""
    # In the environment: processes that a command starts follow it.
    if home is not None:
        os.environ["WAN_PERF_HOME"] = str(home)
    if env_file is not None:
        os.environ[ENV_FILE_VARIABLE] = str(env_file.resolve())
    set_verbosity(-1 if quiet else verbose)


@commands.command()
@click.option("--sites", default=60, show_default=True, type=click.IntRange(1, 20_000))
@click.option("--seed", default=7, show_default=True, help="Another seed, another fleet.")
@click.option("--open", "is_opened", is_flag=True, help="Serve and open the dashboard at the end.")
def demo(sites: int, seed: int, is_opened: bool) -> None:
    """Collect two weeks of a simulated retailer, and answer.

    Everything goes over HTTP, and every answer is read from the warehouse of the demonstration.
    """
    from wan_perf.cli.demo import run_demo

    run_demo(sites, seed, is_opened=is_opened)


@commands.command()
@click.option("--sites", default=60, show_default=True, type=click.IntRange(1, 20_000))
@click.option("--seed", default=7, show_default=True, help="Another seed, another fleet.")
@click.option("--port", default=3000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--real", is_flag=True, help="Your own settings and home instead of a simulation.")
def dev(sites: int, seed: int, port: int, real: bool) -> None:
    """Serve Dagster's UI and daemon on a simulated cloud.

    Until Ctrl+C, with the dashboard beside it. A simulated organisation is a new one with every
    start. Runs of the UI are stored in the home.
    """
    from wan_perf.cli.dev import run_dev

    run_dev(sites, seed, port, real=real)


@commands.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8050, show_default=True, type=click.IntRange(0, 65535))
@click.option("--access", type=EXISTING_FILE, help="TOML: who may see it, of which regions.")
@click.option("--open", "is_opened", is_flag=True, help="Open it in the browser.")
def dashboard(host: str, port: int, access: Path | None, is_opened: bool) -> None:
    """Serve the dashboard of this home.

    Until Ctrl+C; on another address than loopback only with --access.
    """
    from wan_perf.cli.dashboard import run_dashboard
    from wan_perf.settings import read_settings

    console = Terminal(soft_wrap=True)
    run_dashboard(read_settings(), console, host, port, access, is_opened=is_opened)


@commands.command("dashboard-password")
@click.password_option(help="Without: prompted for, and not shown.")
def dashboard_password(password: str) -> None:
    """Print the hash of a password for the access file."""
    from wan_perf.web.access import hashed

    click.echo(f'password = "{hashed(password)}"')


@commands.command()
@click.option("--sites", default=60, show_default=True, type=click.IntRange(1, 20_000))
@click.option("--seed", default=7, show_default=True, help="Another seed, another fleet.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535))
@click.option("--start", type=INSTANT, help="Where the virtual clock stands; without: real time.")
@click.option("--days", default=2, show_default=True, type=click.IntRange(1, 400))
@click.option("--faults/--no-faults", default=True, show_default=True)
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


@commands.command()
@click.option("--start", type=INSTANT, help="First hour of a range, UTC.")
@click.option("--end", type=INSTANT, help="End of the range, not included; default: now.")
@click.option("--inventory", is_flag=True, help="Take a new inventory, whatever its age.")
@click.option("--again", is_flag=True, help="Compute a range again that is stored and final.")
def collect(
    start: TimeArgument | None, end: TimeArgument | None, inventory: bool, again: bool
) -> None:
    """Collect what is due now, or a range of hours.

    Without a range: the poll that is due. Of a range: what Mist still has.
    """
    from wan_perf.cli.correcting import CorrectingRuns

    with CorrectingRuns() as runs:
        runs.collect(runs.resolved(start), runs.resolved(end), inventory=inventory, again=again)


@commands.command("import")
@click.argument("file", type=FILE)
def import_hours(file: Path) -> None:
    """Import circuit-hours of an older tool from a file.

    CSV or Parquet; days, weeks, months and reports follow.
    """
    from wan_perf.cli.importing import ImportRuns

    with ImportRuns() as runs:
        runs.import_file(file)


@commands.command()
def adopt() -> None:
    """Register stored partitions in this home's Dagster."""
    from wan_perf.cli.adopting import Adoption

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
    from wan_perf.cli.running import Runs

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
    from wan_perf.cli.readable import readable

    # A program reads standard output: what is of the runs goes beside it.
    with FullCycle(console=Terminal(stderr=True) if form else None) as runs:
        runs.full_cycle(runs.resolved(start), runs.resolved(end))
        try:
            print_in_form(read_answers(readable(runs.settings)), Terminal(), form)
        finally:
            runs.raise_inventory_failure()


@commands.command("report")
@click.argument(
    "question",
    required=False,
    metavar="[QUESTION]",
    type=Choice(["congestion", "instability", "failovers", "thresholds"]),
)
@click.option(
    "--n",
    "most",
    default=5,
    show_default=True,
    type=click.IntRange(min=1),
    help="Rows of each answer.",
)
@machine_readable
def answer(question: str | None, most: int, form: str | None) -> None:
    """Print the answers to the four questions, or to one.

    QUESTION is congestion, instability, failovers or thresholds. Of the newest whole day; starts no
    run. Exit code 1 where there is no day yet.
    """
    from wan_perf.cli.questions import QUESTIONS, print_in_form, read_answers
    from wan_perf.cli.readable import readable
    from wan_perf.settings import read_settings

    asked = [question] if question else tuple(QUESTIONS)
    print_in_form(read_answers(readable(read_settings()), asked, most), Terminal(), form)


@commands.command()
@click.argument("metric", shell_complete=completed(metrics))
@click.option("--n", "places", default=10, show_default=True, type=click.IntRange(min=1))
@click.option(
    "--period",
    default="day",
    show_default=True,
    type=Choice(["day", "week", "month", "13_month"]),
    help="Its newest one that is stored.",
)
@machine_readable
def top(metric: str, places: int, period: str, form: str | None) -> None:
    """Print the circuits that are worst by a figure."""
    from wan_perf.cli.readable import readable
    from wan_perf.cli.top import print_top
    from wan_perf.settings import read_settings

    print_top(readable(read_settings()), Terminal(), metric, places, period, form)


@commands.command("export")
@click.argument("report", shell_complete=completed(tables))
@click.option(
    "--format",
    "file_format",
    type=Choice(["csv", "parquet"]),
    help="Default: by the ending of --out, else csv.",
)
@click.option("--out", type=FILE, help="File, or - for standard output; default: in exports.")
def export_report(report: str, file_format: str | None, out: Path | None) -> None:
    """Write all rows of a table, view or report to a file."""
    from wan_perf.cli.export import export
    from wan_perf.cli.output_file import files_of_ours
    from wan_perf.cli.readable import readable_whole
    from wan_perf.settings import read_settings

    settings = read_settings()
    folder = settings.home / "exports"
    ours = files_of_ours(settings)
    source = readable_whole(settings, report)
    with modes_at(out or folder, settings.home):
        file, rows = export(source.tables, report, file_format, folder, out, ours)
    message = f"Wrote {rows:,} rows of {report} to {file}{source.as_of}."
    click.echo(printable(message), err=file == "standard output")


@commands.command()
@click.option("--all", "everything", is_flag=True, help="Write every file again.")
def publish(everything: bool) -> None:
    """Bring the published copy up to the warehouse.

    Dashboards and other readers read this copy.
    """
    from wan_perf.cli.publishing import publish_now
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
    from wan_perf.cli.backing_up import back_up
    from wan_perf.settings import read_settings

    back_up(read_settings(), out, Terminal())


@commands.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--verify", is_flag=True, help="Only read the backup whole; change nothing.")
def restore(file: Path, verify: bool) -> None:
    """Restore the embedded warehouse from a backup.

    The file before is set aside.
    """
    from wan_perf.cli.backing_up import restore as restore_backup
    from wan_perf.settings import read_settings

    restore_backup(read_settings(), file, Terminal(), verify_only=verify)


@commands.command()
@click.option("--future", is_flag=True, help="Only rows of the future, stored by a wrong clock.")
def prune(future: bool) -> None:
    """Remove Dagster's records and raw rows past retention.

    The policy file says how long they are retained; the files shrink.
    """
    from wan_perf.cli import pruning
    from wan_perf.settings import read_settings

    command = pruning.prune_future if future else pruning.prune
    command(read_settings(), Terminal())


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
@click.argument("table", required=False, shell_complete=completed(tables))
def dictionary(table: str | None) -> None:
    """Print every table and column with its meaning.

    A line a table, or of one TABLE a line a column.
    """
    from wan_perf.cli.dictionary import print_dictionary

    print_dictionary(table)


@commands.command("snowflake-setup")
@click.option("--writer", help="Role that collects; default: SNF_ROLE, else WAN_PERF_WRITER.")
@click.option("--reader", default="WAN_PERF_READER", show_default=True, help="Role that reads.")
def snowflake_setup(writer: str | None, reader: str) -> None:
    """Print the SQL that prepares a Snowflake account.

    An administrator runs it once; nothing is opened. Names come from SNF_DATABASE, SNF_SCHEMA and
    SNF_WAREHOUSE (where empty: WAN_PERF, CIRCUITS, WAN_PERF); where SNF_USER is set, a service user
    with a key pair is made.
    """
    from wan_perf.settings import read_settings
    from wan_perf.warehouse.snowflake_errors import Names
    from wan_perf.warehouse.snowflake_setup import script

    settings = read_settings()
    names = Names(
        account=settings.snf_account,
        user=settings.snf_user,
        database=settings.snf_database or "WAN_PERF",
        schema=settings.snf_schema or "CIRCUITS",
        warehouse=settings.snf_warehouse or "WAN_PERF",
        role=writer or settings.snf_role or "WAN_PERF_WRITER",
    )
    click.echo(script(names, reader), nl=False)


def main() -> None:
    """Run a command; a failure ends with one sentence on standard error and its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A Windows console that is redirected would refuse every dash and arrow.
            stream.reconfigure(encoding="utf-8", errors="replace")
    exempt_loopback(os.environ)
    with contextlib.suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # it ends as Ctrl+C does
    with restricted("owner"), _options_of_one_command():
        _run()


@contextlib.contextmanager
def _options_of_one_command() -> Iterator[None]:
    """Undo what --home and --env-file have set, where a process runs several commands."""
    names = ("WAN_PERF_HOME", ENV_FILE_VARIABLE)
    before = {name: os.environ[name] for name in names if name in os.environ}
    try:
        yield
    finally:
        for name in names:
            os.environ.pop(name, None)
        os.environ.update(before)


def _run() -> None:
    try:
        with waiting(_PATIENCE_S, lambda said: click.echo(f"wan-perf: {said}", err=True)):
            sys.exit(run(commands))
    except Exception as error:  # the one boundary: nobody sees a traceback
        from wan_perf.cli.failures import ending

        sentence, code = ending(error, _home())
        click.echo(printable(f"wan-perf: {sentence}"), err=True)
        sys.exit(code)


def _home() -> Path:
    """The home for a log, where the settings themselves may be what failed."""
    from wan_perf.settings import read_settings

    try:
        return read_settings().home
    except Exception:  # the sentence of that failure is printed already
        return Path("data")
