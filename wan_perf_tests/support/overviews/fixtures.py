"""Both warehouses, made once in a file."""

from collections.abc import Iterator

import pytest

from wan_perf.warehouse import DuckDBWarehouse
from wan_perf_tests.support.overviews.rows import Both
from wan_perf_tests.support.warehouse.snowflake import in_process, stand_in


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Filled by one estate after the other; what is read of each is cached."""
    with in_process():
        folder = tmp_path_factory.mktemp("overviews")
        yield DuckDBWarehouse(folder / "wan_perf.duckdb"), stand_in()
