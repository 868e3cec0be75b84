"""Runs that are going on: a small file each beside the published copy, for whoever reads the copy.

Belongs here: writing the file as a run begins, removing it as it ends, reading what is there.
Keep out: what Dagster has recorded of runs (`defs.run_records`).

The files are no part of a published state: a run begins and ends between two of them.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from wan_perf.published.manifest import replace_file

RUNNING = "running"
"""The folder of the files, in that of the published copy."""
LONGEST = timedelta(hours=12)
"""A file that is older is of a process that was killed: no run takes so long."""


@dataclass(frozen=True)
class Run:
    """A run: its job, lane (live or history), the partitions it covers, and when it began (UTC)."""

    run_id: str
    job: str
    lane: str | None
    partitions: str | None
    since: datetime


@contextmanager
def announced(folder: Path, run: Run) -> Iterator[None]:
    """While the context is entered readers of the published copy in the folder see the run.

    A folder that cannot be written is no reason for a run to fail: it is then not seen.
    """
    file = _file(folder, run.run_id)
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(file, json.dumps({**asdict(run), "since": run.since.isoformat()}))
    try:
        yield
    finally:
        withdraw(folder, run.run_id)


def withdraw(folder: Path, run_id: str) -> None:
    """Remove the file of a run that has ended; none is there where it ended by itself."""
    with suppress(OSError):
        _file(folder, run_id).unlink(missing_ok=True)


def announcements(folder: Path) -> tuple[Run, ...]:
    """The runs of the files that are there, the oldest first; a damaged file is none."""
    found = (_read(file) for file in (folder / RUNNING).glob("*.json"))
    return tuple(sorted((run for run in found if run is not None), key=lambda run: run.since))


def running(folder: Path, now: datetime) -> tuple[Run, ...]:
    """The runs that are going on at `now` (naive UTC), the oldest first."""
    return tuple(run for run in announcements(folder) if now - run.since < LONGEST)


def _file(folder: Path, run_id: str) -> Path:
    return folder / RUNNING / f"{run_id}.json"


def _read(file: Path) -> Run | None:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return Run(**{**found, "since": datetime.fromisoformat(found["since"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
