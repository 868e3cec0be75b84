"""Connections to Snowflake that a process uses again: a login is dearer than most statements.

Belongs here: when a connection is opened, used again and closed, and what its statements are for.
Keep out: how to log in (the `Connect` that is given), what is sent (`on_snowflake`).
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

IDLE_S = 600
"""After so long a connection is closed before the next use: something between may have dropped
it, and a login of Snowflake's expires after four hours."""


class Connect(Protocol):
    """Opens a connection of Snowflake's connector, with these session parameters."""

    def __call__(self, parameters: Mapping[str, Any]) -> AbstractContextManager[Any]:
        """A connection that is closed at the end, whatever happens."""
        ...


@dataclass(frozen=True)
class _Idle:
    connection: Any
    opened: ExitStack
    since: float


class Connections:
    """Connections of one login, as many as are in use at the same time; safe for threads."""

    def __init__(
        self,
        connect: Connect,
        parameters: Mapping[str, Any],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connect = connect
        self._parameters = parameters
        self._clock = clock
        self._idle: list[_Idle] = []
        self._changing = threading.Lock()

    @contextmanager
    def one(self, tag: str) -> Iterator[Any]:
        """A connection whose statements are tagged; closed where the block fails, else used again.

        Whoever takes it leaves no transaction and no temporary table.
        """
        connection, opened = self._tagged(tag) or self._open(tag)
        with opened:
            yield connection
            with self._changing:
                self._idle.append(_Idle(connection, opened.pop_all(), self._clock()))

    def _open(self, tag: str) -> tuple[Any, ExitStack]:
        opened = ExitStack()
        parameters = {**self._parameters, **({"QUERY_TAG": tag} if tag else {})}
        return opened.enter_context(self._connect(parameters)), opened

    def _tagged(self, tag: str) -> tuple[Any, ExitStack] | None:
        """A connection that was open, with the tag; None where there is none that answers."""
        text = tag.replace("\\", "\\\\").replace("'", "''")
        while (found := self._take()) is not None:
            if self._clock() - found.since < IDLE_S:
                # Whatever dropped it, another one is opened.
                with suppress(Exception), found.connection.cursor() as cursor:
                    cursor.execute(f"ALTER SESSION SET QUERY_TAG = '{text}'")
                    return found.connection, found.opened
            found.opened.close()
        return None

    def _take(self) -> _Idle | None:
        with self._changing:
            return self._idle.pop() if self._idle else None
