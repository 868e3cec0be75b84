"""Types of command line arguments: instants, paths and choices, read alike by every command.

Belongs here: how the text of an argument becomes a value, and its refusal.
Keep out: what a command does with the value.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from wan_perf.policy.name_matching import closest
from wan_perf.time_argument import TimeArgument, time_argument

_Command = TypeVar("_Command", bound=Callable[..., Any])

_FEW = 8
"""So many words are listed beside a suggestion."""


class InstantType(click.ParamType):
    """An instant as `time_argument` reads it."""

    name = "instant"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> TimeArgument:
        """The instant; exit code 2 where the text is none."""
        try:
            return value if isinstance(value, TimeArgument) else time_argument(value)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


class UserPathType(click.Path):
    """A path, with the user's folder for `~`: a shell leaves it in --out=~/file."""

    def __init__(self, *, exists: bool = False, is_folder: bool = False) -> None:
        super().__init__(exists=exists, dir_okay=is_folder, file_okay=not is_folder, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path; exit code 2 where it is a folder, or is missing and has to exist."""
        from wan_perf.user_paths import expand_user

        try:
            path = expand_user(Path(value))
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)
        return super().convert(path, param, ctx)


class Choice(click.Choice[str]):
    """One of some words; of a misspelt one the closest is suggested."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:  # noqa: ARG002 - click's
        """What is wrong with the word, and which there are."""
        return f"{str(value)!r} is unknown; {suggestion(str(value), self.choices)}"


def suggestion(word: str, known: Iterable[str]) -> str:
    """The end of a sentence on a word that is unknown: the closest that there is, else all of them.

    >>> suggestion("weakly", ["daily", "weekly"])
    'did you mean weekly? Give one of daily, weekly.'
    >>> suggestion("yearly", ["day", "week"])
    'give one of day, week.'
    """
    words = list(known)
    all_words = f"one of {', '.join(words)}."
    found = closest(word, words)
    if found is None:
        return f"give {all_words}"
    return f"did you mean {found}?" + (f" Give {all_words}" if len(words) <= _FEW else "")


def machine_readable(command: _Command) -> _Command:
    """The options --json and --csv, as the argument `form`; None without either."""
    for form in ("csv", "json"):
        command = click.option(
            f"--{form}", "form", flag_value=form, help=f"Print {form.upper()} for other programs."
        )(command)
    return command


INSTANT = InstantType()
FILE = UserPathType()
FOLDER = UserPathType(is_folder=True)
EXISTING_FILE = UserPathType(exists=True)


def resolved(given: TimeArgument | None, now: datetime | None = None) -> datetime | None:
    """The instant that was given, naive UTC; `now`: the clock in use, by default the real one."""
    if given is None:
        return None
    return given.resolved(now or datetime.now(UTC).replace(tzinfo=None))
