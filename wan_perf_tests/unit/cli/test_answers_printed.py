"""Answers on standard output: grids of at most 80 columns, JSON and CSV."""

import csv
import io
import json
from pathlib import Path

import pandas as pd
import pytest

from wan_perf.cli.answers.answer import described_days
from wan_perf.cli.answers.congestion import answers
from wan_perf.cli.answers.failover import failovers
from wan_perf.cli.answers.stability import worst_quality
from wan_perf.cli.row_grid import print_grid
from wan_perf.cli.terminal import Terminal, warning
from wan_perf.doctor import Finding
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import CIRCUIT_DAY, DIM_CIRCUIT, DIM_SITE, TREND
from wan_perf.warehouse import DuckDBWarehouse, Window
from wan_perf_tests.support.graph.staged import HOUR, START
from wan_perf_tests.support.shell import Shell

WIDTH = 80
DAY = START.replace(hour=0)
LONG = "00000000-0000-4000-8000-000000000001:ge-0/0/0"


@pytest.fixture
def aggregated(tmp_path: Path) -> Shell:
    """A day of two circuits of Store 1, which flap 4 and 8 times; the second has a long id."""
    warehouse = DuckDBWarehouse(tmp_path / "wan_perf.duckdb")
    days = [
        {
            "day": DAY.date(),
            "circuit_id": name,
            "site_id": "S1",
            "hour_count": 24,
            "is_whole": True,
            "flap_count": flaps,
            "up_minutes": 1440.0,
            "down_minutes": 0.0,
            "known_down_minutes": 0.0,
            "unknown_minutes": 0.0,
            "availability_pct": 100.0,
            "coverage_pct": 100.0,
        }
        for name, flaps in (("C1", 4), (LONG, 8))
    ]
    warehouse.store(CIRCUIT_DAY, conform(days, CIRCUIT_DAY), Window(DAY, DAY + 24 * HOUR))
    site = {"site_id": "S1", "site_name": "Store 1", "region": "West", "store_type": "Express"}
    site |= {"valid_from": START.replace(year=1970)}
    warehouse.store(DIM_SITE, conform([site], DIM_SITE))
    return Shell(tmp_path)


