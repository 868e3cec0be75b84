"""The overview of executives: figures that a person can add up, the same on both engines."""

import csv
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from wan_perf.cli import commands
from wan_perf.schema.tables import (
    EXECUTIVE_OVERVIEW,
)
from wan_perf.warehouse import DuckDBWarehouse
from wan_perf_tests.support.kpi.both_engines import assert_equal_on_both
from wan_perf_tests.support.overviews.rows import (
    FEB,
    JAN,
    JUN,
    MAR,
    MAY,
    Both,
    Row,
    by,
    load,
    site,
    store_rows,
    up,
)

# The stand-in copies every answer, and DuckDB warns of it.
pytestmark = [
    pytest.mark.proof,
    pytest.mark.filterwarnings("ignore:Arrow output on a DB-API result:UserWarning"),
]


def of_region(month: date, region: str = "West", **columns: Any) -> Row:
    return {"month": month, "region": region, **up(2976, circuit_count=4), **columns}


def days(first: date, count: int, region: str = "West") -> list[Row]:
    return [
        {"day": first + timedelta(days=n), "region": region, **up(96, circuit_count=4)}
        | {"is_whole": True}
        for n in range(count)
    ]


def months() -> dict[str, list[Row]]:
    """West: two whole months, three days of March, May, and June, whose last day has begun.

    East: a month of which nothing is known.

    S4 moves from East to West on 10 February; H1 is a hub.
    """
    jan = {"availability_pct": 99.0, "dark_minutes": 100.0, "unreachable_minutes": 20.0}
    feb = {"availability_pct": 99.5, "dark_minutes": 90.0, "unreachable_minutes": 0.0}
    mar = {"availability_pct": 98.5, "dark_minutes": 6.0, "unreachable_minutes": 0.0}
    moved = datetime(2026, 2, 10)
    stores = [
        (month, name) for month in (JAN, FEB, MAR, MAY, JUN) for name in ("S1", "S2", "H1", "S4")
    ]
    return {
        "dim_site": [
            *(site("S1"), site("S2"), site("S3", "East"), site("H1", site_kind="hub")),
            site("S4", "East", valid_to=moved),
            site("S4", "West", valid_from=moved),
        ],
        "region_month": [
            of_region(JAN, **jan, **load(30, 1500), failover_count=5),
            of_region(FEB, **feb, **load(15, 1500), failover_count=3),
            of_region(MAR, **mar, **load(9, 300), failover_count=1),
            of_region(MAY, **feb, **load(15, 1500), failover_count=2),
            of_region(JUN, **mar, **load(15, 1500), failover_count=9),
            of_region(JAN, "East", **load(None, 0)),
        ],
        "region_13_month": [of_region(FEB, availability_pct=99.25)],
        "region_day": [
            *(*days(JAN, 31), *days(FEB, 28), *days(MAR, 3), *days(MAY, 31)),
            *(*days(JUN, 29), days(JUN, 30)[-1] | {"is_whole": False}),
            *days(JAN, 31, "East"),
        ],
        "site_month": [
            {"month": month, "site_id": name, **up(744, circuit_count=2)}
            for month, name in (*stores, (JAN, "S3"))
        ],
    }


@pytest.fixture(scope="module")
def overview(both: Both) -> dict[Any, Row]:
    rows = assert_equal_on_both(both, EXECUTIVE_OVERVIEW, lambda w: store_rows(w, months()))
    return by(rows, "month", "region")


def test_executives_see_what_a_store_lost_and_whether_it_is_more(overview: dict[Any, Row]) -> None:
    january, february = overview[JAN, "West"], overview[FEB, "West"]
    assert january["site_count"] == 2
    assert january["lost_per_site_minutes"] == 60.0  # 100 + 20 minutes of two stores
    assert january["utilization_high_hours_pct"] == 2.0  # 30 of 1,500 hours
    assert january["availability_change_pct"] is None
    assert january["availability_13_month_pct"] is None
    assert february["site_count"] == 3
    assert february["lost_per_site_minutes"] == 30.0
    assert february["lost_per_site_change_minutes"] == -30.0
    assert february["availability_change_pct"] == 0.5
    assert february["utilization_high_hours_change_pct"] == -1.0
    assert february["failover_change_count"] == -2
    assert february["availability_13_month_pct"] == 99.25


def test_a_month_that_goes_on_is_compared_by_ratios_only(overview: dict[Any, Row]) -> None:
    march = overview[MAR, "West"]
    assert march["is_whole_month"] is False
    assert march["availability_change_pct"] == -1.0
    assert march["utilization_high_hours_change_pct"] == 2.0  # 3 % after 1 %
    assert march["lost_per_site_minutes"] == 2.0
    assert march["lost_per_site_change_minutes"] is None
    assert march["failover_change_count"] is None


def test_a_month_whose_last_day_is_in_progress_is_not_whole(overview: dict[Any, Row]) -> None:
    june = overview[JUN, "West"]
    assert (june["is_whole_month"], june["availability_change_pct"]) == (False, -1.0)
    assert june["lost_per_site_change_minutes"] is None
    assert june["failover_change_count"] is None


def test_a_month_after_a_gap_has_nothing_to_be_compared_with(overview: dict[Any, Row]) -> None:
    may = overview[MAY, "West"]
    assert may["is_whole_month"] is True
    assert {value for name, value in may.items() if "_change_" in name} == {None}


def test_what_is_unknown_of_a_region_stays_unknown(overview: dict[Any, Row]) -> None:
    east = overview[JAN, "East"]
    assert east["site_count"] == 2  # S4 was there until February
    for name in ("availability_pct", "lost_per_site_minutes", "utilization_high_hours_pct"):
        assert east[name] is None


def test_the_overview_of_executives_is_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_rows(DuckDBWarehouse(tmp_path / "wan_perf.duckdb"), months())
    monkeypatch.chdir(tmp_path)
    arguments = ["export", "executive_overview", "--format", "csv", "--out", "overview.csv"]
    monkeypatch.setenv("WAN_PERF_HOME", str(tmp_path))
    ended = CliRunner().invoke(commands, arguments)
    assert ended.output == "Wrote 6 rows of executive_overview to overview.csv.\n"
    with (tmp_path / "overview.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["lost_per_site_minutes"] for row in rows] == [
        "",
        "60.0",
        "30.0",
        "2.0",
        "30.0",
        "2.0",
    ]
