"""What is printed for a person: the one place where text of others becomes harmless.

Belongs here: the console of every command; control characters and markup in names and messages.
Keep out: which words are printed.

A name, a file or an answer of Mist may have brackets, which Rich takes for markup (they vanish, or
end the command), and control characters, which a terminal obeys. No text is markup here: what is
bold or yellow is a `Text`, made by `bold` and `warning`.
"""

import re
from typing import Any

from rich.console import Console
from rich.status import Status
from rich.text import Text

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters but tab and line feed; and those that turn the direction of writing."""


def printable(text: str) -> str:
    r"""The text without control characters.

    >>> printable("Store [7]\x1b[2J")
    'Store [7][2J'
    """
    return _CONTROL.sub("", text)


def bold(text: str) -> Text:
    """Text that stands out."""
    return Text(printable(text), style="bold")


def warning(lead: str, rest: str = "") -> Text:
    """A line whose lead is yellow."""
    line = Text(printable(lead), style="yellow")
    return Text.assemble(line, f" {printable(rest)}" if rest else "")


class Terminal(Console):
    """A console that prints every text as it is, without control characters.

    A line is wrapped on a terminal only: a program that reads the output gets one line a sentence.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(markup=False, emoji=False, **kwargs)
        self.soft_wrap = self.soft_wrap or not self.is_terminal

    def render_str(self, text: str, **kwargs: Any) -> Text:
        """The text as Rich shows it: printed lines, cells and titles all come here."""
        return super().render_str(printable(text), **{**kwargs, "markup": False, "emoji": False})

    def status(self, status: Any, **kwargs: Any) -> Status:
        """A spinner beside the text while something goes on."""
        text = Text(printable(status)) if isinstance(status, str) else status
        return super().status(text, **kwargs)
