"""Settings: what `.env.example` says is what the class reads, and a wrong value names itself."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from wan_perf.errors import UsageError
from wan_perf.settings import Settings, months_back, read_settings

EXAMPLE = Path(__file__).parents[1] / ".env.example"


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
        pytest.param("WAN_PERF_START", "last week", id="a start that is no instant"),
    ],
)
def test_a_wrong_value_ends_with_a_sentence_that_names_the_setting(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=name):
        read_settings()


def test_a_start_with_a_zone_becomes_utc(monkeypatch):
    monkeypatch.setenv("WAN_PERF_START", "2026-03-08T02:30:00+02:00")
    assert read_settings().start == datetime(2026, 3, 8, 0, 0)


def test_the_default_start_is_kept_in_the_home():
    """Kept, so that the partitions of a warehouse do not move when a month ends."""
    first = read_settings().start
    kept = Path("data/start.txt")
    kept.write_text("2024-05-01T00:00:00", encoding="utf-8")
    assert first.day == 1
    assert read_settings().start == datetime(2024, 5, 1)


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
