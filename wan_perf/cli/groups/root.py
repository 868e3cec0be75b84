"""The root command: options that stand before every command.

Belongs here: the home, the settings' file and how much is printed.
Keep out: the commands (the modules beside), their list in the help (`command_group`).
"""

import os
from pathlib import Path

import click

from wan_perf.cli.arguments import EXISTING_FILE, FOLDER
from wan_perf.cli.command_group import CommandGroup
from wan_perf.cli.verbosity import set_verbosity
from wan_perf.env_file import ENV_FILE_VARIABLE
from wan_perf.time_argument import EXAMPLES

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
