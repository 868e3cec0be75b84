"""The file of the embedded warehouse: attached for short, by one writer at a time.

Belongs here: waiting for the file's lock, engines that are started once, what a person does where
it cannot be opened or written.
Keep out: what is in the file (`on_duckdb`).
"""

import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from wan_perf.errors import TransientError, UsageError, WanPerfError
from wan_perf.waiting import Wait

_TURNS: dict[Path, threading.Lock] = {}
_IDLE: dict[tuple[int, Path], list[duckdb.DuckDBPyConnection]] = {}
"""Engines that run and have no file attached, by process and file. To start one takes 16 ms, many
times what attaching takes; a child that was forked has no use of its parent's."""
FILE = "warehouse"
"""Name of the attached file within an engine."""
_LOCKED = (
    "could not set lock",  # another process has the file, on POSIX systems
    "used by another process",  # the same, on Windows
    "already open",
    "already attached",  # another thread of this process has it
)
_ADVICE = {
    (*_LOCKED, "is writing"): "Close what uses it, or set WAN_PERF_DUCKDB to another file.",
    ("checksum", "corrupt", "not a valid duckdb", "serialization", "deserialize", "header"): (
        "The file is damaged or no DuckDB database: restore a backup (wan-perf restore), or set "
        "WAN_PERF_DUCKDB to another file."
    ),
    ("wal", "write-ahead"): (
        "Its write-ahead log does not belong to it: move the .wal file beside it away, or restore "
        "a backup (wan-perf restore)."
    ),
    ("permission denied", "read-only file system", "access is denied"): (
        "Give this user the right to read and write the file and its folder, or set "
        "WAN_PERF_DUCKDB to another file."
    ),
    ("no space left",): "Free space on its disk, or set WAN_PERF_DUCKDB to a file on another.",
}
"""What a person does, by words of the engine's reason."""


@dataclass(frozen=True)
class DuckDBFile:
    """A DuckDB file, and how long a connection waits while another process has it [s]."""

    path: Path
    patience_s: float

    @contextmanager
    def attached(self, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        """An engine with the file attached as `FILE`; the file is free at the end.

        Raises:
            TransientError: another process uses the file longer than `patience_s`, or than the
                patience of the work that goes on (`waiting`).
            WanPerfError: the file cannot be opened.
        """
        wait = Wait(self.path, self.patience_s)
        idle = _IDLE.setdefault((os.getpid(), self.path.resolve()), [])
        with self._turn(wait) if not read_only else nullcontext():
            engine = self._attach_when_free(idle, read_only, wait)
            try:
                yield engine
                with disk_failures(self.path):
                    engine.execute(f"DETACH {FILE}")
            except BaseException:
                engine.close()  # whatever state it is in; with it the file is closed
                raise
            idle.append(engine)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """While no other thread of this process writes to the file.

        Raises:
            TransientError: another thread writes longer than `patience_s`.
        """
        with self._turn(Wait(self.path, self.patience_s)):
            yield

    @contextmanager
    def _turn(self, wait: Wait) -> Iterator[None]:
        # The file's lock keeps other processes out, not the threads of this one.
        turn = _TURNS.setdefault(self.path.resolve(), threading.Lock())
        if not turn.acquire(timeout=wait.left_s):
            raise TransientError(self._open_failure("Another thread of this process is writing."))
        try:
            yield
        finally:
            turn.release()

    def _attach_when_free(
        self, idle: list[duckdb.DuckDBPyConnection], read_only: bool, wait: Wait
    ) -> duckdb.DuckDBPyConnection:
        """An engine with the file attached; waits while other processes lock it."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"The folder {self.path.parent} of the warehouse cannot be made "
                f"({error.strerror}); set WAN_PERF_HOME or WAN_PERF_DUCKDB to another place."
            ) from None
        pause_s = 0.02
        while True:
            try:
                return self._attach(idle, read_only)
            except duckdb.Error as error:
                # Only a lock is temporary; a broken file or a missing right is not.
                is_locked = any(words in str(error).lower() for words in _LOCKED)
                kind = TransientError if is_locked else WanPerfError
                if not is_locked or not wait.left_s:
                    raise kind(self._open_failure(str(error).splitlines()[0])) from error
                wait.report(str(error))
            # Jitter keeps waiting processes from trying in step.
            jitter = random.uniform(0.5, 1.5)  # noqa: S311 - no secret depends on it
            time.sleep(min(pause_s * jitter, wait.left_s))
            pause_s = min(pause_s * 2, 1.0)

    def _attach(
        self, idle: list[duckdb.DuckDBPyConnection], read_only: bool
    ) -> duckdb.DuckDBPyConnection:
        """An engine with the file attached that has the path's name now.

        Whoever replaces the file holds its lock until the new one has the name. What was opened
        before and locked after would be a file without a name, and its rows would be lost.
        """
        while True:
            before = _inode(self.path)
            engine = self._attach_once(idle, read_only)
            if before in (None, _inode(self.path)):
                return engine
            engine.close()

    def _attach_once(
        self, idle: list[duckdb.DuckDBPyConnection], read_only: bool
    ) -> duckdb.DuckDBPyConnection:
        engine = None
        with suppress(IndexError):
            engine = idle.pop()
        if engine is None:
            # What does not fit into memory goes where it goes when the file itself is opened.
            engine = duckdb.connect(config={"temp_directory": f"{self.path.resolve()}.tmp"})
        file, mode = str(self.path).replace("'", "''"), "READ_ONLY" if read_only else "READ_WRITE"
        try:
            engine.execute(f"ATTACH '{file}' AS {FILE} ({mode})")
        except duckdb.Error:
            engine.close()
            raise
        return engine

    def _open_failure(self, why: str) -> str:
        advice = next(
            (
                advice
                for words, advice in _ADVICE.items()
                if any(word in why.lower() for word in words)
            ),
            "Set WAN_PERF_DUCKDB to another file.",
        )
        return f"The warehouse {self.path} cannot be opened: {why.rstrip('.')}. {advice}"


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


@contextmanager
def disk_failures(path: Path) -> Iterator[None]:
    """A disk that takes no more, as one sentence; the transaction that met it leaves nothing."""
    try:
        yield
    # Which of them depends on the statement that met it; a commit's is the last.
    except (duckdb.IOException, duckdb.FatalException, duckdb.TransactionException) as error:
        why = str(error).splitlines()[0].rstrip(".")
        raise WanPerfError(
            f"The warehouse {path} cannot be written or read: {why}. Free space on its disk, or "
            "set WAN_PERF_DUCKDB to a file on another; what was stored stands, and the next run "
            "goes on from there."
        ) from error
