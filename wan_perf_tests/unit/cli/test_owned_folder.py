"""Folders that dev and demo empty: ours by a marker, anything else stays as it is."""

import multiprocessing
from pathlib import Path
from typing import Any

import pytest

from wan_perf.cli.owned_folder import MARKER, empty_folder, only_one
from wan_perf.errors import UsageError, WanPerfError


def test_a_folder_that_we_made_is_emptied(tmp_path: Path):
    folder = empty_folder(tmp_path / "home" / "dev")
    (folder / "dagster").mkdir()
    (folder / "wan_perf.duckdb").touch()
    assert [file.name for file in empty_folder(folder).iterdir()] == [MARKER]


def test_a_folder_of_somebody_else_is_refused_and_stays(tmp_path: Path):
    """WAN_PERF_HOME=$HOME deleted ~/dev."""
    theirs = tmp_path / "dev"
    theirs.mkdir()
    (theirs / "thesis.tex").write_text("years of work")
    with pytest.raises(UsageError, match=r"dev holds files and has no marker.*WAN_PERF_HOME"):
        empty_folder(theirs)
    assert (theirs / "thesis.tex").read_text() == "years of work"


def test_an_empty_folder_is_taken(tmp_path: Path):
    (tmp_path / "dev").mkdir()
    assert (empty_folder(tmp_path / "dev") / MARKER).is_file()


@pytest.mark.parametrize("kind", ["link", "file", "linked marker"])
def test_links_and_files_are_refused(kind: str, tmp_path: Path):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / MARKER).touch()
    (theirs / "thesis.tex").touch()
    folder = tmp_path / "dev"
    if kind == "link":
        folder.symlink_to(theirs)
    elif kind == "file":
        folder.touch()
    else:
        folder.mkdir()
        (folder / MARKER).symlink_to(theirs / MARKER)
        (folder / "data").touch()
    with pytest.raises(UsageError, match="leaves it alone"):
        empty_folder(folder)
    assert (theirs / "thesis.tex").exists()


def test_one_at_a_time_and_a_killed_one_holds_nothing(tmp_path: Path):
    context = multiprocessing.get_context("spawn")
    entered = context.Event()
    other = context.Process(target=hold, args=(tmp_path, entered))
    other.start()
    assert entered.wait(30)
    with (
        pytest.raises(WanPerfError, match=f"already running on .* .process {other.pid}."),
        only_one(tmp_path, "dev"),
    ):
        pass
    other.kill()
    other.join()
    with only_one(tmp_path, "dev"):
        assert (tmp_path / "dev.pid").exists()
    assert not (tmp_path / "dev.pid").exists()


def hold(home: Path, entered: Any) -> None:
    with only_one(home, "dev"):
        entered.set()
        entered.wait(60)
        multiprocessing.Event().wait(60)
