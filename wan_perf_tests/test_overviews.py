"""The views for BI tools: figures that a person can add up, the same on both engines."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from wan_perf.cli import commands
from wan_perf.schema.declaration import View
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import (
    CIRCUIT_DAY,
    DRILLDOWN_CIRCUIT,
    DRILLDOWN_REGION,
    DRILLDOWN_SITE,
    ENGINEERING_VIEW,
    EXECUTIVE_OVERVIEW,
    REGION_PERIODS,
    TABLES,
    TOP_OFFENDERS,
)
from wan_perf.warehouse import DuckDBWarehouse, Warehouse, Window, views
from wan_perf_tests.kpi.test_both_engines import assert_equal_on_both
from wan_perf_tests.snowflake import in_process, stand_in

# The stand-in copies every answer, and DuckDB warns of it.
pytestmark = [
    pytest.mark.proof,
    pytest.mark.filterwarnings("ignore:Arrow output on a DB-API result:UserWarning"),
]

Row = dict[str, Any]
Both = tuple[Warehouse, Warehouse]
ALWAYS = datetime(1970, 1, 1)
YEARS = Window(datetime(2025, 1, 1), datetime(2027, 1, 1))
JAN, FEB, MAR, MAY, JUN = (date(2026, month, 1) for month in (1, 2, 3, 5, 6))
DAY = date(2026, 3, 8)
NOW = datetime(2026, 3, 8, 12)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Filled by one estate after the other; what is read of each is cached."""
    with in_process():
        folder = tmp_path_factory.mktemp("overviews")
        yield DuckDBWarehouse(folder / "wan_perf.duckdb"), stand_in()


def store_rows(warehouse: Warehouse, given: Mapping[str, Iterable[Row]]) -> None:
    for name, rows in given.items():
        table = TABLES[name]
        window = YEARS if table.partition else None
        warehouse.store(table, conform(list(rows), table), window)


def by(rows: Iterable[Row], *key: str) -> dict[Any, Row]:
    return {tuple(row[n] for n in key) if len(key) > 1 else row[key[0]]: row for row in rows}


def site(name: str, region: str = "West", **columns: Any) -> Row:
    own = {"site_id": name, "site_name": f"Store {name}", "region": region, "valid_from": ALWAYS}
    return {**own, "site_kind": "store", "store_type": "Express", **columns}


def up(hours: int, minutes: float = 0.0, **columns: Any) -> Row:
    """So many hours in service, up all the time but for the minutes."""
    whole = 60.0 * hours
    states = {"up_minutes": whole - minutes, "down_minutes": minutes, "unknown_minutes": 0.0}
    return {
        "hour_count": hours,
        **states,
        "known_down_minutes": minutes,
        "flap_count": 0,
        **columns,
    }


def of_region(month: date, region: str = "West", **columns: Any) -> Row:
    return {"month": month, "region": region, **up(2976, circuit_count=4), **columns}


def days(first: date, count: int, region: str = "West") -> list[Row]:
    return [
        {"day": first + timedelta(days=n), "region": region, **up(96, circuit_count=4)}
        | {"is_whole": True}
        for n in range(count)
    ]


def load(high: int | None, judged: int) -> Row:
    return {"utilization_high_hours": high, "utilization_judged_hours": judged}


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


def circuit(name: str, at: str, **columns: Any) -> Row:
    return {"circuit_id": name, "site_id": at, "valid_from": ALWAYS, **columns}


def now(name: str, at: str, **columns: Any) -> Row:
    own = {"as_of_at": NOW, "circuit_id": name, "site_id": at, "is_stale": False}
    return {**own, "severity": "normal", "state": "up", **columns}


def last_hours(hour: int, length: int, name: str, **columns: Any) -> Row:
    own = {"hour": NOW.replace(hour=hour), "window_hours": length, "circuit_id": name}
    return {**own, "site_id": "S1", **up(length), **columns}


def this_noon() -> dict[str, list[Row]]:
    """C1 is slow and C2 down at S1; S2 is dark with C3 and C4; of C4 there is nothing else."""
    alert = {"as_of_at": NOW, "messages": "as told"}
    gone = {"severity": "critical", "state": "down", "messages": "site dark"}
    return {
        "dim_site": [site("S1"), site("S2", store_type="Mall")],
        "dim_circuit": [
            circuit("C1", "S1", provider="Old Telecom", valid_to=datetime(2026, 3, 1)),
            circuit("C1", "S1", provider="New Telecom", valid_from=datetime(2026, 3, 1)),
            circuit("C2", "S1", provider="Copperline", bandwidth_mbps=50.0),
            circuit("C3", "S2", provider="Copperline"),
        ],
        "current_state": [
            now("C1", "S1", loss_avg_pct=0.2, latency_avg_ms=40.0, utilization_now_pct=91.0),
            now("C2", "S1", severity="warning", state="down", messages="secondary down (isp)"),
            *(now("C3", "S2", **gone), now("C4", "S2", **gone)),
        ],
        "active_alert": [
            {**alert, "site_id": "S1", "circuit_id": "C2", "severity": "warning", "since": NOW},
            {**alert, "site_id": "S2", "severity": "critical"},
        ],
        "circuit_window": [
            last_hours(11, 24, "C1", loss_avg_pct=0.1, utilization_pct=60.0, **load(5, 20)),
            last_hours(11, 3, "C1", loss_avg_pct=0.3, utilization_pct=90.0),
            last_hours(10, 24, "C1", loss_avg_pct=0.4, utilization_pct=50.0),
            last_hours(11, 24, "C2", flap_count=6),
            last_hours(10, 24, "C3", flap_count=2),
        ],
        "trend": [
            {
                "as_of_day": DAY,
                "circuit_id": "C1",
                "site_id": "S1",
                "day_count": 60,
                "verdict": "rising",
                "slope_pct_per_day": 0.2,
                "days_to_80": 12,
            },
        ],
    }


