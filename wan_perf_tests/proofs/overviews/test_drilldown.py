"""The drilldown from regions to circuits: each level adds up to the one above, on both engines."""

from datetime import datetime

import pytest

from wan_perf.schema.declaration import View
from wan_perf.schema.tables import (
    CIRCUIT_DAY,
    DRILLDOWN_CIRCUIT,
    DRILLDOWN_REGION,
    DRILLDOWN_SITE,
    REGION_PERIODS,
    TABLES,
)
from wan_perf.warehouse import views
from wan_perf_tests.support.kpi.both_engines import assert_equal_on_both
from wan_perf_tests.support.overviews.rows import (
    DAY,
    Both,
    Row,
    circuit,
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
