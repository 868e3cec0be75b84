"""The command line: wan-perf …, the same as python -m wan_perf.

Belongs here: how a command is run, and how a failure ends it.
Keep out: commands and their options (`groups`), computing: every number comes from the graph's
assets.

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

from wan_perf.cli.command_group import run
from wan_perf.cli.groups import commands
from wan_perf.cli.terminal import printable
from wan_perf.env_file import ENV_FILE_VARIABLE
from wan_perf.file_modes import restricted_modes
from wan_perf.mist.client.network import exempt_loopback
from wan_perf.waiting import waiting

__all__ = ["commands", "main"]

_PATIENCE_S = 30
"""How long a command waits for the file of the warehouse before it begins to work. [s]"""


def main() -> None:
    """Run a command; a failure ends with one sentence on standard error and its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A Windows console that is redirected would refuse every dash and arrow.
            stream.reconfigure(encoding="utf-8", errors="replace")
    exempt_loopback(os.environ)
    with contextlib.suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # it ends as Ctrl+C does
    with restricted_modes("owner"), _options_of_one_command():
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
        with waiting(_PATIENCE_S, lambda notice: click.echo(f"wan-perf: {notice}", err=True)):
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
