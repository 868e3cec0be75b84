"""Every wan-perf command in README and docs exists, with its options and values; nothing is run."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from wan_perf.cli import commands
from wan_perf_tests.docs.commands import PROGRAM, every_command
from wan_perf_tests.support.docs.written import PAGES, code_lines, name

EVERY_COMMAND = {f"{PROGRAM} …", f"{PROGRAM} COMMAND --help"}
"""How a text speaks of all commands."""
NAMES = {words for words, _ in every_command()}
"""A command without arguments is named, such as wan-perf restore; its arguments may be missing."""
_ENDS = re.compile(r"\s(?:&&|;|\||>|#)\s.*$")


def commands_in(page: Path) -> Iterator[str]:
    for line in code_lines(page):
        for part in re.split(r"&&|;", line):
            command = _ENDS.sub("", part.strip())
            if command.split()[:1] == [PROGRAM] and command not in EVERY_COMMAND:
                yield command


def problem(line: str) -> str | None:
    """What the command line would refuse; None where it would run, or where a command is named."""
    command: click.Command = commands
    words = shlex.split(line)[1:]
    context = click.Context(command, info_name=PROGRAM)
    if words and words[0].startswith("-"):  # options of all commands
        context.allow_interspersed_args = False
        try:
            words = command.make_parser(context).parse_args(words)[1]
        except click.UsageError as error:
            return error.format_message()
    while isinstance(command, click.Group) and words and words[0] in command.commands:
        command = command.commands[words.pop(0)]
        context = click.Context(command, context, info_name=command.name)
    if not words and line in NAMES:
        return None
    try:
        values, rest, _ = command.make_parser(context).parse_args(words)
        for parameter in command.params:
            refuse_value(parameter, values.get(parameter.name or ""), context)
    except click.UsageError as error:
        return error.format_message()
    return f"no such command or argument: {' '.join(rest)}" if rest else None


def refuse_value(parameter: click.Parameter, value: object, context: click.Context) -> None:
    """Raise UsageError for a missing argument or a value of another type; files may be missing."""
    if not isinstance(value, str):
        if parameter.required:
            raise click.UsageError(f"{parameter.name} is missing")
        return
    if not isinstance(parameter.type, click.Path):
        parameter.type_cast_value(context, value)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_of_a_page_parse(page: Path):
    found = {line: problem(line) for line in commands_in(page) if "[OPTIONS]" not in line}
    assert {line: why for line, why in found.items() if why} == {}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        pytest.param("wan-perf gather", "gather", id="no such command"),
        pytest.param("wan-perf collect --since -1d", "--since", id="no such option"),
        pytest.param("wan-perf collect --start", "argument", id="an option without its value"),
        pytest.param("wan-perf collect --start yesterday", "yesterday", id="no instant"),
        pytest.param("wan-perf aggregate hourly", "hourly", id="no such choice"),
        pytest.param("wan-perf top --n 3", "missing", id="an argument is missing"),
        pytest.param("wan-perf doctor now", "now", id="an argument too many"),
        pytest.param("wan-perf dev --port 0", "0", id="out of range"),
    ],
)
def test_a_wrong_command_is_found(line: str, why: str):
    assert why in str(problem(line))


def test_the_readme_has_the_commands_that_people_start_with():
    found = list(commands_in(PAGES[0]))
    assert {"wan-perf demo", "wan-perf doctor", "wan-perf collect", "wan-perf dashboard"} <= set(
        found
    )
