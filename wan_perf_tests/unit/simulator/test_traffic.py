"""Rates and volumes against sums made by hand."""

import math
from itertools import pairwise

import pytest

from wan_perf.simulator.instants import DAY
from wan_perf.simulator.traffic import RecordedFlow, Wave

WAVE = Wave(base=1000.0, swing=0.3, phase=0)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        pytest.param(0, DAY, 1000 * DAY, id="over a day the sine cancels"),
        # The integral of sin over half a turn is 2, times DAY / tau seconds.
        pytest.param(
            0, DAY / 2, 1000 * DAY / 2 + 300 * 2 * DAY / math.tau, id="the busy half of the day"
        ),
        pytest.param(DAY / 4, DAY / 4, 0, id="no time, no bytes"),
        pytest.param(20000 * DAY, 20001 * DAY, 1000 * DAY, id="decades after the epoch"),
    ],
)
def test_volume_of_a_wave(start, end, expected):
    assert WAVE.volume(start, end) == pytest.approx(expected, rel=1e-12)


def test_rate_peaks_a_quarter_day_after_the_phase():
    assert WAVE.rate(DAY / 4) == pytest.approx(1300)
    assert WAVE.peaking_at(2600).rate(DAY / 4) == pytest.approx(2600)


def test_rate_changes_less_than_11_percent_an_hour():
    hourly = [WAVE.rate(hour * 3600) for hour in range(25)]
    changes = [abs(b / a - 1) for a, b in pairwise(hourly)]
    assert max(changes) < 0.11


@pytest.fixture
def recording(tmp_path):
    """Three intervals of 300 s, one row twice, then a hole of an hour."""
    file = tmp_path / "series.csv"
    rows = ["2014-03-01 00:05:00,300", "2014-03-01 00:10:00,600.5"]
    rows += ["2014-03-01 00:10:00,99999", "2014-03-01 01:10:00,1200"]
    file.write_text("\n".join(["timestamp,value", *rows, ""]), encoding="utf-8")
    return RecordedFlow.read(file)


FIRST = 1393632000  # 2014-03-01 00:00:00 UTC


def test_a_repeated_timestamp_counts_once(recording):
    assert recording.edges == (FIRST, FIRST + 300, FIRST + 600, FIRST + 4200)
    assert recording.cumulative == (0, 300, 900.5, 2100.5)


@pytest.mark.parametrize(
    ("start", "end", "received"),
    [
        pytest.param(0, 300, 300, id="the first row's own interval"),
        pytest.param(150, 450, 150 + 300.25, id="half of two intervals"),
        pytest.param(600, 1800, 400, id="inside the hole the bytes arrive evenly"),
        pytest.param(-9000, 9000, 2100.5, id="nothing before or after"),
    ],
)
def test_volume_of_a_recording(recording, start, end, received):
    volume = recording.bytes_between(FIRST + start, FIRST + end)
    assert volume == pytest.approx((received, received / 2))


@pytest.mark.parametrize(
    ("at", "rate"), [(300, 1.0), (301, 600.5 / 300), (4200, 1 / 3), (4201, 0), (0, 0)]
)
def test_rate_of_a_recording(recording, at, rate):
    assert recording.rates(FIRST + at) == pytest.approx((rate, rate / 2))


@pytest.mark.parametrize("rows", ["", "2014-03-01 00:05:00,3\n", "2014-03-01 00:05:00,-3\n" * 2])
def test_a_useless_file_is_refused(tmp_path, rows):
    file = tmp_path / "series.csv"
    file.write_text("timestamp,value\n" + rows, encoding="utf-8")
    with pytest.raises(ValueError, match=r"series\.csv"):
        RecordedFlow.read(file)
