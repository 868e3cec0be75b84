"""A recorded latency, replayed as the only path of a circuit: every hour as numpy has it.

The series has holes, repeated instants and a failure at its end. It is read where it lies and is
not part of the project.
"""

from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wan_perf_tests.support.kpi.engine import circuit_hour_query
from wan_perf_tests.support.kpi.estate import hours, tables
from wan_perf_tests.support.kpi.rows import H, path

RECORDING = Path(__file__).parents[3].parent / "shared/data/real_series/latency_ms_5min.csv"

pytestmark = pytest.mark.skipif(
    not RECORDING.exists(), reason=f"the recorded series is not at {RECORDING}"
)


def test_every_hour_of_a_recorded_latency_is_as_numpy_has_it():
    recorded = pd.read_csv(RECORDING, parse_dates=["timestamp"])
    once = recorded.drop_duplicates("timestamp", keep="first").sort_values("timestamp")
    samples = [
        (at.to_pydatetime(), float(ms))
        for at, ms in zip(once["timestamp"], once["value"], strict=True)
    ]
    first, last = samples[0][0].replace(minute=0, second=0), samples[-1][0]
    count = int((last - first) / H) + 1
    found = circuit_hour_query().rows(
        **tables(
            dim_hour=hours(first, count),
            raw_path_sample=[path(at, latency_ms=ms) for at, ms in samples],
        )
    )
    by_hour: dict[datetime, list[float]] = {}
    for at, ms in samples:
        by_hour.setdefault(at.replace(minute=0, second=0), []).append(ms)
    assert len(found) == count
    assert sum(row["quality_sample_count"] for row in found) == len(samples)
    for row in found:
        values = by_hour.get(row["hour"], [])
        assert row["quality_sample_count"] == len(values)
        if not values:
            assert row["latency_avg_ms"] is None
            continue
        assert row["latency_max_ms"] == round(float(np.max(values)), 4)
        # Rounded to 4 decimals, and by nothing else.
        assert row["latency_avg_ms"] == pytest.approx(np.mean(values), abs=5.1e-5)
        assert row["latency_p95_ms"] == pytest.approx(np.percentile(values, 95), abs=5.1e-5)
