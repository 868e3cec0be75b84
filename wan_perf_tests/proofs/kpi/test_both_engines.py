"""The same expressions, stored through both warehouses, give the same rows."""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from wan_perf.kpi.dimensions.sites_and_circuits import circuit_port, dim_circuit, dim_site
from wan_perf.kpi.hour.corrections import corrected_hours
from wan_perf.kpi.reports.chronic_offenders import chronic_offenders
from wan_perf.kpi.reports.current_state import current_states
from wan_perf.kpi.reports.top_offenders import top_offenders
from wan_perf.kpi.reports.trend import trends
from wan_perf.kpi.windows.trailing_windows import circuit_windows
from wan_perf.policy.thresholds import ChronicRule, TrendRule
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import (
    CHRONIC_OFFENDER,
    CIRCUIT_DAY,
    CIRCUIT_HOUR,
    CIRCUIT_POLL,
    CIRCUIT_PORT,
    CIRCUIT_TRADING_DAY,
    CIRCUIT_WINDOW,
    CURRENT_STATE,
    DIM_CIRCUIT,
    DIM_CONTRACT,
    DIM_HOUR,
    DIM_SITE,
    RAW_INVENTORY,
    TOP_OFFENDER,
    TREND,
)
from wan_perf.warehouse import DuckDBWarehouse, Warehouse, Window
from wan_perf_tests.support.kpi.bandwidths import every_way
from wan_perf_tests.support.kpi.both_engines import (
    A_DAY,
    A_WEEK,
    assert_equal_on_both,
    on_snowflake,
)
from wan_perf_tests.support.kpi.current_rows import SOURCES as NOW_SOURCES
from wan_perf_tests.support.kpi.current_rows import estate as estate_now
from wan_perf_tests.support.kpi.current_rows import state
from wan_perf_tests.support.kpi.estate import circuit
from wan_perf_tests.support.kpi.loads import ragged as busy_hours
from wan_perf_tests.support.kpi.ragged_days import ragged as ragged_days
from wan_perf_tests.support.kpi.rows import GATEWAY, HOUR, PORT, H
from wan_perf_tests.support.kpi.snapshots import DAYS, wan_port
from wan_perf_tests.support.kpi.trend_fleet import trading_days
from wan_perf_tests.support.warehouse.snowflake import in_process

# The stand-in copies every answer, and DuckDB warns of it.
pytestmark = [
    pytest.mark.proof,
    pytest.mark.filterwarnings("ignore:Arrow output on a DB-API result:UserWarning"),
]


@pytest.fixture
def warehouses(tmp_path: Path) -> Iterator[tuple[Warehouse, Warehouse]]:
    with in_process():
        yield DuckDBWarehouse(tmp_path / "wan.duckdb"), on_snowflake()


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
    link_state = {"is_link_up": True, "state_evidence": "observed"}
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
