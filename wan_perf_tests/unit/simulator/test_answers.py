"""What the cloud says about gateways, ports and events is what physics says at the report."""

from datetime import timedelta

import pytest

from wan_perf.simulator import Fleet
from wan_perf.simulator.api.events import events
from wan_perf.simulator.instants import epoch, naive_utc

EVENTS = "{o}/devices/events/search"


def test_the_default_device_type_is_ap(client):
    types = {row["type"] for row in client.get("{o}/inventory").json()}
    assert types == {"ap"}
    assert {row["type"] for row in client.get("{o}/stats/devices").json()} == {"ap"}
    kinds = {row["device_type"] for row in client.get(EVENTS).json()["results"]}
    assert kinds == {"ap"}
    assert client.get("{o}/stats/devices", type="all", limit=1000).headers["X-Page-Total"] == "80"


def test_spares_are_owned_and_assigned_nowhere(client):
    rows = client.get("{o}/inventory", type="gateway", limit=1000).json()
    assert [row["connected"] for row in rows if row["site_id"] is None] == [False, False]
    assigned = client.get("{o}/inventory", type="gateway", unassigned="false").json()
    assert len(assigned) == len(rows) - 2 == 40


def test_nobody_is_disconnected(client):
    path = "{o}/stats/devices?type=gateway"
    assert client.get(path, status="disconnected").json() == []
    assert len(client.get(path, status="connected").json()) == 40


def test_both_snapshots_tell_the_counters_of_the_report(client):
    fleet, now = client.cloud.fleet, client.cloud.clock.seconds()
    devices = client.get("{o}/stats/devices", type="gateway").json()
    ports = client.get("{o}/stats/ports/search", limit=1000).json()["results"]
    by_port = {(row["mac"], row["port_id"]): row for row in ports}
    for gateway, row in zip(fleet.gateways, devices, strict=True):
        at = gateway.reported_at(now)
        assert now - 60 < at <= now
        assert (row["last_seen"], row["uptime"]) == (at, at - gateway.boots[0])
        assert list(row["if_stat"]) == [f"{port.port_id}.0" for port in gateway.ports]
        for port, interface in zip(gateway.ports, row["if_stat"].values(), strict=True):
            seen = by_port[gateway.mac, port.port_id]
            assert (interface["rx_bytes"], interface["tx_bytes"]) == port.counters(at)
            assert (seen["rx_bytes"], seen["tx_bytes"]) == port.counters(at)
            assert seen["timestamp"] == at
            assert seen["rx_bps"] == int(port.rates(at)[0] * 8)
            assert interface["port_usage"] == seen["port_usage"] == port.usage
            if port.line:
                assert interface["wan_name"] == port.line.wan_name
                assert interface["servp_info"]["org"] == port.line.provider


def first(fleet, kind):
    return next(fault for fault in fleet.faults if fault.kind == kind)


def at_instants(call, fleet, instants, request) -> list:
    """Send a request to one cloud at each of the rising instants [epoch s]."""
    with call(fleet, now=naive_utc(instants[0])) as caller:
        answers = []
        for instant in instants:
            caller.cloud.clock.advance_to(naive_utc(instant))
            answers.append(request(caller))
        return answers


def test_in_a_telemetry_gap_the_row_repeats_unchanged_while_traffic_flows(call, fleet):
    gap = first(fleet, "missed_polls")
    gateway = next(g for g in fleet.gateways if g.mac == gap.gateway_mac)

    def request(caller):
        return caller.get("{o}/stats/devices", type="gateway", mac=gateway.mac).json()[0]

    instants = [gap.start, gap.start + 300, gap.end - 1, gap.end + 60]
    before, during, late, after = at_instants(call, fleet, instants, request)
    assert before == during == late
    assert before["last_seen"] < gap.start
    assert after["last_seen"] >= gap.end
    port = gateway.wan_ports[0]
    assert port.counters(gap.end)[0] > port.counters(gap.start)[0]
    counted = [row["if_stat"]["ge-0/0/0.0"]["rx_bytes"] for row in (before, after)]
    assert counted[1] > counted[0]


def test_a_reset_shows_as_small_counters_and_a_young_uptime(call, fleet):
    reset = first(fleet, "counter_reset")

    def request(caller):
        row = caller.get("{o}/stats/devices", type="gateway", mac=reset.gateway_mac).json()[0]
        return row["uptime"], row["if_stat"]["ge-0/0/0.0"]["rx_bytes"]

    old, young = at_instants(call, fleet, [reset.start - 1, reset.start + 60], request)
    assert old[0] > 86400
    assert 0 <= young[0] <= 60
    assert young[1] < old[1]


