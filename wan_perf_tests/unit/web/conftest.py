"""The dashboard over a small published copy, made once; over a larger one, in a browser."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from wan_perf.web import build_app
from wan_perf_tests.support.web.estate import NOW, Estate
from wan_perf_tests.support.web.serving import CHROMIUM, served
from wan_perf_tests.support.web.watching import Shown


@pytest.fixture(scope="session")
def estate() -> Estate:
    return Estate()


@pytest.fixture(scope="session")
def client(estate: Estate) -> TestClient:
    app = build_app(lambda: estate, clock=lambda: NOW + timedelta(minutes=2))
    return TestClient(app, base_url="http://127.0.0.1:8050")


@pytest.fixture(scope="session")
def shown() -> Shown:
    return Shown(sites=120)


@pytest.fixture(scope="module")
def address(shown: Shown) -> Iterator[str]:
    shown.connection  # noqa: B018 - made here, not by the first request
    with served(build_app(lambda: shown, clock=lambda: NOW + timedelta(minutes=2))) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    # Imported here: most tests of the dashboard do without.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()
