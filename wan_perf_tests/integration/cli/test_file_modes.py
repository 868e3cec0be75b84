"""Who can read what wan-perf writes: the owner of the home, or their group; modes of POSIX."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from wan_perf.definitions import defs
from wan_perf.file_modes import modes_at, restricted_modes
from wan_perf_tests.support.shell import Shell

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")


@pytest.fixture(autouse=True)
def usual() -> Iterator[None]:
    """Most systems let everybody read a new file."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def modes_in(place: Path) -> dict[str, int]:
    """The modes of all that is in a folder, by path; files as `-`, folders as `/`."""
    found = [place, *place.rglob("*")] if place.is_dir() else [place]
    return {f"{path}{'/' if path.is_dir() else ''}": mode(path) for path in found}


def test_what_a_collection_writes_is_its_owner_s(shell: Shell):
    places = (shell.home / name for name in ("wan_perf.duckdb", "dagster", "published"))
    found = {name: is_mode for place in places for name, is_mode in modes_in(place).items()}
    assert len(found) > 10
    others = {n: oct(m) for n, m in found.items() if m != (0o700 if n.endswith("/") else 0o600)}
    assert others == {}


def new_home(shell: Shell, folder: Path, readers: str) -> Path:
    """A home with Dagster's records, made by a command."""
    home = folder / "new" / "home"
    done = shell.run("prune", WAN_PERF_HOME=str(home), WAN_PERF_HOME_READERS=readers)
    assert done.returncode == 0, done.stderr
    return home


@pytest.mark.parametrize(
    ("readers", "folder", "file"), [("owner", 0o700, 0o600), ("group", 0o750, 0o640)]
)
def test_a_new_home_is_for_whom_the_setting_names(
    shell: Shell, tmp_path: Path, readers: str, folder: int, file: int
):
    found = modes_in(new_home(shell, tmp_path, readers))
    assert len(found) > 5
    assert {m for name, m in found.items() if name.endswith("/")} == {folder}
    assert {m for name, m in found.items() if not name.endswith("/")} == {file}
    assert os.umask(0o022) == 0o022  # of this process it is as it was


def test_a_home_that_was_there_keeps_its_mode(shell: Shell, tmp_path: Path):
    """It may be a folder of somebody else's, such as WAN_PERF_HOME=$HOME."""
    (tmp_path / "new" / "home").mkdir(parents=True)
    home = new_home(shell, tmp_path, "owner")
    assert mode(home) == 0o755
    assert mode(home / "dagster") == 0o700


def test_the_log_of_an_unknown_failure_is_its_owner_s(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def fails(*_: object) -> None:
        raise RuntimeError("nobody expects it")

    monkeypatch.setattr("wan_perf.cli.prune.prune", fails)
    done = shell.run("prune", WAN_PERF_HOME=str(tmp_path / "home"))
    assert done.returncode == 1
    [log] = (tmp_path / "home" / "logs").iterdir()
    assert (mode(log), mode(log.parent)) == (0o600, 0o700)


def test_an_export_to_another_folder_is_for_those_who_read_there(shell: Shell, tmp_path: Path):
    assert shell.run("export", "dim_site", "--out", str(tmp_path / "s.csv")).returncode == 0
    assert mode(tmp_path / "s.csv") == 0o644
    assert shell.run("export", "dim_site").returncode == 0
    assert mode(shell.home / "exports" / "dim_site.csv") == 0o600


def test_dagster_without_our_command_line_has_the_same_modes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("WAN_PERF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WAN_PERF_HOME_READERS", "group")
    defs()
    assert mode(tmp_path / "home") == 0o750
    assert os.umask(0o022) == 0o027


def test_outside_a_command_nothing_changes(tmp_path: Path):
    with modes_at(tmp_path / "a", tmp_path):
        (tmp_path / "a").touch()
    assert mode(tmp_path / "a") == 0o644
    with restricted_modes("owner"), modes_at(tmp_path / "b", tmp_path / "home"):
        (tmp_path / "b").touch()
    assert mode(tmp_path / "b") == 0o644
    assert os.umask(0o022) == 0o022
