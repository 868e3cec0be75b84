"""Recorded traffic of a real host, replayed as a port's counter, against plain pandas."""

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from wan_perf.mist.collect.cadence import PASS_EVERY
from wan_perf.mist.collect.clock import POLLED_AFTER
from wan_perf.schema.tables import CIRCUIT_HOUR
from wan_perf.simulator import Fleet
from wan_perf_tests.support.graph.staged import HOUR, WithoutChecks, staged

RECORDING = Path(__file__).parents[3].parent / "shared/data/real_series/network_in_bytes_5min.csv"
LONGEST = timedelta(minutes=15)

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(not RECORDING.exists(), reason=f"the recorded series is not at {RECORDING}"),
]


@pytest.fixture(scope="module")
def recorded() -> pd.DataFrame:
    """The week of the series with its hole; of rows with one timestamp the first counts."""
    rows = pd.read_csv(RECORDING, parse_dates=["timestamp"])
    rows = rows[rows["timestamp"].between("2014-03-04", "2014-03-11")]
    return rows.drop_duplicates("timestamp", keep="first", ignore_index=True)


@pytest.fixture(scope="module")
def expected(recorded: pd.DataFrame) -> pd.DataFrame:
    """Bytes, observed minutes and samples by hour: each interval split at the hour, in pandas.

    Of two readings between two polls the second is found, with the bytes of both in its counter.
    """
    polls = (recorded["timestamp"] - POLLED_AFTER).dt.ceil(PASS_EVERY)
    found = recorded.assign(counter=recorded["value"].cumsum())[~polls.duplicated(keep="last")]
    spans = pd.DataFrame(
        {
            "start": found["timestamp"].shift(),
            "end": found["timestamp"],
            "bytes": found["counter"].diff(),
        }
    ).iloc[1:]
    spans = spans[spans["end"] - spans["start"] <= LONGEST]
    parts = []
    for offset in (0, 1):
        hour = spans["start"].dt.floor("h") + offset * HOUR
        low = spans["start"].where(spans["start"] > hour, hour)
        high = spans["end"].where(spans["end"] < hour + HOUR, hour + HOUR)
        inside = (high - low).dt.total_seconds().clip(lower=0)
        whole = (spans["end"] - spans["start"]).dt.total_seconds()
        parts.append(
            pd.DataFrame({"hour": hour, "bytes": spans["bytes"] * inside / whole, "s": inside})
        )
    hours = (
        pd.concat(parts).query("s > 0").groupby("hour").agg(bytes=("bytes", "sum"), s=("s", "sum"))
    )
    hours["samples"] = recorded.groupby(recorded["timestamp"].dt.floor("h")).size()
    return hours.fillna({"samples": 0})


@pytest.fixture(scope="module")
def stored(recorded: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    start = recorded["timestamp"].iloc[0].floor("h").to_pydatetime()
    end = recorded["timestamp"].iloc[-1].ceil("h").to_pydatetime() + HOUR
    fleet = Fleet.seeded(7, 1, start, end, faults=False)
    port = fleet.gateways[0].wan_ports[0].port_id
    folder = tmp_path_factory.mktemp("real")
    recorded.to_csv(folder / "week.csv", index=False)
    replay = fleet.replaying(folder / "week.csv", fleet.sites[0].name, port)
    with staged(replay, folder / "home", start, start, kind=WithoutChecks) as stage:
        stage.runs.collect(start, end)
        rows = stage.rows(CIRCUIT_HOUR)
    return rows[rows["port_id"] == port].set_index("hour")


def test_hourly_bytes_equal_an_independent_computation(stored, expected):
    """Within as many bytes as the hour has samples: a counter shows whole bytes only."""
    both = expected.join(stored[["rx_bytes"]], how="left")
    off = (both["rx_bytes"].astype(float) - both["bytes"]).abs()
    assert both["rx_bytes"].notna().all()
    assert off[off > both["samples"].clip(lower=1)].to_dict() == {}
    assert len(both) == 7 * 24 - 1


def test_observed_minutes_equal_the_recorded_intervals(stored, expected):
    both = expected.join(stored[["observed_minutes"]])
    assert ((both["observed_minutes"] * 60 - both["s"]).abs() < 0.01).all()


def test_the_hole_is_unobserved_not_idle_or_down(stored):
    """From 01:56 to 03:00 nothing was recorded: the hour of 02:00 has no bytes and no state."""
    hole = stored.loc["2014-03-09 02:00"]
    assert pd.isna(hole["rx_bytes"])
    assert hole["observed_minutes"] == 0
    assert pd.isna(hole["utilization_pct"])
    assert hole["known_down_minutes"] == 0
    assert hole["unknown_minutes"] == 60
    assert hole["status_hourly"] == "Unknown"
    assert pd.isna(hole["source"])


def test_the_hours_beside_the_hole_are_observed_in_part(stored):
    assert stored.loc["2014-03-09 01:00", "observed_minutes"] == 56
    # The reading of 03:00 was replaced by that of 03:01 when the poll of 03:01:15 was made.
    assert stored.loc["2014-03-09 03:00", "observed_minutes"] == 59
