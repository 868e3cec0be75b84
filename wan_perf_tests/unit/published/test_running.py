"""Readers of the published copy see which runs are going on, while they are and not longer."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest

from wan_perf.defs.automation.run_queues import LANE, LIVE
from wan_perf.defs.io_manager import warehouse_io_manager
from wan_perf.defs.publication import PublishedCopy, publishing
from wan_perf.published.replacement import utc_now
from wan_perf.published.running import LONGEST, RUNNING, Run, announced, running
from wan_perf_tests.unit.published.conftest import H5, Home

RUN = Run("a1", "live_job", "live", None, H5)


def seen(home: Home) -> list[Run]:
    return list(home.copy.running(utc_now()))


def run(home: Home, instance: dg.DagsterInstance, *, fails: bool = False, **copy: bool):
    """Run an asset as Dagster does; what readers saw while it was computed."""
    found: list[Run] = []

    @dg.asset
    def looking() -> None:
        found.extend(seen(home))
        if fails:
            raise ValueError

    published = PublishedCopy(home.warehouse, home.folder, **copy)
    resources = {"io_manager": publishing(warehouse_io_manager(home.warehouse), published)}
    job = dg.define_asset_job("live_job", [looking], tags={LANE: LIVE})
    definitions = dg.Definitions(assets=[looking], jobs=[job], resources=resources)
    made = definitions.resolve_job_def("live_job")
    done = made.execute_in_process(instance=instance, raise_on_error=False)
    return SimpleNamespace(run_id=done.run_id, seen=found)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def copied(home: Home) -> Home:
    home.publish()
    return home


@pytest.mark.parametrize("fails", [pytest.param(False, id="works"), pytest.param(True, id="fails")])
def test_a_run_is_seen_while_it_computes_and_not_after_it(
    copied: Home, instance: dg.DagsterInstance, fails: bool
):
    done = run(copied, instance, fails=fails)
    [during] = done.seen
    assert (during.run_id, during.job, during.lane) == (done.run_id, "live_job", "live")
    assert utc_now() - during.since < timedelta(minutes=1)
    assert seen(copied) == []


def test_where_nothing_is_published_no_run_is_announced(copied: Home, instance: dg.DagsterInstance):
    assert run(copied, instance, is_on=False).seen == []


def test_two_runs_are_seen_the_oldest_first(copied: Home):
    later = Run("a0", "hourly_job", "history", "2026-03-08-04:00", H5 + timedelta(minutes=1))
    with announced(copied.folder, later), announced(copied.folder, RUN):
        assert running(copied.folder, later.since) == (RUN, later)
    assert running(copied.folder, later.since) == ()


@contextmanager
def left_behind(home: Home, run: Run) -> Iterator[Path]:
    """The file of a run whose process was killed."""
    with announced(home.folder, run):
        file = home.folder / RUNNING / f"{run.run_id}.json"
        text = file.read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    yield file


def test_the_next_run_removes_that_of_a_killed_process(copied: Home, instance: dg.DagsterInstance):
    ended = run(copied, instance).run_id
    other = "of-another-instance"
    with (
        left_behind(copied, Run(ended, "live_job", "live", None, utc_now())) as killed,
        left_behind(copied, Run(other, "live_job", "live", None, utc_now())) as unknown,
    ):
        done = run(copied, instance)
        assert [one.run_id for one in done.seen] == [other, done.run_id]
        assert (killed.exists(), unknown.exists()) == (False, True)


def test_after_half_a_day_no_run_is_believed_to_go_on(copied: Home):
    with left_behind(copied, RUN):
        assert running(copied.folder, RUN.since + LONGEST - timedelta(seconds=1)) == (RUN,)
        assert running(copied.folder, RUN.since + LONGEST) == ()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"since": 5}', '{"since": "x"}', '{"job": "a"}'])
def test_a_damaged_file_is_no_run(copied: Home, text: str):
    with left_behind(copied, RUN) as file:
        file.write_text(text, encoding="utf-8")
        assert running(copied.folder, RUN.since) == ()


def test_a_folder_that_cannot_be_written_fails_no_run(copied: Home):
    (copied.folder / RUNNING).write_text("a file in place of the folder", encoding="utf-8")
    with announced(copied.folder, RUN):
        assert running(copied.folder, RUN.since) == ()
