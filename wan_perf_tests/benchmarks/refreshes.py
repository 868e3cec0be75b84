"""A wall screen for a day: what refreshing the page of now costs, and whether its memory grows.

Belongs here: refreshes of one page in a real browser.
Keep out: the time of a server alone (`screens`).
"""

import itertools
import sys
import tempfile
import time
from pathlib import Path

from wan_perf.published.reader import open_published
from wan_perf.web import build_app
from wan_perf_tests.benchmarks.screens import InFiles, in_files
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
        in_files(estate, Path(folder))
        estate.connection.close()
        numbers = itertools.count()

        def opened() -> InFiles:
            """A new version for each request."""
            state = InFiles(open_published(Path(folder)))
            state.version = f"refresh {next(numbers)}"
            return state

        app = build_app(opened, clock=lambda: NOW)
        with served(app) as address, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1920, "height": 1080})
            answer = page.goto(f"{address}/?wall=1")
            assert answer.status == 200, answer.status_text
            session = page.context.new_cdp_session(page)
            first = heap_of(session)
            heaps: dict[int, int] = {}
            done, begun = 0, time.perf_counter()
            for turn in (*(turn for turn in _WEIGHED if turn < count), count):
                # In one go: an evaluation for each would weigh what evaluates, too.
                page.evaluate("async n => { while (n--) await refresh(); }", turn - done)
                done, heaps[turn] = turn, heap_of(session)
                sys.stderr.write(f"  {turn:,}: {heaps[turn] / 1e6:.3f} MB\n")
            each = 1000 * (time.perf_counter() - begun) / count
            browser.close()
    tenth, last = heaps[min(heaps)], heaps[count]
    return (
        f"{circuits:,} circuits, {count:,} refreshes of the wall screen, {each:.0f} ms each"
        f"\nmemory of the page: {first / 1e6:.2f} MB loaded, {tenth / 1e6:.2f} MB after "
        f"refresh {min(heaps)}, {last / 1e6:.2f} MB after the last: {last / tenth:.2f} times"
    )
