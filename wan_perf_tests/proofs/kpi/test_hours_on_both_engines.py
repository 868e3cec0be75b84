"""A ragged estate through the graph's jobs on both engines: every table has the same rows."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wan_perf.definitions import DAILY_JOB, HOURLY_JOB, MONTHLY_JOB, REPORTS_JOB, WEEKLY_JOB
from wan_perf.schema.declaration import Table
from wan_perf.schema.frames import conform
from wan_perf.schema.periods import DAY, MONTH, WEEK
from wan_perf.schema.tables import (
    ACTIVE_ALERT,
    CIRCUIT_13_MONTH,
    CIRCUIT_DAY,
    CIRCUIT_HISTOGRAM,
    CIRCUIT_HOUR,
    CIRCUIT_MONTH,
    CIRCUIT_MONTH_HISTOGRAM,
    CIRCUIT_POLL,
    CIRCUIT_STATE,
    CIRCUIT_TRADING_DAY,
    CIRCUIT_WEEK,
    CIRCUIT_WINDOW,
    CURRENT_STATE,
    DIM_POLICY,
    FAILOVER_EVENT,
    FAILOVER_PIECE,
    FLAP_EVENT,
    PRIMARY_VS_SECONDARY,
    RAW_CIRCUIT_HOUR,
    RAW_PORT_SAMPLE,
    REGION_PERIODS,
    REGION_WINDOW,
    SITE_HOUR,
    SITE_TRADING_DAY,
    SITE_WINDOW,
    THRESHOLD_PIECE,
    THRESHOLD_RUN,
)
from wan_perf.simulator import Fleet
from wan_perf_tests.support.graph.staged import Stage, WithoutChecks, staged
from wan_perf_tests.support.kpi.both_engines import A_WEEK, Contents, content
from wan_perf_tests.support.kpi.engine import STATE_SOURCES
from wan_perf_tests.support.kpi.estate import carried, circuit, hours, tables
from wan_perf_tests.support.kpi.ragged import Life, lives
from wan_perf_tests.support.kpi.rows import HOUR, H, Row, past, path
from wan_perf_tests.support.warehouse.snowflake import SETTINGS, in_process
from wan_perf_tests.unit.kpi.test_imported import imported_hour

# The stand-in copies every answer, and DuckDB warns of it.
pytestmark = [
    pytest.mark.proof,
    pytest.mark.filterwarnings("ignore:Arrow output on a DB-API result:UserWarning"),
]

PORTS = [f"ge-0/0/{n}" for n in range(8)]

COMPUTED: dict[str, tuple[Table, ...]] = {
    HOURLY_JOB: (
        *(CIRCUIT_POLL, CIRCUIT_STATE, CIRCUIT_HOUR, SITE_HOUR),
        *(CIRCUIT_WINDOW, SITE_WINDOW, REGION_WINDOW),
    ),
    DAILY_JOB: (
        *(THRESHOLD_PIECE, FAILOVER_PIECE, CIRCUIT_DAY, CIRCUIT_HISTOGRAM),
        *(CIRCUIT_TRADING_DAY, SITE_TRADING_DAY, REGION_PERIODS["day"]),
    ),
    WEEKLY_JOB: (CIRCUIT_WEEK,),
    MONTHLY_JOB: (CIRCUIT_MONTH_HISTOGRAM, CIRCUIT_MONTH, CIRCUIT_13_MONTH),
    REPORTS_JOB: (CURRENT_STATE, ACTIVE_ALERT, PRIMARY_VS_SECONDARY),
}
"""Tables of each job."""

COMPARED = [
    *(table for tables_of_job in COMPUTED.values() for table in tables_of_job),
    *(THRESHOLD_RUN, FLAP_EVENT, FAILOVER_EVENT),
]


def an_estate() -> tuple[Life, ...]:
    """One ragged estate, the same in every run."""
    found: list[tuple[Life, ...]] = []

    @settings(derandomize=True, deadline=None, max_examples=8, database=None)
    @given(st.tuples(*(lives(port) for port in PORTS)))
    def draw(estate: tuple[Life, ...]) -> None:
        found.append(estate)

    draw()
    return max(found, key=lambda estate: sum(len(s) + len(e) for s, e in estate))


def once(samples: list[Row]) -> list[Row]:
    """Each key once, as in the raw table; a sample received again can fall on another poll."""
    keyed = {tuple(row[name] for name in RAW_PORT_SAMPLE.key): row for row in samples}
    return [{"site_id": "S1", **row} for row in keyed.values()]


def polled() -> list[Row]:
    """Two paths of each port every ten minutes: some down, in use or without a figure."""
    chance = Random(4)
    return [
        path(
            HOUR + minute * H / 60,
            hub=hub,
            port=port,
            up=chance.random() < 0.9,
            is_active=chance.choice([True, False, None]),
            latency_ms=chance.choice([None, 20.0, 55.123, 180.5]),
            jitter_ms=chance.choice([None, 3.25, 40.0]),
            loss_pct=chance.choice([0.0, 0.0, 0.7, 12.5]),
            mos=chance.choice([None, 4.2]),
        )
        for port in PORTS
        for hub in ("hub1", "hub2")
        for minute in range(-60, 120, 10)
    ]


def computed(given_rows: dict[str, list[Row]], home: Path, **settings: str) -> Contents:
    """What the jobs make of these rows: hours, their day, week and month, the present state."""
    fleet = Fleet.whole(1, 1, A_WEEK.start, A_WEEK.end)  # nothing is collected from it
    first, last = HOUR - H, HOUR + H
    with staged(fleet, home, A_WEEK.end, A_WEEK.start, WithoutChecks, **settings) as stage:
        warehouse = stage.runs.warehouse
        for table in (*STATE_SOURCES, RAW_CIRCUIT_HOUR, DIM_POLICY):
            frame = conform(given_rows.get(table.name, ()), table)
            warehouse.store(table, frame, A_WEEK if table.partition else None)
        run(stage, HOURLY_JOB, f"{first:%Y-%m-%d-%H:00}", f"{last:%Y-%m-%d-%H:00}")
        run(stage, DAILY_JOB, *[f"{DAY.begun(first):%Y-%m-%d}"] * 2)
        run(stage, WEEKLY_JOB, *[f"{WEEK.begun(first):%Y-%m-%d}"] * 2)
        run(stage, MONTHLY_JOB, *[f"{MONTH.begun(first):%Y-%m-%d}"] * 2)
        # The present state is that of the newest poll, whose hour has to be computed.
        with warehouse.session() as session:
            session.run(f"DELETE FROM {RAW_PORT_SAMPLE.name} WHERE pass_at >= '{last + H}'")
        run(stage, REPORTS_JOB)
        return {table.name: content(warehouse, table) for table in COMPARED}


def run(stage: Stage, job: str, *keys: str) -> None:
    stage.runs._run(job, list(keys), only=COMPUTED[job])


@pytest.fixture(scope="module")
def ragged_day(tmp_path_factory: pytest.TempPathFactory) -> tuple[Contents, Contents]:
    """A ragged estate on both engines."""
    estate = an_estate()
    given_rows = tables(
        dim_circuit=[circuit(port, role_rank=min(rank, 3)) for rank, port in enumerate(PORTS, 1)],
        circuit_port=[carried(port, port) for port in PORTS],
        dim_hour=hours(HOUR - H, 3),
        raw_port_sample=once([row for samples, _ in estate for row in samples]),
        raw_port_history=[
            past(HOUR - H + n % 3 * H, 1e6 + n, port=port, up=(HOUR, HOUR + H))
            for n, port in enumerate(PORTS)
        ],
        raw_circuit_hour=[
            imported_hour(HOUR + n * H, port, up_minutes=50.5, unknown_minutes=2, loss_avg_pct=0.5)
            for n in range(-1, 2)
            for port in PORTS[::2]
        ],
        raw_gateway_event=[r for _, events in estate for r in events],
        raw_path_sample=polled(),
    )
    on_duckdb = computed(given_rows, tmp_path_factory.mktemp("duckdb"))
    with in_process():
        return on_duckdb, computed(given_rows, tmp_path_factory.mktemp("snowflake"), **SETTINGS)


@pytest.mark.parametrize("table", COMPARED, ids=lambda table: table.name)
def test_hours_and_what_follows_from_them(ragged_day: tuple[Contents, Contents], table: Table):
    on_duckdb, on_snowflake = ragged_day
    assert on_duckdb[table.name] == on_snowflake[table.name]
    assert on_duckdb[table.name] or table is ACTIVE_ALERT


def test_the_hours_are_ragged(ragged_day: tuple[Contents, Contents]):
    rows = ragged_day[0][CIRCUIT_HOUR.name]
    assert {row["state"] for row in ragged_day[0][CIRCUIT_STATE.name]} >= {"up", "down", "unknown"}
    assert len(rows) == 3 * len(PORTS)
    assert sum(row["rx_bytes"] or 0 for row in rows) > 0
    assert sum(row["flap_count"] or 0 for row in rows) > 0
    assert {row["state_evidence"] for row in rows} >= {"observed", "import"}
    assert {row["source"] for row in rows} >= {"samples", "history", "import"}
    assert sum(row["quality_sample_count"] for row in rows) > 0
    assert sum(row["active_minutes"] or 0 for row in rows) > 0
