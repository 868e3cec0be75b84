"""How much a live pass adds to the disk, before its retention is over and for ever.

Belongs here: live passes one after the other, sizes at half and at the end.
Keep out: what is removed (`defs.automation.retention`, `warehouse.expired`).

A pass is a command of its own, as by a scheduler, five minutes of the simulated clock apart. Ages
of Dagster's records are of the real clock, which a benchmark cannot let pass: at half and at the
end retention is applied as of a year later, so that what is left is what stays for ever. A half is
whole hours: Dagster keeps the newest record of each hour and asset, whatever the number of passes.
Files that left the published copy's state stay for 15 minutes of the real clock; they are weighed
by themselves, since a benchmark publishes more often than an installation.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from rich.console import Console

from wan_perf.cli.corrections import CorrectingRuns
from wan_perf.cli.demo import demo_settings
from wan_perf.cli.homes import dagster_home
from wan_perf.defs.automation.retention import prune_dagster, prune_rows
from wan_perf.defs.resources import warehouse_for
from wan_perf.mist.client.errors import MistTransientError
from wan_perf.mist.collect.cadence import PASS_EVERY
from wan_perf.policy.thresholds import Policy, Retention
from wan_perf.published.manifest import read_manifest
from wan_perf.settings import Settings
from wan_perf.simulator import Cloud, Fleet, serve
from wan_perf_tests.support.graph.staged import HOUR, START

_YEAR = timedelta(days=365)
_HOURS_A_YEAR = _YEAR // HOUR
_PASSES_AN_HOUR = HOUR // PASS_EVERY
_KB, _MB = 1e3, 1e6
_RECORDS, _COPY = "Dagster's home", "published copy"


def growth(sites: int, passes: int, within_s: float) -> str:
    """Take so many live passes of so many stores; bytes of a pass, by what is on the disk.

    Each half is whole hours, at least one, and ends earlier where half of `within_s` seconds is
    over.
    """
    passes = max(1, passes // (2 * _PASSES_AN_HOUR)) * 2 * _PASSES_AN_HOUR
    fleet = Fleet.whole(7, sites, START, START + passes * PASS_EVERY + 24 * HOUR)
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(fleet, now=START + HOUR) as cloud,
    ):
        home = Path(folder).resolve()
        contracts = home / "contracts.csv"
        contracts.write_text(fleet.contracts_csv(), encoding="utf-8")
        settings = demo_settings(cloud, home, contracts, START)
        return "\n".join(_measured(settings, cloud, passes // 2, within_s / 2))


def _measured(settings: Settings, cloud: Cloud, half: int, half_s: float) -> Iterator[str]:
    began = time.monotonic()
    before_it = _take(settings, cloud, half, half_s)
    _prune_records(settings)
    first = _sizes(settings)
    half = _take(settings, cloud, half, half_s)
    full = _sizes(settings)
    passes = before_it + half
    seconds = (time.monotonic() - began) / passes
    _prune_records(settings)
    last = _sizes(settings)
    yield f"{passes} live passes, {seconds:.1f} s each; of the last {half}, a pass adds"
    for name in first:
        before, for_ever = ((size[name] - first[name]) / half for size in (full, last))
        yield (
            f"  {name}: {before / _KB:,.1f} kB until its retention is over, {for_ever / _KB:,.1f} "
            f"kB in the long run ({last[name] / _MB:,.1f} MB now)"
        )
    hours = half / _PASSES_AN_HOUR
    for name in (_RECORDS, _COPY):
        added = (last[name] - first[name]) / hours * _HOURS_A_YEAR
        yield f"a year of hours like these adds {added / 1e9:,.2f} GB to {name}"
    removed, shrunk = prune_rows(warehouse_for(settings), cloud.clock.now() + 2 * _YEAR, Policy())
    size = shrunk.after if shrunk else 0
    yield (
        f"the warehouse without the {sum(removed.values()):,} raw rows past their retention: "
        f"{size / _MB:,.1f} MB"
    )


def _take(settings: Settings, cloud: Cloud, passes: int, within_s: float) -> int:
    """How many passes were taken: those requested, or as many as began within the time."""
    console, began = Console(stderr=True, quiet=True), time.monotonic()
    for taken in range(passes):
        is_whole_hour = taken and not taken % _PASSES_AN_HOUR
        if is_whole_hour and time.monotonic() - began > within_s:
            return taken
        # In an outage of the cloud a pass fails; the scheduler's next one goes on.
        with CorrectingRuns(settings, console) as runs, suppress(MistTransientError):
            runs.collect(None, None)
        cloud.clock.advance_to(cloud.clock.now() + PASS_EVERY)
    return passes


def _prune_records(settings: Settings) -> None:
    later = datetime.now(UTC).replace(tzinfo=None) + _YEAR
    with dg.DagsterInstance.from_config(str(dagster_home(settings))) as instance:
        prune_dagster(instance, later, Retention())


def _sizes(settings: Settings) -> dict[str, int]:
    """Bytes by what is on the disk; the warehouse after a checkpoint."""
    warehouse = warehouse_for(settings)
    with warehouse.session() as session:
        session.run("CHECKPOINT")
    published = settings.published_path
    state = read_manifest(published).names
    copied = [file for file in published.rglob("*") if file.is_file()]
    is_retired = {
        file: file.suffix == ".parquet" and file.relative_to(published).as_posix() not in state
        for file in copied
    }
    sizes = {
        _RECORDS: _bytes(settings.dagster_home),
        _COPY: sum(_bytes(file) for file in copied if not is_retired[file]),
        "published copy, files removed after 15 minutes": sum(
            _bytes(file) for file in copied if is_retired[file]
        ),
        "warehouse": _bytes(settings.duckdb_path),
    }
    sizes["all of the home"] = _bytes(settings.home)
    return sizes


def _bytes(place: Path) -> int:
    files = [place] if place.is_file() else place.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file())
