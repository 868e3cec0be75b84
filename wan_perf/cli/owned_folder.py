"""Folders that a command empties: only those that wan-perf made, by a marker file in them.

Belongs here: whose a folder is, emptying it, and one command at a time in a home.
Keep out: what is put into it.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from wan_perf.errors import UsageError, WanPerfError

MARKER = ".made_by_wan_perf"


def empty_folder(folder: Path, setting: str = "WAN_PERF_HOME") -> Path:
    """The folder, empty but for its marker; made if need be.

    `setting` names the way to another folder in the sentence of a refusal.

    Raises:
        UsageError: the folder has no marker of ours and is not empty, is a link or a file, or
            cannot be made or emptied; nothing is deleted.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise _refusal(folder, "is a link or a file", setting)
    marker = folder / MARKER
    try:
        if folder.exists() and any(folder.iterdir()):
            if not marker.is_file() or marker.is_symlink():
                raise _refusal(folder, f"holds files and has no marker {MARKER}", setting)
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        marker.write_text(
            "wan-perf made this folder for a simulation and empties it with the next one.\n",
            encoding="utf-8",
        )
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be made empty: {error.strerror or error}; set {setting} to another "
            "folder."
        ) from None
    return folder


def _refusal(folder: Path, why: str, setting: str) -> UsageError:
    return UsageError(
        f"{folder} {why}, so wan-perf did not make it and leaves it alone; move it, or set "
        f"{setting} to another folder."
    )


@contextmanager
def only_one(home: Path, command: str) -> Iterator[None]:
    """Lock the home for this command; the lock ends with its process, however that ends.

    Raises:
        WanPerfError: another process runs the same command on this home.
    """
    holder = home / f"{command}.pid"
    try:
        with FileLock(home / f"{command}.lock", timeout=0):
            holder.write_text(str(os.getpid()), encoding="utf-8")
            try:
                yield
            finally:
                holder.unlink(missing_ok=True)
    except Timeout:
        pid = holder.read_text(encoding="utf-8") if holder.exists() else "unknown"
        raise WanPerfError(
            f"wan-perf {command} is already running on {home} (process {pid}); end that one, or "
            "set WAN_PERF_HOME to another folder."
        ) from None
