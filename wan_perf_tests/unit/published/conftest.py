"""A warehouse of three hours and its published copy."""

from pathlib import Path

import pytest

from wan_perf.published.publisher import Publication, publish
from wan_perf.published.reader import Published, open_published
from wan_perf.schema.tables import CIRCUIT_HOUR
from wan_perf.warehouse import DuckDBWarehouse, Warehouse
from wan_perf_tests.support.warehouse.rows import H5, HOUR, circuit_hours, window


class Home:
    """A home with a published copy, of the embedded warehouse unless another one is given."""

    def __init__(self, folder: Path, warehouse: Warehouse | None = None) -> None:
        embedded = DuckDBWarehouse(folder / "wan_perf.duckdb", patience_s=20)
        self.warehouse = embedded if warehouse is None else warehouse
        self.folder = folder / "published"

    def store(self, hour: int, *circuits: str, **values: object) -> None:
        """Store an hour, counted from H5, of the circuits."""
        at = H5 + hour * HOUR
        rows = circuit_hours(*({"hour": at, "circuit_id": c, **values} for c in circuits))
        self.warehouse.store(CIRCUIT_HOUR, rows, window(at))

    def publish(self, *, everything: bool = False) -> Publication:
        return publish(self.warehouse, self.folder, everything=everything)

    @property
    def copy(self) -> Published:
        return open_published(self.folder)

    def count(self, relation: str) -> int:
        return int(self.copy.query(f"SELECT count(*) AS n FROM {relation}")[0]["n"])

    def files(self) -> set[str]:
        """Names of the data files that are there."""
        return {p.relative_to(self.folder).as_posix() for p in self.folder.glob("*/*.parquet")}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    for hour in range(3):
        home.store(hour, "c1", "c2")
    return home
