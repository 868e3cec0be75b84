"""Trailing windows are computed and retained for the days that the policy names."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from wan_perf.cli.export import export
from wan_perf.cli.past_windows import windows_ending
from wan_perf.defs.automation.retention import prune_rows
from wan_perf.errors import UsageError
from wan_perf.policy.thresholds import Policy, Windows, read_policy
from wan_perf.schema.declaration import Table
from wan_perf.schema.tables import CIRCUIT_HOUR, CIRCUIT_WINDOW, REGION_WINDOW, TRAILING_WINDOWS
from wan_perf.simulator import Fleet
from wan_perf_tests.support.graph.staged import HOUR, START, Stage, WithoutChecks, staged

pytestmark = pytest.mark.proof

HOURS = 30
NOW = START + HOURS * HOUR
"""All of these hours are past, and are computed from history."""
FROM = NOW - 24 * HOUR


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Thirty hours, of which the policy has windows for a day."""
    home = tmp_path_factory.mktemp("home")
    policy = home / "policy.toml"
    policy.write_text("[windows]\ndays = 1\n", encoding="utf-8")
    fleet = Fleet.whole(11, 2, START, NOW + 2 * HOUR)
    with staged(fleet, home, NOW, kind=WithoutChecks, WAN_PERF_POLICY=policy) as stage:
        stage.runs.collect(START, NOW)
        yield stage


def hours_of(stage: Stage, table: Table) -> list[pd.Timestamp]:
    return sorted(stage.rows(table)["hour"].unique())


def test_windows_end_with_the_hours_of_the_newest_day_only(stage: Stage) -> None:
    assert hours_of(stage, CIRCUIT_HOUR) == list(pd.date_range(START, NOW - HOUR, freq="h"))
    for table in TRAILING_WINDOWS:
        assert hours_of(stage, table) == list(pd.date_range(FROM, NOW - HOUR, freq="h")), table.name


@pytest.mark.parametrize("table", TRAILING_WINDOWS, ids=lambda table: table.name)
def test_windows_of_an_hour_are_the_stored_ones_where_there_are_some(
    stage: Stage, table: Table
) -> None:
    hour = NOW - 3 * HOUR
    stored = stage.rows(table)
    expected = stored[stored["hour"] == hour].reset_index(drop=True)
    found = stage.runs.warehouse.query(windows_ending(stage.runs.warehouse, table, hour))
    found = found.sort_values(list(table.key), ignore_index=True)
    pd.testing.assert_frame_equal(found, expected, rtol=1e-9)
    assert len(found) >= 3


@pytest.mark.parametrize("table", TRAILING_WINDOWS, ids=lambda table: table.name)
def test_windows_of_an_hour_without_stored_ones_are_exported(
    stage: Stage, table: Table, tmp_path: Path
) -> None:
    hour = START + 4 * HOUR
    file = tmp_path / "windows.parquet"
    minutes = 37 * HOUR / 60
    _, rows = export(stage.runs.warehouse, table.name, None, tmp_path, file, at=hour + minutes)
    found = pd.read_parquet(file)
    assert len(found) == rows > 0
    assert set(found["hour"]) == {pd.Timestamp(hour)}
    circuits = 3 if table is REGION_WINDOW else 5  # the two of the hub belong to no region
    assert found[found["window_hours"] == 24]["hour_count"].sum() == 5 * circuits
    assert found[found["window_hours"] == 3]["hour_count"].sum() == 3 * circuits
    assert list(found.columns) == list(table.columns)


def test_an_hour_is_refused_for_other_tables(stage: Stage, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--at is for trailing windows"):
        export(stage.runs.warehouse, CIRCUIT_HOUR.name, None, tmp_path, None, at=NOW)
    assert list(tmp_path.iterdir()) == []


def test_a_stored_range_is_final_without_windows_of_old_hours(stage: Stage) -> None:
    before = dict(stage.cloud.calls())
    stage.runs.collect(START, START + 3 * HOUR)
    assert "stored and final" in stage.printed.getvalue()
    assert dict(stage.cloud.calls()) == before


def test_windows_past_their_days_are_removed(stage: Stage) -> None:
    later = NOW.replace(hour=0) + 3 * 24 * HOUR
    policy = Policy(windows=Windows(days=1))
    removed, _ = prune_rows(stage.runs.warehouse, later, policy)
    assert set(removed) == {table.name for table in TRAILING_WINDOWS}
    assert hours_of(stage, CIRCUIT_WINDOW)[0] == later - 3 * 24 * HOUR
    assert hours_of(stage, CIRCUIT_HOUR)[0] == START


def test_days_below_one_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text("[windows]\ndays = 0\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"windows\.days: Input should be greater than or equal"):
        read_policy(file)
