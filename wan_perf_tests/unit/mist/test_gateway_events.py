"""Which events are read, and what they are called here."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pandas as pd
import pytest

from wan_perf.mist.client.session import MistSession
from wan_perf.mist.endpoints.gateway_events import events, gateway_events
from wan_perf.mist.endpoints.records.events import Event
from wan_perf.schema.tables import RAW_GATEWAY_EVENT
from wan_perf.simulator import Fleet
from wan_perf_tests.support.mist.scripted import START, Answer, ScriptedCloud

ELEVEN = datetime.fromisoformat("2026-03-01T11:00")
NOON = datetime.fromisoformat("2026-03-01T12:00")
EPOCH_ELEVEN = 1772362800


def event(**more: Any) -> Event:
    known = {"type": "GW_PORT_DOWN", "mac": "aa0000000001", "timestamp": EPOCH_ELEVEN + 60}
    return msgspec.convert({**known, **more}, Event)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("GW_PORT_DOWN", "port_down"),
        ("GW_PORT_UP", "port_up"),
        ("GW_ARP_UNRESOLVED", "arp_unresolved"),
        ("GW_DHCP_RESOLVED", "dhcp_resolved"),
        ("GW_DISCONNECTED_LONG", "gateway_disconnected"),
        ("GW_CONNECTED", "gateway_connected"),
        ("GW_RESTARTED_BY_USER", "gateway_restarted"),
        ("GW_VPN_PATH_DOWN", "path_down"),
        ("GW_CONFIGURED", "other"),
    ],
)
def test_kind_of_an_event(name: str, kind: str) -> None:
    (row,) = events([event(type=name)], ELEVEN, NOON).to_dict("records")
    assert (row["event_kind"], row["event_name"]) == (kind, name)


@pytest.mark.parametrize(
    ("reported", "port_id"),
    [
        pytest.param({"port_id": "ge-0/0/2.0"}, "ge-0/0/2", id="unit 0 says nothing"),
        pytest.param({"port_id": "ge-0/0/2.130"}, "ge-0/0/2.130", id="another unit stays"),
        pytest.param({"text": "ifOperStatus down(2), ifName ge-0/0/2"}, "ge-0/0/2", id="trap"),
        pytest.param({"text": "network-interface: wan-1 is lost"}, "wan-1", id="ARP text"),
        pytest.param({"text": "ifIndex 515"}, None, id="no port named"),
        pytest.param({"port_id": ""}, None, id="empty is unknown"),
    ],
)
def test_port_of_an_event(reported: dict[str, str], port_id: str | None) -> None:
    assert events([event(**reported)], ELEVEN, NOON)["port_id"].tolist() == [port_id]


def test_the_window_is_half_open_and_instants_keep_microseconds() -> None:
    times = [EPOCH_ELEVEN - 0.000001, EPOCH_ELEVEN, EPOCH_ELEVEN + 3599.999999, EPOCH_ELEVEN + 3600]
    frame = events([event(timestamp=at) for at in times], ELEVEN, NOON)
    assert frame["event_at"].tolist() == [ELEVEN, NOON - timedelta(microseconds=1)]


def test_an_event_reported_twice_counts_once_and_another_text_is_another_event() -> None:
    frame = events([event(), event(), event(text="b"), event(text="a")], ELEVEN, NOON)
    assert frame["detail"].tolist() == ["a", "b", None]


def test_no_events_give_an_empty_frame_of_the_declared_types() -> None:
    empty, full = events([], ELEVEN, NOON), events([event()], ELEVEN, NOON)
    assert list(empty.columns) == list(RAW_GATEWAY_EVENT.columns)
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()


def test_requests_are_for_gateways_and_whole_seconds_around_the_window(
    scripted: Callable[..., ScriptedCloud],
) -> None:
    half = timedelta(milliseconds=500)
    cloud = scripted(Answer({"results": []}), Answer({"results": []}))
    gateway_events(cloud.session(), ELEVEN, NOON, NOON)
    gateway_events(cloud.session(), ELEVEN + half, NOON + half, NOON)
    queries = [parse_qs(urlsplit(uri).query) for uri in cloud.requested]
    assert all(query["device_type"] == ["gateway"] for query in queries)
    bounds = [(int(query["start"][0]), int(query["end"][0])) for query in queries]
    whole = (EPOCH_ELEVEN, EPOCH_ELEVEN + 3600)
    assert bounds == [whole, (whole[0], whole[1] + 1)]


def test_windows_side_by_side_give_what_one_window_gives(
    simulated: MistSession, quiet_noon: datetime
) -> None:
    middle = START + timedelta(hours=5, microseconds=17)
    whole = gateway_events(simulated, START, quiet_noon, quiet_noon)
    parts = [
        gateway_events(simulated, START, middle, quiet_noon),
        gateway_events(simulated, middle, quiet_noon, quiet_noon),
    ]
    assert len(parts[0]) > 0
    assert len(parts[1]) > 0
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole)


def test_the_simulators_outages_are_received_as_port_events(
    simulated: MistSession, quiet_noon: datetime, fleet: Fleet
) -> None:
    """Every down interval that began in the window is a port_down at its very second."""
    zero = datetime.fromisoformat("1970-01-01")
    truth: Any = fleet.truth(START, quiet_noon)
    planted = {
        (circuit["gateway_mac"], circuit["port_id"], zero + timedelta(seconds=start))
        for circuit in truth["circuits"]
        for start, _ in circuit["down"]
        if START <= zero + timedelta(seconds=start) < quiet_noon
    }
    frame = gateway_events(simulated, START, quiet_noon, quiet_noon)
    downs = frame[frame["event_kind"] == "port_down"]
    received = set(downs[["gateway_mac", "port_id", "event_at"]].itertuples(index=False, name=None))
    assert len(planted) > 5
    assert planted <= received
