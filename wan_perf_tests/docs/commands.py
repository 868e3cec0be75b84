"""The reference of the command line, from click's own declarations of the commands."""

import inspect
from collections.abc import Iterator

import click

from wan_perf.cli import commands
from wan_perf.cli.command_group import SECTIONS
from wan_perf_tests.docs.markdown import code, codes, page, table

PROGRAM = "wan-perf"


def every_command() -> Iterator[tuple[str, click.Command]]:
    """Each command that can be run with its words, in the order of their names."""
    yield from _below(PROGRAM, commands)


def commands_page() -> str:
    """Arguments and options of every command."""
    shown = [(words, command) for words, command in every_command() if not command.hidden]
    about = (
        f"`{PROGRAM} …` is the same as `python -m wan_perf …`. Instants are UTC. Exit codes: 0 "
        "done, 1 failed, 2 a setting, a file or the command line is wrong. More on each command "
        "is in the [guide](../guides/command_line.md)."
    )
    every = [
        (section, code(words), _summary(command))
        for section, names in SECTIONS.items()
        for name in names
        for words, command in shown
        if words.split()[1] == name
    ]
    listed = table(("section", "command", "does"), every)
    return page("Command line", about, listed, *(_section(words, c) for words, c in shown))


def _below(words: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield words, command
        return
    for name, below in sorted(command.commands.items()):
        yield from _below(f"{words} {name}", below)


def _summary(command: click.Command) -> str:
    return _text(command).partition("\n\n")[0].replace("\n", " ")


def _text(command: click.Command) -> str:
    return inspect.cleandoc(command.help or "").replace("\b\n", "")


def _section(words: str, command: click.Command) -> str:
    arguments = [p for p in command.params if isinstance(p, click.Argument)]
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    parts = [f"## {words}", _text(command)]
    usage = [words, *(["[OPTIONS]"] if options else []), *map(_usage, arguments)]
    parts.append(f"```text\n{' '.join(usage)}\n```")
    if options:
        rows = [
            (codes((*o.opts, *o.secondary_opts)), _values(o), _default(o), o.help or "")
            for o in options
        ]
        parts.append(table(("option", "values", "default", "meaning"), rows))
    return "\n\n".join(parts)


def _usage(argument: click.Argument) -> str:
    kind = argument.type
    name = (argument.name or "").upper()
    word = "|".join(kind.choices) if isinstance(kind, click.Choice) else name
    return word if argument.required else f"[{word}]"


def _values(option: click.Option) -> str:
    kind = option.type
    if option.is_flag:
        return ""
    if isinstance(kind, click.Choice):
        return codes(map(str, kind.choices))
    if isinstance(kind, click.IntRange):
        least, most = ("" if end is None else f"{end:,}" for end in (kind.min, kind.max))
        return f"{least} to {most}" if most else f"{least} or more"
    return kind.name


def _default(option: click.Option) -> str:
    if option.is_flag and not option.secondary_opts:
        return ""
    return code(str(option.default)) if isinstance(option.default, str | int) else ""
