"""Speed tests of the simulated sites: who ran some, what they found, how they are requested."""

import pytest

from wan_perf.simulator.api.speed_tests import speed_tests
from wan_perf.simulator.instants import DAY, epoch

SEARCH = "/api/v1/sites/{site_id}/synthetic_test/search"


def ran_some(fleet) -> str:
    return next(site.site_id for site in fleet.sites if speed_tests(fleet, site.site_id))


def test_a_share_of_sites_ran_tests_and_some_failed_and_some_are_old(field_fleet):
    of_sites = [speed_tests(field_fleet, site.site_id) for site in field_fleet.sites]
    assert 0.25 < sum(map(bool, of_sites)) / len(of_sites) < 0.55
    tests = [test for of_site in of_sites for test in of_site]
    failed = [test for test in tests if test["failed"]]
    assert 0.1 < len(failed) / len(tests) < 0.4
    assert {(test["rx_mbps"], test["tx_mbps"]) for test in failed} == {(0, 0)}
    assert all("reason" in test for test in failed)
    now = epoch(field_fleet.end)
    old = [test for test in tests if test["timestamp"] < now - 30 * DAY]
    assert 0.2 < len(old) / len(tests) < 0.8


def test_a_test_never_finds_more_than_was_bought(field_fleet):
    lines = {(g.mac, p.port_id): p.line for g in field_fleet.gateways for p in g.wan_ports}
    for site in field_fleet.sites:
        for test in speed_tests(field_fleet, site.site_id):
            down, up = lines[test["mac"], test["port_id"]].provisioned_mbps
            assert test["rx_mbps"] <= down
            assert test["tx_mbps"] <= up
            assert test["failed"] or min(test["rx_mbps"], test["tx_mbps"]) >= 1


def test_only_tests_of_the_requested_time_and_of_the_past_are_returned(calm_fleet, client):
    site_id = ran_some(calm_fleet)
    path, now = SEARCH.format(site_id=site_id), client.cloud.clock.seconds()
    every = [t for t in speed_tests(calm_fleet, site_id) if t["timestamp"] <= now]
    assert client.get(path, start=0, limit=1000).json()["results"] == every
    recent = client.get(path, duration="30d", limit=1000).json()["results"]
    assert recent == [t for t in every if t["timestamp"] >= now // 1 - 30 * DAY]
    assert 0 < len(recent) < len(every)
    assert client.get(path).json()["total"] == sum(t["timestamp"] >= now - DAY for t in every)


def test_filters_and_pages(calm_fleet, client):
    site_id = ran_some(calm_fleet)
    path = SEARCH.format(site_id=site_id)
    every = client.get(path, start=0, limit=1000).json()["results"]
    pages = client.search_pages(path, start=0, limit=2)
    assert [test for page in pages for test in page["results"]] == every
    port = every[0]["port_id"]
    of_port = client.get(path, start=0, limit=1000, port_id=port, mac=every[0]["mac"]).json()
    assert of_port["results"] == [test for test in every if test["port_id"] == port]
    assert client.get(path, start=0, type="speedtest").json()["total"] == len(every)
    assert client.get(path, start=0, type="dhcp").json()["results"] == []


@pytest.mark.parametrize(
    ("site", "params", "status"),
    [("another", {}, 404), (None, {"type": "stress"}, 400), (None, {"start": "soon"}, 400)],
)
def test_what_is_refused(calm_fleet, client, site, params, status):
    path = SEARCH.format(site_id=site or ran_some(calm_fleet))
    assert client.get(path, **params).status_code == status
