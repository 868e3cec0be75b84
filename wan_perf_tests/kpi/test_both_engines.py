"""The same expressions, stored through both warehouses, give the same rows."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from random import Random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wan_perf.kpi.dimensions.sites_and_circuits import circuit_port, dim_circuit, dim_site
from wan_perf.kpi.events.failovers import failover_pieces
from wan_perf.kpi.events.threshold_runs import threshold_pieces
from wan_perf.kpi.hour.circuit_hours import circuit_hours
from wan_perf.kpi.hour.corrections import corrected_hours
from wan_perf.kpi.hour.site_hours import site_hours
from wan_perf.kpi.reports.alerts import active_alerts
from wan_perf.kpi.reports.chronic_offenders import chronic_offenders
from wan_perf.kpi.reports.current_state import current_states
from wan_perf.kpi.reports.primary_vs_secondary import primaries_and_backups
from wan_perf.kpi.reports.top_offenders import top_offenders
from wan_perf.kpi.reports.trend import trends
from wan_perf.kpi.rollups.calendar_periods import longer_periods, month_histograms, rolling_months
from wan_perf.kpi.rollups.histograms import circuit_histograms
from wan_perf.kpi.rollups.period_sums import circuit_days
from wan_perf.kpi.rollups.sites_and_regions import region_periods, site_minutes
from wan_perf.kpi.rollups.trading_days import circuit_trading_days, site_trading_days
from wan_perf.kpi.state.circuit_polls import circuit_polls
from wan_perf.kpi.state.circuit_states import circuit_states
from wan_perf.kpi.windows.trailing_windows import circuit_windows, region_windows, site_windows
from wan_perf.policy.thresholds import ChronicRule, TrendRule
from wan_perf.schema.declaration import Table
from wan_perf.schema.frames import conform
from wan_perf.schema.periods import DAY, MONTH, WEEK
from wan_perf.schema.tables import (
    ACTIVE_ALERT,
    CHRONIC_OFFENDER,
    CIRCUIT_13_MONTH,
    CIRCUIT_DAY,
    CIRCUIT_HISTOGRAM,
    CIRCUIT_HOUR,
    CIRCUIT_MONTH,
    CIRCUIT_MONTH_HISTOGRAM,
    CIRCUIT_POLL,
    CIRCUIT_PORT,
    CIRCUIT_STATE,
    CIRCUIT_TRADING_DAY,
    CIRCUIT_WEEK,
    CIRCUIT_WINDOW,
    CURRENT_STATE,
    DIM_CIRCUIT,
    DIM_CONTRACT,
    DIM_HOUR,
    DIM_POLICY,
    DIM_SITE,
    FAILOVER_EVENT,
    FAILOVER_PIECE,
    FLAP_EVENT,
    PRIMARY_VS_SECONDARY,
    RAW_CIRCUIT_HOUR,
    RAW_GATEWAY_EVENT,
    RAW_INVENTORY,
    RAW_PATH_SAMPLE,
    RAW_PORT_SAMPLE,
    REGION_PERIODS,
    REGION_WINDOW,
    SITE_HOUR,
    SITE_TRADING_DAY,
    SITE_WINDOW,
    THRESHOLD_PIECE,
    THRESHOLD_RUN,
    TOP_OFFENDER,
    TREND,
)
from wan_perf.warehouse import DuckDBWarehouse, SnowflakeWarehouse, Warehouse, Window
from wan_perf_tests.kpi.bandwidths import every_way
from wan_perf_tests.kpi.engine import FACT_SOURCES, STATE_SOURCES
from wan_perf_tests.kpi.estate import carried, circuit, hours, tables
from wan_perf_tests.kpi.loads import ragged as busy_hours
from wan_perf_tests.kpi.ragged import Life, lives
from wan_perf_tests.kpi.ragged_days import ragged as ragged_days
from wan_perf_tests.kpi.rows import GATEWAY, HOUR, PORT, H, Row, past, path
from wan_perf_tests.kpi.snapshots import DAYS, wan_port
from wan_perf_tests.kpi.test_current import SOURCES as NOW_SOURCES
from wan_perf_tests.kpi.test_current import estate as estate_now
from wan_perf_tests.kpi.test_current import state
from wan_perf_tests.kpi.test_imported import imported_hour
from wan_perf_tests.kpi.trend_fleet import trading_days
from wan_perf_tests.snowflake import in_process, stand_in

# The stand-in copies every answer, and DuckDB warns of it.
pytestmark = [
    pytest.mark.proof,
    pytest.mark.filterwarnings("ignore:Arrow output on a DB-API result:UserWarning"),
]

PORTS = [f"ge-0/0/{n}" for n in range(8)]
A_DAY = Window(HOUR.replace(hour=0), HOUR.replace(hour=0) + 24 * H)
A_WEEK = Window(A_DAY.start - 72 * H, A_DAY.end + 72 * H)


def on_snowflake() -> SnowflakeWarehouse:
    return stand_in()


@pytest.fixture
def warehouses(tmp_path: Path) -> Iterator[tuple[Warehouse, Warehouse]]:
    with in_process():
        yield DuckDBWarehouse(tmp_path / "wan.duckdb"), on_snowflake()


def content(warehouse: Warehouse, table: Table) -> list[Row]:
    rows = warehouse.query(warehouse.lazy(table)).to_dict("records")
    plain = [{k: None if pd.isna(v) else v for k, v in row.items()} for row in rows]
    return sorted(plain, key=lambda row: [str(row[name]) for name in table.key])


def assert_equal_on_both(
    warehouses: tuple[Warehouse, Warehouse], table: Table, fill: Callable[[Warehouse], object]
) -> list[Row]:
    for warehouse in warehouses:
        fill(warehouse)
    first, second = (content(warehouse, table) for warehouse in warehouses)
    assert first == second
    return first


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


def test_circuit_hours_and_their_day(warehouses):
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

    def fill(warehouse: Warehouse) -> None:
        for table in (*STATE_SOURCES, RAW_CIRCUIT_HOUR, DIM_POLICY):
            frame = conform(given_rows.get(table.name, ()), table)
            warehouse.store(table, frame, A_WEEK if table.partition else None)
        polled_tables = (RAW_PATH_SAMPLE, RAW_PORT_SAMPLE, CIRCUIT_PORT)
        polls = circuit_polls(*map(warehouse.lazy, polled_tables))
        warehouse.store(CIRCUIT_POLL, polls, A_DAY)
        states = circuit_states(*(warehouse.lazy(t) for t in STATE_SOURCES))
        warehouse.store(CIRCUIT_STATE, states, A_DAY)
        warehouse.store(
            CIRCUIT_HOUR, circuit_hours(*(warehouse.lazy(t) for t in FACT_SOURCES)), A_DAY
        )
        fact = warehouse.lazy(CIRCUIT_HOUR)
        warehouse.store(THRESHOLD_PIECE, threshold_pieces(fact), A_DAY)
        pieces = warehouse.lazy(THRESHOLD_PIECE)
        ends = warehouse.lazy(DIM_HOUR)
        warehouse.store(
            CIRCUIT_WINDOW, circuit_windows(fact, warehouse.lazy(CIRCUIT_POLL), ends), A_DAY
        )
        stretches = warehouse.lazy(CIRCUIT_STATE)
        warehouse.store(SITE_HOUR, site_hours(stretches, fact), A_DAY)
        telemetry = (warehouse.lazy(t) for t in (RAW_PORT_SAMPLE, CIRCUIT_POLL, CIRCUIT_PORT))
        warehouse.store(FAILOVER_PIECE, failover_pieces(stretches, fact, *telemetry), A_DAY)
        polls = warehouse.lazy(CIRCUIT_POLL)
        failed_over = warehouse.lazy(FAILOVER_PIECE)
        days = circuit_days(fact, pieces, failed_over, polls)
        warehouse.store(CIRCUIT_DAY, days, A_DAY)
        warehouse.store(CIRCUIT_HISTOGRAM, circuit_histograms(fact, polls), A_DAY)
        of_days = [warehouse.lazy(t) for t in (THRESHOLD_PIECE, CIRCUIT_HISTOGRAM)]
        dims = [warehouse.lazy(t) for t in (DIM_SITE, DIM_HOUR)]
        warehouse.store(CIRCUIT_TRADING_DAY, circuit_trading_days(fact, polls, *dims), A_DAY)
        sites = warehouse.lazy(SITE_HOUR)
        warehouse.store(SITE_TRADING_DAY, site_trading_days(sites, fact, *dims), A_DAY)
        circuits = warehouse.lazy(CIRCUIT_WINDOW)
        of_windows = (circuits, fact, polls, sites)
        warehouse.store(SITE_WINDOW, site_windows(*of_windows, ends), A_DAY)
        warehouse.store(REGION_WINDOW, region_windows(*of_windows, dims[0], ends), A_DAY)
        named = site_minutes(sites).mutate(day=sites.hour.date())
        of_day = (warehouse.lazy(CIRCUIT_DAY), named, of_days[1])
        warehouse.store(
            REGION_PERIODS["day"],
            region_periods(*of_day, dims[0], DAY).select(*REGION_PERIODS["day"].columns),
            A_DAY,
        )
        raw, newest = warehouse.lazy(RAW_PORT_SAMPLE), fact.aggregate(newest=fact.hour.max())
        until = raw.cross_join(newest)
        until = until.filter(until.pass_at.truncate("h") <= until.newest).drop("newest")
        telemetry = (until, warehouse.lazy(RAW_GATEWAY_EVENT))
        described = [warehouse.lazy(t) for t in (DIM_SITE, DIM_CIRCUIT, CIRCUIT_PORT)]
        warehouse.store(
            CURRENT_STATE, current_states(stretches, fact, *telemetry, *described, failed_over)
        )
        warehouse.store(ACTIVE_ALERT, active_alerts(warehouse.lazy(CURRENT_STATE)))
        state_and_days = [warehouse.lazy(t) for t in (CURRENT_STATE, CIRCUIT_DAY, DIM_CIRCUIT)]
        warehouse.store(PRIMARY_VS_SECONDARY, primaries_and_backups(*state_and_days))
        march = Window(datetime(2026, 3, 1), datetime(2026, 4, 1))
        warehouse.store(CIRCUIT_MONTH_HISTOGRAM, month_histograms(of_days[1]), march)
        of_months = [pieces, warehouse.lazy(CIRCUIT_MONTH_HISTOGRAM)]
        for table, period, of in (
            (CIRCUIT_WEEK, WEEK, of_days),
            (CIRCUIT_MONTH, MONTH, of_months),
        ):
            longer = longer_periods(warehouse.lazy(CIRCUIT_DAY), *of, period)
            warehouse.store(table, longer, march)
        rolling = rolling_months(warehouse.lazy(CIRCUIT_MONTH), *of_months)
        warehouse.store(CIRCUIT_13_MONTH, rolling, march)

    states = assert_equal_on_both(warehouses, CIRCUIT_STATE, fill)
    assert {row["state"] for row in states} >= {"up", "down", "unknown"}
    rows = assert_equal_on_both(warehouses, CIRCUIT_HOUR, lambda _: None)
    assert len(rows) == 3 * len(PORTS)
    assert sum(row["rx_bytes"] or 0 for row in rows) > 0
    assert sum(row["flap_count"] or 0 for row in rows) > 0
    assert {row["state_evidence"] for row in rows} >= {"heard", "import"}
    assert {row["source"] for row in rows} >= {"samples", "history", "import"}
    assert sum(row["quality_sample_count"] for row in rows) > 0
    assert sum(row["active_minutes"] or 0 for row in rows) > 0
    for table in (
        *(CIRCUIT_POLL, CIRCUIT_WINDOW),
        *(CIRCUIT_DAY, CIRCUIT_HISTOGRAM, CIRCUIT_WEEK, CIRCUIT_MONTH_HISTOGRAM),
        *(CIRCUIT_MONTH, CIRCUIT_13_MONTH),
        *(CIRCUIT_TRADING_DAY, SITE_TRADING_DAY, SITE_WINDOW, REGION_WINDOW),
        *(REGION_PERIODS["day"], CURRENT_STATE, PRIMARY_VS_SECONDARY),
        SITE_HOUR,
        THRESHOLD_PIECE,
        THRESHOLD_RUN,
        FAILOVER_PIECE,
    ):
        assert assert_equal_on_both(warehouses, table, lambda _: None)
    for view in (FLAP_EVENT, FAILOVER_EVENT):
        assert assert_equal_on_both(warehouses, view, lambda _: None)


def test_windows_of_busy_circuits(warehouses):
    """Runs of every length, moves, raised levels and hours that are missing."""
    whole = {"down_minutes": 0.0, "status_hourly": "Up", "sample_count": 12}
    whole |= {"quality_sample_count": 6, "availability_pct": 100.0}
    rows = [{**whole, **row} for row in busy_hours(5, circuits=4, hours=30)]
    rows = [{**row, "observed_minutes": row["observed_minutes"] or 0.0} for row in rows]
    ends = [{"hour": HOUR.replace(hour=0) + n * H, "time_zone": "UTC"} for n in (5, 23, 29)]

    def fill(warehouse: Warehouse) -> None:
        warehouse.store(CIRCUIT_HOUR, conform(rows, CIRCUIT_HOUR), A_WEEK)
        warehouse.store(DIM_HOUR, conform(ends, DIM_HOUR), A_WEEK)
        warehouse.store(CIRCUIT_POLL, conform([], CIRCUIT_POLL), A_WEEK)
        stored = map(warehouse.lazy, (CIRCUIT_HOUR, CIRCUIT_POLL, DIM_HOUR))
        warehouse.store(CIRCUIT_WINDOW, circuit_windows(*stored), A_WEEK)

    found = assert_equal_on_both(warehouses, CIRCUIT_WINDOW, fill)
    assert len({row["utilization_high_longest_hours"] for row in found}) > 4


def test_figures_are_formatted_alike_in_messages(warehouses):
    """Five transitions in the hour, and a load of 85 % at a level of 80."""
    turns = ["10:00", "10:05", "10:10", "10:15", "10:20", "10:30"]
    states = [
        {
            **state("C1", "down" if n % 2 else "up", start, end),
            "down_cause": "port" if n % 2 else None,
            "turned_to": "down" if n % 2 else "up",
        }
        for n, (start, end) in enumerate(pairwise(turns))
    ]
    link_state = {"is_link_up": True, "evidence": "heard"}
    whole = {"up_minutes": 60.0, "down_minutes": 0.0, "known_down_minutes": 0.0}
    whole |= {"unknown_minutes": 0.0, "status_hourly": "Up", "flap_count": 5, "sample_count": 6}
    whole |= {"observed_minutes": 30.0, "quality_minutes": 0.0, "quality_sample_count": 0}
    given = estate_now(circuit_state=[{**row, **link_state} for row in (*states, state("C2"))])
    load = {"utilization_pct": 85.0, "rx_bytes": 1_912_500_000, "tx_bytes": 0, "dropped_count": 0}
    given["dim_site"] = [{"store_type": "Express", **row} for row in given["dim_site"]]
    given["circuit_hour"] = [{**row, **whole, **load} for row in given["circuit_hour"]]

    def fill(warehouse: Warehouse) -> None:
        for table in NOW_SOURCES:
            rows = conform(given.get(table.name, ()), table)
            warehouse.store(table, rows, A_DAY if table.partition else None)
        warehouse.store(CURRENT_STATE, current_states(*map(warehouse.lazy, NOW_SOURCES)))

    rows = assert_equal_on_both(warehouses, CURRENT_STATE, fill)
    messages_of = {row["circuit_id"]: row["messages"] for row in rows}
    assert "5 transitions in an hour; utilization high (85.0)" in messages_of["C1"]


def test_hours_of_a_corrected_contract(warehouses):
    """At 100 Mbit/s in all three hours; since half past ten the contract has 50."""
    at = HOUR + H / 2
    whole = {"up_minutes": 60.0, "down_minutes": 0.0, "known_down_minutes": 0.0}
    whole |= {"unknown_minutes": 0.0, "status_hourly": "Up", "observed_minutes": 0.0}
    whole |= {"sample_count": 0, "quality_minutes": 0.0, "quality_sample_count": 0}
    whole |= {"circuit_id": "C1", "site_id": "S1", "bandwidth_mbps": 100.0}
    hours_of_c1 = [{**whole, "hour": HOUR + n * H} for n in (-1, 0, 1)]
    c1 = {**circuit(), "circuit_id": "C1"}
    versions = [
        {**c1, "bandwidth_mbps": 100.0, "valid_to": at},
        {**c1, "bandwidth_mbps": 50.0, "valid_from": at},
    ]
    for warehouse in warehouses:
        warehouse.store(CIRCUIT_HOUR, conform(hours_of_c1, CIRCUIT_HOUR), A_DAY)
        warehouse.store(DIM_CIRCUIT, conform(versions, DIM_CIRCUIT))
        stale = corrected_hours(*map(warehouse.lazy, (CIRCUIT_HOUR, DIM_CIRCUIT)))
        assert sorted(warehouse.query(stale)["hour"]) == [HOUR, HOUR + H]


def test_dimensions(warehouses):
    inventory = [
        wan_port(0, groups="|Region-West|Type-Express|", was_up=True, port_speed_mbps=1000.0),
        wan_port(1, groups="\nRegion-North|East\n", was_up=True, port_speed_mbps=1000.0),
        wan_port(2, groups="\nRegion-North|East\n", contract_circuit_id="C9"),
    ]
    at = {"taken_at": DAYS[2], "site_id": "S1", "gateway_mac": GATEWAY, "circuit_port_id": PORT}
    contracts = [
        {**at, "contract_circuit_id": "C9", "contract_down_mbps": mbps, "contract_line": line}
        | {"contract_valid_from": begin, "contract_valid_to": end}
        for line, mbps, begin, end in ((2, 10.0, DAYS[1], DAYS[2]), (3, 50.0, DAYS[2], None))
    ]

    def fill(warehouse: Warehouse) -> None:
        warehouse.store(RAW_INVENTORY, conform(inventory, RAW_INVENTORY))
        raw = warehouse.lazy(RAW_INVENTORY)
        warehouse.store(DIM_SITE, dim_site(raw, "Region-", "Type-"))
        warehouse.store(DIM_CONTRACT, conform(contracts, DIM_CONTRACT))
        dated = warehouse.lazy(DIM_CONTRACT)
        warehouse.store(DIM_CIRCUIT, dim_circuit(raw, dated))
        warehouse.store(CIRCUIT_PORT, circuit_port(raw, dated))

    rows = assert_equal_on_both(warehouses, DIM_SITE, fill)
    assert [row["region"] for row in rows] == ["West", "North|East"]
    rows = assert_equal_on_both(warehouses, DIM_CIRCUIT, lambda _: None)
    assert [(row["circuit_id"], row["bandwidth_mbps"]) for row in rows] == [
        ("C9", 10.0),
        ("C9", 50.0),
        ("S1:ge-0/0/0", 1000.0),
    ]
    assert_equal_on_both(warehouses, CIRCUIT_PORT, lambda _: None)


def test_bandwidth_from_every_set_of_sources(warehouses):
    ports = [
        wan_port(0, port=f"ge-0/0/{n}", was_up=True, **bandwidths)
        for n, bandwidths in enumerate(every_way())
    ]

    def fill(warehouse: Warehouse) -> None:
        warehouse.store(RAW_INVENTORY, conform(ports, RAW_INVENTORY))
        warehouse.store(
            DIM_CIRCUIT, dim_circuit(*map(warehouse.lazy, (RAW_INVENTORY, DIM_CONTRACT)))
        )

    rows = assert_equal_on_both(warehouses, DIM_CIRCUIT, fill)
    assert len(rows) == 256
    assert {row["bandwidth_source"] for row in rows} == {
        *("contract", "site_variable", "shaping", "speed_test", "port_speed", None)
    }


def test_reports(warehouses):
    """Days as ragged as in the reports' own tests; what is stored keeps the day's rules."""
    days, sites, hours_of_zones = ragged_days(3)
    whole = {"up_minutes": 1440.0, "known_down_minutes": 0.0, "unknown_minutes": 0.0}
    stored_days = [{**row, **whole, "down_minutes": 0.0, "hour_count": 24} for row in days]
    stored_days = [{**row, "availability_pct": 100.0, "coverage_pct": 100.0} for row in stored_days]
    long = Window(A_DAY.start - 60 * 24 * H, A_DAY.end + 3 * 24 * H)

    def fill(warehouse: Warehouse) -> None:
        warehouse.store(CIRCUIT_DAY, conform(stored_days, CIRCUIT_DAY), long)
        warehouse.store(CIRCUIT_TRADING_DAY, conform(stored_days, CIRCUIT_TRADING_DAY), long)
        warehouse.store(DIM_SITE, conform(sites, DIM_SITE))
        warehouse.store(DIM_HOUR, conform(hours_of_zones, DIM_HOUR), long)
        stored = [warehouse.lazy(table) for table in (CIRCUIT_TRADING_DAY, DIM_SITE, DIM_HOUR)]
        warehouse.store(CHRONIC_OFFENDER, chronic_offenders(*stored, ChronicRule()))
        days_by_period = {"day": warehouse.lazy(CIRCUIT_DAY)}
        warehouse.store(TOP_OFFENDER, top_offenders(days_by_period, stored[1], 3))

    assert len(assert_equal_on_both(warehouses, CHRONIC_OFFENDER, fill)) > 3
    rows = assert_equal_on_both(warehouses, TOP_OFFENDER, lambda _: None)
    assert {row["ranked_by"] for row in rows} >= {"flap_count", "utilization_p95_pct"}


def test_trends(warehouses):
    """A small fleet of which half grows; a circuit with two weeks of history beside it."""
    fleets = [
        trading_days(seed, 4, days, g) for seed, days, g in ((0, 40, 0.5), (1, 40, 0), (2, 14, 0))
    ]
    named = [fleet.assign(circuit_id=fleet.circuit_id + f"-{n}") for n, fleet in enumerate(fleets)]
    whole = {"hour_count": 13, "up_minutes": 780.0, "down_minutes": 0.0, "unknown_minutes": 0.0}
    whole |= {"known_down_minutes": 0.0}
    days = pd.concat(named).assign(**whole).to_dict("records")
    site = {"site_id": "S1", "site_name": "Store 1", "region": "West", "store_type": "Express"}
    sites = [{**site, "valid_from": datetime(1970, 1, 1)}]
    year = Window(datetime(2026, 1, 1), datetime(2027, 1, 1))

    def fill(warehouse: Warehouse) -> None:
        warehouse.store(CIRCUIT_TRADING_DAY, conform(days, CIRCUIT_TRADING_DAY), year)
        warehouse.store(DIM_SITE, conform(sites, DIM_SITE))
        stored = (warehouse.lazy(CIRCUIT_TRADING_DAY), warehouse.lazy(DIM_SITE))
        warehouse.store(TREND, trends(*stored, TrendRule(days=28)))

    rows = assert_equal_on_both(warehouses, TREND, fill)
    assert {row["verdict"] for row in rows} == {"rising", "steady", "too_short"}
