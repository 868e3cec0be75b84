"""What every answer of the dashboard carries, and what is refused."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.testclient import TestClient

from wan_perf.defs.asset_metadata import PAGES
from wan_perf.published.reader import open_published
from wan_perf.web import build_app
from wan_perf_tests.support.web.estate import NOW, Estate


def test_every_answer_forbids_foreign_content(client: TestClient):
    for path in ("/", "/nothing", "/static/app.css"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_a_page_needs_nothing_inline_and_nothing_from_elsewhere(client: TestClient):
    text = client.get("/").text
    assert not re.search(r"\s(style|on\w+)=", text)
    assert not re.search(r"(src|href)=\"(https?:)?//", text)


@pytest.mark.parametrize("path", sorted(set(PAGES.values())))
def test_a_page_to_which_dagster_links_exists(client: TestClient, path: str):
    assert client.get(path).status_code == 200


def test_another_host_name_is_refused(client: TestClient):
    answer = client.get("/", headers={"host": "rebound.example"})
    assert answer.status_code == 403
    assert "rebound.example is not an address of this dashboard" in answer.text


def test_an_unknown_address_has_a_page_that_says_so(client: TestClient):
    answer = client.get("/no/<script>such")
    assert answer.status_code == 404
    assert "There is no page at /no/&lt;script&gt;such." in answer.text
    assert client.post("/").status_code == 405


def test_a_page_is_sent_again_only_when_the_data_changed(client: TestClient, estate: Estate):
    first = client.get("/")
    again = client.get("/", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    try:
        estate.version = "v2"
        changed = client.get("/", headers={"if-none-match": first.headers["etag"]})
        assert changed.status_code == 200
        assert changed.headers["etag"] != first.headers["etag"]
    finally:
        estate.version = "v1"


def test_ten_screens_cost_one():
    class Counted(Estate):
        queries = 0

        def query(self, sql, parameters=()):
            self.queries += 1
            return super().query(sql, parameters)

    counted = Counted(days=2, months=1)
    app = build_app(lambda: counted, clock=lambda: NOW)
    client = TestClient(app, base_url="http://localhost")
    client.get("/")
    of_one = counted.queries
    with ThreadPoolExecutor(10) as screens:
        counted.version = "next"
        before = counted.queries
        pages = list(screens.map(lambda _: client.get("/").text, range(10)))
    assert len(set(pages)) == 1
    assert counted.queries - before == of_one
    before = counted.queries
    client.get("/")
    assert counted.queries == before


def test_a_home_without_a_published_copy_says_what_to_run(tmp_path):
    app = build_app(lambda: open_published(tmp_path / "published"))
    answer = TestClient(app, base_url="http://localhost").get("/")
    assert answer.status_code == 200
    assert "Nothing is published yet" in answer.text
    assert "wan-perf collect" in answer.text
