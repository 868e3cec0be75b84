"""Settings: what `.env.example` lists is what the class reads, and a wrong value names itself."""

import re
import sys
from datetime import datetime
from pathlib import Path

import pytest

from wan_perf.errors import UsageError
from wan_perf.settings import Settings, read_settings
from wan_perf.time_argument import months_back

EXAMPLE = Path(__file__).parents[2] / ".env.example"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in aliases():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def aliases() -> set[str]:
    return {str(field.alias) for field in Settings.model_fields.values()}


def test_the_example_names_exactly_the_settings():
    named = set(re.findall(r"^([A-Z_]+)=", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE))
    assert named == aliases()


def test_the_example_as_it_stands_gives_the_defaults(tmp_path: Path):
    (tmp_path / ".env").write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    assert read_settings() == Settings.model_construct(**Settings(_env_file=None).model_dump())


def test_the_environment_wins_over_the_file(monkeypatch, tmp_path: Path):
    (tmp_path / ".env").write_text("WAN_PERF_HOME=from_file\n", encoding="utf-8")
    assert read_settings().home == Path("from_file")
    monkeypatch.setenv("WAN_PERF_HOME", "from_environment")
    assert read_settings().home == Path("from_environment")


def test_a_field_is_not_read_from_a_variable_of_its_own_name(monkeypatch):
    """$HOME is not WAN_PERF_HOME: a demonstration once wrote into a person's home folder."""
    monkeypatch.setenv("HOME", "/somewhere")
    monkeypatch.setenv("CLOCK", "simulator")
    assert read_settings().home == Path("data")
    assert read_settings().clock == "real"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("WAN_PERF_WAREHOUSE", "oracle", id="a warehouse that does not exist"),
        pytest.param("WAN_PERF_CLOCK", "sundial", id="a clock that does not exist"),
        pytest.param("MIST_PAGE_ROWS", "5000", id="a page that Mist would cut"),
        pytest.param("MIST_READ_TIMEOUT", "0", id="no time at all"),
        pytest.param("WAN_PERF_START", "last week", id="a start that is no instant"),
    ],
)
def test_a_wrong_value_ends_with_a_sentence_that_names_the_setting(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=name):
        read_settings()


@pytest.mark.parametrize(
    "start", ["2026-03-08T02:30:00+02:00", "2026-03-08T00:00:00Z", "2026-03-08", "2026-03-08 00:59"]
)
def test_a_start_is_an_hour_of_utc(monkeypatch, start: str):
    monkeypatch.setenv("WAN_PERF_START", start)
    assert read_settings().start == datetime(2026, 3, 8, 0, 0)


@pytest.mark.parametrize(
    ("given", "file"),
    [
        pytest.param("", "data/start.txt", id="thirteen months back"),
        pytest.param("-90d", "data/start-90d.txt", id="relative"),
    ],
)
def test_a_start_that_depends_on_today_is_stored_in_the_home(monkeypatch, given: str, file: str):
    """Stored, so that the partitions of a warehouse do not move from day to day."""
    monkeypatch.setenv("WAN_PERF_START", given)
    first = read_settings().start
    assert not Path("data").exists()
    assert (first.minute, first.second, first.microsecond) == (0, 0, 0)
    read_settings().keep_start()
    stored = Path(file)
    assert datetime.fromisoformat(stored.read_text(encoding="utf-8")) == first
    stored.write_text("2024-05-01T00:00:00", encoding="utf-8")
    read_settings().keep_start()
    assert read_settings().start == datetime(2024, 5, 1)


