"""History against a cloud that answers badly: a sentence or an answer, and the next run repairs."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from wan_perf.errors import UsageError, WanPerfError
from wan_perf.mist.client.budget import Budget
from wan_perf.mist.client.errors import HourUsedUpError
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.collect.port_history import Backfill, port_history
from wan_perf.mist.endpoints import catalogue
from wan_perf.mist.endpoints.history_buckets import Buckets, Wanted
from wan_perf.mist.endpoints.rate_history import port_rates
from wan_perf.simulator import Cloud, Fleet, serve
from wan_perf.simulator.misbehaviour import WAYS
from wan_perf_tests.support.mist.scripted import START, Answer, ScriptedCloud

HOUR = timedelta(hours=1)
NOW = START + 48 * HOUR
ENDPOINTS = {
    "use": "/api/v1/self/usage",
    "kinds": "/api/v1/const/insight_metrics",
    "ports": "/api/v1/orgs/{org_id}/stats/ports/search",
    "buckets": "/api/v1/sites/{site_id}/insights/gateway/{device_id}/stats",
    "quality": "/api/v1/sites/{site_id}/insights/device/{device_mac}/wan_link_health",
}
HARMLESS = {"unknown field", "duplicate row", "row of another org"}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with serve(Fleet.seeded(3, 4, START, NOW + HOUR, faults=False), now=NOW) as cloud:
        yield cloud


def wanted(cloud: Cloud, start: datetime = START + HOUR, hours: int = 3) -> list[Wanted]:
    requested = tuple(start + n * HOUR for n in range(hours))
    return [
        Wanted(gateway.site_id, gateway.mac, gateway.wan_ports[0].port_id, requested)
        for gateway in cloud.fleet.gateways
        if gateway.site_id and gateway.wan_ports
    ]


def session_of(cloud: Cloud) -> MistSession:
    return MistSession(
        host="api.mist.com",
        org_id=cloud.org_id,
        token=cloud.token,
        base_url=cloud.url,
        timeout=(2, 0.5),
        pause=lambda _: None,
    )


def fetch(cloud: Cloud, ports: list[Wanted]) -> Backfill:
    session = session_of(cloud)
    budget = Budget(session, lambda: NOW, reserve=1000)
    return port_history(session, ports, NOW, budget, lambda *_: None)


def outcome(cloud: Cloud, ports: list[Wanted]) -> tuple[Backfill, list[str]]:
    """What was fetched, and every message about what was not."""
    try:
        found = fetch(cloud, ports)
    except WanPerfError as error:
        return Backfill(), [str(error)]
    return found, [str(reason) for reason in found.left.values()]


@pytest.mark.proof
@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("path", ENDPOINTS.values(), ids=list(ENDPOINTS))
def test_a_bad_answer_is_a_sentence_and_the_next_run_repairs(cloud: Cloud, path: str, how: str):
    ports = wanted(cloud)
    cloud.misbehave(path, how, times=1, seconds=1.5)
    found, sentences = outcome(cloud, ports)
    assert all(sentence.endswith(".") and "\n" not in sentence for sentence in sentences)
    assert len(found.rows) == 3 * found.fetched
    assert found.fetched == len(ports) or sentences
    assert found.fetched == len(ports) or how not in HARMLESS
    again = fetch(cloud, ports)
    assert (again.fetched, again.left) == (len(ports), {})


def test_an_hour_is_its_ten_minute_buckets_where_they_are_stored(cloud: Cloud):
    hourly = fetch(cloud, wanted(cloud, NOW - 30 * HOUR))
    fine = fetch(cloud, wanted(cloud, NOW - 20 * HOUR))
    assert {row["covered_minutes"] for row in (*hourly.rows, *fine.rows)} == {60}
    half = fetch(cloud, wanted(cloud, NOW - HOUR / 2, 1))
    assert {row["covered_minutes"] for row in half.rows} == {30}


def test_older_than_the_retention_is_refused_before_a_port_is_requested(cloud: Cloud):
    before = cloud.calls().get(ENDPOINTS["buckets"], 0)
    with pytest.raises(UsageError, match="keeps 14 days"):
        fetch(cloud, wanted(cloud, NOW - 15 * 24 * HOUR))
    assert cloud.calls().get(ENDPOINTS["buckets"], 0) == before


def test_the_budget_counts_what_failed_and_begins_anew_on_the_hour():
    fleet = Fleet.seeded(3, 1, START, NOW, faults=False)
    at = [NOW + HOUR / 2]
    with serve(fleet, now=NOW, hourly_limit=20) as cloud:
        session = session_of(cloud)
        budget = Budget(session, lambda: at[0], reserve=10)
        cloud.misbehave(ENDPOINTS["kinds"], "500", times=3)
        with pytest.raises(WanPerfError):
            session.single(catalogue.INSIGHT_METRICS)
        free = budget.left
        assert free in (6, 7)  # the call that read the use may count or not
        for _ in range(free):
            budget.claim()
            session.single(catalogue.INSIGHT_METRICS)
        with pytest.raises(HourUsedUpError, match=r"go on at 01:00 UTC") as used_up:
            budget.claim()
        assert used_up.value.retry_after == 1800
        at[0] = NOW + HOUR
        budget.claim()
        assert budget.left == 9


@pytest.mark.parametrize(
    ("device_id", "named"),
    [
        pytest.param("7d9c1f00-0000-4000-8000-000000000001", None, id="the cloud's own id"),
        pytest.param(None, "00000000-0000-0000-1000-aa0000000001", id="a snapshot without it"),
    ],
)
def test_a_gateways_history_is_requested_by_mists_own_id(
    scripted: Callable[..., ScriptedCloud], device_id: str | None, named: str | None
):
    """A cluster has an id of the cloud's, which no MAC leads to."""
    answer = {"start": 1_772_323_200, "interval": 3600, "rx_bps": [8.0], "tx_bps": [8.0]}
    cloud = scripted(Answer(answer))
    hour = datetime.fromisoformat("2026-03-01")
    port = Wanted("s1", "aa0000000001", "ge-0/0/0", (hour,), device_id)
    hourly = Buckets("1h", HOUR, timedelta(days=14))
    (row,) = port_rates(cloud.session(), port, hourly)
    assert row["rx_bps_mean"] == 8.0
    assert f"/insights/gateway/{named or device_id}/stats" in cloud.requested[0]