def test_a_down_port_is_reported_by_row_and_by_events(call, fleet):
    down = next(f for f in fleet.faults if f.kind == "port_down" and f.end - f.start > 180)

    def request(caller):
        search = {"mac": down.gateway_mac, "port_id": down.port_id}
        row = caller.get("{o}/stats/ports/search", **search).json()["results"][0]
        query = {"device_type": "gateway", "type": "GW_PORT_DOWN,GW_PORT_UP"}
        query["sort"] = "-timestamp"
        events = caller.get(EVENTS, mac=down.gateway_mac, **query).json()["results"]
        port_events = [(e["type"], e["timestamp"]) for e in events if e["port_id"] == down.port_id]
        return row["up"], row["last_flapped"], port_events

    instants = [down.start - 1, down.start + 60, down.end + 60]
    before, during, after = at_instants(call, fleet, instants, request)
    fell, rose = ("GW_PORT_DOWN", down.start), ("GW_PORT_UP", down.end)
    assert before[0] is True
    assert fell not in before[2]
    assert during[:2] == (False, down.start)
    assert during[2] == [fell, *before[2]], "newest first"
    assert after[:2] == (True, down.end)
    assert after[2][:2] == [rose, fell]


def test_between_two_reports_the_rows_do_not_yet_know_what_the_events_tell(call, fleet):
    gateways = {gateway.mac: gateway for gateway in fleet.gateways}
    down = next(
        fault
        for fault in fleet.faults
        if fault.kind == "port_down"
        and gateways[fault.gateway_mac].reported_at(fault.start) < fault.start
    )
    with call(fleet, now=naive_utc(down.start)) as caller:
        row = caller.get("{o}/stats/devices", type="gateway", mac=down.gateway_mac).json()[0]
        assert row["if_stat"][f"{down.port_id}.0"]["up"] is True
        search = {"mac": down.gateway_mac, "port_id": down.port_id}
        port = caller.get("{o}/stats/ports/search", **search).json()["results"][0]
        assert port["up"] is True
        assert port["last_flapped"] < down.start
        event = caller.get(EVENTS, device_type="gateway", mac=down.gateway_mac).json()["results"][0]
        assert (event["type"], event["timestamp"]) == ("GW_PORT_DOWN", down.start)


def test_a_filter_on_up_finds_the_down_ports(call, fleet):
    down = next(f for f in fleet.faults if f.kind == "port_down" and f.end - f.start > 180)
    with call(fleet, now=naive_utc(down.start + 61)) as caller:
        rows = caller.get("{o}/stats/ports/search", up="false").json()["results"]
        assert (down.gateway_mac, down.port_id) in {(r["mac"], r["port_id"]) for r in rows}
        assert not any(row["up"] or row["rx_bps"] for row in rows)
        up = caller.get("{o}/stats/ports/search", up="true").json()["total"]
        assert up + len(rows) == caller.get("{o}/stats/ports/search").json()["total"]


def test_the_text_of_a_port_event_is_that_of_the_trap(call, fleet):
    with call(fleet, now=fleet.end) as caller:
        query = {"device_type": "gateway", "type": "GW_PORT_DOWN", "duration": "2d", "limit": 1000}
        events = caller.get(EVENTS, **query).json()["results"]
    planted = [f for f in fleet.faults if f.kind in ("port_down", "lan_port_down")]
    assert sorted(e["timestamp"] for e in events) == sorted(f.start for f in planted)
    assert {"ge-0/0/1", "ge-0/0/2"} & {e["port_id"] for e in events}, "LAN ports fall too"
    for event in events:
        assert event["text"].startswith("SNMP_TRAP_LINK_DOWN: ifIndex 5")
        assert event["text"].endswith(
            f", ifAdminStatus up(1), ifOperStatus down(2), ifName {event['port_id']}"
        )


@pytest.mark.parametrize(
    ("params", "hours"),
    [
        pytest.param({}, 24, id="the last day by default"),
        pytest.param({"duration": "6h"}, 6, id="a duration"),
        pytest.param({"start": "-90m"}, 1.5, id="a relative start"),
        pytest.param({"start": "-1d", "end": "-6h"}, 24, id="a relative end"),
        pytest.param({"start": "1773014400", "end": "1773018000.0"}, None, id="epoch seconds"),
    ],
)
def test_the_time_range_of_events(call, fleet, params, hours):
    with call(fleet, now=fleet.start + timedelta(hours=30)) as caller:
        body = caller.get(EVENTS, device_type="gateway", limit=1000, **params).json()
        now = caller.cloud.clock.seconds()
    start = 1773014400 if hours is None else now - hours * 3600
    assert body["start"] == start
    end = {"end": now - 6 * 3600} if params.get("end") == "-6h" else {"end": now}
    assert body["end"] == (1773018000 if hours is None else end["end"])
    inside = [
        event.row
        for event in events(fleet)
        if event.row["device_type"] == "gateway" and start <= event.row["timestamp"] <= body["end"]
    ]
    assert body["results"] == inside
    assert inside


def test_the_future_has_no_events_yet(call, fleet):
    with call(fleet, now=fleet.start + timedelta(hours=10)) as caller:
        query = {"device_type": "all", "limit": 1000, "end": epoch(fleet.end), "duration": "2d"}
        events = caller.get(EVENTS, **query).json()["results"]
        assert events
        assert max(e["timestamp"] for e in events) <= caller.cloud.clock.seconds()


def test_a_page_holds_a_thousand_gateways(call, window):
    large = Fleet.seeded(7, 1000, *window)
    with call(large, now=window[1]) as caller:
        rows = caller.get("{o}/stats/devices", type="gateway", limit=1000).json()
        assert len({row["mac"] for row in rows}) == 1000
