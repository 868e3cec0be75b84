"""The command line as a person uses it: a process, its output, its exit code."""

from wan_perf.schema.tables import TABLES
from wan_perf.simulator import Cloud
from wan_perf_tests.support.graph.staged import HOUR, START
from wan_perf_tests.support.shell import SECRET, Shell, containing_the_secret


def test_help_names_every_command(shell: Shell):
    output = shell.run("--help").stdout
    for command in (
        "demo",
        "dev",
        "simulate",
        "collect",
        "import",
        "adopt",
        "aggregate",
        "full-cycle",
        "export",
        "doctor",
        "dictionary",
        "snowflake-setup",
    ):
        assert command in output


def test_the_dictionary_is_one_line_a_table_beginning_with_its_name(shell: Shell):
    lines = shell.run("dictionary").stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == list(TABLES)
    for table, line in zip(TABLES.values(), lines, strict=True):
        assert all(f" {column.name} ({column.type}" in line for column in table.fields)
        assert all(column.meaning.rstrip(".") in line for column in table.fields)


def test_a_range_is_collected_and_reported(shell: Shell):
    counts = shell.counts()
    assert counts["raw_port_sample"] > 0
    assert counts["circuit_hour"] == 8 * counts["dim_circuit"]


def test_a_dry_run_requests_and_stores_nothing(shell: Shell, collected_cloud: Cloud):
    before, counts = collected_cloud.calls(), shell.counts()
    end = START + 2 * HOUR
    done = shell.run("collect", "--dry-run", "--start", f"{START:%Y-%m-%dT%H:%M}", "--end",
                     f"{end:%Y-%m-%dT%H:%M}", "--again")  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "Nothing was requested, run or stored." in done.stdout
    assert (collected_cloud.calls(), shell.counts()) == (before, counts)


def test_a_dry_run_of_a_wrong_range_is_refused(shell: Shell):
    done = shell.run("collect", "--dry-run", "--end", "2026-03-08")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "wan-perf: --end is given without --start; give both, or neither.\n"


def test_the_doctor_ends_well_with_a_line_a_check_and_warns_without_failing(shell: Shell):
    """The shell names no contract file, which is a warning.

    Refused commands can have run under the real clock, whose hours are the simulator's future.
    """
    pruned = shell.run("prune", "--future")
    assert pruned.returncode == 0, pruned.stderr
    before = shell.counts()
    done = shell.run("doctor", DAGSTER_HOME="")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    *lines, last = done.stdout.splitlines()
    marks = [line.split()[0] for line in lines]
    assert {"ok", "warning", "skipped"} == set(marks)
    assert lines[3].split(maxsplit=2) == [
        "ok",
        "Mist",
        f"{shell.settings['MIST_BASE_URL']} answers.",
    ]
    assert last == f"{marks.count('ok')} ok, {marks.count('warning')} warning, 1 skipped."
    assert shell.counts() == before


def test_the_doctor_ends_with_1_and_every_check_where_one_failed(shell: Shell):
    done = shell.run("doctor", MIST_API_TOKEN="wrong-but-secret", DAGSTER_HOME="")
    assert (done.returncode, done.stderr) == (1, "")
    assert "FAILED   token         Mist refused the token; set MIST_API_TOKEN" in done.stdout
    assert "ok       tables        " in done.stdout
    assert "wrong-but-secret" not in done.stdout


def test_the_doctor_ends_with_2_where_the_host_is_no_mist_cloud(shell: Shell):
    host = {"MIST_API_HOST": "api.nowhere.example", "MIST_BASE_URL": "", "WAN_PERF_CLOCK": "real"}
    done = shell.run("doctor", DAGSTER_HOME="", **host)
    assert done.returncode == 2
    assert "belongs in MIST_BASE_URL" in done.stdout


def test_no_secret_is_in_any_output_or_file(shell: Shell):
    """Good and failing runs have written run records, event logs and tables by now."""
    shell.run("collect", MIST_API_TOKEN=f"{SECRET}-wrong")
    done = shell.run("doctor")
    assert SECRET not in done.stdout + done.stderr
    assert containing_the_secret(shell.home) == []
