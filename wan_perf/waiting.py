"""Waiting for the embedded warehouse's file: how long, and what is reported meanwhile.

Belongs here: the patience of the work that goes on, the notices while it waits.
Keep out: how a file is opened (`warehouse.on_duckdb`). Imports nothing heavy: commands set it.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_NOTICE_AFTER_S = 2.0
_NOTICE_EVERY_S = 10.0
_HOLDER = re.compile(r"held in (?P<program>.+?) \(PID (?P<pid>\d+)\)")
"""As DuckDB names the process that uses a file, on POSIX systems."""

_PATIENCE_S: ContextVar[float | None] = ContextVar("patience_s", default=None)
_NOTICE: ContextVar[Callable[[str], None] | None] = ContextVar("notice", default=None)


@contextmanager
def waiting(
    patience_s: float | None = None, notice: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Within the context, wait at most so long for the file, and report waiting to `notice`.

    None leaves what an outer context says; never longer than the warehouse itself would wait.
    """
    before = _PATIENCE_S.get(), _NOTICE.get()
    _PATIENCE_S.set(before[0] if patience_s is None else patience_s)
    _NOTICE.set(before[1] if notice is None else notice)
    try:
        yield
    finally:
        _PATIENCE_S.set(before[0])
        _NOTICE.set(before[1])


class Wait:
    """One wait for a file: its deadline, and a notice after two seconds and then every ten."""

    def __init__(self, path: Path, patience_s: float) -> None:
        given = _PATIENCE_S.get()
        self.patience_s = patience_s if given is None else min(given, patience_s)
        self._path = path
        self._began = time.monotonic()
        self._next_notice_s = _NOTICE_AFTER_S

    @property
    def left_s(self) -> float:
        """Seconds until the deadline; 0 after it."""
        return max(0.0, self._began + self.patience_s - time.monotonic())

    def report(self, why: str) -> None:
        """Report, where it is time, who uses the file; `why` is the engine's reason."""
        passed_s = time.monotonic() - self._began
        notice = _NOTICE.get()
        if notice is None or passed_s < self._next_notice_s:
            return
        self._next_notice_s = passed_s + _NOTICE_EVERY_S
        notice(
            f"The warehouse {self._path} is in use by {holder(why)}; waiting up to "
            f"{self.left_s:.0f} s more."
        )


def holder(why: str) -> str:
    """Who uses the file, from the engine's reason.

    >>> holder('Conflicting lock is held in /usr/bin/python3.11 (PID 4711) by user noc.')
    'process 4711 (/usr/bin/python3.11)'
    """
    found = _HOLDER.search(why)
    return f"process {found['pid']} ({found['program']})" if found else "another process"
