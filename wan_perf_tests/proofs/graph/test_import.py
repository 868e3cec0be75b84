"""Hours of an older tool through the real chain, and a Dagster home that adopts the tables."""

import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest
from rich.console import Console

from wan_perf.cli.adoption import Adoption
from wan_perf.cli.imports import FOLLOWING_IMPORTS, ImportRuns
from wan_perf.definitions import (
    DAILY_JOB,
    HOURLY_JOB,
    IMPORT_JOB,
    MONTHLY_JOB,
    REPORTS_JOB,
    WEEKLY_JOB,
)
from wan_perf.errors import UsageError
from wan_perf.schema.declaration import Table, View
from wan_perf.schema.tables import (
    CIRCUIT_13_MONTH,
    CIRCUIT_DAY,
    CIRCUIT_HOUR,
    CIRCUIT_MONTH,
    CIRCUIT_WEEK,
    CIRCUIT_WINDOW,
    DIM_CIRCUIT,
    RAW_CIRCUIT_HOUR,
    SITE_HOUR,
    TABLES,
    THRESHOLD_PIECE,
    THRESHOLD_RUN,
    TOP_OFFENDER,
)
from wan_perf.simulator import Fleet
from wan_perf_tests.support.graph.staged import HOUR, START, Stage, WithoutChecks, copied, staged
from wan_perf_tests.support.memory import memory

pytestmark = pytest.mark.proof

OPENING = datetime(2025, 2, 1)
ENDS = [datetime(2025, 3, 1), datetime(2025, 7, 1), datetime(2026, 2, 10)]
"""Two hours before each and two after it are imported: two of a month, of February 2026 four."""
HOURS = [end + n * HOUR for end in ENDS for n in range(-2, 2)]
BUSY = ENDS[1] - 2 * HOUR
"""In this hour and the next the load is 95 %; else it is 50 %. In it the circuit is up for half."""


class ImportsWithoutChecks(WithoutChecks, ImportRuns):
    """Imports whose runs are not checked once more."""


class ImportsOfCircuits(ImportsWithoutChecks):
    """The same up to the days of circuits: what follows from days is of the first import."""

    def _run(
        self,
        job: str,
        keys: list[str] | None = None,
        tags: dict[str, str] | None = None,
        only: Sequence[Table] = (),
    ) -> dg.ExecuteInProcessResult:
        return super()._run(job, keys, tags, OF_CIRCUITS.get(job, only))


