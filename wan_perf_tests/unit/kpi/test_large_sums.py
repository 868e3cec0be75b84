"""Bytes of a fleet, which 64 bits do not hold."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from wan_perf.kpi.rollups.calendar_periods import rolling_copies
from wan_perf.kpi.rollups.sites_and_regions import Parts, region_periods
from wan_perf.schema.frames import conform
from wan_perf.schema.periods import MONTH
from wan_perf.schema.tables import (
    CIRCUIT_13_MONTH,
    CIRCUIT_MONTH_HISTOGRAM,
    DIM_SITE,
    REGION_PERIODS,
    SITE_PERIODS,
)
from wan_perf.warehouse import DuckDBWarehouse, Warehouse, Window
from wan_perf_tests.support.warehouse.snowflake import stand_in

REGION = REGION_PERIODS["13_month"]
MARCH = Window(datetime(2026, 3, 1), datetime(2026, 4, 1))
BYTES = 4 * 10**18
"""Of one circuit: three of them are more than 2**63 - 1 = 9.2 * 10**18."""


def store_region(warehouse: Warehouse, circuits: int) -> None:
    hours = 9490
    circuit = {
        "month": date(2026, 3, 1),
        "site_id": "S1",
        "hour_count": hours,
        "capacity_down_bytes": BYTES,
        "capacity_up_bytes": BYTES,
        "used_rx_bytes": BYTES // 4,
        "used_tx_bytes": BYTES // 5,
        "up_minutes": 60.0 * hours,
        "down_minutes": 0.0,
        "known_down_minutes": 0.0,
        "unknown_minutes": 0.0,
    }
    rows = [{**circuit, "circuit_id": f"C{n}"} for n in range(circuits)]
    warehouse.store(CIRCUIT_13_MONTH, conform(rows, CIRCUIT_13_MONTH), MARCH)
    site = {"site_id": "S1", "region": "West", "store_type": "Express", "site_kind": "store"}
    site |= {"valid_from": datetime(1970, 1, 1)}
    warehouse.store(DIM_SITE, conform([site], DIM_SITE))
    sources = (CIRCUIT_13_MONTH, SITE_PERIODS["month"], CIRCUIT_MONTH_HISTOGRAM, DIM_SITE)
    months, sites, histograms, dim_site = map(warehouse.lazy, sources)
    parts = Parts(months, rolling_copies(sites), histograms, hours=None)
    rows = region_periods(parts, dim_site, MONTH)
    warehouse.store(REGION, rows.select(*REGION.columns), MARCH)


def test_a_region_carries_more_than_64_bits_hold(tmp_path: Path):
    warehouse = DuckDBWarehouse(tmp_path / "wan.duckdb")
    store_region(warehouse, 3)
    [row] = warehouse.query(warehouse.lazy(REGION)).to_dict("records")
    assert row["capacity_down_bytes"] == 3 * BYTES
    assert row["used_rx_bytes"] == 3 * BYTES // 4
    assert row["utilization_pct"] == 25.0


def test_a_table_of_64_bits_is_widened_and_keeps_its_rows(tmp_path: Path):
    """As a warehouse of before has it: the next store changes the type of the columns in place."""
    warehouse = DuckDBWarehouse(tmp_path / "wan.duckdb")
    store_region(warehouse, 1)
    bytes_of = [c.name for c in REGION.fields if c.unit == "B"]
    with warehouse.session() as session:
        for name in bytes_of:
            session.run(f"ALTER TABLE {REGION.name} ALTER COLUMN {name} SET DATA TYPE BIGINT")
        session.run(f"UPDATE {REGION.name} SET month = '2026-02-01'")
        assert session.run(f"SELECT DISTINCT typeof(rx_bytes) FROM {REGION.name}") == [("BIGINT",)]
    assert len(warehouse.query(warehouse.lazy(REGION))) == 1  # a reader finds it as it is declared
    store_region(warehouse, 3)
    with warehouse.session(read_only=True) as session:
        sql = f"SELECT capacity_down_bytes, typeof(rx_bytes) FROM {REGION.name} ORDER BY month"
        assert session.run(sql) == [
            (Decimal(BYTES), "DECIMAL(38,0)"),
            (Decimal(3 * BYTES), "DECIMAL(38,0)"),
        ]


def test_snowflake_casts_to_38_digits():
    """Its stand-in makes 64 bits of them, so that the statement is all that can be looked at."""
    warehouse = stand_in()
    total = warehouse.lazy(CIRCUIT_13_MONTH).rx_bytes.sum().cast(REGION.schema["rx_bytes"])
    assert "AS DECIMAL(38, 0)" in warehouse.sql(total)
    assert "rx_bytes NUMBER(38,0)" in warehouse.definition(REGION)


def test_ten_thousand_circuits_of_10_gbit_fit():
    """13 months of 397 days at most, at 10 Gbit/s: 4.3 * 10**20 bytes, of 38 digits 21."""
    seconds = timedelta(days=397) / timedelta(seconds=1)
    assert 10_000 * 10e9 / 8 * seconds < 10**21 < 10**38
