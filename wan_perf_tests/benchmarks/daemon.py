"""A real daemon by itself on the real clock, ended once in between and started again.

Belongs here: what it ran, what it stored in the end.
Keep out: how Dagster is started and queried (`alive.daemon`).
"""

import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from wan_perf.cli.demo import demo_environment
from wan_perf.cli.homes import dagster_home
from wan_perf.definitions import LIVE_JOB
from wan_perf.defs.resources import warehouse_for
from wan_perf.mist.collect.cadence import PASS_EVERY
from wan_perf.mist.collect.clock import floored
from wan_perf.schema.tables import CIRCUIT_HOUR, RAW_PORT_SAMPLE
from wan_perf.settings import Settings, read_settings
from wan_perf.simulator import Fleet, serve
from wan_perf_tests.support.automation.daemon import Dagster, running, until
from wan_perf_tests.support.graph.staged import HOUR

_PAST = 8 * HOUR
"""Hours that lie before its first start, for the sensors to fetch."""


def daemon(sites: int, passes: int) -> str:
    """Let it take so many passes from an empty warehouse, start it again, and let it take more."""
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    begin = floored(now - _PAST, HOUR)
    fleet = Fleet.whole(7, sites, begin - 24 * HOUR, now + 12 * HOUR)
    with tempfile.TemporaryDirectory() as folder, serve(fleet, now=now, ticking=True) as cloud:
        home = Path(folder).resolve()
        contracts = home / "contracts.csv"
        contracts.write_text(fleet.contracts_csv(), encoding="utf-8")
        given = demo_environment(cloud, home, contracts, begin, clock="real")
        settings = read_settings(**given, WAN_PERF_AUTOMATION="on")
        for wanted in (passes, 2 * passes):
            with running(settings) as dagster:
                within_s = 2 * (wanted + 1) * PASS_EVERY.total_seconds()
                until(lambda wanted=wanted: _taken(dagster) >= wanted, within_s)
                until(dagster.is_quiet, within_s)
        return "\n".join(_report(settings))


def _taken(dagster: Dagster) -> int:
    """Passes whose live run is over."""
    with dg.DagsterInstance.from_config(str(dagster.home)) as instance:
        return instance.get_runs_count(
            dg.RunsFilter(job_name=LIVE_JOB, statuses=[dg.DagsterRunStatus.SUCCESS])
        )


def _report(settings: Settings) -> Iterator[str]:
    with dg.DagsterInstance.from_config(str(dagster_home(settings))) as instance:
        runs = instance.get_run_records()
    ended = Counter((_who(r.dagster_run), r.dagster_run.status.value.lower()) for r in runs)
    for (who, how), count in sorted(ended.items()):
        yield f"runs of {who}, {how}: {count}"
    live = [run for run in runs if run.dagster_run.job_name == LIVE_JOB]
    slots = sorted(run.dagster_run.tags["dagster/run_key"] for run in live)
    yield f"slots from {slots[0]} to {slots[-1]}, twice: {len(slots) - len(set(slots))}"
    late = [run.end_time - _slot(run.dagster_run) for run in live if run.end_time]
    yield f"a live run ended after its slot at the latest: {max(late):.0f} s"
    warehouse = warehouse_for(settings)
    samples = warehouse.query(warehouse.lazy(RAW_PORT_SAMPLE))
    yield f"passes held: {samples['pass_at'].nunique()}"
    twice = samples.duplicated([*RAW_PORT_SAMPLE.key]).sum()
    yield f"samples twice: {twice} of {len(samples)}"
    hours = warehouse.query(warehouse.lazy(CIRCUIT_HOUR))
    for source, rows in hours.groupby(hours["source"].fillna("nothing"))["hour"]:
        yield f"circuit-hours from {source}: {len(rows)} of {rows.nunique()} hours"


def _slot(run: dg.DagsterRun) -> float:
    """When the schedule wanted it [epoch s]."""
    return datetime.fromisoformat(f"{run.tags['dagster/run_key']}Z").timestamp()


def _who(run: dg.DagsterRun) -> str:
    for tag in ("dagster/schedule_name", "dagster/sensor_name"):
        if tag in run.tags:
            return run.tags[tag]
    return run.job_name
