"""The benchmarks of the dashboard run: on an estate that is made within seconds."""

import pytest

from wan_perf_tests.benchmarks.refreshes import refreshes
from wan_perf_tests.benchmarks.screens import PAGES, screens
from wan_perf_tests.support.web.serving import CHROMIUM

pytestmark = pytest.mark.proof


def test_each_page_is_timed() -> None:
    title, *lines = screens(circuits=24, days=3, months=2, again=1).splitlines()
    assert title.startswith("24 circuits, 3 days, 2 months")
    assert [line[:20].strip() for line in lines] == list(PAGES)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt install chromium")
def test_refreshes_weigh_the_page() -> None:
    title, memory = refreshes(circuits=60, count=12).splitlines()
    assert title.startswith("60 circuits, 12 refreshes of the wall screen")
    assert "MB after refresh 10, " in memory
