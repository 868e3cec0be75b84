"""The command line as a person uses it: a process, its output, its exit code."""

import csv
import io
import re
from collections import deque
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import duckdb
import pytest
from rich.console import Console
from starlette.testclient import TestClient

from wan_perf.cli.answers.failover import on_backup_now
from wan_perf.cli.export import export
from wan_perf.cli.row_grid import grid
from wan_perf.published.reader import open_published
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import CIRCUIT_DAY, CURRENT_STATE, DIM_CIRCUIT, DIM_SITE, TABLES
from wan_perf.simulator import Cloud
from wan_perf.warehouse import DuckDBWarehouse, Window
from wan_perf.web import build_app
from wan_perf.web.questions.listings import LISTINGS
from wan_perf_tests.graph.staged import HOUR, START
from wan_perf_tests.shell import SECRET, Ended, Shell
from wan_perf_tests.web.reading import read


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


class Cycle(NamedTuple):
    """How a full cycle ended, and the samples before and after it."""

    ended: Ended
    before: int
    after: int


@pytest.fixture(scope="module")
def cycle(shell: Shell) -> Cycle:
    """A full cycle of the pass that is due, as a process; after it there are days and months."""
    before = shell.counts()["raw_port_sample"]
    ended = shell.process("full-cycle")
    return Cycle(ended, before, shell.counts()["raw_port_sample"])


@pytest.mark.proof
def test_a_process_answers_as_the_entry_point_does(shell: Shell, cycle: Cycle):
    assert (
        shell.process("--help").stdout.splitlines()[1:]
        == shell.run("--help").stdout.splitlines()[1:]
    )
    assert (cycle.ended.returncode, cycle.ended.stderr) == (0, ""), cycle.ended.stdout
    assert "1 pass in" in cycle.ended.stdout


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


@pytest.mark.proof
def test_without_a_range_the_one_pass_that_is_due_is_taken_once(shell: Shell, cycle: Cycle):
    assert cycle.before <= cycle.after
    again = shell.run("collect")
    assert again.returncode == 0, again.stderr
    assert "1 pass in" in again.stdout
    assert shell.counts()["raw_port_sample"] == cycle.after


@pytest.mark.proof
def test_a_full_cycle_prints_the_answers(shell: Shell, cycle: Cycle):
    ranked = shell.run("top", "flap_count", "--period", "month")
    assert (ranked.returncode, "month of" in ranked.stdout) == (0, True), ranked.stderr
    assert ", as of 20" in ranked.stdout
    assert ", as of 20" in cycle.ended.stdout
    for question in (
        *("1. Which", "4. How long", "congested", "flap", "available", "above a threshold"),
        *("lasted longest", "chronically", "circuit-days", "circuit-weeks", "circuit-months"),
    ):
        assert question in cycle.ended.stdout


def kinds_of(address: str) -> set[str]:
    """Its page, which list or table that shows, and each of its parameters."""
    parts = urlsplit(address)
    page, *named = parts.path.strip("/").split("/")
    if "hour" in named:
        page = "hour"
    shown = named[:1] if page in ("grid", "why") else []
    return {"/".join((page, *shown)), *(f"{page}?{name}" for name in parse_qs(parts.query))}


@pytest.mark.proof
@pytest.mark.usefixtures("cycle")
def test_every_link_of_the_dashboard_leads_to_a_page(shell: Shell):
    """Over what commands computed and published, from the first page on.

    Of the thousands of addresses those that show a page, a list or a parameter for the first time.
    """
    dashboard = build_app(lambda: open_published(shell.home / "published"))
    client = TestClient(dashboard, base_url="http://localhost")
    first = ["/", "/overview", "/sle", "/regions", "/grid/hours"]
    seen, waiting, read_of = set(first), deque(first), set[str]()
    while waiting:
        address = waiting.popleft()
        kinds = kinds_of(address)
        if kinds <= read_of:
            continue
        read_of |= kinds
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.text[-600:])
        if "html" not in answer.headers["content-type"]:
            continue
        for link in read(answer.text).all("a"):
            target = link.attributes.get("href", "")
            if target.startswith("/") and target not in seen:
                seen.add(target)
                waiting.append(target)
    pages = {"", "site", "circuit", "hour", "region", "overview", "overview.pdf", "regions", "sle"}
    lists = {f"grid/{name}{ending}" for name in LISTINGS for ending in ("", ".csv", ".xlsx")}
    assert read_of >= pages | lists | {"why/circuit_hour", "why/circuit_day", "grid?sort"}


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


