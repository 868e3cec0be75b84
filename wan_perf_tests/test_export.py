"""Files of tables and views: whole or not there, the rows of the warehouse and no others."""

from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from wan_perf.cli.export import export
from wan_perf.errors import UsageError
from wan_perf.frames import conform
from wan_perf.tables import CIRCUIT_STATE, DIM_SITE
from wan_perf.warehouse import DuckDBWarehouse, Window

NOON = datetime.fromisoformat("2026-03-10T12:00")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    """Two stretches of a circuit that went down at 12:30, and two sites, one without a name."""
    warehouse = DuckDBWarehouse(tmp_path / "wan.duckdb")
    stretches = [
        {
            "started_at": NOON + a * MINUTE,
            "ended_at": NOON + b * MINUTE,
            "state": state,
            "circuit_id": "C1",
            "site_id": "S1",
            "is_link_up": state == "up",
            "turned_to": turned,
            "evidence": "heard",
            "down_cause": "port" if state == "down" else None,
        }
        for a, b, state, turned in ((0, 30, "up", None), (30, 60, "down", "down"))
    ]
    window = Window(NOON, NOON + 60 * MINUTE)
    warehouse.store(CIRCUIT_STATE, conform(stretches, CIRCUIT_STATE), window)
    sites = [
        {"site_id": "S2", "site_name": "Zürich, Süd", "region": "West", "store_type": "Express"},
        {"site_id": "S1", "site_name": None, "region": "West", "store_type": "Express"},
    ]
    dated = [{**site, "valid_from": NOON} for site in sites]
    warehouse.store(DIM_SITE, conform(dated, DIM_SITE))
    return warehouse


def written(warehouse: DuckDBWarehouse, folder: Path, name: str, form: str = "csv", **more) -> Path:
    path, _ = export(
        warehouse, name, form, folder, more.get("out"), more.get("start"), more.get("end")
    )
    return path


def test_a_csv_has_the_rows_by_key_and_unknown_is_empty(warehouse, tmp_path):
    path = written(warehouse, tmp_path / "exports", "dim_site")
    assert path == tmp_path / "exports" / "dim_site.csv"
    told = pd.read_csv(path, encoding="utf-8", keep_default_na=False)
    assert told["site_id"].tolist() == ["S1", "S2"]
    assert told["site_name"].tolist() == ["", "Zürich, Süd"]
    assert told["valid_from"].tolist() == ["2026-03-10T12:00:00"] * 2
    assert told.columns.tolist() == list(DIM_SITE.columns)


def test_a_view_is_exported_as_a_table_is(warehouse, tmp_path):
    told = pd.read_csv(written(warehouse, tmp_path, "flap_event"))
    assert told[["circuit_id", "turned_at", "turned_to"]].to_numpy().tolist() == [
        ["C1", "2026-03-10T12:30:00", "down"]
    ]


def test_parquet_keeps_the_types(warehouse, tmp_path):
    told = pd.read_parquet(written(warehouse, tmp_path, "circuit_state", "parquet"))
    assert told["started_at"].tolist() == [NOON, NOON + 30 * MINUTE]
    assert told["is_link_up"].tolist() == [True, False]
    assert told["down_cause"].isna().tolist() == [True, False]


def test_a_range_is_half_open(warehouse, tmp_path):
    half = NOON + 30 * MINUTE
    first = pd.read_csv(written(warehouse, tmp_path, "circuit_state", end=half))
    second = pd.read_csv(written(warehouse, tmp_path, "circuit_state", start=half))
    assert (first["state"].tolist(), second["state"].tolist()) == (["up"], ["down"])


@pytest.mark.parametrize(
    ("name", "more", "sentence"),
    [
        pytest.param("no_such", {}, "There is no table or report no_such", id="unknown"),
        pytest.param("circuit_day", {}, "circuit_day has no rows; nothing was", id="empty"),
        pytest.param(
            "circuit_state",
            {"start": NOON + 60 * MINUTE},
            "circuit_state has no rows from 2026-03-10 13:00; nothing was written",
            id="a range without rows",
        ),
        pytest.param("dim_site", {"start": NOON}, "dim_site is not kept by time", id="no time"),
    ],
)
def test_what_cannot_be_exported_writes_nothing(warehouse, tmp_path, name, more, sentence):
    old = tmp_path / "exports" / f"{name}.csv"
    old.parent.mkdir()
    old.write_text("of yesterday", encoding="utf-8")
    with pytest.raises(UsageError, match=sentence):
        written(warehouse, old.parent, name, **more)
    assert [path.read_text(encoding="utf-8") for path in old.parent.iterdir()] == ["of yesterday"]


def test_a_file_that_is_there_is_replaced(warehouse, tmp_path):
    out = tmp_path / "sites.csv"
    out.write_text("of yesterday", encoding="utf-8")
    assert written(warehouse, tmp_path, "dim_site", out=out) == out
    assert len(pd.read_csv(out)) == 2