def test_a_start_that_is_given_is_not_stored(monkeypatch):
    monkeypatch.setenv("WAN_PERF_START", "2024-05-01")
    read_settings().keep_start()
    assert read_settings().start == datetime(2024, 5, 1)
    assert not Path("data").exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param("MIST_ORG_ID=1\n".encode("utf-16"), "is UTF-16 and not", id="UTF-16"),
        pytest.param("MIST_ORG_ID=1\n".encode("utf-16-le"), "is UTF-16 (it has", id="no mark"),
        pytest.param("MIST_ORG_ID=1\n".encode("utf-32"), "is UTF-32 and not", id="UTF-32"),
        pytest.param(
            "MIST_ORG_ID=1\n# für Köln\n".encode("latin-1"),
            "is Latin-1 or another 8-bit encoding (line 2 has the byte 0xfc) and not",
            id="Latin-1",
        ),
    ],
)
def test_a_file_of_another_encoding_is_one_sentence(tmp_path: Path, content: bytes, sentence: str):
    (tmp_path / ".env").write_bytes(content)
    with pytest.raises(UsageError) as refused:
        read_settings()
    assert str(refused.value).startswith(f"{tmp_path / '.env'} {sentence}")
    assert str(refused.value).endswith(
        "not UTF-8; save it as UTF-8, in PowerShell with Set-Content -Encoding utf8."
    )


def test_a_byte_order_mark_is_no_part_of_the_first_setting(tmp_path: Path):
    (tmp_path / ".env").write_bytes("MIST_ORG_ID=Köln\n".encode("utf-8-sig"))
    assert read_settings().mist_org_id == "Köln"


def test_every_path_takes_the_users_folder(monkeypatch):
    """No shell expands `~` in a file."""
    paths = {
        name: str(field.alias)
        for name, field in Settings.model_fields.items()
        if "Path" in str(field.annotation)
    }
    assert len(paths) >= 7
    monkeypatch.setenv("HOME", "/home/noc")
    monkeypatch.setenv("USERPROFILE", "/home/noc")
    settings = read_settings(**dict.fromkeys(paths.values(), "~/wan"))
    assert {getattr(settings, name) for name in paths} == {Path("/home/noc/wan")}


def test_the_folder_of_nobody_is_refused(monkeypatch):
    with pytest.raises(UsageError, match="WAN_PERF_HOME: no user has the folder ~nobody-here"):
        read_settings(WAN_PERF_HOME="~nobody-here/wan")


@pytest.mark.parametrize(
    "home",
    [
        pytest.param("/srv/Z\udcc3rich", id="its own name"),
        pytest.param("data", id="the name of the current folder"),
    ],
)
@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names there are always text")
def test_a_home_that_is_no_text_in_the_encoding_of_the_locale_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str
):
    """With LC_ALL=C each byte of a letter such as ü is such a lone surrogate."""
    (tmp_path / "Z\udcc3").mkdir()
    monkeypatch.chdir(tmp_path / "Z\udcc3")
    monkeypatch.setenv("WAN_PERF_HOME", home if home != "data" else "")
    with pytest.raises(UsageError, match=r"WAN_PERF_HOME: the path .* set a locale of UTF-8"):
        read_settings()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no current folder")
def test_a_relative_home_in_a_removed_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(UsageError, match="data is relative to the current folder, which was rem"):
        read_settings()


def test_a_home_below_a_file_is_one_sentence(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError) as refused:
        read_settings(WAN_PERF_HOME="file/home").keep_start()
    assert str(refused.value) == (
        "The folder file/home cannot be made (file is a file); set WAN_PERF_HOME to a folder that "
        "this user can write to."
    )


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(datetime(2026, 11, 23), datetime(2025, 10, 1), id="within a year and a month"),
        pytest.param(datetime(2026, 1, 31), datetime(2024, 12, 1), id="over two new years"),
    ],
)
def test_thirteen_months_back(now, expected):
    assert months_back(now, 13) == expected


def test_secrets_are_not_shown():
    settings = read_settings(MIST_API_TOKEN="very-secret", SNF_PASSWORD="more-secret")
    assert "very-secret" not in f"{settings!r} {settings} {settings.model_dump()}"
    assert "more-secret" not in f"{settings!r} {settings} {settings.model_dump()}"
    assert settings.mist_api_token.get_secret_value() == "very-secret"


def test_a_setting_given_by_another_name_is_a_mistake_of_the_caller():
    with pytest.raises(TypeError, match="warehouse"):
        read_settings(warehouse="snowflake")
