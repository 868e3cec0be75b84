"""What is written by hand agrees with wan_perf where the rules that it leaves out do not apply."""

import shutil
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import pytest

from wan_perf_tests.benchmarks.by_hand import report
from wan_perf_tests.benchmarks.by_hand.agreement import Agreement, compare
from wan_perf_tests.benchmarks.by_hand.inputs import fill_inputs, fill_samples, folder_of
from wan_perf_tests.benchmarks.by_hand.jobs import AVERAGES, JOBS, WAREHOUSE, Job
from wan_perf_tests.benchmarks.by_hand.report import BY_HAND, OURS
from wan_perf_tests.benchmarks.estate import Noise

pytestmark = pytest.mark.proof

CIRCUITS = 40
"""Enough for some to be above each level of utilization for hours."""
QUIET = Noise("quiet", 10**12, "false")
"""No sample is down, no event."""
ROUGH = Noise("rough", 12, "false")
"""One sample in twelve is down, so that now and then both peer paths of a circuit are."""
TOOLS = [
    pytest.param(
        tool,
        marks=pytest.mark.skipif(
            tool == "in_polars" and find_spec("polars") is None,
            reason='polars is not installed: pip install -e ".[benchmark]"',
        ),
    )
    for tool in BY_HAND
]


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The inputs of all jobs, and wan_perf's rows of each."""
    folder = tmp_path_factory.mktemp("quiet")
    fill_inputs(CIRCUITS, folder, QUIET)
    for job in JOBS:
        compute(OURS, job, folder)
    return folder


@pytest.fixture(scope="module")
def rough(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Samples and events, and wan_perf's hours of them."""
    folder = tmp_path_factory.mktemp("rough")
    fill_samples(CIRCUITS, folder, ROUGH)
    compute(OURS, "hours", folder)
    return folder


def compute(tool: str, job: str, folder: Path) -> Path:
    """The rows of the job by the tool, in a file."""
    module = import_module(f"wan_perf_tests.benchmarks.by_hand.{tool}")
    file = folder / f"{job}.{tool}.parquet"
    module.prepared(job, folder_of(job, folder))()(file)
    return file


def agreement(tool: str, job: str, folder: Path) -> Agreement:
    return compare(JOBS[job], folder / f"{job}.{OURS}.parquet", compute(tool, job, folder))


@pytest.mark.parametrize("tool", TOOLS)
def test_hours_agree_where_nothing_is_down(quiet: Path, tool: str) -> None:
    found = agreement(tool, "hours", quiet)
    assert found.cells == CIRCUITS * 24 * 11
    assert found.differing == {}


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize(
    ("job", "rows"),
    [
        pytest.param("windows", CIRCUITS * 24 * 3, id="windows of 3, 12 and 24 hours"),
        pytest.param("days", CIRCUITS, id="days"),
    ],
)
def test_rollups_agree_but_for_the_last_digit_of_ratios(
    quiet: Path, tool: str, job: str, rows: int
) -> None:
    found = agreement(tool, job, quiet)
    assert found.cells == rows * len(JOBS[job].figures)
    assert sum(found.differing.values()) == found.in_last_digit < found.cells / 100
    assert set(found.differing) <= {"utilization_pct", *AVERAGES}


@pytest.mark.parametrize("tool", TOOLS)
def test_minutes_differ_exactly_where_all_peer_paths_are_down(rough: Path, tool: str) -> None:
    with_dead_paths = hours_of(
        rough,
        "SELECT date_trunc('hour', started_at), circuit_id FROM circuit_state "
        "WHERE down_cause = 'path'",
    )
    assert with_dead_paths
    assert differing_hours(rough, tool, "up_minutes") == with_dead_paths


@pytest.mark.parametrize("tool", TOOLS)
def test_bytes_differ_only_where_a_port_is_down_at_an_edge_of_the_hour(
    rough: Path, tool: str
) -> None:
    down_at_an_edge = hours_of(
        rough,
        "SELECT unnest([edge, edge - INTERVAL 1 HOUR]), circuit_id FROM ("
        "SELECT date_trunc('hour', sampled_at + INTERVAL 30 MINUTE) AS edge, * FROM raw_port_sample"
        ") JOIN circuit_port USING (gateway_mac, port_id) "
        "WHERE NOT is_up AND abs(epoch(sampled_at) - epoch(edge)) <= 300",
    )
    found = differing_hours(rough, tool, "rx_bytes")
    assert found
    assert found <= down_at_an_edge


def hours_of(folder: Path, query: str) -> set[tuple[Any, ...]]:
    """Hours and circuits that the query finds in the warehouse of the samples."""
    with duckdb.connect(folder_of("hours", folder) / WAREHOUSE, read_only=True) as connection:
        return set(connection.execute(query).fetchall())


def differing_hours(folder: Path, tool: str, figure: str) -> set[tuple[Any, ...]]:
    """Hours and circuits of which the tool has another figure than wan_perf."""
    ours, theirs = folder / f"hours.{OURS}.parquet", compute(tool, "hours", folder)
    query = (
        f"SELECT hour, circuit_id FROM '{ours.as_posix()}' a FULL JOIN '{theirs.as_posix()}' b "
        f"USING (hour, circuit_id) WHERE a.{figure} IS DISTINCT FROM b.{figure}"
    )
    with duckdb.connect() as connection:
        return set(connection.execute(query).fetchall())


def test_a_job_has_a_line_of_each_tool(quiet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here of days, in one process; without polars its line says how to install it."""
    monkeypatch.setattr(report, "JOBS", {"days": JOBS["days"]})
    monkeypatch.setattr(report, "in_own_process", lambda work, *given: work(*given))
    monkeypatch.setattr(report, "find_spec", lambda name: None)
    monkeypatch.setattr(
        report, "fill_inputs", lambda circuits, folder, noise: copied(quiet, folder)
    )
    title, *lines = report.by_hand(CIRCUITS, QUIET).splitlines()
    assert title == "by-hand: 40 circuits, one day, quiet"
    scan, ours, sql, polars, pandas, why = lines
    assert scan.startswith("days: 3 rows")
    assert "a plain scan of them" in scan
    assert "storing adds" in ours
    assert polars == '  polars: not installed (pip install -e ".[benchmark]")'
    for line in (sql, pandas):
        assert "figures agree" in line
    assert why.startswith("  what differs: ")


def copied(inputs: Path, folder: Path) -> dict[str, int]:
    shutil.copytree(inputs, folder, dirs_exist_ok=True)
    return {"days": 3}


def test_a_row_that_one_result_lacks_differs_throughout(tmp_path: Path) -> None:
    job = Job("days", ("day",), ("rx_bytes", "status_hourly"), (), (), "")
    rows = {
        "ours": "VALUES (1, 100.0, 'Up'), (2, NULL, 'Down'), (3, 7.0, 'Up'), (4, 0.5, 'Up')",
        "theirs": "VALUES (1, 100.00000001, 'Up'), (2, NULL, 'Up'), (4, 0.5001, 'Up')",
    }
    files = [tmp_path / f"{name}.parquet" for name in rows]
    with duckdb.connect() as connection:
        for values, file in zip(rows.values(), files, strict=True):
            connection.execute(
                f"COPY (FROM ({values}) AS t(day, rx_bytes, status_hourly)) "
                f"TO '{file.as_posix()}' (FORMAT parquet)"
            )
    found = compare(job, *files)
    assert found == Agreement(8, {"rx_bytes": 2, "status_hourly": 2}, in_last_digit=1)
    assert str(found) == (
        "4 of 8 figures agree; differ: rx_bytes 2, status_hourly 2; of these 1 in the last digit"
    )
