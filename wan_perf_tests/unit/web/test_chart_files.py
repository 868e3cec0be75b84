"""Charts as files: every chart of every page is an SVG that explains itself and needs nothing."""

import re
from xml.etree import ElementTree

import pytest
from markupsafe import Markup
from starlette.testclient import TestClient

from wan_perf.web import build_app
from wan_perf.web.charts.chart import Chart
from wan_perf.web.charts.svg_file import svg_file
from wan_perf_tests.support.web.estate import NOW, Estate
from wan_perf_tests.support.web.reading import read

SVG = "{http://www.w3.org/2000/svg}"
CHARTS = {
    "/": ("sites", "utilization", "trend", "throughput"),
    "/overview": ("availability", "load"),
    "/regions": ("sites",),
    "/region/North%20%26%20Isles?range=24h": ("days", "busy"),
    "/site/site-0002?range=24h": ("hours", "scores", "spread"),
    "/circuit/PRI-0003?from=2026-03-05&to=2026-03-06": ("hours", "calendar", "week"),
    "/sle": ("scores", "spread"),
}
EVERY = [(path, name) for path, names in CHARTS.items() for name in names]


def address(path: str, name: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}svg={name}"


@pytest.mark.parametrize("path", CHARTS)
def test_a_page_links_to_the_file_of_each_of_its_charts(client: TestClient, path: str):
    page = read(client.get(path).text)
    links = [e.attributes["href"] for e in page.all("a") if "svg=" in e.attributes.get("href", "")]
    assert sorted(links) == sorted(address(path, name) for name in CHARTS[path])
    drawn = [e for e in page.all("svg") if e.attributes["class"].split()[0] in DRAWINGS]
    assert len(drawn) == len(links)


DRAWINGS = ("chart", "density", "calendar", "heat")


@pytest.mark.parametrize(("path", "name"), EVERY)
def test_a_file_is_whole_and_needs_nothing_else(client: TestClient, path: str, name: str):
    answer = client.get(address(path, name))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("image/svg+xml")
    found = re.fullmatch(
        r'attachment; filename="wan-perf-[A-Za-z0-9-]+\.svg"',
        answer.headers["content-disposition"],
    )
    assert found is not None
    root = ElementTree.fromstring(answer.content)  # noqa: S314 - made by the dashboard
    assert root.tag == f"{SVG}svg"
    assert root.findtext(f"{SVG}title")
    shown = "".join(root.itertext())
    assert "data published 2026-03-08 14:25 UTC" in shown
    text = answer.text
    assert not re.search(r"var\(|light-dark|<a\b|<script", text)
    named = set(re.findall(r'(?:url\(|href=")#([\w-]+)', text))
    assert named <= set(re.findall(r'id="([\w-]+)"', text))
    assert not re.search(r'(?:href|src)="(?!#)', text)


def test_a_file_has_the_shapes_of_its_page(client: TestClient):
    path = "/circuit/PRI-0003?from=2026-03-05&to=2026-03-06"
    page, file = client.get(path).text, client.get(address(path, "hours")).text
    lines = re.findall(r'<path class="(?:line|band|level)[^>]*/>', page)
    assert lines
    assert re.findall(r'<path class="(?:line|band|level)[^>]*/>', file) == lines
    assert "2026-03-05 00:00 to 2026-03-06 00:00 UTC" in file
    assert ".chart .line.s1 { stroke: #0072b2 }" in file
    assert ".chart .level.critical { stroke: #800825 }" in file


def test_the_name_of_a_file_says_what_and_when(client: TestClient):
    answer = client.get("/site/site-0002?from=2026-03-05&to=2026-03-06&svg=hours")
    assert answer.headers["content-disposition"] == (
        'attachment; filename="wan-perf-Store-0002-Primary-and-secondary-'
        '2026-03-05-00-00-to-2026-03-06-00-00-UTC.svg"'
    )


def test_a_chart_that_the_page_has_not_is_not_found(client: TestClient):
    answer = client.get("/sle?svg=<b>")
    assert answer.status_code == 404
    assert "There is no chart “&lt;b&gt;” on this page; it has scores, spread." in answer.text
    assert client.get("/search?svg=hours").status_code == 404


def test_text_of_the_data_is_text_of_the_file():
    evil = '</text><script>alert(1)</script>\x01"&'
    drawing = Markup('<svg class="chart" viewBox="0 0 10 10" aria-hidden="true"></svg>')
    text = svg_file(Chart("a", evil, drawing, evil, [("s1", evil)], (evil, evil)), evil, evil)
    root = ElementTree.fromstring(text.encode())  # noqa: S314 - made here
    assert root.findall(f".//{SVG}script") == []
    assert "<script>alert(1)</script>" in (root.findtext(f"{SVG}title") or "")


def test_an_empty_warehouse_has_no_charts():
    empty = Estate(days=2, months=1, dropped=frozenset({"current_state", "circuit_hour"}))
    app = build_app(lambda: empty, clock=lambda: NOW)
    answer = TestClient(app, base_url="http://localhost").get("/?svg=sites")
    assert answer.status_code == 404
    assert "There is no chart “sites” on this page; it has none." in answer.text
