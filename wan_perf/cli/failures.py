"""How a command ends when something went wrong: one sentence and an exit code.

Belongs here: which failures of other software are known, and where the rest is written down.
Keep out: failures that have their sentence already (`errors.WanPerfError`).

Dagster and SQLAlchemy wrap what happened several times; what counts is the innermost known cause.
A failure that is not known is a fault of ours: its traceback goes to a file, since a person can do
nothing with it but send it.
"""

import contextlib
import errno
import os
import sqlite3
import tempfile
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from dotenv import dotenv_values

from wan_perf.env_file import env_file
from wan_perf.errors import UsageError, WanPerfError

_SECRETS = ("TOKEN", "PASSWORD", "PASSPHRASE", "PRIVATE_KEY", "PROXY")
"""Parts of the names of settings whose values never appear in a log."""
INTERRUPTED = "Interrupted; what was stored before stands."
_QUERY_INTERRUPTED = "Query interrupted"
"""What DuckDB raises where Ctrl+C reaches it."""
_BY_ERRNO = {
    errno.ENOSPC: "no space is left on its disk; free some",
    getattr(errno, "EDQUOT", -1): "this user's quota is used up; free some space",
    errno.EROFS: "its file system is read-only; set WAN_PERF_HOME to a folder on another",
    errno.EACCES: "this user may not; give it the right, or set WAN_PERF_HOME to another folder",
    errno.EPERM: "this user may not; give it the right, or set WAN_PERF_HOME to another folder",
    errno.EEXIST: "a file is in its place; move it away",
    errno.ENOTDIR: "a part of its path is a file; set WAN_PERF_HOME to another folder",
    errno.EFBIG: "it is larger than this user's files may be; raise the limit (ulimit -f)",
    errno.EIO: "its disk cannot be read or written; check the disk",
    errno.EISDIR: "it is a folder, and a file is needed; move it away",
    errno.ELOOP: "a link of its path leads back to itself; give another path",
    errno.ENAMETOOLONG: "a name of its path is too long; give a shorter one",
    errno.EMFILE: "too many files are open; raise the limit (ulimit -n)",
}
_BY_SQLITE = {
    "readonly": "this user may not write it; give it the right, or set WAN_PERF_HOME to another "
    "folder",
    "unable to open": "it cannot be opened; give this user the right to read and write it and its "
    "folder, or set WAN_PERF_HOME to another folder",
    "disk is full": "no space is left on its disk; free some",
    "malformed": "it is damaged; move it away: Dagster starts a new one, and wan-perf adopt "
    "records the partitions that the tables have",
    "not a database": "it is damaged; move it away: Dagster starts a new one, and wan-perf adopt "
    "records the partitions that the tables have",
    "locked": "another process uses it; wait for that process, or end it",
    "disk i/o": "its disk cannot be read or written; check the disk",
}


def ending(error: BaseException, home: Path) -> tuple[str, int]:
    """The sentence for a person and the exit code; what is not known is logged in the home."""
    chain = list(_causes(error))
    for cause in chain:
        if isinstance(cause, WanPerfError):
            return str(cause), 2 if isinstance(cause, UsageError) else 1
    for cause in reversed(chain):
        if known := _known_failure(cause, home):
            return known, 1
    log = _write_log(error, home)
    what = next((line for line in str(chain[-1]).splitlines() if line.strip()), "")
    failure = f"{type(chain[-1]).__name__}: {what}"[:300].rstrip(": .")
    return (
        f"Something failed that wan-perf has no sentence for ({failure}). "
        f"What was stored before stands. Please send {log} to whoever maintains this installation.",
        1,
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The failure and what it was raised from, the outermost first."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:  # contexts can form a ring
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _known_failure(cause: BaseException, home: Path) -> str | None:
    if isinstance(cause, RuntimeError) and str(cause) == _QUERY_INTERRUPTED:
        return INTERRUPTED
    if isinstance(cause, sqlite3.Error):
        for words, advice in _BY_SQLITE.items():
            if words in str(cause).lower():
                return f"Dagster's records in {home / 'dagster'}: {advice}."
    if isinstance(cause, UnicodeEncodeError):
        return (
            "A path or name has letters that the system's locale cannot write; set the locale to "
            "UTF-8, for example LC_ALL=C.UTF-8."
        )
    if isinstance(cause, OSError) and (reason := _BY_ERRNO.get(cause.errno or 0)):
        place = os.fsdecode(cause.filename) if cause.filename else str(home)
        return f"{place} cannot be read or written: {reason}."
    if isinstance(cause, MemoryError):
        return "The memory of this machine is used up; end other programs, or take fewer hours."
    return None


def _secrets() -> Iterator[str]:
    """Values of secret settings, of the environment and of the file of settings."""
    in_file: dict[str, str | None] = {}
    with contextlib.suppress(OSError, UnicodeError):
        in_file = dotenv_values(env_file(), encoding="utf-8-sig")
    for name, value in (*os.environ.items(), *in_file.items()):
        if value and any(part in name.upper() for part in _SECRETS):
            yield value


def _write_log(error: BaseException, home: Path) -> Path:
    """The file with the traceback, without secrets: in the home, else where temporary files go."""
    text = "".join(traceback.format_exception(error))
    for secret in _secrets():
        # As it is, and as a traceback shows the text: with its line breaks escaped.
        text = text.replace(secret, "***").replace(repr(secret)[1:-1], "***")
    name = f"failure-{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.log"
    for folder in (home / "logs", Path(tempfile.gettempdir())):
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8", errors="backslashreplace")
            return folder / name
    return Path(os.devnull)
