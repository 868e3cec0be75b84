"""The dashboard over what the graph computed and published of a simulated cloud."""

from collections import deque
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from wan_perf.published.reader import open_published
from wan_perf.web import build_app
from wan_perf_tests.web.reading import read

if TYPE_CHECKING:
    from wan_perf_tests.shell import Shell

MOST_PAGES = 250


@pytest.mark.proof
def test_every_link_from_the_first_page_leads_to_a_page(shell: "Shell"):
    for period in ("daily", "weekly", "monthly"):
        done = shell.run("aggregate", period)
        assert done.returncode == 0, done.stderr
    folder = shell.home / "published"
    client = TestClient(
        build_app(lambda: open_published(folder)), base_url="http://localhost", timeout=60
    )
    seen, waiting = {"/"}, deque(["/", "/overview", "/sle", "/regions", "/grid/hours"])
    kinds: set[str] = set()
    while waiting and len(seen) < MOST_PAGES:
        address = waiting.popleft()
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.text[-600:])
        kinds.add(address.split("/")[1].partition("?")[0])
        if "html" not in answer.headers["content-type"]:
            continue
        for link in read(answer.text).all("a"):
            target = link.attributes.get("href", "")
            if target.startswith("/") and target not in seen:
                seen.add(target)
                waiting.append(target)
    assert {"", "site", "circuit", "region", "grid", "why"} <= kinds


def test_a_home_without_a_published_copy_says_what_to_run(tmp_path):
    app = build_app(lambda: open_published(tmp_path / "published"))
    answer = TestClient(app, base_url="http://localhost").get("/")
    assert answer.status_code == 200
    assert "Nothing is published yet" in answer.text
    assert "wan-perf collect" in answer.text
