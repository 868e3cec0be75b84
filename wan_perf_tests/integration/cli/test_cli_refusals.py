"""What a command refuses: one sentence, an exit code, and every table as it was."""

from pathlib import Path

import pytest

from wan_perf.simulator import Cloud, serve
from wan_perf_tests.support.shell import FLEET, SECRET, Shell


@pytest.mark.parametrize(
    ("arguments", "settings", "code", "sentence"),
    [
        pytest.param(("collect",), {"MIST_API_TOKEN": ""}, 2, "MIST_API_TOKEN", id="no token"),
        pytest.param(
            ("collect", "--inventory"), {"MIST_API_TOKEN": "wrong-but-secret"}, 1,
            "MIST_API_TOKEN", id="wrong token", marks=pytest.mark.proof,
        ),
        pytest.param(
            ("collect",), {"MIST_API_TOKEN": "wrong-but-secret"}, 1,
            "MIST_API_TOKEN", id="a token that is refused in a pass",
        ),
        pytest.param(
            ("collect",),
            {"MIST_API_HOST": "api.nowhere.example", "MIST_BASE_URL": "", "WAN_PERF_CLOCK": "real"},
            2, "MIST_API_HOST", id="unknown host", marks=pytest.mark.proof,
        ),
        pytest.param(
            ("collect",), {"MIST_BASE_URL": "http://127.0.0.1:9", "WAN_PERF_CLOCK": "real"}, 1,
            "127.0.0.1:9", id="nobody answers", marks=pytest.mark.proof,
        ),
        pytest.param(
            ("collect",), {"MIST_BASE_URL": "http://127.0.0.1:9"}, 1,
            "simulator", id="no simulator answers",
        ),
        pytest.param(
            ("collect", "--start", "2026-03-07T05:00", "--end", "2026-03-07T04:00"), {}, 2,
            "--end after --start", id="a range that ends before it starts",
        ),
        pytest.param(
            ("collect", "--start", "2020-01-01", "--end", "2020-01-02"), {}, 2,
            "WAN_PERF_START", id="a range before the first partition",
        ),
        pytest.param(("collect", "--end", "2026-03-08"), {}, 2, "--start", id="an end alone"),
        pytest.param(
            ("collect", "--start", "yesterday"), {}, 2, "--start", id="a start that is no instant"
        ),
        pytest.param(
            ("collect",), {"WAN_PERF_CIRCUITS": "nowhere.csv"}, 2, "nowhere.csv",
            id="no contracts", marks=pytest.mark.proof,
        ),
        pytest.param(
            ("collect", "--inventory"), {"WAN_PERF_POLICY": "unknown_key.toml"}, 2,
            "unknown key", id="an unknown threshold key", marks=pytest.mark.proof,
        ),
        pytest.param(
            ("aggregate", "daily", "--start", "2026-03-08", "--end", "2026-03-07"), {}, 2,
            "--end after --start", id="days that end before they start",
        ),
        pytest.param(
            ("aggregate", "daily", "--start", "2026-04-08", "--end", "2026-04-09"), {}, 2,
            "from 2026-04-08 to 2026-04-09, only from 2026-03-07", id="days of no hours",
        ),
        pytest.param(("aggregate", "yearly"), {}, 2, "daily", id="an unknown period"),
        pytest.param(("top", "mos"), {}, 2, "flap_count", id="a figure that is not ranked"),
        pytest.param(
            ("top", "flap_count", "--period", "year"), {}, 2, "day", id="a period not ranked"
        ),
        pytest.param(("top", "flap_count", "--n", "0"), {}, 2, "--n", id="no places"),
        pytest.param(("top", "flap_count"), {}, 1, "no whole day", id="no whole day to rank"),
        pytest.param(("export", "circuit_year"), {}, 2, "circuit_day", id="an unknown report"),
        pytest.param(
            ("export", "circuit_hour", "--format", "xlsx"), {}, 2, "parquet",
            id="an unknown format",
        ),
        pytest.param(
            ("export", "threshold_run"), {}, 1, "never computed", id="a report of no table"
        ),
        pytest.param(
            ("export", "circuit_hour"), {"WAN_PERF_DUCKDB": "none.duckdb"}, 1, "never computed",
            id="a report of no warehouse",
        ),
        pytest.param(
            ("export", "circuit_hour", "--out", "."), {}, 2, "--out", id="a file that is a folder"
        ),
        pytest.param(
            ("collect",), {"WAN_PERF_WAREHOUSE": "oracle"}, 2, "WAN_PERF_WAREHOUSE",
            id="an unknown warehouse",
        ),
    ],
)  # fmt: skip
def test_bad_input_ends_with_one_sentence_and_every_table_as_it_was(
    shell: Shell, arguments: tuple, settings: dict, code: int, sentence: str
):
    (shell.home / "unknown_key.toml").write_text("[thresholds.use_pct]\nwarning = 1\n", "utf-8")
    before = shell.counts()
    if "WAN_PERF_CIRCUITS" in settings:
        arguments = (*arguments, "--inventory")
    done = shell.run(*arguments, **settings)
    assert done.returncode == code, done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    # An inventory and the calendar of an hour are stored before what fails, and stop no sampling.
    stored_first = ("raw_inventory", "dim_hour", "stored_change")
    beside = stored_first if arguments[0] == "collect" else ()
    after = shell.counts()
    assert {n: c for n, c in after.items() if n not in beside} == {
        n: c for n, c in before.items() if n not in beside
    }
    assert not (shell.home / "none.duckdb").exists()
    assert not (shell.home / "exports").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        pytest.param(("top", "flap_count"), 1, "no whole day", id="top of no day"),
        pytest.param(("top", "flap_count", "--period", "week"), 1, "no week", id="top of no week"),
        pytest.param(
            ("top", "flap_count", "--period", "month"), 1, "no month", id="top of no month"
        ),
        pytest.param(
            ("top", "flap_count", "--period", "13_month"), 1, "no 13_month",
            id="top of no 13 months",
        ),
        pytest.param(
            ("top", "flap_count", "--period", "hour"), 2, "day, week", id="top of a period"
        ),
        pytest.param(("top", "speed"), 2, "utilization_p95_pct", id="an unknown metric"),
        pytest.param(("top", "flap_count", "--n", "0"), 2, "--n", id="no places"),
        pytest.param(("top", "flap_count", "--n", "-3"), 2, "--n", id="fewer than no places"),
        pytest.param(("report",), 1, "no day", id="answers of no day"),
        pytest.param(("report", "uptime"), 2, "instability", id="an unknown question"),
        pytest.param(("export", "top_offendres"), 2, "top_offender", id="an unknown report"),
        pytest.param(("export", "current_state"), 1, "never computed", id="a report of nothing"),
        pytest.param(("export", "failover_event"), 1, "never computed", id="a view of nothing"),
        pytest.param(
            ("export", "trend", "--format", "json"), 2, "parquet", id="an unknown format"
        ),
        pytest.param(("aggregate", "daily"), 1, "no circuit-hours", id="days of nothing"),
        pytest.param(("aggregate", "weekly"), 1, "no days", id="weeks of nothing"),
        pytest.param(("aggregate", "monthly"), 1, "no days", id="months of nothing"),
        pytest.param(("aggregate", "hourly"), 2, "monthly", id="an unknown period"),
        pytest.param(
            ("aggregate", "daily", "--start", "2026-03-07", "--end", "2026-03-08"), 1,
            "no circuit-hours", id="a range of nothing",
        ),
    ],
)  # fmt: skip
def test_in_a_fresh_home_a_command_ends_with_one_sentence_and_writes_nothing(
    collected_cloud: Cloud, tmp_path: Path, arguments: tuple, code: int, sentence: str
):
    """2 where the command line is wrong, 1 where it is right and there is no data yet."""
    done = Shell(tmp_path, collected_cloud).run(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_simulator_that_was_started_again_is_not_collected_from(shell: Shell):
    """What it answers is of before the newest poll, and would be stored beside it."""
    before = shell.counts()
    with serve(FLEET, now=FLEET.start, token=SECRET) as started_again:
        done = shell.run("collect", MIST_BASE_URL=started_again.url)
    assert done.returncode == 2
    assert "The simulator's clock (2026-03-07 00:00 UTC) is before the newest poll" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert shell.counts() == before
