"""Results of partitioned checks: each partition of a range has its own, as the UI reads it."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.loader import LoadingContextForTest
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionResolvedStatus
from dagster._core.storage.asset_check_state import AssetCheckState

from wan_perf.defs.check_log import FAILED_PARTITIONS
from wan_perf_tests.integration.graph.test_event_log import DAYS, RANGE, configured, rows

FAILED = "2026-03-03"
PASSED = ["2026-03-01", "2026-03-02", "2026-03-04"]
ALL = sorted([*PASSED, FAILED])
RUN = "7d3b8f6e-0f5e-4b0e-9c57-7a3f6d1c2b90"


@dg.asset(partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
def counted(context: dg.AssetExecutionContext) -> None:
    context.log.info("stored")


SPECS = [
    dg.AssetCheckSpec(name, asset="counted", partitions_def=DAYS)
    for name in ("passes", "fails_on_a_day", "fails_somewhere")
]


@dg.multi_asset_check(specs=SPECS)
def of_days() -> Iterator[dg.AssetCheckResult]:
    yield dg.AssetCheckResult(check_name="passes", passed=True)
    named = {FAILED_PARTITIONS: dg.MetadataValue.json([FAILED]), "rows_broken": 2}
    yield dg.AssetCheckResult(check_name="fails_on_a_day", passed=False, metadata=named)
    yield dg.AssetCheckResult(check_name="fails_somewhere", passed=False)


@dg.asset_check(asset=counted)
def of_all() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


DEFINITIONS = dg.Definitions(
    assets=[counted],
    asset_checks=[of_days, of_all],
    jobs=[dg.define_asset_job("job", [counted])],
)


SILENT = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def run(instance: dg.DagsterInstance, tags: dict[str, str] = RANGE) -> str:
    return (
        DEFINITIONS.resolve_job_def("job").execute_in_process(instance=instance, tags=tags).run_id
    )


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    """An instance with one run over the four days."""
    with configured(tmp_path_factory.mktemp("checks") / "home", "own") as found:
        run(found)
        yield found


def shown(instance: dg.DagsterInstance, name: str) -> dict[str, list[str]]:
    """The partitions of a check by the status that the UI's list shows."""
    key = dg.AssetCheckKey(dg.AssetKey("counted"), name)
    state = asyncio.run(AssetCheckState.gen(LoadingContextForTest(instance), (key, DAYS)))
    assert state is not None
    return {
        status.value: sorted(subset.subset_value.get_partition_keys())
        for status, subset in state.subsets.items()
        if not subset.is_empty
    }


def test_each_day_of_a_range_has_the_result_of_its_own_rows(instance: dg.DagsterInstance):
    assert shown(instance, "passes") == {"SUCCEEDED": ALL}
    assert shown(instance, "fails_on_a_day") == {"SUCCEEDED": PASSED, "FAILED": [FAILED]}


def test_a_failure_that_names_no_day_is_of_all_of_them(instance: dg.DagsterInstance):
    assert shown(instance, "fails_somewhere") == {"FAILED": ALL}


@pytest.mark.proof
def test_the_newest_result_counts_and_a_newer_materialization_has_none(
    tmp_path: Path,
):
    with configured(tmp_path / "home", "own") as instance:
        run(instance)
        run(instance, {"dagster/partition": "2026-03-02"})
        assert shown(instance, "fails_on_a_day") == {
            "SUCCEEDED": ["2026-03-01", "2026-03-04"],
            "FAILED": ["2026-03-02", FAILED],
        }
        assert dg.materialize([counted], partition_key="2026-03-01", instance=instance).success
        assert shown(instance, "passes") == {"SUCCEEDED": ["2026-03-02", FAILED, "2026-03-04"]}


def test_each_result_names_its_day_with_the_figures_of_the_days_that_failed(
    instance: dg.DagsterInstance,
):
    key = dg.AssetCheckKey(dg.AssetKey("counted"), "fails_on_a_day")
    found = instance.event_log_storage.get_asset_check_execution_history(key, limit=10)
    results: dict[str | None, tuple[bool, bool]] = {}
    for record in found:
        evaluation = record.evaluation
        assert evaluation is not None
        assert evaluation.partition == record.partition
        results[record.partition] = (evaluation.passed, "rows_broken" in evaluation.metadata)
    of_days = {FAILED: (False, True)} | dict.fromkeys(PASSED, (True, False))
    assert results == {None: (False, True)} | of_days


