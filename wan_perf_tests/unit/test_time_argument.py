"""Instants as people write them: with a zone, as a date, relative to now."""

import sys
from datetime import datetime
from pathlib import Path

import pytest

from wan_perf.cli import main
from wan_perf.cli.demo import demo_environment
from wan_perf.simulator import Fleet, serve
from wan_perf.time_argument import EXAMPLES, time_argument
from wan_perf_tests.support.graph.staged import HOUR, START

NOW = datetime(2026, 3, 8, 12, 34)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        pytest.param("2025-01-25T00:00:00Z", datetime(2025, 1, 25), id="the older tool's command"),
        pytest.param("2025-01-25T00:00:00+02:00", datetime(2025, 1, 24, 22), id="east of UTC"),
        pytest.param("2025-01-25 00:00-0530", datetime(2025, 1, 25, 5, 30), id="west of UTC"),
        pytest.param("2025-01-25", datetime(2025, 1, 25), id="a date"),
        pytest.param("2025-01-25T14:00", datetime(2025, 1, 25, 14), id="without a zone: UTC"),
        pytest.param(" now ", NOW, id="now"),
        pytest.param("-1d", datetime(2026, 3, 7, 12, 34), id="a day ago"),
        pytest.param("-36H", datetime(2026, 3, 7, 0, 34), id="hours ago"),
        pytest.param("-90m", datetime(2026, 3, 8, 11, 4), id="minutes ago"),
    ],
)
def test_an_instant_is_naive_utc(text: str, at: datetime):
    assert time_argument(text).resolved(NOW) == at


@pytest.mark.parametrize(
    "text", ["", "yesterday", "-1w", "1d", "2025-13-01", "25.01.2025", "-999999d x", "1737763200"]
)
def test_what_is_no_instant_is_refused_with_examples(text: str):
    with pytest.raises(ValueError, match="is no instant; give one such as") as refused:
        time_argument(text)
    assert EXAMPLES in str(refused.value)


@pytest.mark.parametrize(
    "text", ["9999-12-31T23:59", "0001-01-01", "3000-01-01", "1970-12-31T23:59Z", "-999999d"]
)
def test_an_instant_at_an_end_of_the_calendar_is_refused(text: str):
    """An hour after the last one there is, or -999999d before now, is an overflow."""
    with pytest.raises(ValueError, match="not between 1971 and 2999 or up to a century ago"):
        time_argument(text)


def test_every_example_is_taken():
    assert [time_argument(each) for each in EXAMPLES.split(", ")]


@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        pytest.param("2025-01-25T00:00:00Z", "2025-01-25 00:00", id="the older tool's command"),
        pytest.param("-1d", "2026-03-06 00:00", id="a day before the simulation's now"),
    ],
)
def test_a_command_takes_every_form_of_an_instant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys, start: str, sentence: str
):
    """All are before the first partition, so that the command ends before it collects."""
    monkeypatch.chdir(tmp_path)
    fleet = Fleet.seeded(7, 1, START, START + HOUR, faults=False)
    with serve(fleet, now=START) as cloud:
        given = demo_environment(cloud, tmp_path, tmp_path / "contracts.csv", START)
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["wan-perf", "collect", "--start", start, "--end", "now"])
        with pytest.raises(SystemExit) as end:
            main()
    assert end.value.code == 2
    assert capsys.readouterr().err.startswith(f"wan-perf: The range starts at {sentence}, before")
    assert list(tmp_path.iterdir()) == []


def test_a_refused_command_leaves_no_file_where_the_start_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The default start is stored with the first run, not with the first question."""
    monkeypatch.chdir(tmp_path)
    for name in ("WAN_PERF_START", "WAN_PERF_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "argv", ["wan-perf", "collect", "--end", "now"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert list(tmp_path.iterdir()) == []
