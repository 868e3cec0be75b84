"""Instants as people write them: with a zone, as a date, relative to now."""

from datetime import datetime

import pytest

from wan_perf.time_argument import EXAMPLES, time_argument

NOW = datetime(2026, 3, 8, 12, 34)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        pytest.param("2025-01-25T00:00:00Z", datetime(2025, 1, 25), id="the older tool's command"),
        pytest.param("2025-01-25T00:00:00+02:00", datetime(2025, 1, 24, 22), id="east of UTC"),
        pytest.param("2025-01-25 00:00-0530", datetime(2025, 1, 25, 5, 30), id="west of UTC"),
        pytest.param("2025-01-25", datetime(2025, 1, 25), id="a date"),
        pytest.param("2025-01-25T14:00", datetime(2025, 1, 25, 14), id="without a zone: UTC"),
        pytest.param(" now ", NOW, id="now"),
        pytest.param("-1d", datetime(2026, 3, 7, 12, 34), id="a day ago"),
        pytest.param("-36H", datetime(2026, 3, 7, 0, 34), id="hours ago"),
        pytest.param("-90m", datetime(2026, 3, 8, 11, 4), id="minutes ago"),
    ],
)
def test_an_instant_is_naive_utc(text: str, at: datetime):
    assert time_argument(text).resolved(NOW) == at


@pytest.mark.parametrize(
    "text", ["", "yesterday", "-1w", "1d", "2025-13-01", "25.01.2025", "-999999d x", "1737763200"]
)
def test_what_is_no_instant_is_refused_with_examples(text: str):
    with pytest.raises(ValueError, match="is no instant; give one such as") as refused:
        time_argument(text)
    assert EXAMPLES in str(refused.value)


def test_every_example_is_taken():
    assert [time_argument(each) for each in EXAMPLES.split(", ")]
