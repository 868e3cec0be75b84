"""The benchmark of a month stores what it says that it stores."""

import re

import pytest

from wan_perf_tests.benchmarks.estate import REALISTIC
from wan_perf_tests.benchmarks.month import month

pytestmark = pytest.mark.proof


def test_windows_are_those_of_the_last_days():
    """Hours of two days; of each of the second day's hours windows of 3, 12 and 24 hours."""
    printed = month(4, 2, REALISTIC, with_windows=1)
    rows = {name: int(count) for name, count in re.findall(r"(\w+): (\d+) rows", printed)}
    assert printed.startswith("month, realistic: 4 circuits x 2 days, windows of 1, ")
    assert rows["circuit_hour"] == 4 * 48
    assert rows["circuit_day"] == 4 * 2
    assert rows["circuit_window"] == 4 * 24 * 3
