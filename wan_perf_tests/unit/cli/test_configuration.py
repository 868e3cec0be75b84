"""config show, dictionary TABLE, and the options that go before a command."""

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from wan_perf.cli.verbosity import is_quiet, is_verbose, set_verbosity
from wan_perf.schema.tables import CIRCUIT_HOUR, DIM_POLICY, TABLES
from wan_perf.settings import Settings
from wan_perf.warehouse import old_names
from wan_perf_tests.support.shell import Shell


@pytest.fixture
def bare(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def shown(shell: Shell, *options: str, **settings: str) -> dict[str, tuple[str | None, str]]:
    done = shell.run(*options, "config", "show", "--json", **settings)
    assert (done.returncode, done.stderr) == (0, "")
    return {one["name"]: (one["value"], one["source"]) for one in json.loads(done.stdout)}


def test_every_setting_has_its_value_and_source(bare: Shell):
    (bare.home / ".env").write_text("MIST_ORG_ID=org-1\nMIST_READ_TIMEOUT=9\n", encoding="utf-8")
    found = shown(bare, MIST_READ_TIMEOUT="30", WAN_PERF_START="2026-03-07T10:30")
    assert list(found) == [field.alias for field in Settings.model_fields.values()]
    assert found["MIST_ORG_ID"] == ("org-1", ".env")
    assert found["MIST_READ_TIMEOUT"] == ("30.0", "environment")
    assert found["MIST_API_HOST"] == ("api.mist.com", "default")
    assert found["WAN_PERF_START"] == ("2026-03-07 10:00:00", "environment")
    assert found["WAN_PERF_DUCKDB"] == (str(bare.home / "wan_perf.duckdb"), "default")
    assert found["SNF_URL"] == (None, "default")


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_no_secret_is_shown(bare: Shell, form: tuple[str, ...]):
    done = bare.run(
        *("config", "show", *form),
        MIST_API_TOKEN="s3cr3t",
        MIST_PROXY="http://user:s3cr3t@proxy:3128",
        MIST_BASE_URL="https://user:s3cr3t@mist.example",
        SNF_PASSWORD="s3cr3t",
    )
    assert done.returncode == 0
    assert "s3cr3t" not in done.stdout
    assert done.stdout.count("***") == 4
    assert "https://***@mist.example" in done.stdout


def test_home_and_env_file_are_of_one_command(bare: Shell):
    other = bare.home / "other.env"
    other.write_text("MIST_ORG_ID=org-2\n", encoding="utf-8")
    (bare.home / ".env").write_text("MIST_ORG_ID=org-1\n", encoding="utf-8")
    found = shown(bare, "--env-file", str(other), "--home", str(bare.home / "elsewhere"))
    assert found["MIST_ORG_ID"] == ("org-2", str(other))
    assert found["WAN_PERF_HOME"][0] == str(bare.home / "elsewhere")
    again = shown(bare)
    assert again["MIST_ORG_ID"] == ("org-1", ".env")
    assert again["WAN_PERF_HOME"][0] == str(bare.home)


def test_an_env_file_that_is_missing_and_a_home_that_is_a_file_are_refused(bare: Shell):
    (bare.home / "file").write_text("")
    for option, name in (("--env-file", "missing.env"), ("--home", "file")):
        done = bare.run(option, str(bare.home / name), "status")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"wan-perf: Invalid value for '{option}':")


@pytest.fixture
def as_before() -> Iterator[None]:
    level = logging.getLogger().level
    yield
    set_verbosity(0)
    logging.getLogger().setLevel(level)


@pytest.mark.usefixtures("as_before")
def test_verbose_logs_have_timestamps_in_utc_and_quiet_has_no_notices(
    capsys: pytest.CaptureFixture[str],
):
    set_verbosity(1)
    assert (is_verbose(), is_quiet()) == (True, False)
    logging.getLogger("wan_perf").info("Pass is over.")
    line = capsys.readouterr().err.strip()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ INFO wan_perf: Pass is over\.", line)
    set_verbosity(-1)
    assert (is_verbose(), is_quiet()) == (False, True)
    logging.getLogger("wan_perf").info("Pass is over.")
    assert capsys.readouterr().err == ""


def test_the_dictionary_of_a_table_is_a_line_a_column(bare: Shell):
    done = bare.run("dictionary", "dim_policy")
    assert (done.returncode, done.stderr) == (0, "")
    head, key, *columns = done.stdout.splitlines()
    assert head == f"dim_policy: {DIM_POLICY.grain}"
    assert key == f"Key: {', '.join(DIM_POLICY.key)}"
    assert [line.split(" (")[0] for line in columns] == list(DIM_POLICY.columns)


def test_the_dictionary_lists_old_names_below_their_table_and_nowhere_else(bare: Shell):
    [view] = [view for view in old_names.declared() if view.shown is CIRCUIT_HOUR]
    lines = bare.run("dictionary", "circuit_hour").stdout.splitlines()
    assert lines[-1] == f"{view.name}: {view.grain}"
    head, _, *columns = bare.run("dictionary", view.name).stdout.splitlines()
    assert head == lines[-1]
    assert [line.split(" (")[0] for line in columns] == list(view.columns)
    starts = {line.split(":")[0] for line in bare.run("dictionary").stdout.splitlines()}
    assert starts == set(TABLES)


def test_an_unknown_table_of_the_dictionary_ends_with_2_and_a_suggestion(bare: Shell):
    done = bare.run("dictionary", "dim_polici")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "wan-perf: There is no table named dim_polici; did you mean dim_policy?\n"
