"""What a first collection and its rollups compute has been made ahead, by the same names."""

from collections.abc import Callable
from pathlib import Path

import pytest

from wan_perf.cli.texts_ahead import make_texts
from wan_perf.defs import lineage
from wan_perf.simulator import Fleet
from wan_perf.warehouse import DuckDBWarehouse, patterns
from wan_perf.warehouse.text_cache import cached_text
from wan_perf_tests.support.graph.staged import HOUR, START, staged

pytestmark = pytest.mark.proof

END = START + 3 * HOUR


@pytest.fixture
def requested(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The names of the texts of assets and of their lineage, as they are requested."""
    names: list[str | None] = []

    def recorded(name: str | None, made: Callable[[], str]) -> str:
        names.append(name)
        return cached_text(name, made)

    patterns._made.cache_clear()  # what other tests of this process have requested
    monkeypatch.setattr(lineage, "_FOUND", {})
    for module in (patterns, lineage):
        monkeypatch.setattr(module, "cached_text", recorded)
    return names


def test_a_first_collection_makes_no_text_of_an_asset(tmp_path: Path, requested: list[str | None]):
    make_texts(DuckDBWarehouse(tmp_path / "of nothing.duckdb"))
    ahead = set(requested)
    requested.clear()
    patterns._made.cache_clear()
    with staged(Fleet.whole(11, 2, START, END), tmp_path, START) as stage:
        stage.runs.collect(START, END)
        stage.runs.aggregate_daily()
        stage.runs.aggregate_weekly()
        stage.runs.aggregate_monthly()
    needed = {name for name in requested if name is None or name.startswith("(")}
    assert len(needed) > 120
    assert needed - ahead == set()
