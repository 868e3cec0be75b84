"""Commands and other programs that read the copy: pandas, DuckDB, export, top."""

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from wan_perf.cli.export import export
from wan_perf.cli.failures import ending
from wan_perf.cli.read_source import readable, readable_whole
from wan_perf.errors import WanPerfError
from wan_perf.published.access import README, SQL
from wan_perf.published.errors import MissingFileError, OtherFormatError
from wan_perf.published.manifest import MANIFEST
from wan_perf.schema.tables import CIRCUIT_HOUR, DIM_SITE, ENGINEERING_VIEW
from wan_perf.settings import Settings, read_settings
from wan_perf.waiting import waiting
from wan_perf_tests.unit.published.conftest import Home


@pytest.fixture
def settings(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    return read_settings(WAN_PERF_HOME=str(tmp_path), WAN_PERF_WAREHOUSE="duckdb")


def test_the_readme_names_what_is_there_and_its_python_works(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.publish()
    text = (home.folder / README).read_text(encoding="utf-8")
    assert "circuit_window: the newest 2 days" in text
    lines = text.partition("Python with pandas:\n\n")[2].partition("\n\n")[0].splitlines()
    code = "\n".join(line.removeprefix("  ") for line in lines)
    monkeypatch.chdir(home.folder)
    names: dict[str, object] = {}
    exec(code.replace("circuit_day WHERE day", "circuit_hour WHERE hour"), names)  # noqa: S102
    days = names["days"]
    assert isinstance(days, pd.DataFrame)
    assert len(days) == 6


def test_tables_sql_is_the_present_state(home: Home) -> None:
    home.publish()
    home.store(3, "c1")
    home.publish()
    with duckdb.connect() as connection:
        connection.execute((home.folder / SQL).read_text(encoding="utf-8"))
        assert connection.sql("SELECT count(*) FROM circuit_hour").fetchall() == [(7,)]
        assert connection.sql("SELECT count(*) FROM engineering_view").fetchall() == [(0,)]


def test_a_command_reads_the_copy_and_says_as_of_when(home: Home, settings: Settings) -> None:
    home.publish()
    home.store(3, "c1")
    source = readable(settings)
    assert source.as_of == f", as of {home.copy.published_at:%Y-%m-%d %H:%M} UTC"
    assert len(source.tables.query(source.tables.lazy(CIRCUIT_HOUR))) == 6
    assert source.tables.query(source.tables.lazy(ENGINEERING_VIEW)).empty
    assert source.tables.holds(CIRCUIT_HOUR)
    assert not source.tables.holds(DIM_SITE)


def test_the_copys_rows_have_the_types_of_the_warehouses(home: Home, settings: Settings) -> None:
    home.publish()
    published, stored = (
        tables.query(tables.lazy(CIRCUIT_HOUR).order_by(["hour", "circuit_id"]))
        for tables in (readable(settings).tables, home.warehouse)
    )
    pd.testing.assert_frame_equal(published, stored)


def test_a_command_waits_for_no_run(home: Home, settings: Settings, tmp_path: Path) -> None:
    home.publish()
    with home.warehouse.session():
        source = readable_whole(settings, "circuit_hour")
        file, rows = export(source.tables, "circuit_hour", None, tmp_path / "exports", None)
    assert rows == 6
    assert Path(file).read_text(encoding="utf-8-sig").count("\n") == 7


def test_a_copy_of_another_release_ends_a_command_with_one_sentence(
    home: Home, settings: Settings
) -> None:
    home.publish()
    manifest = home.folder / MANIFEST
    manifest.write_text(manifest.read_text().replace('"format":2', '"format":3'))
    with pytest.raises(OtherFormatError) as failure:
        readable(settings)
    sentence, code = ending(failure.value, settings.home)
    assert sentence.startswith(f"The published copy {home.folder} has format 3 and this release")
    assert code == 2


def test_a_run_waits_for_no_reader(home: Home, settings: Settings) -> None:
    home.publish()
    with home.copy.cursor() as reader, waiting(0.0):
        reader.execute("SELECT circuit_id FROM circuit_hour")
        assert reader.fetchone() is not None
        home.store(1, "c1")
        assert home.publish().files == 1
        assert len(reader.fetchall()) == 5


def test_rows_of_which_the_copy_has_some_days_come_from_the_warehouse(
    home: Home, settings: Settings
) -> None:
    home.publish()
    for report in ("raw_port_sample", "circuit_window", "raw_inventory", "no such report"):
        assert readable_whole(settings, report).as_of == ""
    for report in ("circuit_day", "engineering_view", "failover_event"):
        assert readable_whole(settings, report).as_of != ""


def test_without_a_copy_of_this_warehouse_a_command_reads_the_warehouse(
    home: Home, settings: Settings, tmp_path: Path
) -> None:
    assert readable(settings).as_of == ""
    home.publish()
    other = read_settings(
        WAN_PERF_HOME=str(tmp_path), WAN_PERF_DUCKDB=str(tmp_path / "other.duckdb")
    )
    assert readable(other).as_of == ""


def test_a_copy_is_only_read_and_says_what_is_missing(home: Home, settings: Settings) -> None:
    home.publish()
    tables = readable(settings).tables
    with pytest.raises(WanPerfError, match="is only read"), tables.session():
        pass
    for name in home.files():
        (home.folder / name).unlink()
    with pytest.raises(MissingFileError, match="run wan-perf publish"):
        tables.query(tables.lazy(CIRCUIT_HOUR))
