"""What commands report of stored rows: rankings, sums of a range, exports."""

import csv
import io
import re
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from wan_perf.cli.answers.failover import on_backup_now
from wan_perf.cli.export import export
from wan_perf.cli.row_grid import grid
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import CIRCUIT_DAY, CURRENT_STATE, DIM_CIRCUIT, DIM_SITE
from wan_perf.simulator import Cloud
from wan_perf.warehouse import DuckDBWarehouse, Window
from wan_perf_tests.support.graph.staged import HOUR, START
from wan_perf_tests.support.shell import Shell


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
