"""Writing a file that a person named, without harming any other.

Belongs here: what may be written to, and how a file is replaced.
Keep out: what the file holds.
"""

import contextlib
import secrets
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

from wan_perf.env_file import env_file
from wan_perf.errors import UsageError, WanPerfError
from wan_perf.settings import Settings

Write = Callable[[IO[bytes]], None]


def write_file(file: Path, write: Write, ours: Iterable[Path] = ()) -> None:
    """Replace the file once the new one is whole; a device or a pipe is written to.

    The new one is written under a random name in the same folder, which no other process can have
    prepared. A link within its folder stays a link: the file that it names is replaced.

    Raises:
        UsageError: the file is one of `ours` or lies in one of them, is a folder, or is a link out
            of its folder; nothing is written.
        WanPerfError: the file cannot be written.
    """
    try:
        target = file.resolve()
        _refuse_ours(file, target, ours)
        kind = target.stat().st_mode if target.exists() else stat.S_IFREG
        if stat.S_ISDIR(kind):
            raise UsageError(f"{file} is a folder; give the name of a file.")
        if not stat.S_ISREG(kind):
            with target.open("wb") as device:
                write(device)
            return
        if file.is_symlink() and target.parent != file.parent.resolve():
            raise UsageError(
                f"{file} is a link to {target}, in another folder; name that file itself."
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, write)
    except OSError as error:
        raise WanPerfError(
            f"{file} cannot be written: {error.strerror or error}; give another --out."
        ) from None


def files_of_ours(settings: Settings) -> list[Path]:
    """Files and folders that hold what only wan-perf or its operator writes."""
    warehouse = settings.duckdb_path
    given = (settings.policy_path, settings.circuits_path, settings.snf_private_key_path)
    return [
        *(warehouse, warehouse.with_name(f"{warehouse.name}.wal")),
        *(settings.home / name for name in ("start.txt", "dev", "demo", "backups", "published")),
        *(settings.dagster_home, env_file()),
        *filter(None, given),
    ]


def _refuse_ours(file: Path, target: Path, ours: Iterable[Path]) -> None:
    for own in ours:
        place = own.resolve()
        same = target.exists() and place.is_file() and target.samefile(place)
        if same or target == place or place in target.parents:
            raise UsageError(
                f"{file} is a file that wan-perf itself needs ({own}); give another --out."
            )


def _replace(target: Path, write: Write) -> None:
    part = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        with part.open("xb") as new:  # fails where anything has this name, a link too
            write(new)
        if target.exists():
            with contextlib.suppress(OSError):  # a file system without modes
                part.chmod(stat.S_IMODE(target.stat().st_mode))
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
