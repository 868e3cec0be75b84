"""How collecting went is published: calls left after a poll, and runs that failed."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import dagster as dg
import pytest

from wan_perf.defs.io_manager import warehouse_io_manager
from wan_perf.defs.publication import PublishedCopy, publishing
from wan_perf.defs.resources import published_copy_for
from wan_perf.errors import WanPerfError
from wan_perf.published.collection import Collection, FailedRun
from wan_perf.published.manifest import MANIFEST
from wan_perf.published.publisher import publish
from wan_perf.published.reader import open_published
from wan_perf.settings import read_settings
from wan_perf_tests.unit.published.conftest import Home

AT = datetime(2026, 3, 8, 14, 20)
FAILED = FailedRun("a1", "live_job", None, AT, "Mist refused the token; set MIST_API_TOKEN.")
WENT = Collection(4321, AT, 1, (FAILED,))


def test_what_a_run_knew_is_read_and_stays_until_the_next_one_that_knows(home: Home):
    publish(home.warehouse, home.folder, collection=WENT)
    assert home.copy.collection == WENT
    home.store(3, "c1")
    home.publish()
    assert home.copy.collection == WENT


def test_it_alone_makes_another_version(home: Home):
    publish(home.warehouse, home.folder, collection=WENT)
    before = home.copy.version
    publish(home.warehouse, home.folder, collection=WENT)
    assert home.copy.version == before
    publish(home.warehouse, home.folder, collection=Collection(4300, AT, 0))
    assert home.copy.version != before
    assert home.copy.collection.calls_left == 4300


def test_a_copy_of_an_earlier_release_knows_nothing_of_it(home: Home):
    home.publish()
    path = home.folder / MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8"))
    del manifest["collection"]
    path.write_text(json.dumps(manifest), encoding="utf-8")
    assert open_published(home.folder).collection == Collection()


@dg.asset
def raw_port_sample(context: dg.AssetExecutionContext) -> None:
    context.add_output_metadata({"calls_left": 4321})


@dg.asset
def refused() -> None:
    try:
        raise OSError("connection reset")
    except OSError as error:
        raise WanPerfError("Mist refused the token; set MIST_API_TOKEN.") from error


@dg.asset
def broken() -> None:
    raise ValueError("s3cret of the environment")


@contextmanager
def running(copy: PublishedCopy) -> Iterator[Callable[[dg.AssetsDefinition], Collection]]:
    """Runs an asset as Dagster does, and returns what was published after it."""
    resources = {"io_manager": publishing(warehouse_io_manager(copy.warehouse), copy)}
    with dg.DagsterInstance.ephemeral() as instance:

        def one(asset: dg.AssetsDefinition) -> Collection:
            dg.materialize([asset], instance=instance, resources=resources, raise_on_error=False)
            return open_published(copy.folder).collection

        yield one


@pytest.fixture
def run(home: Home):
    with running(PublishedCopy(home.warehouse, home.folder)) as one:
        yield one


def test_a_run_that_fails_publishes_its_own_failure_and_the_next_run_counts_it_once(run):
    after = run(refused)
    assert after.failed_count == 1
    assert after.calls_left is None
    [failed] = after.failed
    assert failed.why == "Mist refused the token; set MIST_API_TOKEN."
    after = run(raw_port_sample)
    assert (after.failed_count, after.calls_left) == (1, 4321)
    assert [one.run_id for one in after.failed] == [failed.run_id]


def test_an_error_that_is_no_sentence_of_ours_is_published_by_its_class(run):
    [failed] = run(broken).failed
    assert failed.why == "ValueError; the run's log has the reason."


@pytest.mark.parametrize(
    ("clock", "is_simulated"),
    [
        pytest.param("real", False, id="real: its polls can be late"),
        pytest.param("simulator", True, id="a virtual clock stands still between runs"),
    ],
)
def test_a_run_publishes_whether_its_clock_is_virtual(
    home: Home, tmp_path: Path, clock: str, is_simulated: bool
):
    settings = read_settings(WAN_PERF_HOME=tmp_path, WAN_PERF_CLOCK=clock)
    with running(published_copy_for(settings, home.warehouse)) as run:
        assert run(raw_port_sample).is_simulated is is_simulated
    home.publish(everything=True)
    assert home.copy.collection.is_simulated is is_simulated
