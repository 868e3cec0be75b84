"""Texts that one process made and another takes: for the same expression, whole, or not at all."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pytest

from wan_perf.tables import CIRCUIT_HOUR
from wan_perf.warehouse import DuckDBWarehouse, keeping

HOURS = DuckDBWarehouse(Path("of nothing.duckdb")).lazy(CIRCUIT_HOUR)

NAMES = """
import sys
from datetime import datetime, timedelta
from pathlib import Path
from wan_perf.tables import TABLES
from wan_perf.warehouse import DuckDBWarehouse, Window, keeping
from wan_perf_tests.warehouse.test_patterns import ASSETS, inputs
warehouse = DuckDBWarehouse(Path("of nothing.duckdb"))
window = Window(datetime(2026, 3, 7), datetime(2026, 3, 8))
before = [warehouse.lazy(TABLES["circuit_hour"]).view() for _ in range(int(sys.argv[1]))]
for name in ("circuit_state", "circuit_hour", "failover_piece", "current_state"):
    made = ASSETS[name].op.compute_fn.decorated_fn
    print(keeping.named(made(**inputs(ASSETS[name], warehouse, window)).rows.op(), "duckdb"))
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where texts are kept in this test: an empty folder."""
    monkeypatch.setattr(keeping, "folder", lambda: tmp_path)
    return tmp_path


def kept(expression: ir.Table, text: str) -> str:
    return keeping.kept(expression.op(), "duckdb", lambda: text)


@pytest.mark.proof
def test_another_process_gives_the_same_names():
    """Whatever order it has for sets, and whatever it made before."""
    said = [
        subprocess.run(
            [sys.executable, "-c", NAMES, seed],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]
    assert len(set(said[0])) == 4
    assert "None" not in said[0]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(lambda h: h.filter(h.up_minutes > 31), id="a number"),
        pytest.param(lambda h: h.filter(h.up_minutes > 30.0), id="a type"),
        pytest.param(lambda h: h.filter(h.down_minutes > 30), id="a column"),
        pytest.param(lambda h: h.filter(h.up_minutes > 30).drop("hour"), id="a column dropped"),
        pytest.param(lambda h: (own := h.view()).filter(own.up_minutes > 30), id="a view"),
        pytest.param(
            lambda h: ibis.table(h.schema(), name="others").filter(lambda t: t.up_minutes > 30),
            id="a table",
        ),
    ],
)
def test_what_differs_has_another_name(other: Callable[[ir.Table], ir.Table]):
    one, same = (HOURS.filter(HOURS.up_minutes > 30).op() for _ in range(2))
    name = keeping.named(one, "duckdb")
    assert name
    assert name == keeping.named(same, "duckdb")
    assert name != keeping.named(other(HOURS).op(), "duckdb")
    assert name != keeping.named(one, "snowflake")


def test_two_views_of_a_table_are_two():
    left, right = HOURS.view(), HOURS.view()
    apart = left.join(right, left.hour == right.hour).select(left.hour)
    itself = left.join(left.view(), [left.hour == left.hour]).select(left.hour)
    assert keeping.named(apart.op(), "duckdb") != keeping.named(itself.op(), "duckdb")


def test_rows_in_memory_have_no_name():
    given = ibis.memtable({"a": [1]})
    assert keeping.named(given.op(), "duckdb") is None


def test_a_text_is_made_once(place: Path):
    assert [kept(HOURS, "SELECT 1"), kept(HOURS, "never")] == ["SELECT 1", "SELECT 1"]
    assert kept(HOURS.limit(1), "SELECT 2") == "SELECT 2"
    assert len(list(place.iterdir())) == 2


@pytest.mark.parametrize("damage", [b"", b"SELECT", b"\xff\xfe\n", b"0" * 64 + b"\nSELECT 1"])
def test_a_damaged_text_is_made_anew(place: Path, damage: bytes):
    kept(HOURS, "SELECT 1")
    [file] = place.iterdir()
    file.write_bytes(damage)
    assert kept(HOURS, "SELECT 2") == "SELECT 2"
    assert kept(HOURS, "never") == "SELECT 2"


def test_where_nothing_can_be_kept_it_is_made_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file = tmp_path / "no folder"
    file.touch()
    monkeypatch.setattr(keeping, "folder", lambda: file)
    assert [kept(HOURS, "SELECT 1"), kept(HOURS, "SELECT 2")] == ["SELECT 1", "SELECT 2"]


def test_a_user_without_a_home_keeps_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keeping.platformdirs, "user_cache_path", lambda _: Path("~/.cache"))
    monkeypatch.setattr(keeping, "folder", keeping.folder.__wrapped__)
    assert [kept(HOURS, "SELECT 1"), kept(HOURS, "SELECT 2")] == ["SELECT 1", "SELECT 2"]
    assert not Path("~").exists()


def test_texts_of_long_ago_go_and_no_other_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    place = tmp_path / "sql"
    place.mkdir()
    old, new = "a" * 64, "b" * 64
    for name, age_days in ((old, 31), (new, 29), ("notes.txt", 31)):
        (place / name).touch()
        made = (place / name).stat().st_mtime - age_days * 86_400
        os.utime(place / name, (made, made))
    monkeypatch.setattr(keeping.platformdirs, "user_cache_path", lambda _: tmp_path)
    assert keeping.folder.__wrapped__() == place
    assert {file.name for file in place.iterdir()} == {new, "notes.txt"}


@pytest.mark.skipif(os.name == "nt", reason="owners and modes of POSIX systems")
class TestOwnFolder:
    """What is stored is executed as SQL: nobody else may have written it."""

    @pytest.fixture
    def cache(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setattr(keeping.platformdirs, "user_cache_path", lambda _: tmp_path)
        return tmp_path

    def test_a_new_folder_is_closed_to_others(self, cache: Path):
        place = keeping.folder.__wrapped__()
        assert place == cache / "sql"
        assert place.stat().st_mode & 0o777 == 0o700

    def test_one_that_others_may_write_to_is_not_used(self, cache: Path):
        (cache / "sql").mkdir()
        (cache / "sql").chmod(0o777)
        assert keeping.folder.__wrapped__() is None

    def test_a_link_is_not_used(self, cache: Path, tmp_path_factory: pytest.TempPathFactory):
        elsewhere = tmp_path_factory.mktemp("elsewhere")
        (cache / "sql").symlink_to(elsewhere)
        assert keeping.folder.__wrapped__() is None
        assert list(elsewhere.iterdir()) == []

    @pytest.mark.parametrize("how", ["a link", "written by others"])
    def test_a_prepared_text_is_not_executed(self, place: Path, tmp_path: Path, how: str):
        kept(HOURS, "SELECT 1")
        [file] = place.iterdir()
        if how == "a link":
            prepared = file.rename(tmp_path / "prepared")
            file.symlink_to(prepared)
        else:
            file.chmod(0o666)
        assert kept(HOURS, "SELECT 2") == "SELECT 2"
        assert not file.is_symlink()
