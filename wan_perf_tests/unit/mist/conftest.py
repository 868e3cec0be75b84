"""The scripted cloud, and the simulator as a real one."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from wan_perf.mist.client.session import MistSession
from wan_perf.simulator import Fleet, serve
from wan_perf_tests.support.mist.scripted import START, Answer, ScriptedCloud


@pytest.fixture
def scripted() -> Iterator[Callable[..., ScriptedCloud]]:
    """Makes a scripted cloud of the answers it is given."""
    clouds: list[ScriptedCloud] = []

    def make(*answers: Answer) -> ScriptedCloud:
        clouds.append(ScriptedCloud(list(answers)))
        return clouds[-1]

    yield make
    for cloud in clouds:
        cloud.close()


@pytest.fixture(scope="session")
def fleet() -> Fleet:
    return Fleet.seeded(seed=7, sites=40, start=START, end=START + timedelta(days=2))


@pytest.fixture(scope="session")
def quiet_noon(fleet: Fleet) -> datetime:
    """An instant near noon at which the simulated cloud answers."""
    outages: Any = fleet.truth(START, START + timedelta(days=2))["api_outages"]
    at = START + timedelta(hours=12)
    while any(
        s <= (at - datetime.fromisoformat("1970-01-01")).total_seconds() < e for s, e in outages
    ):
        at += timedelta(minutes=5)
    return at


@pytest.fixture(scope="session")
def simulated(fleet: Fleet, quiet_noon: datetime) -> Iterator[MistSession]:
    """A session with a simulated cloud whose clock stands at `quiet_noon`."""
    with serve(fleet, now=quiet_noon) as cloud:
        yield MistSession(
            host="api.mist.com", org_id=cloud.org_id, token=cloud.token, base_url=cloud.url
        )
