"""Dagster's own folder in the home: its configuration, and runs that nobody carries any more.

Belongs here: the file that we write, and what a killed process leaves behind in Dagster's books.
Keep out: what is run (`runs`), serving the UI (`dev`).
"""

import hashlib
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path

import click
import dagster as dg
import yaml
from dagster._check import CheckError  # what Dagster raises of a wrong value; no public name
from filelock import FileLock, Timeout

from wan_perf.errors import UsageError
from wan_perf.settings import Settings
from wan_perf.user_paths import made_folder

PROCESS_TAG = "wan_perf/process"
"""Which process of the command line carries a run, by the name of a file that it locks."""
_ONCE_WRITTEN = {
    "4df2886d7db460a3c58e9719a4308893c4bc098f0c9f630f1a2d2b80cdd5bd7d",
    "0ff95c416fe851cd7f90d4ad11cf091f685eba178b6f1bf931360f28f147986d",
    "f8805dc9e6f614c7063da7dcf3562d13a17819c1c5a14d3156d9974de6353777",
    "af02fc4302c11053f47b3e23fc16c45df161126a9d5b38b9d87e1eff17bbfe93",
}
"""SHA-256 of what earlier versions wrote."""
_NOT_BEGUN = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.QUEUED]
_UNDER_WAY = [
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
_YOUNG_S = 60
"""A lock file of this age may belong to a process that has made it and not yet locked it."""


def dagster_home(settings: Settings) -> Path:
    """The folder of this home's Dagster instance, absolute, made if need be.

    A configuration that we wrote is brought up to date; one that somebody changed is theirs.
    """
    home = made_folder(settings.dagster_home, "WAN_PERF_HOME")
    settings.keep_start()
    ours = files("wan_perf.cli").joinpath("dagster.yaml").read_text(encoding="utf-8")
    configuration = home / "dagster.yaml"
    # What is no text differs from ours as any other text does; Dagster refuses it, see `opened`.
    found = None
    if configuration.exists():
        found = configuration.read_text(encoding="utf-8", errors="replace")
    if found is None or _digest(found) in _ONCE_WRITTEN:
        configuration.write_text(ours, encoding="utf-8")
    elif found != ours:
        click.echo(
            f"wan-perf: {configuration} is not as wan-perf writes it and stays so; remove it to "
            "have the limits of this version.",
            err=True,
        )
    return home


@contextmanager
def opened(home: Path) -> Iterator[dg.DagsterInstance]:
    """The Dagster instance of the folder.

    Raises:
        UsageError: its dagster.yaml is no configuration of Dagster.
    """
    try:
        instance = dg.DagsterInstance.from_config(str(home))
    except (yaml.YAMLError, UnicodeDecodeError, dg.DagsterInvalidConfigError, CheckError) as error:
        raise UsageError(
            f"{home / 'dagster.yaml'} is no configuration of Dagster ({_first_line(error)}); "
            "correct it, or move it away: wan-perf writes a new one."
        ) from error
    with instance:
        yield instance


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "").rstrip(".:")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def carried(home: Path) -> Iterator[str]:
    """A name for this process, by which others see whether it lives: it locks a file of that name.

    A lock ends with its process, however that ends, on every system.
    """
    name = uuid.uuid4().hex
    file = _file(home, name)
    file.parent.mkdir(exist_ok=True)
    with FileLock(file):
        yield name
    file.unlink(missing_ok=True)


def end_abandoned(instance: dg.DagsterInstance, home: Path, *, all_others: bool = False) -> None:
    """Mark as failed whatever run lost its process, and free its place in queue and pools.

    Dagster cannot know: it would show such a run as going on and keep others waiting for it.
    Lock files of processes that have ended are removed. `all_others` is for when no daemon works on
    this home: then no run of a daemon goes on either; those that wait in its queue stay there.
    """
    for run in instance.get_runs(dg.RunsFilter(statuses=_NOT_BEGUN + _UNDER_WAY)):
        name = _process(run)
        others_ended = all_others and run.status in _UNDER_WAY
        if others_ended if name is None else not _lives(home, name):
            instance.report_run_failed(run, "The process that carried this run has ended.")
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    for file in (home / "processes").glob("*.lock"):
        with suppress(OSError):  # another command removes it at the same time
            if time.time() - file.stat().st_mtime > _YOUNG_S:
                _lives(home, file.stem)


def _process(run: dg.DagsterRun) -> str | None:
    """The name of the process of the command line that carries a run; None for a daemon's run.

    A run that is executed again in Dagster's UI has the tags of the first one.
    """
    return None if run.parent_run_id else run.tags.get(PROCESS_TAG)


def _lives(home: Path, name: str) -> bool:
    file = _file(home, name)
    if not file.exists():
        return False
    try:
        with FileLock(file, timeout=0):
            pass
    except Timeout:
        return True
    file.unlink(missing_ok=True)
    return False


def _file(home: Path, name: str) -> Path:
    return home / "processes" / f"{name}.lock"