def test_the_newest_record_of_a_check_is_of_the_whole_range(instance: dg.DagsterInstance):
    """As Dagster stores it: what the UI shows of a check that has no partitions."""
    keys = [dg.AssetCheckKey(dg.AssetKey("counted"), name) for name in ("of_all", "fails_on_a_day")]
    newest = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    found = [(newest[key].partition, newest[key].status.value) for key in keys]
    assert found == [(None, "SUCCEEDED"), (None, "FAILED")]


@pytest.mark.proof
def test_dagsters_own_log_shows_every_day_as_skipped(tmp_path: Path):
    """Why there is `check_log`; where this fails, Dagster does it itself and the module can go."""
    with configured(tmp_path / "home", "dagster") as instance:
        run(instance)
        skipped = AssetCheckExecutionResolvedStatus.SKIPPED.value
        assert shown(instance, "passes") == {skipped: ALL}


PLANNED = (
    "SELECT asset_key, check_name, partition, run_id, execution_status, "
    "evaluation_event_storage_id, evaluation_event_timestamp IS NOT NULL, "
    "json_extract(evaluation_event, '$.dagster_event.event_specific_data.partitions_subset') "
    "FROM asset_check_executions ORDER BY id"
)


def test_what_a_run_plans_is_as_dagster_stores_it(tmp_path: Path):
    found = {}
    for storage in ("own", "dagster"):
        home = tmp_path / storage
        with configured(home, storage) as instance:
            job = DEFINITIONS.resolve_job_def("job")
            instance.create_run_for_job(job, run_id=RUN, tags=RANGE)
        found[storage] = rows(home, "index", PLANNED)
    assert found["own"] == found["dagster"]
    days = [
        day
        for name, day, status in ((r[1], r[2], r[4]) for r in found["own"])
        if (name, status) == ("passes", "PLANNED")
    ]
    assert days == ALL


QUERY = """
query ($key: AssetKeyInput!) {
  assetNodeOrError(assetKey: $key) {
    ... on AssetNode {
      assetChecksOrError {
        ... on AssetChecks {
          checks {
            name
            executionForLatestMaterialization { status }
            partitionStatuses {
              ... on AssetCheckTimePartitionStatuses { ranges { startKey endKey status } }
            }
          }
        }
      }
    }
  }
}
"""
"""What the UI requests for the list of an asset's checks, as far as it shows a status."""


@pytest.mark.proof
def test_the_list_of_checks_in_the_ui_has_the_status_of_each_day(instance: dg.DagsterInstance):
    # Imported here: the UI's modules take a second, and the other tests do without.
    from dagster._core.remote_origin import InProcessCodeLocationOrigin
    from dagster._core.test_utils import InProcessTestWorkspaceLoadTarget
    from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster_graphql.test.utils import execute_dagster_graphql

    origin = InProcessCodeLocationOrigin(
        LoadableTargetOrigin(
            executable_path=sys.executable, module_name=__name__, attribute="DEFINITIONS"
        ),
        location_name="checks",
    )
    with WorkspaceProcessContext(instance, InProcessTestWorkspaceLoadTarget(origin)) as process:
        answer = execute_dagster_graphql(
            process.create_request_context(), QUERY, {"key": {"path": ["counted"]}}
        )
    checks = answer.data["assetNodeOrError"]["assetChecksOrError"]["checks"]
    found = {
        check["name"]: [
            (part["startKey"], part["endKey"], part["status"])
            for part in (check["partitionStatuses"] or {"ranges": []})["ranges"]
        ]
        for check in checks
    }
    assert found == {
        "passes": [("2026-03-01", "2026-03-04", "SUCCEEDED")],
        "fails_on_a_day": [
            ("2026-03-01", "2026-03-02", "SUCCEEDED"),
            (FAILED, FAILED, "FAILED"),
            ("2026-03-04", "2026-03-04", "SUCCEEDED"),
        ],
        "fails_somewhere": [("2026-03-01", "2026-03-04", "FAILED")],
        "of_all": [],
    }
    whole = {check["name"]: check["executionForLatestMaterialization"] for check in checks}
    assert {name: one["status"] for name, one in whole.items()} == {
        "passes": "SUCCEEDED",
        "fails_on_a_day": "FAILED",
        "fails_somewhere": "FAILED",
        "of_all": "SUCCEEDED",
    }
