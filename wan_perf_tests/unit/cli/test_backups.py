"""Copies of the embedded warehouse: equal to the original, restored; damage is reported."""

import io
import re
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from rich.console import Console

from wan_perf.cli.backups import back_up, restore
from wan_perf.errors import UsageError, WanPerfError
from wan_perf.policy.thresholds import Policy
from wan_perf.schema.tables import CIRCUIT_STATE, DIM_POLICY, FLAP_EVENT
from wan_perf.settings import Settings, read_settings
from wan_perf.warehouse import DuckDBWarehouse
from wan_perf.warehouse.integrity import opened, read_whole

BLOCK = 262_144
HEADERS = 3 * 4096


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home whose warehouse holds the levels of the default policy."""
    settings = read_settings(WAN_PERF_HOME=tmp_path / "home")
    warehouse = DuckDBWarehouse(settings.duckdb_path)
    warehouse.store(DIM_POLICY, levels())
    with warehouse.session() as session:
        for table in (CIRCUIT_STATE, FLAP_EVENT):
            warehouse.create(session, table)
    return settings


def levels() -> pd.DataFrame:
    return pd.DataFrame(Policy().rows())[list(DIM_POLICY.columns)]


def console() -> tuple[Console, io.StringIO]:
    printed = io.StringIO()
    return Console(file=printed, width=500), printed


def count(file: Path) -> int:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute("SELECT count(*) FROM dim_policy").fetchall()[0][0]


def damage(file: Path) -> None:
    """Zero the first block whose loss leaves a file that opens and a table that cannot be read."""
    whole = file.read_bytes()
    for start in range(HEADERS, len(whole), BLOCK):
        file.write_bytes(whole[:start] + bytes(BLOCK) + whole[start + BLOCK :])
        try:
            with opened(file) as connection:
                if read_whole(connection, "the_file").damaged:
                    return
        except WanPerfError:
            continue
    raise AssertionError("no block of the file holds rows")


def test_a_backup_has_every_table_view_and_row(settings: Settings):
    shown, printed = console()
    file = back_up(settings, None, shown)
    assert file.parent == settings.home / "backups"
    # With the records of what changed and of the schema's version.
    assert "4 tables, 14 rows" in printed.getvalue()
    assert count(file) == count(settings.duckdb_path) == 12
    with duckdb.connect(str(file), read_only=True) as connection:
        views = connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal")
        assert FLAP_EVENT.name in {name for (name,) in views.fetchall()}
        [[meaning]] = connection.execute(
            "SELECT comment FROM duckdb_tables() WHERE table_name = 'dim_policy'"
        ).fetchall()
    assert meaning


def test_a_file_that_exists_is_not_overwritten(settings: Settings, tmp_path: Path):
    out = tmp_path / "backup.duckdb"
    out.write_text("somebody's")
    with pytest.raises(UsageError, match=r"backup\.duckdb exists; give another --out"):
        back_up(settings, out, console()[0])
    assert out.read_text() == "somebody's"


def test_what_was_stored_since_is_undone_and_the_file_before_set_aside(settings: Settings):
    file = back_up(settings, None, console()[0])
    warehouse = DuckDBWarehouse(settings.duckdb_path)
    warehouse.store(DIM_POLICY, levels().head(3))
    assert count(settings.duckdb_path) == 3
    restore(settings, file, console()[0], verify_only=False)
    assert count(settings.duckdb_path) == 12
    [aside] = settings.home.glob("*-before-restore-*")
    assert count(aside) == 3
    assert not list(settings.home.glob(".*"))


def test_verifying_changes_nothing(settings: Settings):
    file = back_up(settings, None, console()[0])
    DuckDBWarehouse(settings.duckdb_path).store(DIM_POLICY, levels().head(3))
    shown, printed = console()
    restore(settings, file, shown, verify_only=True)
    assert "is whole: 4 tables, 14 rows" in printed.getvalue()
    assert count(settings.duckdb_path) == 3


def test_a_damaged_backup_is_refused_and_the_warehouse_stays(settings: Settings):
    file = back_up(settings, None, console()[0])
    damage(file)
    with pytest.raises(WanPerfError, match=r"is damaged: 1 table cannot be read, such as dim_pol"):
        restore(settings, file, console()[0], verify_only=False)
    assert count(settings.duckdb_path) == 12


def test_a_damaged_warehouse_is_not_backed_up_and_can_be_restored(settings: Settings):
    file = back_up(settings, None, console()[0])
    damage(settings.duckdb_path)
    out = settings.home / "second.duckdb"
    with pytest.raises(WanPerfError, match=re.escape("checksum")):
        back_up(settings, out, console()[0])
    assert not out.exists()
    assert not list(settings.home.glob(".*"))
    restore(settings, file, console()[0], verify_only=False)
    assert count(settings.duckdb_path) == 12


def test_a_file_that_no_longer_opens_can_be_restored(settings: Settings):
    file = back_up(settings, None, console()[0])
    settings.duckdb_path.write_bytes(b"not a database any more" * 1000)
    restore(settings, file, console()[0], verify_only=False)
    assert count(settings.duckdb_path) == 12


def test_a_file_of_something_else_is_refused(settings: Settings, tmp_path: Path):
    other = tmp_path / "other.duckdb"
    with duckdb.connect(str(other)) as connection:
        connection.execute("CREATE TABLE sales (amount INTEGER)")
    with pytest.raises(WanPerfError, match="has no table of wan_perf"):
        restore(settings, other, console()[0], verify_only=False)
    with pytest.raises(WanPerfError, match="is not a file"):
        restore(settings, tmp_path / "none.duckdb", console()[0], verify_only=True)
    assert count(settings.duckdb_path) == 12
