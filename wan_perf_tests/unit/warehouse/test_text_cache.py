"""Texts of one process in another: of the same name and code, whole, or not at all."""

import os
import time
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pytest

from wan_perf.schema.tables import CIRCUIT_HOUR
from wan_perf.warehouse import DuckDBWarehouse, Window, patterns, sql_asset, sql_text, text_cache
from wan_perf_tests.support.warehouse.processes import PROCESSES


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where texts are cached in this test: an empty folder."""
    monkeypatch.setattr(text_cache, "folder", lambda: tmp_path)
    return tmp_path


def lookup(name: str, text: str) -> str:
    return text_cache.cached_text(name, lambda: text)


def test_a_text_is_made_once(place: Path):
    assert [lookup("hours", "SELECT 1"), lookup("hours", "never")] == ["SELECT 1", "SELECT 1"]
    assert lookup("days", "SELECT 2") == "SELECT 2"
    assert len(list(place.iterdir())) == 2


def test_without_a_name_it_is_made_each_time(place: Path):
    texts = [
        text_cache.cached_text(None, lambda text=text: text) for text in ("SELECT 1", "SELECT 2")
    ]
    assert texts == ["SELECT 1", "SELECT 2"]
    assert list(place.iterdir()) == []


def test_other_code_makes_it_again(place: Path, monkeypatch: pytest.MonkeyPatch):
    lookup("hours", "SELECT 1")
    monkeypatch.setattr(text_cache, "code", lambda: "changed")
    assert lookup("hours", "SELECT 2") == "SELECT 2"
    assert len(list(place.iterdir())) == 2


def test_a_text_that_another_process_makes_is_waited_for(place: Path):
    """Of four processes that need it at once one makes it."""
    # Closed, and not terminated: a process that is killed as it takes a lock keeps the others.
    with closing(PROCESSES.Pool(4, _in, [place, PROCESSES.Barrier(4)])) as pool:
        texts = pool.map(_cached_slowly, range(4), chunksize=1)
    pool.join()
    assert len(set(texts)) == 1
    assert len([file for file in place.iterdir() if file.suffix != ".lock"]) == 1


def test_a_process_that_ended_while_it_made_one_keeps_nobody_waiting(place: Path):
    maker = PROCESSES.Process(target=_end_while_making, args=[place])
    maker.start()
    maker.join()
    assert lookup("hours", "SELECT 1") == "SELECT 1"


def _in(place: Path, barrier: Any) -> None:
    """A process of the pool; all begin at once."""
    text_cache.folder = lambda: place  # type: ignore[assignment]
    barrier.wait()


def _cached_slowly(nth: int) -> str:
    def made() -> str:
        time.sleep(0.5)
        return f"SELECT {nth}"

    return text_cache.cached_text("hours", made)


def _end_while_making(place: Path) -> None:
    text_cache.folder = lambda: place  # type: ignore[assignment]
    text_cache.cached_text("hours", lambda: os._exit(1))  # type: ignore[arg-type,return-value]


CALLS: list[ir.Table] = []


def over_half(rows: ir.Table) -> ir.Table:
    """Notes that it was called."""
    CALLS.append(rows)
    return rows.filter(rows.up_minutes > 30)


def test_what_another_process_made_is_not_made_again(place: Path):
    """For another window, with its instants, and the types of the columns."""
    CALLS.clear()
    warehouse = DuckDBWarehouse(Path("of nothing.duckdb"))
    for start in (datetime(2026, 3, 7), datetime(2026, 3, 8, 5)):
        for memory in (patterns._made, patterns._rows):
            memory.cache_clear()
        hours = warehouse.lazy(CIRCUIT_HOUR, Window(start, start + timedelta(hours=2)))
        pattern = sql_asset(over_half)(rows=hours)
        expected = hours.filter(hours.up_minutes > 30)
        text = warehouse.sql(pattern)
        made = sql_text.plain(expected.op(), "duckdb", reads_again=True)
        assert text.split() == made.split()
        assert pattern.schema("duckdb") == dict(expected.schema().items())
    assert len(CALLS) == 1
    assert len(list(place.iterdir())) == 1


@pytest.mark.parametrize("damage", [b"", b"SELECT", b"\xff\xfe\n", b"0" * 64 + b"\nSELECT 1"])
def test_a_damaged_text_is_made_anew(place: Path, damage: bytes):
    lookup("hours", "SELECT 1")
    [file] = place.iterdir()
    file.write_bytes(damage)
    assert lookup("hours", "SELECT 2") == "SELECT 2"
    assert lookup("hours", "never") == "SELECT 2"


def test_where_nothing_can_be_cached_it_is_made_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file = tmp_path / "no folder"
    file.touch()
    monkeypatch.setattr(text_cache, "folder", lambda: file)
    assert [lookup("hours", "SELECT 1"), lookup("hours", "SELECT 2")] == ["SELECT 1", "SELECT 2"]


def test_a_user_without_a_home_keeps_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(text_cache.platformdirs, "user_cache_path", lambda _: Path("~/.cache"))
    monkeypatch.setattr(text_cache, "folder", text_cache.folder.__wrapped__)
    assert [lookup("hours", "SELECT 1"), lookup("hours", "SELECT 2")] == ["SELECT 1", "SELECT 2"]
    assert not Path("~").exists()


def test_texts_of_long_ago_go_and_no_other_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    place = tmp_path / "sql"
    place.mkdir()
    old, new = "a" * 64, "b" * 64
    for name, age_days in ((old, 31), (new, 29), ("notes.txt", 31)):
        (place / name).touch()
        made = (place / name).stat().st_mtime - age_days * 86_400
        os.utime(place / name, (made, made))
    monkeypatch.setattr(text_cache.platformdirs, "user_cache_path", lambda _: tmp_path)
    assert text_cache.folder.__wrapped__() == place
    assert {file.name for file in place.iterdir()} == {new, "notes.txt"}


@pytest.mark.skipif(os.name == "nt", reason="owners and modes of POSIX systems")
class TestOwnFolder:
    """What is stored is executed as SQL: nobody else may have written it."""

    @pytest.fixture
    def cache(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setattr(text_cache.platformdirs, "user_cache_path", lambda _: tmp_path)
        return tmp_path

    def test_a_new_folder_is_closed_to_others(self, cache: Path):
        place = text_cache.folder.__wrapped__()
        assert place == cache / "sql"
        assert place.stat().st_mode & 0o777 == 0o700

    def test_one_that_others_may_write_to_is_not_used(self, cache: Path):
        (cache / "sql").mkdir()
        (cache / "sql").chmod(0o777)
        assert text_cache.folder.__wrapped__() is None

    def test_a_link_is_not_used(self, cache: Path, tmp_path_factory: pytest.TempPathFactory):
        elsewhere = tmp_path_factory.mktemp("elsewhere")
        (cache / "sql").symlink_to(elsewhere)
        assert text_cache.folder.__wrapped__() is None
        assert list(elsewhere.iterdir()) == []

    @pytest.mark.parametrize("how", ["a link", "written by others"])
    def test_a_prepared_text_is_not_executed(self, place: Path, tmp_path: Path, how: str):
        lookup("hours", "SELECT 1")
        [file] = place.iterdir()
        if how == "a link":
            prepared = file.rename(tmp_path / "prepared")
            file.symlink_to(prepared)
        else:
            file.chmod(0o666)
        assert lookup("hours", "SELECT 2") == "SELECT 2"
        assert not file.is_symlink()