def test_top_as_json_and_csv_has_whole_names_and_the_columns_of_the_tables(aggregated: Shell):
    done = aggregated.run("top", "flap_count", "--n", "1", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert (found["ranked_by"], found["period"]) == ("flap_count", "day")
    assert found["period_start"] == f"{DAY:%Y-%m-%d}"
    [row] = found["rows"]
    assert (row["circuit_id"], row["value"], row["place"]) == (LONG, 8, 1)
    done = aggregated.run("top", "flap_count", "--csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["circuit_id"], float(row["value"])) for row in rows] == [(LONG, 8), ("C1", 4)]


@pytest.mark.parametrize(
    ("question", "answer", "unknown"),
    [
        ("congestion", "Which circuits are congested now?", "of no circuit yet"),
        ("congestion", "Which circuits are congested?", "of 0 of 2 circuits"),
        ("instability", "Which circuits had bad quality?", "of 0 of 2 circuits"),
        ("thresholds", "How long was each above a threshold?", "of 0 of 2 circuits"),
    ],
)
def test_what_was_not_measured_is_unknown_and_not_none(
    aggregated: Shell, question: str, answer: str, unknown: str
):
    """Neither utilization nor quality is known of the day, and there was no live poll."""
    printed = words(aggregated.run("report", question).stdout)
    assert f"not known: measured {unknown}" in printed.partition(answer)[2][:400]


def test_a_trend_without_enough_days_is_unknown_and_not_none(aggregated: Shell):
    done = aggregated.run("report", "congestion")
    assert "not known yet: no circuit has a whole trading day" in words(done.stdout)
    short = {"as_of_day": DAY.date(), "site_id": "S1", "site_name": "Store 1"}
    short |= {"verdict": "too_short", "region": "West"}
    rows = [
        short | {"circuit_id": name, "day_count": days} for name, days in (("C1", 14), ("C2", 9))
    ]
    rows.append(short | {"circuit_id": "C3", "day_count": 28, "verdict": "steady"})
    DuckDBWarehouse(aggregated.home / "wan_perf.duckdb").store(TREND, conform(rows, TREND))
    done = aggregated.run("report", "congestion")
    assert "not known yet of 2 of 3 circuits: the longest of their histories has 14 days" in words(
        done.stdout
    )


def words(printed: str) -> str:
    """The text without its line breaks."""
    return " ".join(printed.split())


def test_the_answers_to_all_questions_fit_80_columns(aggregated: Shell):
    done = aggregated.run("report")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    for number in (1, 2, 3, 4):
        assert any(line.startswith(f"{number}. ") for line in lines)
    tables = [line for line in lines if not line.startswith(f"{DAY:%A}")]
    assert max(map(len, tables)) <= WIDTH
    assert "100.00 % of what is known" in done.stdout
    assert "…" not in "".join(line for line in lines if "circuit" in line)


def test_one_question_as_json(aggregated: Shell):
    done = aggregated.run("report", "instability", "--json", "--n", "1")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert (found["day"], found["circuit_count"], found["site_count"]) == (f"{DAY:%Y-%m-%d}", 2, 1)
    assert (found["availability_pct"], found["coverage_pct"]) == (100.0, 100.0)
    assert {answer["question"] for answer in found["answers"]} == {"instability"}
    assert len(found["answers"]) == 5


def test_one_question_as_csv_is_one_table(aggregated: Shell):
    done = aggregated.run("report", "congestion", "--csv")
    assert (done.returncode, done.stderr) == (0, "")
    reader = csv.reader(io.StringIO(done.stdout))
    assert next(reader)[:3] == ["question", "answer", "site_name"]
    assert list(reader) == []


def test_findings_of_the_doctor_as_json_and_csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    findings = [
        Finding("settings", "ok", "all set."),
        Finding("token", "FAILED", "Mist refused the token.", "Set MIST_API_TOKEN."),
    ]
    monkeypatch.setattr("wan_perf.cli.doctor.examine", lambda: iter(findings))
    as_json, as_csv = (Shell(tmp_path).run("doctor", form) for form in ("--json", "--csv"))
    assert (as_json.returncode, as_csv.returncode) == (1, 1)
    assert json.loads(as_json.stdout)[1] == {
        "name": "token",
        "verdict": "FAILED",
        "found": "Mist refused the token.",
        "advice": "Set MIST_API_TOKEN.",
    }
    rows = list(csv.DictReader(io.StringIO(as_csv.stdout)))
    assert [row["verdict"] for row in rows] == ["ok", "FAILED"]


HEADINGS = {
    "site_name": "site",
    "region": "region",
    "circuit_id": "circuit",
    **{f"utilization_{n}": f"heading {n}" for n in range(6)},
}


@pytest.mark.parametrize(
    ("width", "left_out"),
    [
        pytest.param(200, "", id="all fit"),
        pytest.param(100, "not shown: region", id="the region goes first"),
        pytest.param(80, "not shown: region, heading 4, heading 5", id="then from the right"),
    ],
)
def test_a_narrow_grid_leaves_out_columns_and_cuts_no_heading(width: int, left_out: str):
    rows = pd.DataFrame(
        [{**dict.fromkeys(HEADINGS, 1.0), "site_name": "Store 0001", "region": "W"}]
    )
    rows["circuit_id"] = "…0001:ge-0/0/0"
    terminal = Terminal(file=io.StringIO(), width=width)
    print_grid(terminal, "Which?", HEADINGS, rows)
    assert isinstance(terminal.file, io.StringIO)
    lines = [line for line in terminal.file.getvalue().splitlines() if line.strip()]
    assert max(map(len, lines)) <= width
    shown = [name for name in HEADINGS.values() if name not in left_out]
    assert all(heading in lines[1] for heading in shown)
    assert [line.strip() for line in lines if "not shown" in line] == (
        [left_out] if left_out else []
    )


def test_a_sentence_is_one_line_where_the_output_is_no_terminal():
    terminal = Terminal(file=io.StringIO())
    terminal.print(warning("The pass was missed:", "word " * 40))
    assert isinstance(terminal.file, io.StringIO)
    assert terminal.file.getvalue().count("\n") == 1


def test_congestion_lists_each_circuit_with_a_utilization_and_the_source_of_its_rate(
    aggregated: Shell, tmp_path: Path
):
    warehouse = DuckDBWarehouse(tmp_path / "wan_perf.duckdb")
    window = Window(DAY, DAY + 24 * HOUR)
    rates = (("C1", "contract", 50.0), ("C2", "port_speed", 90.0), ("C3", None, None))
    days = [
        {
            "day": DAY.date(),
            "circuit_id": name,
            "site_id": "S1",
            "hour_count": 24,
            "is_whole": True,
            "flap_count": 0,
            "up_minutes": 1440.0,
            "down_minutes": 0.0,
            "known_down_minutes": 0.0,
            "unknown_minutes": 0.0,
            "utilization_pct": load,
            "utilization_p95_pct": load,
        }
        for name, _, load in rates
    ]
    warehouse.store(CIRCUIT_DAY, conform(days, CIRCUIT_DAY), window)
    epoch = START.replace(year=1970)
    circuits = [
        {"circuit_id": name, "site_id": "S1", "bandwidth_source": source, "valid_from": epoch}
        for name, source, _ in rates
    ]
    warehouse.store(DIM_CIRCUIT, conform(circuits, DIM_CIRCUIT))
    congested = answers(described_days(warehouse))[0]
    rows = warehouse.query(congested.rows)
    assert list(rows["circuit_id"]) == ["C2", "C1"]
    assert list(rows["bandwidth_source"]) == ["port_speed", "contract"]
    assert congested.headings["bandwidth_source"] == "rate of"


def test_the_headings_of_an_answer_are_unambiguous_and_fit_80_columns(
    aggregated: Shell, tmp_path: Path
):
    warehouse = DuckDBWarehouse(tmp_path / "wan_perf.duckdb")
    days = described_days(warehouse)
    found = [*answers(days), worst_quality(warehouse, days), failovers(warehouse, days)]
    for answer in found:
        names = list(answer.headings.values())
        assert len(set(names)) == len(names)
        row = dict.fromkeys(answer.headings, 1.0) | {
            "site_name": "Store 0001",
            "circuit_id": "…0001:ge-0/0/0",
            "bandwidth_source": "port_speed",
            "started_at": DAY,
            "failover_cause": "outage",
        }
        terminal = Terminal(file=io.StringIO(), width=WIDTH)
        print_grid(terminal, answer.question, answer.headings, pd.DataFrame([row]))
        assert isinstance(terminal.file, io.StringIO)
        left_out = [x.strip() for x in terminal.file.getvalue().splitlines() if "not shown" in x]
        assert left_out in ([], ["not shown: region"]), answer.question


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        pytest.param(24, "(UTC): 1 circuit at 1 site, ", id="a whole day"),
        pytest.param(7, "(UTC, 7 of 24 hours so far): 1 circuit at 1 site, ", id="none is whole"),
    ],
)
def test_the_day_of_the_answers_says_how_much_of_it_there_is(tmp_path: Path, hours: int, said: str):
    warehouse = DuckDBWarehouse(tmp_path / "wan_perf.duckdb")
    day = {"day": DAY.date(), "circuit_id": "C1", "site_id": "S1", "hour_count": hours}
    day |= {"is_whole": hours == 24, "up_minutes": 60.0 * hours, "known_down_minutes": 0.0}
    day |= {"unknown_minutes": 0.0, "down_minutes": 0.0, "availability_pct": 100.0}
    day |= {"coverage_pct": 100.0, "flap_count": 0}
    warehouse.store(CIRCUIT_DAY, conform([day], CIRCUIT_DAY), Window(DAY, DAY + 24 * HOUR))
    site = {"site_id": "S1", "site_name": "Store 1", "region": "West", "store_type": "Express"}
    site |= {"valid_from": START.replace(year=1970)}
    warehouse.store(DIM_SITE, conform([site], DIM_SITE))
    done = Shell(tmp_path).run("report", "instability")
    assert done.returncode == 0, done.stderr
    assert said in " ".join(done.stdout.split())
