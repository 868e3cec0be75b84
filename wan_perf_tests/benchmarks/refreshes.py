"""A wall screen for a day: what refreshing the page of now costs, and whether its memory grows.

Belongs here: refreshes of one page in a real browser.
Keep out: the time of a server alone (`screens`).
"""

import sys
import tempfile
import time
from pathlib import Path

from wan_perf.web import build_app
from wan_perf_tests.benchmarks.screens import in_files
from wan_perf_tests.support.web.estate import NOW, Estate
from wan_perf_tests.support.web.serving import CHROMIUM, heap_of, served

_WEIGHED = (10, 30, 100, 300, 700)
"""Refreshes after which memory is looked at, beside the last: what a browser compiles as it sees it
often grows for some hundred of them and no further, what is never released grows with each."""


def refreshes(circuits: int, count: int) -> str:
    """Refresh Now so often, each time of a new version: memory of the page, and time of each."""
    from playwright.sync_api import sync_playwright

    assert CHROMIUM is not None, "no Chromium on this machine: apt install chromium"
    estate = Estate(sites=circuits // 2, days=3, months=2)
    with tempfile.TemporaryDirectory() as folder:
        published = in_files(estate, Path(folder))
        estate.connection.close()
        app = build_app(lambda: published, clock=lambda: NOW)
        with served(app) as address, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1920, "height": 1080})
            answer = page.goto(f"{address}/?wall=1")
            assert answer.status == 200, answer.status_text
            session = page.context.new_cdp_session(page)
            first = heap_of(session)
            heaps: dict[int, int] = {}
            seconds = []
            for turn in range(1, count + 1):
                published.version = f"refresh {turn}"
                begun = time.perf_counter()
                page.evaluate("refresh()")
                seconds.append(time.perf_counter() - begun)
                if turn in (*_WEIGHED, count):
                    heaps[turn] = heap_of(session)
                    sys.stderr.write(f"  {turn:,}: {heaps[turn] / 1e6:.3f} MB\n")
            browser.close()
    tenth, last = heaps[min(heaps)], heaps[count]
    middle = 1000 * sorted(seconds)[len(seconds) // 2]
    return (
        f"{circuits:,} circuits, {count:,} refreshes of the wall screen, {middle:.0f} ms each "
        f"(median)\nmemory of the page: {first / 1e6:.2f} MB loaded, {tenth / 1e6:.2f} MB after "
        f"refresh {min(heaps)}, {last / 1e6:.2f} MB after the last: {last / tenth:.2f} times"
    )
