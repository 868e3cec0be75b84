"""Who may read what wan_perf stores: the mode of every new file and folder, decided here.

Belongs here: the umask by the setting WAN_PERF_HOME_READERS, who can read what is there.
Keep out: changing the modes of what is there: a home may be a folder of somebody else's
(`doctor` says what to run).

The umask is inherited by Dagster's processes and libraries (DuckDB, SQLite), which know no setting.
Windows has access lists instead of modes: there nothing changes.
"""

import os
import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

Readers = Literal["owner", "group"]

_UMASKS: dict[Readers, int] = {"owner": 0o077, "group": 0o027}
"""New folders are 0700 and files 0600, or 0750 and 0640."""
_usual: list[int] = []
"""The umask of whoever started this process, while another one is in force."""


def restrict(readers: Readers) -> None:
    """From now on this process and its children create files that only `readers` may read."""
    os.umask(_UMASKS[readers])


@contextmanager
def restricted_modes(readers: Readers) -> Iterator[None]:
    """Like `restrict`, until the context is left."""
    _usual.append(os.umask(_UMASKS[readers]))
    try:
        yield
    finally:
        os.umask(_usual.pop())


@contextmanager
def modes_at(file: Path, home: Path) -> Iterator[None]:
    """Create a file that a person named: outside the home with the mode of the person's own files.

    A report in a shared folder is for those who read that folder.
    """
    if not _usual or file.resolve().is_relative_to(home.resolve()):
        yield
        return
    restricting = os.umask(_usual[0])
    try:
        yield
    finally:
        os.umask(restricting)


def command_for(path: Path, readers: Readers) -> str | None:
    """What to run where others than `readers` can read a file or folder; None where it is well.

    Of a folder its own mode decides: who cannot enter it reads nothing in it.
    """
    if os.name == "nt":
        return None
    mode, place = path.stat().st_mode, shlex.quote(str(path))
    if mode & _UMASKS[readers]:
        return f"chmod {'go=' if readers == 'owner' else 'g-w,o='} {place}"
    if readers == "group" and not mode & stat.S_IRGRP:
        return f"chmod -R g+rX {place}"
    return None
