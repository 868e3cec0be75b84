"""Which gateways are connected, and what runs on them."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pandas as pd
import pytest

from wan_perf.mist.client.session import MistSession
from wan_perf.mist.collect.clock import RealClock
from wan_perf.mist.collect.polls import Passes, take_passes
from wan_perf.mist.endpoints.gateway_status import gateway_status
from wan_perf.mist.endpoints.instants import EPOCH
from wan_perf.mist.endpoints.records.statistics import Gateway
from wan_perf.simulator import Fleet

MINUTE = timedelta(minutes=1)
PASS_AT = datetime.fromisoformat("2026-03-01T12:05")
KNOWN = {
    "mac": "aa0000000001",
    "site_id": "s1",
    "last_seen": 1772366640,  # 2026-03-01 12:04:00 UTC
    "uptime": 500,
    "status": "connected",
    "name": "store-17",
    "model": "SRX320",
    "version": "23.4R2-S3.9",
}


def status(**given: Any) -> list[dict[str, Any]]:
    gateway = msgspec.convert({**KNOWN, **given}, Gateway)
    return gateway_status([gateway], PASS_AT).to_dict("records")


def test_a_row_says_what_mist_reported():
    [row] = status()
    assert row["hour"] == datetime.fromisoformat("2026-03-01T12:00")
    assert row["pass_at"] == PASS_AT
    assert row["sampled_at"] == datetime.fromisoformat("2026-03-01T12:04")
    assert (row["gateway_mac"], row["site_id"]) == ("aa0000000001", "s1")
    assert (row["gateway_name"], row["gateway_model"]) == ("store-17", "SRX320")
    assert (row["software_version"], row["uptime_seconds"]) == ("23.4R2-S3.9", 500)
    assert row["is_connected"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        pytest.param("connected", True, id="connected"),
        pytest.param("disconnected", False, id="disconnected"),
        pytest.param("restarting", None, id="a word that says neither"),
        pytest.param(None, None, id="no word"),
    ],
)
def test_only_a_known_word_is_a_connection(word: str | None, expected: bool | None):
    [row] = status(status=word)
    assert (None if pd.isna(row["is_connected"]) else row["is_connected"]) == expected


def test_what_mist_leaves_out_is_unknown():
    gateway = msgspec.convert({"mac": "aa0000000001", "site_id": "s1"}, Gateway)
    [row] = gateway_status([gateway], PASS_AT).to_dict("records")
    names = ("gateway_name", "gateway_model", "software_version", "is_connected", "sampled_at")
    assert [name for name in names if not pd.isna(row[name])] == []


def test_a_spare_gateway_is_left_out():
    assert status(site_id=None) == []


def test_an_uptime_below_zero_is_unknown_and_its_row_stays():
    [row] = status(uptime=-5)
    assert pd.isna(row["uptime_seconds"])
    assert row["impossible_figures"] == "uptime_seconds=-5"


def test_of_the_polls_of_an_hour_the_newest_counts():
    passes = Passes()
    for minutes, word in ((0, "connected"), (5, "disconnected"), (55, "connected")):
        gateway = msgspec.convert({**KNOWN, "status": word}, Gateway)
        passes.statuses.append(gateway_status([gateway], PASS_AT + minutes * MINUTE))
    rows = passes.gateway_status
    assert rows["hour"].tolist() == [pd.Timestamp("2026-03-01T12"), pd.Timestamp("2026-03-01T13")]
    assert rows["is_connected"].tolist() == [False, True]


def test_the_gateways_of_a_fleet_are_as_the_cloud_has_them(
    simulated: MistSession, fleet: Fleet, quiet_noon: datetime
):
    passes = take_passes(simulated, [quiet_noon], _Noon(quiet_noon), lambda _: None)
    at = (quiet_noon - EPOCH).total_seconds()
    expected = {
        gateway.mac: (gateway.version, gateway.is_connected(at))
        for gateway in fleet.gateways
        if gateway.is_assigned(at)
    }
    rows = passes.gateway_status.itertuples()
    assert {row.gateway_mac: (row.software_version, row.is_connected) for row in rows} == expected
    assert len(expected) > 10


class _Noon(RealClock):
    """A clock that stands."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at
