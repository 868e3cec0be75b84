"""A page over files of hours, of which it opens those it shows, equals the page over tables."""

import pytest
from starlette.testclient import TestClient

from wan_perf.published import layout
from wan_perf.web import build_app
from wan_perf_tests.benchmarks.screens import in_files
from wan_perf_tests.support.web.estate import NOW, Estate

PAGES = {
    "Now": "/",
    "Now, on backup": "/?top=backup",
    "a region": "/region/East",
    "a site": "/site/site-0002",
    "a site over a day of the past": "/site/site-0002?from=2026-03-06T00:00&to=2026-03-07T00:00",
    "a circuit": "/circuit/PRI-0003",
    "an hour": "/circuit/PRI-0003/hour/2026-03-08T12:00",
    "an hour of the past": "/circuit/PRI-0003/hour/2026-03-05T23:00",
    "scores": "/sle",
    "scores over a day": "/sle?range=24h",
}


@pytest.fixture(scope="module")
def both(estate: Estate, tmp_path_factory: pytest.TempPathFactory) -> list[TestClient]:
    folder = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "FEW_ROWS", 0)  # each hour has a file
        files = in_files(estate, folder)
    files.version, files.published_at = estate.version, estate.published_at
    return [
        TestClient(
            build_app(lambda source=source: source, clock=lambda: NOW), base_url="http://localhost"
        )
        for source in (estate, files)
    ]


@pytest.mark.parametrize("address", PAGES.values(), ids=PAGES)
def test_a_page_is_the_same(both: list[TestClient], address: str):
    of_tables, of_files = (client.get(address) for client in both)
    assert of_tables.status_code == of_files.status_code == 200
    assert of_files.text == of_tables.text
