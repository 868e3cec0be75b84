"""History in buckets: averages of what the cloud received, labelled by the bucket's start."""

import time

import pytest

from wan_perf.simulator.instants import DAY, HOUR, epoch, naive_utc
from wan_perf.simulator.spans import overlapping

RATES = "rx_bps,tx_bps,max_rx_bps,max_tx_bps"


def history(caller, gateway, port_id: str, **params) -> dict:
    path = f"/api/v1/sites/{gateway.site_id}/insights/gateway/{gateway.device_id}/stats"
    answer = caller.get(path, metrics=RATES, port_id=port_id, limit=1000, **params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def health(caller, gateway, port_id: str, **params) -> dict:
    path = f"/api/v1/sites/{gateway.site_id}/insights/device/{gateway.mac}/wan_link_health"
    answer = caller.get(path, port_id=port_id, limit=1000, **params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_hour_holds_the_bytes_that_flowed(client):
    gateway = client.cloud.fleet.gateways[1]
    port = gateway.wan_ports[0]
    body = history(client, gateway, port.port_id, duration="6h", interval="1h")
    # Requested at 12:00:30: the hours from 06:00 are whole, the one from 12:00 is not there yet.
    assert body["start"] == epoch(client.cloud.fleet.start) + DAY + 6 * HOUR
    assert body["rt"][0] == "2026-03-09T06:00:00+00:00"
    assert (len(body["rt"]), body["interval"]) == (6, 3600)
    for number, (rx, tx) in enumerate(zip(body["rx_bps"], body["tx_bps"], strict=True)):
        start = body["start"] + number * HOUR
        flowed = port.bytes_between(start, start + HOUR)
        assert (rx, tx) == (round(flowed[0] * 8 / HOUR), round(flowed[1] * 8 / HOUR))
        assert body["max_rx_bps"][number] >= rx


@pytest.mark.parametrize(
    ("asked", "length", "number"),
    [
        pytest.param({"interval": "1h", "duration": "1d"}, 3600, 24, id="a day by hours"),
        pytest.param({"interval": "3600", "duration": "1d"}, 3600, 24, id="in seconds"),
        pytest.param({"interval": "10m", "duration": "1h"}, 600, 6, id="ten minutes"),
        pytest.param({"interval": "600", "duration": "3d"}, 600, 143, id="clipped to one day"),
        pytest.param({"interval": "1h", "duration": "4w"}, 3600, 335, id="clipped to 14 days"),
        pytest.param({"start": "-3h", "end": "-1h"}, 3600, 2, id="up to an hour ago"),
    ],
)
def test_intervals_and_what_is_too_old(client, asked, length, number):
    body = history(client, client.cloud.fleet.gateways[0], "ge-0/0/0", **asked)
    assert body["interval"] == length
    assert len(body["rt"]) == len(body["rx_bps"]) == number


def test_the_future_has_no_buckets(client):
    now = client.cloud.clock.seconds()
    body = history(client, client.cloud.fleet.gateways[0], "ge-0/0/0", start=now, end=now + 7200)
    assert body["rt"] == body["rx_bps"] == []


def test_pages_of_buckets(client):
    gateway = client.cloud.fleet.gateways[0]
    path = f"/api/v1/sites/{gateway.site_id}/insights/gateway/{gateway.device_id}/stats"
    params = {"metrics": "rx_bps", "port_id": "ge-0/0/0", "duration": "5h"}
    whole = client.get(path, **params).json()["rx_bps"]
    pages = [client.get(path, limit=2, page=page, **params).json()["rx_bps"] for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert sum(pages, []) == whole  # noqa: RUF017 - three short lists


def test_one_metric_by_mac_comes_as_results(client):
    gateway = client.cloud.fleet.gateways[0]
    path = f"/api/v1/sites/{gateway.site_id}/insights/device/{gateway.mac}/rx_bps"
    body = client.get(path, port_id="ge-0/0/0", duration="6h").json()
    assert body["results"] == history(client, gateway, "ge-0/0/0", duration="6h")["rx_bps"]


def test_what_was_not_received_is_null_and_what_stood_still_is_zero(field_fleet, field):
    """A gateway without power has no telemetry; a port that is down on one that has it is zero."""
    gateways = {gateway.mac: gateway for gateway in field_fleet.gateways}
    nulls = zeros = 0
    for fault in field_fleet.faults:
        first = -(-fault.start // HOUR) * HOUR
        if first + HOUR > fault.end or fault.kind not in ("power_lost", "cloud_lost", "port_down"):
            continue
        gateway = gateways[fault.gateway_mac]
        key = fault.port_id or next(iter(gateway.circuits))
        has_telemetry = not overlapping(gateway.telemetry_gaps, first, first + HOUR)
        body = history(field, gateway, key, start=first, end=first + HOUR)
        if fault.kind != "port_down":
            assert body["rx_bps"] == [None]
            nulls += 1
        elif has_telemetry:
            assert (body["rx_bps"], body["max_tx_bps"]) == ([0], [0])
            zeros += 1
    assert nulls >= 5
    assert zeros >= 5


def test_a_bucket_received_in_part_is_the_average_of_that_part(field_fleet, field):
    fault = next(
        f
        for f in field_fleet.faults
        if f.kind == "missed_polls" and f.end // HOUR == f.start // HOUR
    )
    gateway = next(g for g in field_fleet.gateways if g.mac == fault.gateway_mac)
    hour = fault.start // HOUR * HOUR
    if len(overlapping(gateway.telemetry_gaps, hour, hour + HOUR)) > 1:
        pytest.fail("the hour has a second telemetry gap; choose another seed")
    key, ports = next(iter(gateway.circuits.items()))
    body = history(field, gateway, key, start=hour, end=hour + HOUR)
    pieces = [(hour, fault.start), (fault.end, hour + HOUR)]
    flowed = sum(port.bytes_between(*piece)[0] for port in ports for piece in pieces)
    seconds = HOUR - (fault.end - fault.start)
    assert body["rx_bps"] == [pytest.approx(flowed * 8 / seconds, abs=1)]


def test_link_health_averages_the_paths(field_fleet, field):
    path = field_fleet.paths[0]
    gateway = field_fleet.gateways[0]
    fleet_end = epoch(field_fleet.end)
    body = health(field, gateway, path.life.key, start=fleet_end - 6 * HOUR, end=fleet_end)
    both = [p for p in field_fleet.paths if p.life is path.life]
    assert len(both) == 2
    expected = sum(p.base.latency for p in both) / 2
    assert len(body["avg_latency"]) == 6
    for value in filter(None, body["avg_latency"]):
        assert value == pytest.approx(expected, rel=0.21)


@pytest.mark.parametrize(
    ("metric", "array"),
    [("loss", "avg_loss"), ("jitter", "avg_jitter"), ("latency", "avg_latency")],
)
def test_a_bad_path_shows_in_its_figure(field_fleet, field, metric, array):
    gateways = {gateway.mac: gateway for gateway in field_fleet.gateways}
    judged = 0
    for fault in field_fleet.faults:
        hour = -(-fault.start // HOUR) * HOUR
        if (fault.kind, fault.detail) != ("quality", metric) or hour + HOUR > fault.end:
            continue
        gateway = gateways[fault.gateway_mac]
        if overlapping(gateway.telemetry_gaps, hour, hour + HOUR):
            continue
        value = health(field, gateway, fault.port_id, start=hour, end=hour + HOUR)[array][0]
        if value is not None:
            assert value > {"loss": 0.3, "jitter": 12, "latency": 60}[metric]
            judged += 1
    assert judged


def test_a_port_without_probes_has_empty_arrays(field_fleet, field):
    body = health(field, field_fleet.gateways[0], "ge-0/0/1", duration="6h")
    assert (body["avg_latency"], body["avg_jitter"], body["avg_loss"]) == ([], [], [])
    assert len(body["rt"]) == 6


def test_one_path_by_its_far_end(field_fleet, field):
    path, gateway = field_fleet.paths[0], field_fleet.gateways[0]
    address = f"/api/v1/sites/{gateway.site_id}/insights/device/{gateway.mac}/vpn_peer-metrics"
    params = {"port_id": path.life.key, "peer_mac": path.hub.holders[0][0], "duration": "3h"}
    body = field.get(address, **params).json()
    assert len(body["avg_latency"]) == 3
    assert field.get(address, duration="3h").status_code == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("{s}/insights/gateway/{d}/stats?metrics=rx_bps&interval=5m", 400, id="5 min"),
        pytest.param("{s}/insights/gateway/{d}/stats?metrics=bytes", 400, id="no such metric"),
        pytest.param("{s}/insights/gateway/{mac}/stats?metrics=rx_bps", 404, id="MAC for an id"),
        pytest.param("{s}/insights/device/{d}/wan_link_health", 404, id="id for a MAC"),
        pytest.param("{other}/insights/gateway/{d}/stats?metrics=rx_bps", 404, id="another site"),
        pytest.param("/api/v1/sites/nowhere/setting", 404, id="no site"),
        pytest.param("{s}/sle/site/nowhere/metric/wan-link-health/summary-trend", 404, id="scope"),
        pytest.param("{s}/sle/site/{id}/metric/mood/summary-trend", 400, id="no such score"),
    ],
)
def test_wrong_questions_to_a_site(field_fleet, field, path, status):
    gateway, other = field_fleet.gateways[0], field_fleet.gateways[1]
    path = path.format(
        s=f"/api/v1/sites/{gateway.site_id}",
        d=gateway.device_id,
        mac=gateway.mac,
        other=f"/api/v1/sites/{other.site_id}",
        id=gateway.site_id,
    )
    answer = field.get(path)
    assert (answer.status_code, list(answer.json())) == (status, ["detail"])


def test_the_registry_names_what_is_stored(client):
    metrics = client.get("/api/v1/const/insight_metrics").json()
    assert metrics["rx_bps"]["intervals"] == {
        "10m": {"interval": 600, "max_age": 86400},
        "1h": {"interval": 3600, "max_age": 1209600},
    }
    assert {"wan_link_health", "max_tx_bps"} <= set(metrics)


def test_insights_and_path_pages_are_fast(field_fleet, call):
    with call(field_fleet, now=naive_utc(epoch(field_fleet.end))) as caller:
        gateway = field_fleet.gateways[0]
        history(caller, gateway, "ge-0/0/0", duration="7d")
        began = time.process_time()
        for _ in range(10):
            history(caller, gateway, "ge-0/0/0", duration="7d")
        assert (time.process_time() - began) / 10 < 0.02
        began = time.process_time()
        rows = caller.get("{o}/stats/vpn_peers/search", limit=1000).json()["results"]
        assert time.process_time() - began < 0.2 * max(len(rows) / 1000, 0.5)
