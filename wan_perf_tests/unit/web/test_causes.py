"""Causes of low scores on the page of a site: bars, what is impacted, and why there are none."""

import pytest
from starlette.testclient import TestClient

from wan_perf.web import build_app
from wan_perf_tests.support.web.estate import NOW, Estate
from wan_perf_tests.support.web.reading import read


def test_a_site_shows_its_classifiers_worst_first_and_escaped(client: TestClient):
    """Two hours: 30 and 15.5 min each; none of jitter, which is left out; one unknown."""
    text = client.get("/site/site-0001").text
    assert "<b>network-loss" not in text
    assert "<i>gw-" not in text
    bars = read(text).by_id("causes").all("svg", "ranked")[0]
    assert [t.text for t in bars.all("text", "value")] == [
        *("<b>network-loss</b>", "isp-reachability-arp", "interface-vpn"),
    ]
    assert [t.text for t in bars.all("text", "tick")] == [
        *("1 h · WAN link", "31 min · WAN link", "– · WAN link"),
    ]
    assert len(bars.all("rect", "hatch")) == 1


def test_a_site_shows_impacted_ports_and_gateways_but_disconnected_ones(client: TestClient):
    page = read(client.get("/site/site-0001").text)
    gateways = page.by_id("impacted-gateways")
    [row] = gateways.all("tbody")[0].all("tr")
    assert [cell.text for cell in row.all("td")] == [
        *("<i>gw-1", "000000001001", "SRX320", "WAN link", "1 h 31 min", "37.9", "2 h"),
    ]
    assert "1 not connected, left out" in gateways.text
    ports = page.by_id("impacted-interfaces").all("tbody")[0].all("tr")
    assert [[cell.text for cell in row.all("td")][1:4] for row in ports] == [
        ["ge-0/0/1", "WAN link", "33 min"],
        ["ge-0/0/0", "WAN link", "31 min"],
    ]


@pytest.mark.parametrize(
    ("site_id", "sentence"),
    [
        pytest.param("site-0002", "No answer: causes of 2 hourly scores", id="no answer"),
        pytest.param("site-0003", "Not requested: ", id="not requested"),
        pytest.param("site-0004", "Not degraded: no score of Mist under 90 %", id="not degraded"),
    ],
)
def test_a_site_without_causes_shows_why(client: TestClient, site_id: str, sentence: str):
    text = client.get(f"/site/{site_id}").text
    assert sentence in read(text).by_id("causes").text
    assert 'id="impacted-gateways"' not in text


def test_without_a_score_there_is_no_section_of_causes():
    tables = ("raw_site_sle", "raw_sle_metric", "raw_sle_classifier")
    estate = Estate(dropped=frozenset(tables))
    app = build_app(lambda: estate, clock=lambda: NOW)
    client = TestClient(app, base_url="http://127.0.0.1:8050")
    assert 'id="causes"' not in client.get("/site/site-0001").text