@pytest.fixture(scope="module")
def circuits_now(both: Both) -> dict[Any, Row]:
    rows = assert_equal_on_both(both, ENGINEERING_VIEW, lambda w: store_rows(w, this_noon()))
    return by(rows, "circuit_id")


def test_engineers_see_a_circuit_now_beside_its_newest_24_hours(
    circuits_now: dict[Any, Row],
) -> None:
    found = circuits_now
    assert set(found) == {"C1", "C2", "C3", "C4"}
    first = found["C1"]
    assert (first["loss_avg_pct"], first["loss_avg_24h_pct"]) == (0.2, 0.1)
    assert (first["utilization_now_pct"], first["utilization_24h_pct"]) == (91.0, 60.0)
    assert (first["utilization_high_hours"], first["hour"]) == (5, NOW.replace(hour=11))
    assert (first["verdict"], first["days_to_80"]) == ("rising", 12)
    assert (first["provider"], first["store_type"]) == ("New Telecom", "Express")
    assert found["C2"]["flap_count"] == 6
    assert found["C2"]["bandwidth_mbps"] == 50.0


def test_the_alert_of_a_site_is_that_of_each_of_its_circuits(circuits_now: dict[Any, Row]) -> None:
    alerts = {
        name: (row["alert_severity"], row["alert_since"]) for name, row in circuits_now.items()
    }
    assert alerts == {
        "C1": (None, None),
        "C2": ("warning", NOW),
        "C3": ("critical", None),
        "C4": ("critical", None),
    }


def test_a_circuit_without_a_newest_window_trend_or_description_keeps_its_row(
    circuits_now: dict[Any, Row],
) -> None:
    found = circuits_now
    for name in ("hour", "flap_count", "availability_24h_pct", "verdict"):
        assert found["C3"][name] is None  # its window ended an hour before the newest
    assert found["C4"]["provider"] is None
    assert found["C4"]["store_type"] == "Mall"


def test_offenders_are_listed_by_name_the_worst_first(both: Both) -> None:
    common = {"period": "month", "period_start": FEB, "site_id": "S1", "site_name": "Store S1"}
    flaps = {**common, "ranked_by": "flap_count"}
    chronic = {"as_of_day": DAY, "circuit_id": "C1", "site_id": "S1", "trading_day_count": 20}
    chronic |= {"comparable_day_count": 18, "bad_day_count": 12, "bad_since_day": FEB}
    chronic |= {"bad_last_day": DAY, "high_day_count": 12, "flapping_day_count": 0}
    given: dict[str, list[Row]] = {
        **{name: this_noon()[name] for name in ("dim_site", "dim_circuit")},
        "top_offender": [
            {**flaps, "circuit_id": "C2", "place": 2, "value": 8.0},
            {**flaps, "circuit_id": "C1", "place": 1, "value": 30.0},
            {
                **flaps,
                "ranked_by": "known_down_minutes",
                "circuit_id": "C1",
                "place": 1,
                "value": 9,
            },
            {**flaps, "period": "day", "circuit_id": "C1", "place": 1, "value": 3.0},
            {**flaps, "period": "day", "circuit_id": "C9", "place": 2, "value": 1.0},
        ],
        "chronic_offender": [{**chronic, "outage_day_count": 0}],
    }
    rows = assert_equal_on_both(both, TOP_OFFENDERS, lambda w: store_rows(w, given))
    monthly = [row for row in rows if (row["period"], row["ranked_by"]) == ("month", "flap_count")]
    assert [(row["circuit_id"], row["value"]) for row in monthly] == [("C1", 30.0), ("C2", 8.0)]
    first, second = monthly
    assert (first["provider"], first["ranking_count"]) == ("New Telecom", 2)
    assert (first["bad_day_count"], first["bad_since_day"]) == (12, FEB)
    assert (second["provider"], second["ranking_count"]) == ("Copperline", 1)
    assert second["bad_day_count"] is None
    unknown = by(rows, "period", "circuit_id")["day", "C9"]
    assert unknown["provider"] is None


