"""Quality of past hours: what the two forms of answer say, what is impossible, what is left."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from wan_perf.mist.client.budget import Budget
from wan_perf.mist.client.errors import HourUsedUpError, MistTransientError
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.collect.port_history import Backfill, port_history
from wan_perf.mist.endpoints.history_buckets import Wanted
from wan_perf.mist.endpoints.quality_history import NO_QUALITY_HISTORY, quality_buckets
from wan_perf.mist.endpoints.records.history import Metric
from wan_perf.simulator import Cloud, Fleet, serve
from wan_perf.simulator.incidents import KINDS
from wan_perf_tests.support.mist.scripted import START, Answer
from wan_perf_tests.unit.mist.test_history import ENDPOINTS, session_of

HOUR = timedelta(hours=1)
NOW = START + 48 * HOUR
HOURS = (START, START + HOUR)
PORT = Wanted("s1", "aa0000000001", "ge-0/0/0", HOURS)
FIGURES = ("latency_ms_mean", "jitter_ms_mean", "loss_pct_mean")
RETAINED = {"1h": {"interval": 3600, "max_age": 14 * 86_400}}
RATES = ("rx_bps", "tx_bps", "max_rx_bps", "max_tx_bps")
REGISTRY = {name: {"intervals": RETAINED} for name in (*RATES, "wan_link_health")}


def seconds(at: datetime) -> int:
    return (at - datetime.fromisoformat("1970-01-01")) // timedelta(seconds=1)


def series(**arrays: Any) -> dict[str, Any]:
    return {"start": seconds(START), "end": seconds(START + 2 * HOUR), "interval": 3600, **arrays}


def fetched(scripted, *of_port: Answer, registry: dict[str, Any] = REGISTRY) -> Backfill:
    """What a port's answers make; before them come the use, the registry and the ports."""
    cloud = scripted(
        Answer({"requests": 0, "request_limit": 5000}),
        Answer(registry),
        Answer({"results": []}),
        Answer(series(**{rate: [8000, 8000] for rate in RATES})),
        *of_port,
    )
    session: MistSession = cloud.session()
    found = port_history(
        session, [PORT], NOW, Budget(session, lambda: NOW, reserve=0), lambda *_: None
    )
    assert cloud.answers == []
    return found


def figures(found: Backfill) -> list[tuple]:
    assert {row["rx_bps_mean"] for row in found.rows} == {8000}
    names = (*FIGURES, "quality_minutes")
    return [tuple(row.get(name) for name in names) for row in found.rows]


ARRAYS = {"avg_latency": [20, 30.5], "avg_jitter": [1, None], "avg_loss": [0, 2]}
GOOD = [(20, 1, 0, 60), (30.5, None, 2, 60)]


@pytest.mark.parametrize(
    ("given_figures", "expected"),
    [
        pytest.param(ARRAYS, GOOD, id="arrays beside the start"),
        pytest.param({"wan_link_health": ARRAYS}, GOOD, id="arrays within the metric's name"),
        pytest.param(
            {name: [] for name in ARRAYS}, [(None, None, None, 0)] * 2, id="no probes: none known"
        ),
        pytest.param(
            {name: [None, None] for name in ARRAYS}, [(None, None, None, 0)] * 2, id="nulls"
        ),
        pytest.param(
            {"avg_latency": [None, 9]},
            [(None, None, None, 0), (9, None, None, 60)],
            id="one figure is named, and known of one hour",
        ),
    ],
)
def test_an_hour_has_what_its_bucket_says(scripted, given_figures, expected) -> None:
    found = fetched(scripted, Answer(series(**given_figures)))
    assert figures(found) == expected
    assert (found.left, found.without_quality) == ({}, {})
    assert not any("impossible_figures" in row for row in found.rows)


def test_what_cannot_be_is_unknown_and_reported_and_the_rest_stays(scripted) -> None:
    reported = {"avg_latency": [-1, 30], "avg_jitter": [-0.5, 0], "avg_loss": [100.5, -1]}
    found = fetched(scripted, Answer(series(**reported)))
    assert figures(found) == [(None, None, None, 0), (30, 0, None, 60)]
    assert [row["impossible_figures"] for row in found.rows] == [
        "jitter_ms_mean=-0.5, latency_ms_mean=-1, loss_pct_mean=100.5",
        "loss_pct_mean=-1",
    ]


def test_an_answer_that_names_no_figure_leaves_the_rates(scripted) -> None:
    found = fetched(scripted, Answer(series(brand_new=[1, 2])))
    assert figures(found) == [(None, None, None, None)] * 2
    [(why, ports)] = found.without_quality.items()
    assert "names none of latency, jitter and loss" in why
    assert (ports, found.left) == (1, {})


def test_a_registry_without_quality_requests_none(scripted) -> None:
    registry = {name: REGISTRY[name] for name in RATES}
    found = fetched(scripted, registry=registry)
    assert figures(found) == [(None, None, None, None)] * 2
    assert found.without_quality == {NO_QUALITY_HISTORY: 1}


