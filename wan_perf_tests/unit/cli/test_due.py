"""Which hours each run of a range is made of."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from wan_perf.cli.runs import Runs
from wan_perf.settings import read_settings

NOW = datetime(2026, 3, 31, 12)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OLDEST = NOW - 14 * DAY
"""The first hour of which Mist has events."""


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        pytest.param(OLDEST, [(OLDEST, NOW)], id="all that Mist keeps: one run, no hour before it"),
        pytest.param(NOW - 9 * DAY, [(NOW - 9 * DAY - HOUR, NOW)], id="an hour early where it may"),
        pytest.param(
            NOW - 30 * DAY,
            [
                (NOW - 30 * DAY, NOW - 16 * DAY),
                (NOW - 16 * DAY, NOW - 2 * DAY),
                (NOW - 2 * DAY - HOUR, NOW),
            ],
            id="30 days: 14, 14 and 2",
        ),
    ],
)
def test_a_range_has_a_run_for_each_two_weeks(
    tmp_path: Path, first: datetime, expected: list[tuple[datetime, datetime]]
):
    settings = read_settings(WAN_PERF_HOME=str(tmp_path), WAN_PERF_START="2026-01-01T00:00")
    chunks = Runs(settings).chunks(first, NOW, NOW, due_only=False)
    assert list(chunks) == expected
