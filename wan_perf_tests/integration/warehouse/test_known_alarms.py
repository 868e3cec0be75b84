"""What earlier requests of alarms found, by what both engines have stored of them."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from wan_perf.defs.assets.alarms import known_alarms
from wan_perf.mist.endpoints.alarms import Known
from wan_perf.schema.frames import conform
from wan_perf.schema.tables import RAW_ALARM
from wan_perf.warehouse import Warehouse, Window

HOUR = timedelta(hours=1)
NOW = datetime.fromisoformat("2026-03-15T12:00:30")
NOON = datetime.fromisoformat("2026-03-15T12:00")


def alarm(name: str, hours_ago: int, raised_hours_ago: int, is_resolved: bool | None) -> Any:
    hour = NOON - hours_ago * HOUR
    return {
        "hour": hour,
        "alarm_id": name,
        "alarm_type": "gateway_down",
        "raised_at": NOON - raised_hours_ago * HOUR,
        "is_resolved": is_resolved,
        "fetched_at": hour + timedelta(seconds=20),
    }


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([], Known(), id="nothing was requested before"),
        pytest.param(
            [alarm("a", 1, 5, False), alarm("b", 1, 9, False), alarm("c", 1, 30, True)],
            Known(NOON - HOUR + timedelta(seconds=20), NOON - 9 * HOUR),
            id="the oldest open one counts, and none that is resolved",
        ),
        pytest.param(
            [alarm("a", 1, 5, None)],
            Known(NOON - HOUR + timedelta(seconds=20), NOON - 5 * HOUR),
            id="one of unknown state may be open",
        ),
        pytest.param(
            [alarm("a", 3, 9, False), alarm("a", 1, 9, True)],
            Known(NOON - HOUR + timedelta(seconds=20)),
            id="one that is resolved by now was open before",
        ),
        pytest.param(
            [alarm("a", 3, 9, False), alarm("a", 0, 9, False)],
            Known(NOON - 3 * HOUR + timedelta(seconds=20), NOON - 9 * HOUR),
            id="the hour in progress is requested again",
        ),
        pytest.param([alarm("a", 15 * 24, 400, False)], Known(), id="beyond the retention"),
    ],
)
def test_what_is_stored_says_how_far_the_next_request_reaches(
    warehouse: Warehouse, rows: list[Any], expected: Known
) -> None:
    window = Window(NOON - 400 * HOUR, NOON + HOUR)
    warehouse.store(RAW_ALARM, conform(rows, RAW_ALARM), window)
    assert known_alarms(warehouse, NOW) == expected