@pytest.mark.proof
def test_a_range_is_summed_up_as_far_as_there_is_something(tmp_path: Path, collected_cloud: Cloud):
    """Days of a Monday and a Tuesday: their month is made, and ranked; April is refused."""
    monday = datetime(2026, 3, 9)
    warehouse = DuckDBWarehouse(tmp_path / "wan_perf.duckdb")
    days = [flapped((monday + timedelta(days=n)).date(), "C1", 4 * n) for n in range(2)]
    warehouse.store(CIRCUIT_DAY, conform(days, CIRCUIT_DAY), Window(monday, monday + 48 * HOUR))
    store_site(warehouse)
    shell = Shell(tmp_path, collected_cloud)
    before = shell.counts()
    for period in ("weekly", "monthly"):
        none = shell.run("aggregate", period, "--start", "2026-04-06", "--end", "2026-05-01")
        assert (none.returncode, none.stderr.count("\n")) == (2, 1)
        assert "only from 2026-03-09 to 2026-03-10" in none.stderr
    assert shell.counts() == before
    # Thursday alone has no day, but its month has; what is to come has nothing.
    made = shell.run("aggregate", "monthly", "--start", "2026-03-12", "--end", "2027-01-01")
    assert made.returncode == 0, made.stderr
    assert "1 circuit-month." in made.stdout
    with duckdb.connect(str(tmp_path / "wan_perf.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "SELECT period, value FROM top_offender WHERE ranked_by = 'flap_count' ORDER BY period"
        ).fetchall()
    assert rows == [("13_month", 4), ("day", 4), ("month", 4)]


def store_site(warehouse: DuckDBWarehouse) -> None:
    site = {"site_id": "S1", "site_name": "Store 1", "region": "West", "store_type": "Express"}
    site |= {"valid_from": START.replace(year=1970)}
    warehouse.store(DIM_SITE, conform([site], DIM_SITE))


def test_the_doctor_ends_well_with_a_line_a_check_and_warns_without_failing(shell: Shell):
    """The shell names no contract file, which is a warning.

    Cases above ran under the real clock, whose hours are the future of the simulator's.
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


def test_since_when_a_store_is_on_backup_is_reported(tmp_path: Path):
    """Store 1 is since the eighth, Store 2 on no backup; the hub is left out."""
    warehouse = DuckDBWarehouse(tmp_path / "wan.duckdb")
    base = {"as_of_at": START, "is_stale": False, "state": "up", "region": "West"}
    on_backup = {**base, "site_state": "on backup", "failover_since": datetime(2026, 3, 8, 9, 30)}
    rows = [
        {**on_backup, "circuit_id": "C1", "site_id": "S1", "activity": "inactive"},
        {**on_backup, "circuit_id": "C2", "site_id": "S1", "activity": "active"},
        {**base, "circuit_id": "C3", "site_id": "S2", "site_state": "up", "activity": "active"},
        {
            **on_backup,
            "circuit_id": "C4",
            "site_id": "H1",
            "activity": "active",
            "site_kind": "hub",
        },
    ]
    warehouse.store(CURRENT_STATE, conform(rows, CURRENT_STATE))
    answer = on_backup_now(warehouse)
    frame = warehouse.query(answer.rows)
    assert frame["circuit_id"].tolist() == ["C2"]
    out = io.StringIO()
    Console(file=out, width=200).print(grid(answer.question, answer.headings, frame))
    assert "03-08 09:30" in out.getvalue()


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_export_has_every_row_of_a_report_and_every_value(shell: Shell, kind: str):
    out = shell.home / kind / f"hours.{kind}"
    done = shell.run("export", "circuit_hour", "--format", kind, "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert str(out) in done.stdout
    assert re.search(r", as of \d{4}-\d\d-\d\d \d\d:\d\d UTC\.$", done.stdout.strip())
    with duckdb.connect(str(shell.home / "wan_perf.duckdb"), read_only=True) as connection:
        read = f"read_{kind}('{out}'{', header = true' if kind == 'csv' else ''})"
        types = ", ".join(
            f'CAST("{name}" AS {kind}) AS "{name}"'
            for name, kind, *_ in connection.execute("DESCRIBE circuit_hour").fetchall()
        )
        stored = connection.execute("FROM circuit_hour ORDER BY hour, circuit_id").fetchall()
        found = connection.execute(f"SELECT {types} FROM {read}").fetchall()
    assert found == stored
    assert [path.name for path in out.parent.iterdir()] == [out.name]


def test_a_csv_holds_no_formula_and_reads_as_utf_8(tmp_path: Path):
    """A provider is named by a person; a spreadsheet would run =1+1 and misread an umlaut."""
    warehouse = DuckDBWarehouse(tmp_path / "wan.duckdb")
    circuits = [
        {"circuit_id": name, "site_id": "S1", "provider": provider, "valid_from": START}
        for name, provider in (("C1", "=1+1"), ("C2", "Fünf, GmbH"), ("C3", None))
    ]
    warehouse.store(DIM_CIRCUIT, conform(circuits, DIM_CIRCUIT))
    file, rows = export(warehouse, "dim_circuit", "csv", tmp_path, None)
    assert (file, rows) == (tmp_path / "dim_circuit.csv", 3)
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        providers = [row["provider"] for row in csv.DictReader(lines)]
    assert providers == ["'=1+1", "Fünf, GmbH", ""]


def test_top_ranks_the_newest_whole_day_for_as_many_places_as_requested(
    shell: Shell, tmp_path: Path
):
    """Three circuits flap 4, 8 and 6 times; the day in progress is not reported."""
    warehouse = DuckDBWarehouse(tmp_path / "wan.duckdb")
    days = [
        flapped(START.date(), "C1", 4),
        flapped(START.date(), "C2", 8),
        flapped(START.date(), "C3", 6),
        flapped(START.date() + 24 * HOUR, "C1", 99, hours=3),
    ]
    both = Window(START.replace(hour=0), START.replace(hour=0) + 48 * HOUR)
    warehouse.store(CIRCUIT_DAY, conform(days, CIRCUIT_DAY), both)
    store_site(warehouse)
    done = shell.run(
        *("top", "flap_count", "--n", "2"), WAN_PERF_DUCKDB=str(tmp_path / "wan.duckdb")
    )
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines() if " C" in line] == ["1", "2"]
    assert [line.split()[-3] for line in done.stdout.splitlines() if " C" in line] == ["C2", "C3"]


def flapped(day: date, circuit: str, flaps: int, hours: int = 24) -> dict[str, object]:
    """A day that is up all the time but for an instant at each flap."""
    return {
        "day": day,
        "circuit_id": circuit,
        "site_id": "S1",
        "hour_count": hours,
        "is_whole": hours == 24,
        "flap_count": flaps,
        "up_minutes": 60.0 * hours,
        "down_minutes": 0.0,
        "known_down_minutes": 0.0,
        "unknown_minutes": 0.0,
        "availability_pct": 100.0,
        "coverage_pct": 100.0,
    }


def test_no_secret_is_in_any_output_or_file(shell: Shell):
    """Good and failing runs have written run records, event logs and tables by now."""
    shell.run("collect", MIST_API_TOKEN=f"{SECRET}-wrong")
    done = shell.run("doctor")
    assert SECRET not in done.stdout + done.stderr
    assert containing_the_secret(shell.home) == []


@pytest.mark.proof
def test_no_secret_is_in_the_output_or_a_file_of_a_full_cycle(shell: Shell, cycle: Cycle):
    assert SECRET not in cycle.ended.stdout + cycle.ended.stderr
    assert containing_the_secret(shell.home) == []


def containing_the_secret(home: Path) -> list[Path]:
    return [
        path for path in home.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()
    ]
