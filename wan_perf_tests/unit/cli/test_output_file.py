"""Files that a person names: replaced whole, and no other file is harmed."""

import os
import threading
from pathlib import Path
from typing import IO

import pytest

from wan_perf.cli.output_file import files_of_ours, write_file
from wan_perf.errors import UsageError, WanPerfError
from wan_perf.settings import read_settings

posix = pytest.mark.skipif(os.name == "nt", reason="links, pipes and devices of POSIX systems")


def hello(into: IO[bytes]) -> None:
    into.write(b"hello")


def test_a_file_is_replaced_and_its_mode_stays(tmp_path: Path):
    file = tmp_path / "new" / "report.csv"
    write_file(file, hello)
    assert file.read_bytes() == b"hello"
    file.write_text("yesterday's, and longer")
    file.chmod(0o640)
    write_file(file, hello)
    assert file.read_bytes() == b"hello"
    assert file.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in file.parent.iterdir()] == ["report.csv"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path):
    file = tmp_path / "report.csv"
    file.write_text("yesterday's")

    def fail(into: IO[bytes]) -> None:
        into.write(b"hal")
        raise OSError(28, "No space left on device")

    with pytest.raises(WanPerfError, match=r"report\.csv cannot be written: No space left"):
        write_file(file, fail)
    assert file.read_text() == "yesterday's"
    assert list(tmp_path.iterdir()) == [file]


@posix
def test_a_prepared_part_link_is_not_followed(tmp_path: Path):
    victim = tmp_path / "victim"
    victim.write_text("theirs")
    (tmp_path / "report.csv.part").symlink_to(victim)
    write_file(tmp_path / "report.csv", hello)
    assert victim.read_text() == "theirs"
    assert not (tmp_path / "report.csv").is_symlink()


@posix
def test_a_link_out_of_its_folder_is_refused_and_one_within_stays_a_link(tmp_path: Path):
    outside, named = tmp_path / "outside", tmp_path / "named"
    outside.mkdir()
    named.mkdir()
    (outside / "passwords").write_text("theirs")
    (named / "report.csv").symlink_to(outside / "passwords")
    with pytest.raises(UsageError, match=r"is a link to .*passwords, in another folder"):
        write_file(named / "report.csv", hello)
    assert (outside / "passwords").read_text() == "theirs"
    (named / "today.csv").write_text("old")
    (named / "latest.csv").symlink_to(named / "today.csv")
    write_file(named / "latest.csv", hello)
    assert (named / "latest.csv").is_symlink()
    assert (named / "today.csv").read_text() == "hello"


@posix
def test_a_pipe_and_a_device_are_written_to_and_stay(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    write_file(pipe, hello)
    reader.join(10)
    assert received == [b"hello"]
    assert pipe.is_fifo()
    write_file(Path("/dev/null"), hello)
    assert Path("/dev/null").is_char_device()


def test_a_folder_is_refused(tmp_path: Path):
    with pytest.raises(UsageError, match="is a folder"):
        write_file(tmp_path, hello)


@pytest.mark.parametrize(
    "name", ["wan_perf.duckdb", "wan_perf.duckdb.wal", "start.txt", "dagster/dagster.yaml", "dev/x"]
)
def test_files_of_ours_are_refused(name: str, tmp_path: Path):
    ours = files_of_ours(read_settings(WAN_PERF_HOME=tmp_path))
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("ours")
    with pytest.raises(UsageError, match="that wan-perf itself needs"):
        write_file(tmp_path / name, hello, ours)
    assert (tmp_path / name).read_text() == "ours"
    write_file(tmp_path / "exports" / "report.csv", hello, ours)


@posix
def test_a_second_name_of_the_warehouse_is_refused(tmp_path: Path):
    ours = files_of_ours(read_settings(WAN_PERF_HOME=tmp_path))
    (tmp_path / "wan_perf.duckdb").write_text("ours")
    (tmp_path / "report.csv").hardlink_to(tmp_path / "wan_perf.duckdb")
    with pytest.raises(UsageError, match="that wan-perf itself needs"):
        write_file(tmp_path / "report.csv", hello, ours)
    assert (tmp_path / "wan_perf.duckdb").read_text() == "ours"
