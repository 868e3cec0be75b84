"""The group of all commands: its help in sections, and the end of a command line that is wrong.

Belongs here: which section a command is listed in, one sentence for every fault of a command line.
Keep out: commands and their options (`wan_perf.cli`).
"""

import contextlib
from typing import Any

import click

from wan_perf.errors import UsageError, WanPerfError
from wan_perf.file_modes import restrict

SECTIONS = {
    "Try it without an account": ("demo", "dev", "simulate"),
    "Collect and compute": ("collect", "import", "aggregate", "full-cycle", "adopt"),
    "Answers": ("report", "top", "export", "overview", "dashboard", "dashboard-password"),
    "Operate": ("status", "doctor", "config", "publish", "backup", "restore", "prune"),
    "Reference": ("dictionary", "snowflake-setup"),
}
"""The commands by what a person wants, in the order of the help."""


class Command(click.Command):
    """A command that creates files as WAN_PERF_HOME_READERS says."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; not reached by --help, which needs no settings."""
        from wan_perf.settings import read_settings

        with contextlib.suppress(WanPerfError):  # a command that needs settings reports it
            restrict(read_settings().home_readers)
        return super().invoke(ctx)


class CommandGroup(click.Group):
    """The commands, listed by section with summaries that are never cut."""

    command_class = Command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """Write a list for each section; the summaries are aligned over all of them."""
        listed = [name for names in SECTIONS.values() for name in names]
        width = max(map(len, listed))
        for section, names in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl([(f"{n:<{width}}", self._summary(n)) for n in names])

    def _summary(self, name: str) -> str:
        return self.commands[name].get_short_help_str(limit=200).rstrip(".")


def run(group: click.Group) -> int:
    """Run the command that the process was started with; its exit code.

    Raises:
        UsageError: the command line is wrong; one sentence, which ends with the help to read.
    """
    try:
        code = group.main(prog_name="wan-perf", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.Abort:
        from wan_perf.cli.failures import INTERRUPTED

        click.echo(f"wan-perf: {INTERRUPTED}", err=True)
        return 1
    except click.UsageError as error:
        sentence = " ".join(error.format_message().split())
        where = f" See {error.ctx.command_path} --help." if error.ctx else ""
        raise UsageError(f"{sentence}{where}") from None
    return code if isinstance(code, int) else 0
