"""One fleet for all tests of the simulator, and a client that calls it as Mist is called."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
import requests

from wan_perf.simulator import Cloud, Fleet, serve

START = datetime.fromisoformat("2026-03-08")
END = datetime.fromisoformat("2026-03-10")
NOON = datetime.fromisoformat("2026-03-09 12:00:30")


@dataclass
class Client:
    """A caller with a token."""

    cloud: Cloud
    session: requests.Session

    def get(self, path: str, **parameters: object) -> requests.Response:
        """Request a path of the server; {o} stands for the organisation."""
        path = path.replace("{o}", f"/api/v1/orgs/{self.cloud.org_id}")
        return self.session.get(self.cloud.url + path, params=parameters, timeout=10)

    def search_pages(
        self, path: str, between: Callable[[], object] = lambda: None, **parameters: object
    ) -> list[dict]:
        """Read all pages of a search by following `next` as it stands."""
        pages = [self.get(path, **parameters).json()]
        while "next" in pages[-1]:
            between()
            assert urlsplit(pages[-1]["next"]).netloc == "", "`next` is a relative address"
            pages.append(self.get(pages[-1]["next"]).json())
        return pages


@contextmanager
def calling(fleet: Fleet, **options) -> Iterator[Client]:
    """Serve a fleet and call it."""
    with serve(fleet, **options) as cloud, requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Token {cloud.token}"
        yield Client(cloud, session)


@pytest.fixture(scope="session")
def window() -> tuple[datetime, datetime]:
    """Start and end of the fleets, naive UTC."""
    return START, END


@pytest.fixture(scope="session")
def call() -> Callable[..., AbstractContextManager[Client]]:
    """Serve a fleet of the test's own."""
    return calling


@pytest.fixture(scope="session")
def fleet() -> Fleet:
    """Forty stores, 48 hours, faults planted."""
    return Fleet.seeded(seed=7, sites=40, start=START, end=END)


@pytest.fixture(scope="session")
def calm_fleet() -> Fleet:
    """The same forty stores without faults."""
    return Fleet.seeded(seed=7, sites=40, start=START, end=END, faults=False)


@pytest.fixture(scope="session")
def field_fleet() -> Fleet:
    """Eighty stores of every layout, two hubs, four days, every kind of fault."""
    return Fleet.whole(seed=7, sites=80, start=START, end=START + timedelta(days=4))


@pytest.fixture(scope="session")
def field(field_fleet: Fleet) -> Iterator[Client]:
    """A caller at the end of the whole fleet's life; no test moves its clock."""
    with calling(field_fleet, now=field_fleet.end) as caller:
        yield caller


@pytest.fixture(scope="session")
def client(calm_fleet: Fleet) -> Iterator[Client]:
    """A caller of the calm fleet at 12:00:30 of the second day; no test moves its clock."""
    with calling(calm_fleet, now=NOON) as caller:
        yield caller
