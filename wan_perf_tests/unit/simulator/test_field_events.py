"""When the cloud receives events: late, twice, out of order, under two names, or not at all."""

from collections import defaultdict

import pytest

from wan_perf.simulator.api.events import events
from wan_perf.simulator.instants import DAY, epoch, naive_utc

EVENTS = "{o}/devices/events/search"


@pytest.fixture(scope="module")
def by_gateway(field_fleet) -> dict:
    found = defaultdict(list)
    for event in events(field_fleet):
        found[event.row["mac"]].append(event)
    return found


def of_kind(fleet, kind: str) -> list:
    found = [fault for fault in fleet.faults if fault.kind == kind]
    assert found
    return found


def port_news(by_gateway, fault, at: int) -> list:
    return [
        event
        for event in by_gateway[fault.gateway_mac]
        if event.row["type"].startswith("GW_PORT_") and 0 <= event.row["timestamp"] - at < 6
    ]


def test_no_event_is_received_before_it_happens(field_fleet):
    assert all(event.received_at >= event.row["timestamp"] for event in events(field_fleet))


def test_late_news_is_found_only_once_it_is_received(field_fleet, call):
    fault = next(f for f in of_kind(field_fleet, "late_event") if f.end < epoch(field_fleet.end))
    query = {"device_type": "gateway", "mac": fault.gateway_mac, "type": "GW_PORT_DOWN,GW_PORT_UP"}
    with call(field_fleet, now=naive_utc(fault.end - 1)) as caller:
        seen = []
        for at in (fault.end - 1, fault.end):
            caller.cloud.clock.advance_to(naive_utc(at))
            rows = caller.get(EVENTS, limit=1000, **query).json()["results"]
            seen.append(fault.start in {row["timestamp"] for row in rows})
    assert seen == [False, True]


def test_out_of_order_news_of_the_fall_comes_after_that_of_the_recovery(field_fleet, by_gateway):
    outages = {(f.gateway_mac, f.port_id, f.start): f for f in of_kind(field_fleet, "port_down")}
    judged = 0
    for fault in of_kind(field_fleet, "out_of_order_events"):
        outage = outages[fault.gateway_mac, fault.port_id, fault.start]
        fell = port_news(by_gateway, fault, outage.start)
        rose = port_news(by_gateway, fault, outage.end)
        if fell and rose and rose[0].received_at == rose[0].row["timestamp"]:
            assert min(event.received_at for event in fell) > rose[0].received_at
            judged += 1
    assert judged


def test_duplicates_and_twins_say_the_same_twice(field_fleet, by_gateway):
    for kind, names in (("duplicate_event", 1), ("twin_event", 2)):
        for fault in of_kind(field_fleet, kind):
            news = port_news(by_gateway, fault, fault.start)
            assert len(news) >= 2
            assert len({event.row["type"] for event in news}) == 1
            bare = {event.row["port_id"].removesuffix(".0") for event in news}
            assert len({event.row["port_id"] for event in news}) >= names
            assert len(bare) <= 2, "the members of an aggregate at most"


def test_a_gateway_without_power_says_nothing_of_its_ports(field_fleet, by_gateway):
    for fault in of_kind(field_fleet, "power_lost"):
        news = by_gateway[fault.gateway_mac]
        inside = [t.row["type"] for t in news if fault.start <= t.row["timestamp"] < fault.end]
        assert not [kind for kind in inside if kind not in ("GW_CONFIGURED", "GW_DISCONNECTED")]
        boots = [t for t in news if t.row["type"] == "GW_RESTARTED"]
        assert fault.end in {event.row["timestamp"] for event in boots}


def test_a_gateway_without_line_reports_what_happened_once_it_is_back(field_fleet, by_gateway):
    gateways = {gateway.mac: gateway for gateway in field_fleet.gateways}
    ports = 0
    for fault in of_kind(field_fleet, "wan_lost"):
        back = gateways[fault.gateway_mac].received_at(fault.start)
        assert back >= fault.end
        reported = [
            reported
            for reported in by_gateway[fault.gateway_mac]
            if reported.row["timestamp"] == fault.start
            and reported.row["type"] != "GW_DISCONNECTED"
        ]
        assert reported
        assert all(news.received_at == back for news in reported)
        ports += sum(news.row["type"] == "GW_PORT_DOWN" for news in reported)
    assert ports


def test_a_long_telemetry_gap_is_declared_two_to_three_minutes_after_the_last_report(
    field_fleet, by_gateway
):
    for fault in of_kind(field_fleet, "cloud_lost"):
        lost = [
            event
            for event in by_gateway[fault.gateway_mac]
            if event.row["type"] == "GW_DISCONNECTED"
            and fault.start - 60 <= event.row["timestamp"] <= fault.start
        ]
        assert len(lost) == 1
        assert 120 <= lost[0].received_at - lost[0].row["timestamp"] <= 180


@pytest.mark.parametrize(("kind", "protocol"), [("isp_dead_arp", "ARP"), ("isp_dead_dhcp", "DHCP")])
def test_a_dead_provider_leaves_the_port_up_and_is_reported(
    field_fleet, by_gateway, kind, protocol
):
    gateways = {gateway.mac: gateway for gateway in field_fleet.gateways}
    named = set()
    for fault in of_kind(field_fleet, kind):
        ports = gateways[fault.gateway_mac].circuits[fault.port_id]
        assert any(port.is_up(fault.start + 30) for port in ports)
        assert all(port.bytes_between(fault.start, fault.end) == (0, 0) for port in ports)
        for at, state in ((fault.start, "UNRESOLVED"), (fault.end, "RESOLVED")):
            reported = [
                reported.row
                for reported in by_gateway[fault.gateway_mac]
                if (reported.row["timestamp"], reported.row["type"])
                == (at, f"GW_{protocol}_{state}")
            ]
            assert len(reported) == 1
            assert reported[0]["text"].endswith(ports[0].interface)
            named.add("port_id" in reported[0])
    assert named == {True, False}, "some gateways name the interface in the text only"


def test_events_older_than_a_fortnight_are_gone(field_fleet, call):
    now = epoch(field_fleet.end) + 12 * DAY
    with call(field_fleet, now=naive_utc(now)) as caller:
        rows = caller.get(EVENTS, device_type="gateway", limit=1000, duration="4w").json()
        oldest = min(row["timestamp"] for row in rows["results"])
        first = min(event.row["timestamp"] for event in events(field_fleet))
    assert first < now - 14 * DAY <= oldest
