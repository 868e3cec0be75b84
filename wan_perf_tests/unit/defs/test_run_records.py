"""How a run is named for people."""

import dagster as dg
import pytest

from wan_perf.defs.run_records import job_of

ASSETS = ("circuit_hour", "circuit_day", "site_day")
CHECK = dg.AssetCheckKey(dg.AssetKey("circuit_hour"), "rules_hold")


@pytest.mark.parametrize(
    ("job", "assets", "checks", "name"),
    [
        pytest.param("hourly_job", ASSETS, (), "hourly_job", id="a job of ours"),
        pytest.param("__ASSET_JOB", ASSETS[:1], (), "circuit_hour", id="one asset"),
        pytest.param("__ASSET_JOB", ASSETS, (), "circuit_day and 2 more", id="several assets"),
        pytest.param("__ASSET_JOB", (), (CHECK,), "checks", id="a check alone"),
        pytest.param("__ASSET_JOB", None, None, "all assets", id="everything"),
    ],
)
def test_a_run_is_named_by_its_job_or_by_what_was_launched(
    job: str,
    assets: tuple[str, ...] | None,
    checks: tuple[dg.AssetCheckKey, ...] | None,
    name: str,
):
    run = dg.DagsterRun(
        job,
        asset_selection=None if assets is None else frozenset(map(dg.AssetKey, assets)),
        asset_check_selection=None if checks is None else frozenset(checks),
    )
    assert job_of(run) == name
