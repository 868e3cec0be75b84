"""A page in a real browser whose console and requests are watched, and the estate that it shows.

Belongs here: what the tests in a browser share; its fixtures are in `conftest`.
Keep out: how the dashboard is served and the browser found (`serving`).
"""

import pytest

from wan_perf_tests.support.web.estate import Estate
from wan_perf_tests.support.web.serving import CHROMIUM

IN_A_BROWSER = [
    pytest.mark.proof,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium on this machine: apt install chromium"
    ),
]
"""Marks of a test that drives it."""

WIDE, LAPTOP, PHONE = (1920, 1080), (1366, 768), (390, 844)
HOUR = "2026-03-08T12:00"

PAGES = (
    *("/", "/?top=loss&n=20", "/overview", "/regions", "/region/North%20%26%20Isles"),
    *("/site/site-0002", "/circuit/PRI-0003", f"/circuit/PRI-0003/hour/{HOUR}", "/sle"),
    *("/grid/circuits", "/grid/alerts", "/grid/hours?size=5", "/search?q=store+000", "/?wall=1"),
    f"/why/circuit_hour/utilization_pct?circuit_id=PRI-0003&hour={HOUR}",
)


class Shown(Estate):
    """The estate under versions that a test changes."""


class Watched:
    """A page whose console and requests are watched."""

    def __init__(self, browser, address: str, size=LAPTOP, **given) -> None:
        viewport = {"width": size[0], "height": size[1]}
        self.context = browser.new_context(viewport=viewport, base_url=address, **given)
        self.page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", lambda request: self._request(request.url, address))

    def _console(self, message) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(message.text)

    def _request(self, url: str, address: str) -> None:
        if not url.startswith((address, "data:", "blob:")):
            self.faults.append(f"request to {url}")

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.context.close()
