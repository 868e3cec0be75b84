"""The SQL of expressions, kept from one process to the next.

Belongs here: what names an expression in every process, the folder of texts.
Keep out: how an expression becomes text (`compiling`).

Each run of a schedule is a process of its own, and to make the texts of a live run takes longer
than to compute it. Nothing is lost with the folder, and where there can be none nothing is kept.
"""

import hashlib
import os
import re
import secrets
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import ibis.expr.operations as ops
import platformdirs

_OURS = re.compile(r"[0-9a-f]{64}(\.\w+)?")
"""Names of texts and of drafts of them."""
_KEPT_S = 30 * 86_400
"""So long after it was made a text is made again: what nobody asks for any more goes."""


def kept(op: ops.Node, dialect: str, made: Callable[[], str]) -> str:
    """The text of the expression as another process made it, else as `made` makes it."""
    name, place = named(op, dialect), folder()
    if name is None or place is None:
        return made()
    file = place / name
    with suppress(OSError, ValueError):
        if not _is_own(file):
            raise ValueError("a link, or a file of another user")
        mark, _, text = file.read_text(encoding="utf-8").partition("\n")
        if mark == _digest(text):
            return text
    text = made()
    with suppress(OSError):
        _write(file, f"{_digest(text)}\n{text}")
    return text


def named(op: ops.Node, dialect: str) -> str | None:
    """A name that no other expression has, the same in every process; None where there is none.

    Of the whole expression and all that decides on its text.
    """
    numbers = {view: n for n, view in enumerate(op.find(ops.SelfReference))}

    def told(node: ops.Node, _: Any, **parts: Any) -> str:
        if node in numbers:  # its own number is that of its process
            parts["identifier"] = numbers[node]
        # A set's order is another in every process.
        plain = {k: sorted(v) if isinstance(v, frozenset) else v for k, v in parts.items()}
        said = f"{type(node).__module__}.{type(node).__qualname__} {plain!r}"
        # Else it has parts that do not say all that they are.
        return _digest(said) if " at 0x" not in said else ""

    digests = op.map(told)
    if not all(digests.values()) or any(isinstance(node, _NOT_SAID) for node in digests):
        return None
    return _digest(f"{dialect} {_makers()} {digests[op]}")


_NOT_SAID = (ops.InMemoryTable, ops.ScalarUDF, ops.AggUDF)
"""Their parts do not tell their rows and their code."""


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
            if _OURS.fullmatch(file.name) and file.lstat().st_mtime < time.time() - _KEPT_S:
                file.unlink(missing_ok=True)
    except OSError:
        return None
    return place


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


@cache
def _makers() -> str:
    """Who makes a text of an expression."""
    ours = Path(__file__).with_name("compiling.py").read_text(encoding="utf-8")
    return _digest(f"{version('ibis-framework')} {version('sqlglot')} {ours}")


def _write(file: Path, text: str) -> None:
    """Whole or not at all: others may read it meanwhile."""
    draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as new:
        new.write(text)
    draft.replace(file)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
