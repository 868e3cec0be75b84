"""Texts made of expressions (SQL, lineage), cached on disk between processes.

Belongs here: the digest of the code that makes it, the folder of texts.
Keep out: what names a text (`patterns`), how an expression becomes SQL (`sql_text`).

Each run of a schedule is a process of its own, and to make the texts of a live run takes longer
than to compute it. Nothing is lost with the folder, and without a safe one nothing is stored.
"""

import hashlib
import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

_OURS = re.compile(r"[0-9a-f]{64}(\.\w+)?")
"""Names of texts and of drafts of them."""
_RETENTION_S = 30 * 86_400
"""Age at which a text is removed and made again: what is no longer used goes."""

_PATIENCE_S = 60
"""Longest wait for a text that another process makes. [s]"""


def cached_text(name: str | None, made: Callable[[], str]) -> str:
    """The cached text of that name, made by `made` if no process of the same code has made it.

    Without a name nothing is cached.
    """
    place = folder() if name is not None else None
    if place is None:
        return made()
    file = place / digest(f"{code()} {name}")
    text = _read(file)
    if text is not None:
        return text
    with _turn(file):
        text = _read(file)  # another process may have made it meanwhile
        if text is None:
            text = made()
            with suppress(OSError):
                _write(file, f"{digest(text)}\n{text}")
    return text


@cache
def code() -> str:
    """Digest of all that decides on a text: the modules of this package and what makes SQL."""
    package = Path(__file__).parents[1]
    parts = [version("ibis-framework"), version("sqlglot")]
    for file in sorted(package.rglob("*.py")):
        parts.append(f"{file.relative_to(package)} {digest(file.read_text(encoding='utf-8'))}")
    return digest("\n".join(parts))


@cache
def folder() -> Path | None:
    """Where texts are stored, without those of long ago; None where there is no safe folder.

    A text is executed as SQL, so the folder has to be this user's own, closed to others and no
    link. Only files named as ours are removed.
    """
    place = platformdirs.user_cache_path("wan_perf") / "sql"
    if not place.is_absolute():
        return None
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_own(place):
            return None
        for file in place.iterdir():
            if _OURS.fullmatch(file.name) and file.lstat().st_mtime < time.time() - _RETENTION_S:
                file.unlink(missing_ok=True)
    except OSError:
        return None
    return place


def digest(text: str) -> str:
    """SHA-256 of the text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _is_own(place: Path) -> bool:
    """Whether only this user can write here; systems without owners and modes have their own way.

    A folder that an earlier version left open to be read is closed.
    """
    found = place.lstat()
    if not stat.S_ISDIR(found.st_mode) and not stat.S_ISREG(found.st_mode):
        return False
    if not hasattr(os, "getuid"):
        return True
    if found.st_uid != os.getuid() or found.st_mode & 0o022:
        return False
    if stat.S_ISDIR(found.st_mode) and found.st_mode & 0o055:
        place.chmod(0o700)
    return True


def _read(file: Path) -> str | None:
    """The text of a file of ours that is whole; None where there is none."""
    with suppress(OSError, ValueError):
        if _is_own(file):
            mark, _, text = file.read_text(encoding="utf-8").partition("\n")
            return text if mark == digest(text) else None
    return None


@contextmanager
def _turn(file: Path) -> Iterator[None]:
    """Wait while another process makes the same text: to make it twice takes both as long.

    The lock of a process that ended is free at once. Where locks do not work, or after the
    longest wait, the text is made here too.
    """
    lock = FileLock(file.with_name(f"{file.name}.lock"), timeout=_PATIENCE_S)
    try:
        lock.acquire()
    except (OSError, Timeout):
        yield
        return
    try:
        yield
    finally:
        with suppress(OSError):
            Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()


def _write(file: Path, text: str) -> None:
    """Whole or not at all: others may read it meanwhile."""
    draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as new:
        new.write(text)
    draft.replace(file)
