"""Days that are compared with corrected contracts: those that changed, and no others."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from wan_perf.defs.automation.changed_days import day_digests, days_to_compare
from wan_perf.defs.automation.late_data import hours_of_corrections
from wan_perf.policy.thresholds import Override, Policy
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import CIRCUIT_HOUR, DIM_CIRCUIT, DIM_POLICY, DIM_SITE
from wan_perf.warehouse import DuckDBWarehouse, Window
from wan_perf_tests.support.kpi.estate import site

DAY = timedelta(days=1)
START = datetime(2026, 3, 1)
NOW = datetime(2026, 3, 10, 10, 20)
FIRST, LAST = START.date(), NOW.date()
AT = datetime.fromisoformat
SCHEDULE = Policy().trading_hours


def version(
    mbps: float, since: str = "1970-01-01", until: str | None = None, circuit: str = "C1"
) -> dict[str, object]:
    return {
        "circuit_id": circuit,
        "site_id": "S1",
        "bandwidth_mbps": mbps,
        "valid_from": AT(since),
        "valid_to": AT(until) if until else None,
    }


def digests(*rows: dict[str, object]) -> dict[str, str]:
    frame = conform(list(rows), DIM_CIRCUIT)
    return day_digests(frame, ["circuit_id", "bandwidth_mbps"], FIRST, LAST)


BEFORE = [version(100), version(20, circuit="C2")]


@pytest.mark.parametrize(
    ("after", "changed"),
    [
        pytest.param(BEFORE[::-1], [], id="in another order"),
        pytest.param([version(100)], range(1, 11), id="a circuit that is gone"),
        pytest.param(
            [version(100, until="2026-03-08"), version(50, "2026-03-08"), BEFORE[1]],
            [8, 9, 10],
            id="from a midnight on",
        ),
        pytest.param(
            [version(100, until="2026-03-03T07:30"), version(50, "2026-03-03T07:30"), BEFORE[1]],
            range(3, 11),
            id="from within a day on",
        ),
        pytest.param(
            [
                version(100, until="2026-03-03T07:00"),
                version(50, "2026-03-03T07:00", "2026-03-03T09:00"),
                version(100, "2026-03-03T09:00"),
                BEFORE[1],
            ],
            [3],
            id="two hours of a day",
        ),
    ],
)
def test_days_whose_versions_changed_have_another_digest(after, changed):
    before, now = digests(*BEFORE), digests(*after)
    assert len(before) == 10
    assert [date.fromisoformat(d).day for d in now if now[d] != before[d]] == [*changed]


def test_a_change_within_an_hour_changes_its_day():
    one, other = (
        digests(version(100, until=f"2026-03-03T07:{m}"), version(50, f"2026-03-03T07:{m}"))
        for m in (10, 40)
    )
    assert [d for d in one if one[d] != other[d]] == ["2026-03-03"]


def test_what_agreed_is_not_compared_again_but_the_newest_two_days():
    known = digests(*BEFORE)
    assert days_to_compare(known, known, LAST, 92) == [LAST, LAST - DAY]
    assert days_to_compare(known, {}, LAST, 4) == [LAST - n * DAY for n in range(4)]


def test_a_correction_of_any_age_is_found_until_its_hours_agree(tmp_path: Path):
    """Ten days of one circuit at 100 Mbit/s, of which three turn out to have had 50."""
    warehouse = DuckDBWarehouse(tmp_path / "wan.duckdb")
    month = Window(START, START + 31 * DAY)
    whole = {"site_id": "S1", "up_minutes": 60.0, "down_minutes": 0.0, "known_down_minutes": 0.0}
    whole |= {"unknown_minutes": 0.0, "status_hourly": "Up", "observed_minutes": 0.0}
    whole |= {"sample_count": 0, "quality_minutes": 0.0, "quality_sample_count": 0}
    corrected = [version(100, until="2026-03-02"), version(50, "2026-03-02", "2026-03-05")]
    corrected += [version(100, "2026-03-05")]

    def store(mbps: dict[int, int]) -> None:
        hours = pd.date_range(START, NOW, freq="h").to_pydatetime()
        rows = [
            {**whole, "hour": at, "circuit_id": "C1", "bandwidth_mbps": mbps.get(at.day, 100)}
            for at in hours
        ]
        warehouse.store(CIRCUIT_HOUR, conform(rows, CIRCUIT_HOUR), month)

    store({})
    warehouse.store(DIM_CIRCUIT, conform([version(100)], DIM_CIRCUIT))
    found, compared = hours_of_corrections(warehouse, {}, START, NOW, SCHEDULE)
    assert (found, len(compared)) == ([], 10)

    warehouse.store(DIM_CIRCUIT, conform(corrected, DIM_CIRCUIT))
    for _ in range(2):  # its runs may fail: it is found until it is done
        found, compared = hours_of_corrections(warehouse, compared, START, NOW, SCHEDULE)
        assert (found[0], found[-1], len(found)) == (AT("2026-03-02"), AT("2026-03-04T23:00"), 72)
        assert len(compared) == 7

    store({2: 50, 3: 50, 4: 50})
    found, compared = hours_of_corrections(warehouse, compared, START, NOW, SCHEDULE)
    assert (found, len(compared)) == ([], 10)


def test_an_override_that_is_dated_back_is_found_until_its_hours_agree(tmp_path: Path):
    """West is judged by 85 from noon of the second on; the hours were stored with the default."""
    warehouse = DuckDBWarehouse(tmp_path / "wan.duckdb")
    month = Window(START, START + 31 * DAY)
    whole = {"site_id": "S1", "up_minutes": 60.0, "down_minutes": 0.0, "known_down_minutes": 0.0}
    whole |= {"unknown_minutes": 0.0, "status_hourly": "Up", "observed_minutes": 0.0}
    whole |= {"sample_count": 0, "quality_minutes": 0.0, "quality_sample_count": 0}
    whole |= {"circuit_id": "C1", "bandwidth_mbps": 100.0}
    noon = AT("2026-03-02T12:00")
    west = Override(metric="utilization_pct", region="West", high=85, since=noon)

    def store(high_from_noon: float) -> None:
        defaults = {
            f"{row['metric'].rpartition('_')[0]}_{row['severity']}_level_"
            f"{row['metric'].rpartition('_')[2]}": row["level"]
            for row in Policy().rows()
        }
        rows = []
        for at in pd.date_range(START, NOW, freq="h").to_pydatetime():
            high = high_from_noon if at >= noon else 80.0
            rows.append({**whole, **defaults, "hour": at, "utilization_high_level_pct": high})
        warehouse.store(CIRCUIT_HOUR, conform(rows, CIRCUIT_HOUR), month)

    def levels(policy: Policy) -> None:
        warehouse.store(DIM_POLICY, conform(policy.rows(), DIM_POLICY))

    store(80.0)
    warehouse.store(DIM_CIRCUIT, conform([version(100)], DIM_CIRCUIT))
    warehouse.store(DIM_SITE, conform([site()], DIM_SITE))
    levels(Policy())
    found, compared = hours_of_corrections(warehouse, {}, START, NOW, SCHEDULE)
    assert (found, len(compared)) == ([], 10)

    levels(Policy(override=(west,)))
    for _ in range(2):
        found, compared = hours_of_corrections(warehouse, compared, START, NOW, SCHEDULE)
        assert (found[0], found[-1], len(found)) == (noon, AT("2026-03-10T10:00"), 12 + 7 * 24 + 11)
        assert sorted(compared) == ["2026-03-01"]

    store(85.0)
    assert hours_of_corrections(warehouse, compared, START, NOW, SCHEDULE)[0] == []
