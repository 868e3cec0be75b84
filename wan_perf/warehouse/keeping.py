"""The SQL of expressions, kept from one process to the next.

Belongs here: what names an expression in every process, the folder of texts.
Keep out: how an expression becomes text (`compiling`).

Each run of a schedule is a process of its own, and to make the texts of a live run takes longer
than to compute it. Nothing is lost with the folder, and where there can be none nothing is kept.
"""

import hashlib
import os
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import ibis.expr.operations as ops
import platformdirs

_KEPT_S = 30 * 86_400
"""So long after it was made a text is made anew: what nobody asks for any more goes."""


def kept(op: ops.Node, dialect: str, made: Callable[[], str]) -> str:
    """The text of the expression as another process made it, else as `made` makes it."""
    name, place = named(op, dialect), folder()
    if name is None or place is None:
        return made()
    file = place / name
    with suppress(OSError, ValueError):
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
    """Where texts are kept, without those of long ago; None for a user without a home."""
    place = platformdirs.user_cache_path("wan_perf") / "sql"
    if not place.is_absolute():
        return None
    with suppress(OSError):
        place.mkdir(parents=True, exist_ok=True)
        for file in place.iterdir():
            if file.stat().st_mtime < time.time() - _KEPT_S:
                file.unlink(missing_ok=True)
    return place


@cache
def _makers() -> str:
    """Who makes a text of an expression."""
    ours = Path(__file__).with_name("compiling.py").read_text(encoding="utf-8")
    return _digest(f"{version('ibis-framework')} {version('sqlglot')} {ours}")


def _write(file: Path, text: str) -> None:
    """Whole or not at all: others may read it meanwhile."""
    draft = file.with_suffix(f".{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