def hour_row(hour: datetime, circuit: str, mbps: float) -> dict[str, object]:
    pct = 95 if BUSY <= hour < BUSY + 2 * HOUR else 50
    up = 30.0 if hour == BUSY else 60.0
    return {
        "hour": hour,
        "circuit_id": circuit,
        "rx_bytes": round(mbps * 4_500_000 * pct),
        "tx_bytes": 0,
        "up_minutes": up,
        "flap_count": 2 if up < 60 else 0,
        "latency_avg_ms": 40.0,
        "utilization_pct": 1.0,
    }


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Two stores, two collected hours of them, and 13 months that an older tool measured."""
    home = tmp_path_factory.mktemp("import")
    fleet = Fleet.seeded(7, 2, START - 24 * HOUR, START + 24 * HOUR, faults=False)
    with staged(fleet, home, start=OPENING, kind=ImportsWithoutChecks) as stage:
        stage.runs.collect(START - 2 * HOUR, START)
        circuits = stage.rows(DIM_CIRCUIT).dropna(subset=["bandwidth_mbps"])
        circuits = circuits.drop_duplicates("circuit_id", keep="last")  # its newest version
        pairs = circuits[["circuit_id", "bandwidth_mbps"]].itertuples(index=False)
        rows = [hour_row(hour, *pair) for pair in pairs for hour in HOURS]
        pd.DataFrame(rows).to_parquet(home / "old.parquet")
        stage.runs.import_file(home / "old.parquet")
        yield stage


OF_CIRCUITS = {
    DAILY_JOB: (THRESHOLD_PIECE, CIRCUIT_DAY),
    WEEKLY_JOB: (CIRCUIT_WEEK,),
    MONTHLY_JOB: (CIRCUIT_MONTH, CIRCUIT_13_MONTH),
    REPORTS_JOB: (TOP_OFFENDER,),
}


def content(stage: Stage) -> dict[str, int]:
    tables = (RAW_CIRCUIT_HOUR, *FOLLOWING_IMPORTS, CIRCUIT_DAY, CIRCUIT_13_MONTH)
    return {t.name: int(pd.util.hash_pandas_object(stage.rows(t)).sum()) for t in tables}


def keys(first: datetime, last: datetime) -> list[str]:
    return [f"{at:%Y-%m-%d-%H:00}" for at in (first, last)]


def of_one(stage: Stage, table: object) -> pd.DataFrame:
    """The rows of one circuit."""
    rows = stage.rows(table)
    return rows[rows["circuit_id"] == rows["circuit_id"].min()].reset_index(drop=True)


def test_what_was_read_and_taken_is_reported(stage: Stage):
    output = stage.printed.getvalue()
    circuits = stage.rows(RAW_CIRCUIT_HOUR)["circuit_id"].nunique()
    assert (
        f"Read {len(HOURS) * circuits} rows of {circuits} circuits from 2025-02-28 22:00 to"
        in output
    )
    assert "Columns that are not taken: utilization_pct." in output
    assert "no circuit that was in service" not in output
    assert "have their bytes" in output


def test_an_imported_hour_has_its_figures_by_the_users_formulas(stage: Stage):
    rows = of_one(stage, CIRCUIT_HOUR)
    imported = rows[rows["source"] == "import"].set_index("hour")
    assert list(imported.index) == HOURS
    busy, calm = imported.loc[BUSY], imported.loc[HOURS[0]]
    assert (busy["utilization_pct"], busy["utilization_severity"]) == (95, "critical")
    assert (busy["up_minutes"], busy["known_down_minutes"], busy["flap_count"]) == (30, 30, 2)
    assert (calm["utilization_pct"], calm["latency_severity"]) == (50, "normal")
    assert (calm["up_minutes"], calm["state_evidence"]) == (60, "import")
    assert {imported[name].notna().sum() for name in ("loss_avg_pct", "latency_p95_ms")} == {0}


def test_what_is_collected_wins_over_what_was_not_imported(stage: Stage):
    rows = stage.rows(CIRCUIT_HOUR)
    assert set(rows[rows["hour"] >= START - 2 * HOUR]["source"]) <= {"samples", "history", None}


def test_13_months_rest_on_the_import(stage: Stage):
    """12 hours: ten at 50 % and two at 95 %; up but for 30 minutes."""
    rows = of_one(stage, CIRCUIT_13_MONTH).set_index("month")
    row = rows.loc[datetime(2026, 2, 1).date()]
    assert (row["hour_count"], row["observed_minutes"]) == (12, 12 * 60)
    assert row["utilization_pct"] == pytest.approx((10 * 50 + 2 * 95) / 12, abs=1e-4)
    assert row["availability_pct"] == pytest.approx(100 * (12 * 60 - 30) / (12 * 60), abs=1e-4)
    assert (row["utilization_critical_hours"], row["utilization_critical_longest_hours"]) == (2, 2)
    assert (row["utilization_judged_hours"], row["coverage_pct"]) == (12, 100)
    assert (row["flap_count"], row["latency_avg_ms"]) == (2, 40)
    assert pd.isna(row["loss_avg_pct"])
    first = rows.loc[datetime(2025, 2, 1).date()]
    assert (first["hour_count"], first["availability_pct"]) == (2, 100)


def test_days_weeks_months_and_runs_have_the_imported_hours(stage: Stage):
    for table in (CIRCUIT_DAY, CIRCUIT_WEEK, CIRCUIT_MONTH):
        rows = of_one(stage, table)
        past = rows[pd.to_datetime(rows[table.partition]) < datetime(2026, 2, 16)]
        assert past["hour_count"].sum() == 12
    runs = of_one(stage, THRESHOLD_RUN)
    assert ((runs["started_at"] == BUSY) & (runs["above_hours"] == 2)).sum() == 3


def test_sites_have_what_their_circuits_prove(stage: Stage):
    rows = stage.rows(SITE_HOUR)
    calm = rows[rows["hour"] == HOURS[0]]
    assert set(calm["up_minutes"]) == {60.0}
    assert set(rows[rows["hour"] == BUSY]["up_minutes"]) == {30}


def test_windows_are_not_made_of_the_past(stage: Stage):
    assert stage.rows(CIRCUIT_WINDOW)["hour"].min() >= START - 3 * HOUR


@pytest.mark.parametrize(
    ("first", "last"), [(BUSY, BUSY), (HOURS[0], HOURS[3])], ids=["alone", "range"]
)
def test_imported_hours_survive_a_backfill(stage: Stage, first: datetime, last: datetime):
    before = content(stage)
    stage.runs._run(IMPORT_JOB, keys(first, last))
    stage.runs._run(HOURLY_JOB, keys(first, last), only=FOLLOWING_IMPORTS)
    days = [f"{at:%Y-%m-%d}" for at in (first, last)]
    stage.runs._run(DAILY_JOB, days, only=OF_CIRCUITS[DAILY_JOB])
    assert content(stage) == before


def test_a_run_without_a_file_takes_nothing_and_reports_what_is_stored(stage: Stage):
    with memory() as instance:
        runs = ImportRuns(stage.runs.settings, Console(file=io.StringIO()), instance)
        with runs:
            result = runs._run(IMPORT_JOB, keys(BUSY, BUSY))
    [event] = result.get_asset_materialization_events()
    metadata = event.materialization.metadata
    assert (metadata["rows_taken"].value, metadata["dagster/partition_row_count"].value) == (0, 0)
    stored = stage.rows(RAW_CIRCUIT_HOUR)
    assert metadata["rows_held_before"].value == (stored["hour"] == BUSY).sum() > 0


def test_a_home_adopts_what_the_tables_hold_once(stage: Stage):
    """In the home's own Dagster, where nothing of the stage is recorded."""
    printed = io.StringIO()
    with Adoption(stage.runs.settings, Console(file=printed, width=200)) as adoption:
        adoption.adopt()
        instance = adoption._instance
        specs = stage.runs._definitions.resolve_all_asset_specs()
        checked = 0
        for spec in specs:
            table = TABLES[spec.key.to_user_string()]
            if isinstance(table, View):
                continue
            rows = stage.rows(table)
            if spec.partitions_def is None:
                event = instance.get_latest_materialization_event(spec.key)
                assert (table.name, event is not None) == (table.name, len(rows) > 0)
                continue
            starts = pd.to_datetime(rows[table.partition]).dt.floor("h")
            partitions = set(starts.dt.strftime(spec.partitions_def.fmt))
            assert (table.name, instance.get_materialized_partitions(spec.key)) == (
                table.name,
                partitions,
            )
            checked += bool(partitions)
        assert checked > 15
        event = instance.get_latest_materialization_event(dg.AssetKey("circuit_13_month"))
        metadata = event.asset_materialization.metadata
        assert metadata["adopted"].value is True
        newest = stage.rows(CIRCUIT_13_MONTH)
        newest = newest[newest["month"] == newest["month"].max()]
        assert metadata["dagster/partition_row_count"].value == len(newest)
        key = dg.AssetKey("circuit_hour")
        records = instance.fetch_materializations(key, limit=10_000).records
        adoption.adopt()
        assert len(instance.fetch_materializations(key, limit=10_000).records) == len(records)
    lines = printed.getvalue().splitlines()
    stored = [line.partition(":")[0] for line in lines]
    assert stored == [*stored[: len(stored) // 2]] * 2
    assert f"circuit_hour: {len(records)} partitions adopted, of {len(records)} with rows." in lines
    assert f"circuit_hour: 0 partitions adopted, of {len(records)} with rows." in lines


def test_a_file_by_site_and_port_replaces_its_hours_only_and_keeps_unknown_circuits(
    stage: Stage, tmp_path: Path
):
    """A CSV with a correction, and a port that nobody knows."""
    before = stage.rows(RAW_CIRCUIT_HOUR)
    facts = of_one(stage, CIRCUIT_HOUR)
    row = facts[facts["hour"] == HOURS[0]].iloc[0]
    path = tmp_path / "correction.csv"
    path.write_text(
        "hour,site_id,port_id,rx_bytes,tx_bytes\n"
        f"2025-03-01T00:00+02:00,{row['site_id']},{row['port_id']},0,0\n"
        f"2025-02-28T22:00Z,{row['site_id']},xe-9/9/9,0,0\n",
        encoding="utf-8",
    )
    with copied(stage, tmp_path / "home", ImportsOfCircuits) as corrected:
        corrected.runs.import_file(path)
        output = corrected.printed.getvalue()
        assert "1 row is of no circuit that was in service then, stored, and count" in output
        assert f"{row['site_id']}:xe-9/9/9" in output
        assert len(corrected.rows(RAW_CIRCUIT_HOUR)) == len(before) + 1
        facts = of_one(corrected, CIRCUIT_HOUR)
        row = facts[facts["hour"] == HOURS[0]].iloc[0]
        assert (row["rx_bytes"], row["utilization_pct"], row["status_hourly"]) == (0, 0, "Unknown")
        day = of_one(corrected, CIRCUIT_DAY).iloc[0]
        assert (day["utilization_pct"], day["unknown_minutes"]) == (25, 60)


def test_a_refused_file_changes_nothing(stage: Stage, tmp_path: Path):
    before = content(stage)
    path = tmp_path / "bad.csv"
    path.write_text("hour,circuit_id,rx_bytes,tx_bytes\n2025-02-28T22:00,C,-5,0\n", "utf-8")
    with pytest.raises(UsageError, match=r"bad\.csv, line 2: rx_bytes is '-5'; give a whole"):
        stage.runs.import_file(path)
    assert content(stage) == before