def a_day() -> dict[str, list[Row]]:
    """S1 with C1 (3 of 10 hours above high) and C2 (1 of 20); S2 with C3, of which none is judged.

    CH is at a hub, C4 at a site that closed in the day: neither is in a region.
    """
    noon = datetime(2026, 3, 8, 12)
    given = {
        "C1": up(24, 14.4, site_id="S1", rx_bytes=10, **load(3, 10)),
        "C2": up(24, 0.0, site_id="S1", rx_bytes=5, **load(1, 20)),
        "C3": up(24, 0.0, site_id="S2", rx_bytes=None, **load(None, 0)),
        "CH": up(24, 0.0, site_id="H1", rx_bytes=7, **load(9, 9)),
        "C4": up(24, 0.0, site_id="S9", rx_bytes=9, **load(9, 9)),
    }
    return {
        "dim_site": [
            *(site("S1"), site("S2"), site("H1", site_kind="hub"), site("S9", valid_to=noon)),
        ],
        "dim_circuit": [
            circuit("C1", "S1", provider="Old Telecom", valid_to=noon),
            circuit("C1", "S1", provider="New Telecom", valid_from=noon),
            circuit("C2", "S1", provider="Copperline", valid_to=noon),
        ],
        "circuit_day": [{"day": DAY, "circuit_id": name, **row} for name, row in given.items()],
        "site_day": [
            {"day": DAY, "site_id": "S1", **up(48, 14.4, circuit_count=2, **load(4, 30))},
            {"day": DAY, "site_id": "S2", **up(24, 0.0, circuit_count=1, **load(None, 0))},
            {"day": DAY, "site_id": "H1", **up(24, 0.0, circuit_count=1, **load(9, 9))},
        ],
        "region_day": [
            {"day": DAY, "region": "West", **up(72, 14.4, circuit_count=3, **load(4, 30))},
        ],
    }


@pytest.fixture(scope="module")
def levels(both: Both) -> list[list[Row]]:
    """Regions, sites, circuits."""
    for warehouse in both:
        store_rows(warehouse, a_day())
    views_of_levels = (DRILLDOWN_REGION, DRILLDOWN_SITE, DRILLDOWN_CIRCUIT)
    return [assert_equal_on_both(both, view, lambda _: None) for view in views_of_levels]


def test_each_level_of_the_drilldown_adds_up_to_the_one_above(levels: list[list[Row]]) -> None:
    regions, sites, circuits = levels
    for name in ("circuit_count", "hour_count", "up_minutes", "utilization_judged_hours"):
        [of_region] = [row[name] for row in regions]
        assert sum(row[name] for row in sites) == of_region
        assert sum(row[name] for row in circuits) == of_region
    assert {row["site_id"]: row["region"] for row in sites} == {"S1": "West", "S2": "West"}
    assert {row["circuit_id"] for row in circuits} == {"C1", "C2", "C3"}
    assert {row["site_id"] for row in circuits} == {row["site_id"] for row in sites}


def test_a_ratio_of_a_level_is_one_of_sums(levels: list[list[Row]]) -> None:
    _, sites, circuits = levels
    shares = {row["circuit_id"]: row["utilization_high_hours_pct"] for row in circuits}
    assert shares == {"C1": 30.0, "C2": 5.0, "C3": None}
    shares = {row["site_id"]: row["utilization_high_hours_pct"] for row in sites}
    assert shares == {"S1": 13.3333, "S2": None}  # 4 of 30 hours; the mean would be 17.5


def test_a_circuit_is_named_as_the_day_ended(levels: list[list[Row]]) -> None:
    providers = {row["circuit_id"]: row["provider"] for row in levels[-1]}
    assert providers == {"C1": "New Telecom", "C2": None, "C3": None}


def test_every_level_has_the_measures_of_a_circuit_day() -> None:
    identity = {
        *("day", "region", "site_id", "site_name", "store_type"),
        *("circuit_id", "wan_name", "provider", "medium", "role"),
    }
    levels = [DRILLDOWN_REGION, DRILLDOWN_SITE, DRILLDOWN_CIRCUIT]
    first, *others = [[n for n in level.columns if n not in identity] for level in levels]
    assert all(other == first for other in others)
    own = {"circuit_count", "utilization_high_hours_pct"}
    assert set(first) - own == set(CIRCUIT_DAY.columns) & set(REGION_PERIODS["day"].columns) - {
        "day"
    }


@pytest.mark.parametrize(
    "view", [t for t in TABLES.values() if t.group == "overviews"], ids=lambda view: view.name
)
def test_an_overview_is_made_with_a_table_that_no_hour_stores(view: View) -> None:
    """Each store of it asks for the view's text."""
    source = TABLES[view.sources[0]]
    assert view in views.made_with(source)
    assert source.partition not in ("hour", "pass_at", "started_at")
