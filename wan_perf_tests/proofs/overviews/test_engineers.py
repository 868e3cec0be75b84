"""The views of engineers and of offenders: rows by hand, the same on both engines."""

from datetime import datetime
from typing import Any

import pytest

from wan_perf.schema.tables import (
    ENGINEERING_VIEW,
    TOP_OFFENDERS,
)
from wan_perf_tests.support.kpi.both_engines import assert_equal_on_both
from wan_perf_tests.support.overviews.rows import (
    DAY,
    FEB,
    NOW,
    Both,
    Row,
    by,
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


def now(name: str, at: str, **columns: Any) -> Row:
    own = {"as_of_at": NOW, "circuit_id": name, "site_id": at, "is_stale": False}
    return {**own, "severity": "normal", "state": "up", **columns}


def last_hours(hour: int, length: int, name: str, **columns: Any) -> Row:
    own = {"hour": NOW.replace(hour=hour), "window_hours": length, "circuit_id": name}
    return {**own, "site_id": "S1", **up(length), **columns}


def this_noon() -> dict[str, list[Row]]:
    """C1 is slow and C2 down at S1; S2 is dark with C3 and C4; of C4 there is nothing else."""
    alert = {"as_of_at": NOW, "messages": "as reported"}
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
