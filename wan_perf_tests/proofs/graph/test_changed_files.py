"""The contract and the policy file that a person changes: the next command takes an inventory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from wan_perf.definitions import INVENTORY_JOB
from wan_perf.schema.tables import DIM_POLICY
from wan_perf.simulator import Fleet
from wan_perf_tests.support.graph.staged import HOUR, START, Collecting, Stage, copied, staged

pytestmark = pytest.mark.proof

HIGH_AT_60 = """
[thresholds.utilization_pct]
warning = 50
high = 60
critical = 90
"""


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """An inventory was taken with both files; the clock stands."""
    home = tmp_path_factory.mktemp("files")
    (home / "policy.toml").write_text("", encoding="utf-8")
    fleet = Fleet.seeded(7, 1, START, START + HOUR)
    given = {"WAN_PERF_POLICY": home / "policy.toml"}
    with staged(fleet, home, kind=Collecting, **given) as stage:
        stage.runs._run(INVENTORY_JOB)
        yield stage


@pytest.fixture
def stage(unchanged: Stage, tmp_path: Path) -> Iterator[Stage]:
    """A copy with files of its own."""
    with copied(unchanged, tmp_path) as stage:
        yield stage


def is_due(stage: Stage) -> bool:
    return stage.runs.inventory_is_due(stage.cloud.clock.now())


def levels(stage: Stage) -> dict[str, float]:
    rows = stage.rows(DIM_POLICY)
    newest = rows[(rows["metric"] == "utilization_pct") & rows["valid_to"].isna()]
    return dict(zip(newest["severity"], newest["level"], strict=True))


def test_files_as_they_were_need_none(stage: Stage):
    assert not is_due(stage)


def test_a_contract_corrected_in_the_same_five_minutes(stage: Stage):
    path = stage.runs.settings.circuits_path
    assert path is not None
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert is_due(stage)


def test_a_changed_level_holds_after_the_next_inventory_and_a_removed_file_is_a_change(
    stage: Stage,
):
    path = stage.runs.settings.policy_path
    assert path is not None
    path.write_text(HIGH_AT_60, encoding="utf-8")
    assert is_due(stage)
    stage.runs._run(INVENTORY_JOB)
    assert levels(stage)["high"] == 60
    assert not is_due(stage)
    path.unlink()
    assert is_due(stage)
