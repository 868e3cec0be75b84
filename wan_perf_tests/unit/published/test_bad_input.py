"""What goes wrong while a copy is published: the copy before it stays, and the next is whole."""

import os
import stat
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from wan_perf.published import replacement
from wan_perf.published.errors import PublicationBusyError, PublicationError
from wan_perf.published.manifest import MANIFEST
from wan_perf.published.publisher import publish
from wan_perf.warehouse import DuckDBWarehouse
from wan_perf_tests.support.published import processes
from wan_perf_tests.support.warehouse.processes import PROCESSES
from wan_perf_tests.unit.published.conftest import Home

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has neither modes nor limits of files")


@pytest.mark.proof
@pytest.mark.parametrize("moment", ["after a file", "before the manifest"])
def test_a_publication_that_is_killed_leaves_the_old_state_and_no_files(
    home: Home, moment: str
) -> None:
    home.publish()
    named = home.copy.manifest.names
    home.store(1, "c3", "c4", "c5")
    child = PROCESSES.Process(target=processes.die, args=(home.warehouse.path, home.folder, moment))
    child.start()
    child.join(timeout=60)
    assert child.exitcode == processes.DIED
    assert home.count("circuit_hour") == 6
    assert home.files() > named
    home.publish()
    assert home.count("circuit_hour") == 7
    assert home.files() == home.copy.manifest.names | home.copy.manifest.retired.keys()


@pytest.mark.proof
@POSIX
def test_a_full_disk_leaves_the_old_state_and_says_what_to_do(home: Home) -> None:
    home.publish()
    home.store(1, "c3", "c4", "c5")
    here, there = PROCESSES.Pipe()
    child = PROCESSES.Process(target=processes.fill, args=(home.warehouse.path, home.folder, there))
    child.start()
    message = here.recv()
    child.join(timeout=60)
    assert message.startswith(
        f"PublicationError: The published copy {home.folder} cannot be written"
    )
    assert "readers see the one before. Free space on its disk" in message
    assert home.count("circuit_hour") == 6
    home.publish()
    assert home.count("circuit_hour") == 7


@POSIX
@pytest.mark.skipif(os.name != "nt" and os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only_leaves_the_old_state(home: Home) -> None:
    home.publish()
    home.store(1, "c3")
    home.folder.chmod(0o555)
    try:
        with pytest.raises(PublicationError, match="cannot be written"):
            home.publish()
        assert home.count("circuit_hour") == 6
    finally:
        home.folder.chmod(0o755)


def test_a_folder_that_is_a_file_is_one_sentence(home: Home) -> None:
    home.folder.write_text("no folder")
    with pytest.raises(PublicationError, match=r"cannot be written \(File exists\)"):
        home.publish()


def test_of_two_publications_the_second_waits_and_then_gives_up(home: Home) -> None:
    home.publish()
    home.store(1, "c3")
    with (
        FileLock(home.folder / replacement._LOCK),
        pytest.raises(PublicationBusyError, match=r"Another process publishes .* more than 0 s"),
    ):
        publish(home.warehouse, home.folder, patience_s=0.1)
    assert home.count("circuit_hour") == 6
    home.publish()
    assert home.count("circuit_hour") == 5


def test_a_warehouse_of_an_earlier_release_is_published_whole(home: Home) -> None:
    with home.warehouse.session() as session:
        session.run("DROP TABLE stored_change")
    home.publish()
    assert home.count("circuit_hour") == 6


def test_a_restored_backup_is_published_though_it_is_older(home: Home, tmp_path: Path) -> None:
    backup = home.warehouse.path.read_bytes()
    home.store(1, "c3")
    home.publish()
    assert home.count("circuit_hour") == 5
    home.warehouse.path.write_bytes(backup)
    home.publish()
    assert home.count("circuit_hour") == 6


def test_a_file_leaves_the_disk_once_no_reader_needs_it(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.publish()
    [old] = home.files()
    home.store(1, "c3")
    home.publish()
    assert old in home.files()
    later = replacement.utc_now() + replacement.GRACE
    monkeypatch.setattr(
        "wan_perf.published.publisher.utc_now", lambda: later + replacement.GRACE / 9
    )
    home.store(1, "c4")
    home.publish()
    assert old not in home.files()
    assert len(home.files()) == 2


@POSIX
def test_files_have_the_modes_of_the_umask(home: Home) -> None:
    before = os.umask(0o027)
    try:
        home.publish()
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in home.folder.rglob("*") if path.is_file()}
    assert modes == {0o640}


def test_files_of_a_manifest_that_cannot_be_read_stay_for_a_while(home: Home) -> None:
    home.publish()
    [old] = home.files()
    manifest = home.folder / MANIFEST
    manifest.write_text(manifest.read_text().replace('"format":2', '"format":1'))
    home.publish()
    assert old in home.files()
    assert old in home.copy.manifest.retired
    assert home.count("circuit_hour") == 6


def test_a_table_that_was_dropped_has_no_rows_and_the_others_do(home: Home) -> None:
    home.publish()
    with home.warehouse.session() as session:
        session.run("CREATE TABLE moved AS FROM circuit_hour; DROP TABLE circuit_hour")
    assert home.publish().files == 0
    assert home.count("circuit_hour") == 0
    with home.warehouse.session() as session:
        session.run("ALTER TABLE moved RENAME TO circuit_hour")
    home.publish()
    assert home.count("circuit_hour") == 6


def test_an_empty_warehouse_is_an_empty_copy(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert publish(DuckDBWarehouse(tmp_path / "none.duckdb"), home.folder).files == 0
    assert home.count("current_state") == 0
    assert not (tmp_path / "none.duckdb").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="the path of a quoted folder is no name there")
def test_a_folder_of_any_name_can_be_published(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.folder = tmp_path / "it's [a] *odd* földer?"
    home.store(0, "c1")
    home.publish()
    assert home.count("circuit_hour") == 1
