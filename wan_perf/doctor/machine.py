"""This machine: the home, Dagster's folder in it, and room on the disk.

Belongs here: folders, dagster.yaml, free space.
Keep out: what is stored in them, which limits a dagster.yaml needs (`limits`).
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

from wan_perf.doctor.finding import Finding
from wan_perf.doctor.folders import is_there, nearest, unwritable
from wan_perf.doctor.limits import fault_of
from wan_perf.file_modes import command_for
from wan_perf.settings import Settings

MACHINE = ("home", "dagster.yaml", "DAGSTER_HOME", "disk")
ENOUGH, TOO_LITTLE = 5e9, 500e6
"""Free space: below the first it is short, below the second runs end in the middle. [B]"""


def examine_machine(settings: Settings) -> Iterator[Finding]:
    """The folders of the settings and the disks that they are on."""
    yield _home(settings)
    yield _configuration(settings.dagster_home / "dagster.yaml")
    yield _dagster_home(settings)
    folders = [settings.home]
    if settings.warehouse == "duckdb":
        folders.append(settings.duckdb_path.parent)
    places = (place if place.is_dir() else place.parent for place in map(nearest, folders))
    yield disk({place: shutil.disk_usage(place).free for place in places})


def _home(settings: Settings) -> Finding:
    for folder in (settings.home, settings.dagster_home):
        problem = unwritable(folder)
        if problem:
            advice = "Set WAN_PERF_HOME to a folder that this user can write to."
            return Finding("home", "FAILED", problem, advice)
    places = filter(is_there, (settings.home, *_warehouse_outside_home(settings)))
    commands = [*filter(None, (command_for(place, settings.home_readers) for place in places))]
    if commands:
        return Finding(
            "home",
            "warning",
            f"{settings.home} can be written to, but who can read it is not what "
            f"WAN_PERF_HOME_READERS says ({settings.home_readers}).",
            f"Run {' && '.join(commands)}, or set WAN_PERF_HOME_READERS.",
        )
    if is_there(settings.dagster_home):
        return Finding("home", "ok", f"{settings.home} can be written to.")
    return Finding("home", "ok", f"{settings.home} can be written to; Dagster's is made in it.")


def _warehouse_outside_home(settings: Settings) -> list[Path]:
    """The embedded warehouse, where it is not in the home."""
    file = settings.duckdb_path
    is_in_home = file.resolve().is_relative_to(settings.home.resolve())
    return [] if is_in_home or settings.warehouse != "duckdb" else [file]


def _configuration(file: Path) -> Finding:
    if not is_there(file):
        return Finding("dagster.yaml", "ok", "none yet; the first run makes it.")
    fault = fault_of(file)
    if fault:
        advice = f"Correct {file}, or move it away: wan-perf writes a new one."
        return Finding("dagster.yaml", "FAILED", f"{fault}.", advice)
    return Finding("dagster.yaml", "ok", "valid, and has the limits of runs.")


def _dagster_home(settings: Settings) -> Finding:
    given, ours = settings.dagster_home_given, settings.dagster_home
    if given is None:
        return Finding(
            "DAGSTER_HOME", "ok", f"not set; {ours} would show the runs of the command line."
        )
    if given.is_absolute() and given.resolve() == ours:
        return Finding("DAGSTER_HOME", "ok", "the home's folder.")
    fault = fault_of(given / "dagster.yaml")
    if fault:
        return Finding(
            "DAGSTER_HOME",
            "FAILED",
            f"it is {given}, and {fault}.",
            f"Set DAGSTER_HOME to {ours}, or copy concurrency, run_coordinator and run_monitoring "
            f"from the dagster.yaml that wan-perf writes there.",
        )
    return Finding(
        "DAGSTER_HOME",
        "warning",
        f"it is {given}, so that the Dagster UI does not show the command line's runs.",
        f"Set DAGSTER_HOME to {ours}.",
    )


def disk(free: dict[Path, int]) -> Finding:
    """Room on the disks of some folders; the fullest decides. [B]"""
    found = "; ".join(f"{size / 1e9:,.1f} GB free at {place}" for place, size in free.items())
    least = min(free.values())
    if least >= ENOUGH:
        return Finding("disk", "ok", f"{found}.")
    return Finding(
        "disk",
        "warning" if least >= TOO_LITTLE else "FAILED",
        f"{found}.",
        "Make room, or set WAN_PERF_HOME (and WAN_PERF_DUCKDB) to a larger disk.",
    )
