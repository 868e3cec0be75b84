"""The dashboard over a small published copy, made once."""

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from wan_perf.web import build_app
from wan_perf_tests.web.estate import NOW, Estate


@pytest.fixture(scope="session")
def estate() -> Estate:
    return Estate()


@pytest.fixture(scope="session")
def client(estate: Estate) -> TestClient:
    app = build_app(lambda: estate, clock=lambda: NOW + timedelta(minutes=2))
    return TestClient(app, base_url="http://127.0.0.1:8050")
