"""Words of arguments that the shell completes, and that are costly to know.

Belongs here: the words, imported only while a shell completes.
Keep out: choices that a command line lists itself (`arguments.Choice`).
"""

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

_Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def completion_of(words: Callable[[], Iterable[str]]) -> _Complete:
    """What a parameter of click needs, to complete one of the words."""

    def complete(
        ctx: click.Context,  # noqa: ARG001 - click's signature
        param: click.Parameter,  # noqa: ARG001
        begun: str,
    ) -> list[CompletionItem]:
        return [CompletionItem(word) for word in words() if word.startswith(begun)]

    return complete


def metrics() -> list[str]:
    """The figures by which circuits are ranked."""
    from wan_perf.kpi.reports.top_offenders import RANKED

    return [one.column for one in RANKED]


def tables() -> list[str]:
    """The tables, views and reports of the warehouse."""
    from wan_perf.schema.tables import TABLES

    return list(TABLES)
