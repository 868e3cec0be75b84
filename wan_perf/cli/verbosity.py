"""How much a command says beside its answer: -q, nothing, -v, -vv.

Belongs here: the level, and the log on standard error with its timestamps.
Keep out: answers, which are the same at each level.
"""

import logging
import time
from contextvars import ContextVar

_LEVEL: ContextVar[int] = ContextVar("verbosity", default=0)


def set_verbosity(level: int) -> None:
    """-1: failures alone; 0: progress and warnings; 1: runs are logged too; 2: all libraries."""
    _LEVEL.set(level)
    root = logging.getLogger()
    for handler in [h for h in root.handlers if isinstance(h, _Log)]:
        root.removeHandler(handler)
    if level > 0:
        root.addHandler(_Log())
        root.setLevel(logging.INFO if level == 1 else logging.DEBUG)


def is_quiet() -> bool:
    """Whether progress and warnings are left out."""
    return _LEVEL.get() < 0


def is_verbose() -> bool:
    """Whether runs are logged."""
    return _LEVEL.get() > 0


class _Log(logging.StreamHandler):
    """The log on standard error; each line begins with its instant, UTC."""

    def __init__(self) -> None:
        super().__init__()
        form = logging.Formatter(
            "%(asctime)sZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S"
        )
        form.converter = time.gmtime
        self.setFormatter(form)
