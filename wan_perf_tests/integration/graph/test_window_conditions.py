"""Automation computes windows of the days that the policy names, and facts further back."""

from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from wan_perf.definitions import build_definitions
from wan_perf.defs.automation.conditions import follows_hours
from wan_perf.schema.tables import CIRCUIT_HOUR, TRAILING_WINDOWS
from wan_perf.settings import read_settings


@pytest.mark.parametrize(
    ("policy", "days"),
    [
        pytest.param("[windows]\ndays = 3\n", 3, id="the policy's days"),
        pytest.param("", 7, id="a policy without them"),
        pytest.param("[windows]\ndays = 0\n", 7, id="a policy that is refused stops no loading"),
    ],
)
def test_windows_follow_hours_of_so_many_days(tmp_path: Path, policy: str, days: int) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(policy, encoding="utf-8")
    loaded = build_definitions(read_settings(WAN_PERF_HOME=tmp_path, WAN_PERF_POLICY=file))
    found = {
        spec.key.to_user_string(): spec.automation_condition
        for asset in loaded.assets or ()
        if isinstance(asset, dg.AssetsDefinition)
        for spec in asset.specs
    }
    for table in TRAILING_WINDOWS:
        assert found[table.name] == follows_hours(timedelta(days=days))
    assert found[CIRCUIT_HOUR.name] == follows_hours()
    assert follows_hours(timedelta(days=days)) != follows_hours()
