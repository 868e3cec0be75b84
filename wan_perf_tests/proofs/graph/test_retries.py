"""What is retried automatically: a cloud that fails, a file in use. And what never is."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import pytest

from wan_perf.definitions import INVENTORY_JOB, build_definitions
from wan_perf.defs import retries
from wan_perf.errors import WanPerfError
from wan_perf.mist.client.errors import MistPermanentError, MistTransientError
from wan_perf.simulator import Fleet
from wan_perf.warehouse import DuckDBWarehouse, RefusedRowsError
from wan_perf_tests.support.graph.staged import HOUR, START, Stage, WithoutChecks, staged

pytestmark = pytest.mark.proof

SITES = "/api/v1/orgs/{org_id}/sites"
ATTEMPTS_OF_A_CALL = 5
"""More than a session makes of one call automatically."""
LOCKED_S = 1.5


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    fleet = Fleet.seeded(7, 2, START, START + HOUR, faults=False)
    with staged(fleet, tmp_path_factory.mktemp("retries"), kind=WithoutChecks) as stage:
        stage.runs._run(INVENTORY_JOB)
        yield stage


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(retries, "_FIRST_WAIT_S", 0.2)


def unattended(stage: Stage, asset: str, **tags: str) -> dg.ExecuteInProcessResult:
    """A run of the inventory's job as a schedule launches it; its warehouse has no patience."""
    warehouse = DuckDBWarehouse(stage.runs.settings.duckdb_path, patience_s=0.1)
    definitions = build_definitions(stage.runs.settings, warehouse=warehouse)
    return definitions.resolve_job_def("inventory_job").execute_in_process(
        instance=stage.runs._instance,
        tags=tags,
        asset_selection=[dg.AssetKey(asset)],
        raise_on_error=False,
    )


def attempts(result: dg.ExecuteInProcessResult) -> int:
    retries = [e for e in result.all_events if e.event_type_value == "STEP_RESTARTED"]
    return 1 + len(retries)


def cause(result: dg.ExecuteInProcessResult) -> str:
    [failure] = [e for e in result.all_events if e.event_type_value == "STEP_FAILURE"]
    return str(failure.step_failure_data.error)


@contextmanager
def locked(stage: Stage) -> Iterator[None]:
    """Another writer has the file for a while."""
    begun = threading.Event()

    def hold() -> None:
        with DuckDBWarehouse(stage.runs.settings.duckdb_path).session():
            begun.set()
            time.sleep(LOCKED_S)

    holder = threading.Thread(target=hold)
    holder.start()
    begun.wait()
    yield
    holder.join()


def test_a_cloud_that_returned_503_is_polled_again(stage: Stage):
    stage.cloud.misbehave(SITES, "503", times=ATTEMPTS_OF_A_CALL)
    result = unattended(stage, "raw_inventory")
    assert result.success
    assert attempts(result) > 1


def test_a_token_that_is_refused_is_not(stage: Stage):
    stage.cloud.misbehave(SITES, "401")
    result = unattended(stage, "raw_inventory")
    assert not result.success
    assert attempts(result) == 1
    assert MistPermanentError.__name__ in cause(result)


def test_it_ends_after_three_more_attempts(stage: Stage):
    stage.cloud.misbehave(SITES, "503", times=100)
    result = unattended(stage, "raw_inventory")
    while stage.cloud.illness.next(SITES):
        pass
    assert (result.success, attempts(result)) == (False, 4)
    assert MistTransientError.__name__ in cause(result)


@pytest.mark.parametrize("asset", ["raw_inventory", "dim_site"])
def test_a_warehouse_that_is_locked_is_waited_for(stage: Stage, asset: str):
    """The inventory reads the warehouse itself; a dimension is stored by the IO manager."""
    with locked(stage):
        result = unattended(stage, asset)
    assert result.success
    assert attempts(result) > 1


def test_refused_rows_are_refused_at_once(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise RefusedRowsError("dim_site: 1 row breaks a rule; nothing was replaced.")

    monkeypatch.setattr(DuckDBWarehouse, "store", refuse)
    result = unattended(stage, "dim_site")
    assert (result.success, attempts(result)) == (False, 1)


def test_somebody_who_waits_has_the_failure_at_once(stage: Stage):
    with locked(stage):
        result = unattended(stage, "dim_site", **{retries.AT_ONCE_TAG: "true"})
    assert (result.success, attempts(result)) == (False, 1)
    assert WanPerfError.__name__ in cause(result) or "cannot be opened" in cause(result)