def test_a_failure_that_may_pass_leaves_the_port_with_its_rates(scripted) -> None:
    """So that the next run requests both: a row that is stored is never requested again."""
    failing = [Answer(status=503, body={"detail": "Service Unavailable"})] * 3
    with pytest.raises(MistTransientError, match="insights/device/wan_link_health, status 503"):
        fetched(scripted, *failing)


@pytest.mark.parametrize(
    ("retained", "back", "name"),
    [
        pytest.param({"10m": 1, "1h": 14}, 20, "10m", id="the shortest that reaches"),
        pytest.param({"10m": 1, "1h": 14}, 30, "1h", id="the longer one reaches further"),
        pytest.param({"10m": 1, "1h": 7}, 10 * 24, "1h", id="none reaches: what is kept longest"),
        pytest.param({"7m": 14, "1h": 14}, 1, "1h", id="seven minutes make no hour"),
        pytest.param({"1d": 14}, 1, None, id="days only"),
        pytest.param({}, 1, None, id="none"),
    ],
)
def test_which_buckets_are_requested(retained: dict[str, int], back: int, name: str | None) -> None:
    lengths = {"10m": 600, "1h": 3600, "7m": 420, "1d": 86_400}
    kinds = {k: {"interval": lengths[k], "max_age": days * 86_400} for k, days in retained.items()}
    metrics = msgspec.convert({"wan_link_health": {"intervals": kinds}}, dict[str, Metric])
    found = quality_buckets(metrics, NOW - back * HOUR, NOW)
    assert (found.name if found else None) == name


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    fleet = Fleet.whole(3, 6, START, NOW + HOUR, KINDS - {"api_outage"})
    with serve(fleet, now=NOW) as cloud:
        yield cloud


def wanted(cloud: Cloud, start: datetime) -> list[Wanted]:
    return [
        Wanted(gateway.site_id, gateway.mac, port.port_id, (start, start + HOUR))
        for gateway in cloud.fleet.gateways
        if gateway.is_assigned(seconds(NOW))
        for port in gateway.wan_ports
    ]


@pytest.mark.parametrize("back", [36, 20], ids=["hourly buckets", "ten-minute buckets"])
def test_every_port_of_a_fleet_has_the_quality_of_its_paths(cloud: Cloud, back: int) -> None:
    """Read from the paths themselves, six instants a bucket while the gateway sent telemetry."""
    start = NOW - back * HOUR
    session = session_of(cloud)
    budget = Budget(session, lambda: NOW, reserve=0)
    found = port_history(session, wanted(cloud, start), NOW, budget, lambda *_: None)
    assert (found.left, found.without_quality) == ({}, {})
    length = 3600 if back > 24 else 600
    known = 0
    for row in found.rows:
        means = [
            mean
            for label in range(seconds(row["hour"]), seconds(row["hour"]) + 3600, length)
            if (mean := bucket_mean(cloud.fleet, row["gateway_mac"], row["port_id"], label, length))
        ]
        assert row["quality_minutes"] == len(means) * length / 60
        for nth, name in enumerate(FIGURES):
            values = [mean[nth] for mean in means if mean[nth] is not None]
            expected = sum(values) / len(values) if values else None
            assert row.get(name) == (
                None if expected is None else pytest.approx(expected, abs=0.001)
            )
            known += expected is not None
    assert known > len(found.rows)


def bucket_mean(
    fleet: Fleet, mac: str, port_id: str, label: int, length: int
) -> list[float | None] | None:
    [gateway] = [gateway for gateway in fleet.gateways if gateway.mac == mac]
    [port] = [port for port in gateway.wan_ports if port.port_id == port_id]
    paths = [
        path
        for path in fleet.paths
        if path.life.key == port.bundle and mac in {holder for holder, _ in path.life.holders}
    ]
    looks = [label + (n + 0.5) * length / 6 for n in range(6)]
    with_telemetry = [at for at in looks if not any(a <= at < b for a, b in gateway.telemetry_gaps)]
    read = [quality for at in with_telemetry for path in paths if (quality := path.quality(at))]
    if not read:
        return None
    has_jitter = any(path.has_jitter for path in paths)
    columns = [[quality[nth] for quality in read] for nth in range(3)]
    means: list[float | None] = [sum(column) / len(column) for column in columns]
    return [means[0], means[1] if has_jitter else None, means[2]]


def test_both_calls_of_a_port_are_claimed_or_none(cloud: Cloud) -> None:
    """With an odd number of calls left, the last one is not spent on half a port."""
    ports = wanted(cloud, NOW - 36 * HOUR)
    session = session_of(cloud)
    budget = Budget(session, lambda: NOW, reserve=0)
    spare = budget.left - 9
    budget.claim(spare)
    before = cloud.calls()
    found = port_history(session, ports, NOW, budget, lambda *_: None)
    after = cloud.calls()
    requested = {
        name: after[ENDPOINTS[name]] - before[ENDPOINTS[name]] for name in ("buckets", "quality")
    }
    assert requested == {"buckets": 4, "quality": 4}
    assert found.fetched == 4
    assert {type(why) for why in found.left.values()} == {HourUsedUpError}
