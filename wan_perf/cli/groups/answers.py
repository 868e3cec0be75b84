"""Commands that answer: printed, written to a file, or served as pages.

Belongs here: the options of these commands.
Keep out: what is read and how it is printed (`cli.questions`, `cli.top`, `cli.export`), the pages
(`wan_perf.web`).
"""

from pathlib import Path

import click

from wan_perf.cli.arguments import (
    EXISTING_FILE,
    FILE,
    INSTANT,
    Choice,
    machine_readable,
    resolved,
)
from wan_perf.cli.completion import completion_of, metrics, tables
from wan_perf.cli.groups.root import commands
from wan_perf.cli.terminal import Terminal, printable
from wan_perf.file_modes import modes_at
from wan_perf.time_argument import TimeArgument
from wan_perf.wording import counted


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
    from wan_perf.cli.read_source import readable
    from wan_perf.settings import read_settings

    questions = [question] if question else tuple(QUESTIONS)
    print_in_form(read_answers(readable(read_settings()), questions, most), Terminal(), form)


@commands.command()
@click.argument("metric", shell_complete=completion_of(metrics))
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
    """Print the circuits that are worst by a figure.

    METRIC is a column such as utilization_p95_pct, utilization_high_hours, loss_high_hours,
    latency_critical_longest_hours, flap_count or availability_pct; another word lists all of them.
    """
    from wan_perf.cli.read_source import readable
    from wan_perf.cli.top import print_top
    from wan_perf.settings import read_settings

    print_top(readable(read_settings()), Terminal(), metric, places, period, form)


@commands.command("export")
@click.argument("report", shell_complete=completion_of(tables))
@click.option(
    "--format",
    "file_format",
    type=Choice(["csv", "parquet"]),
    help="Default: by the ending of --out, else csv.",
)
@click.option("--out", type=FILE, help="File, or - for standard output; default: in exports.")
@click.option(
    "--at", type=INSTANT, help="Of windows: those that end with this hour (UTC), stored or not."
)
def export_report(
    report: str, file_format: str | None, out: Path | None, at: TimeArgument | None
) -> None:
    """Write all rows of a table, view or report to a file."""
    from wan_perf.cli.export import export
    from wan_perf.cli.output_file import files_of_ours
    from wan_perf.cli.read_source import readable_whole
    from wan_perf.defs.resources import clock_for
    from wan_perf.settings import read_settings

    settings = read_settings()
    hour = resolved(at, clock_for(settings).now() if at and at.at is None else None)
    folder = settings.home / "exports"
    ours = files_of_ours(settings)
    source = readable_whole(settings, report)
    with modes_at(out or folder, settings.home):
        file, rows = export(source.tables, report, file_format, folder, out, ours, hour)
    message = f"Wrote {counted(rows, 'row')} of {report} to {file}{source.as_of}."
    click.echo(printable(message), err=file == "standard output")


@commands.command()
@click.option("--month", metavar="MONTH", help="Such as 2026-02; default: the newest whole one.")
@click.option("--target", metavar="PERCENT", help="Of availability; default: 99.9.")
@click.option("--out", type=FILE, help="PDF file; default: in exports.")
def overview(month: str | None, target: str | None, out: Path | None) -> None:
    """Write the executive overview of a month as a PDF.

    One page: that of the dashboard, printed by the Chromium of this machine.
    """
    from wan_perf.cli.overview import write_overview
    from wan_perf.settings import read_settings

    file = write_overview(read_settings(), month or "", target or "", out)
    click.echo(printable(f"Wrote {file}."))


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
    from wan_perf.web.access import hash_password

    click.echo(f'password = "{hash_password(password)}"')
