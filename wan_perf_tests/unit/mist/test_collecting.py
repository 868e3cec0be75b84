"""A poll whose streams fail one by one, and what Retry-After means, against the simulated cloud."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from wan_perf.errors import UsageError
from wan_perf.mist.client.errors import MistPermanentError, MistTransientError
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.client.transport import PAUSES_S
from wan_perf.mist.collect.clock import POLLED_AFTER, RealClock, SimulatorClock
from wan_perf.mist.collect.polls import (
    Passes,
    Scores,
    allowance,
    take_events,
    take_passes,
    take_scores,
)
from wan_perf.simulator import Cloud, Fleet, serve
from wan_perf.simulator.incidents import KINDS
from wan_perf.simulator.misbehaviour import SKEWS_S, WAYS
from wan_perf_tests.support.mist.scripted import START

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ORG = "/api/v1/orgs/{org_id}"
PATHS_OF = {
    "devices": f"{ORG}/stats/devices",
    "ports": f"{ORG}/stats/ports/search",
    "paths": f"{ORG}/stats/vpn_peers/search",
}
SCORES = f"{ORG}/insights/sites-sle"
HARMLESS = {"unknown field", "duplicate row", "row of another org", "null row", *SKEWS_S}
LASTING = len(PAUSES_S) + 1
"""So many bad answers outlast what a call is made again for."""
HICCUPS = {"429", "500", "503", "slow", "cut body"}


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return Fleet.whole(7, 20, START, START + timedelta(days=2), KINDS - {"api_outage"})


@pytest.fixture
def cloud(fleet: Fleet) -> Iterator[Cloud]:
    with serve(fleet, now=START) as cloud:
        yield cloud


def session_with(cloud: Cloud) -> MistSession:
    return MistSession(
        host="api.mist.com",
        org_id=cloud.org_id,
        token=cloud.token,
        base_url=cloud.url,
        timeout=(2, 0.5),
        pause=lambda _: None,
    )


def taken(cloud: Cloud, start: datetime, end: datetime) -> Passes:
    clock = SimulatorClock(cloud.url)
    return take_passes(session_with(cloud), clock.passes(start, end), clock, lambda _: None)


def had(passes: Passes, at: datetime) -> set[str]:
    """The streams of a poll whose rows are there."""
    ports, paths = passes.port_samples, passes.path_samples
    sources = set(ports[ports["pass_at"] == at]["counter_source"])
    names = {"device": "devices", "port": "ports"}
    found = {names[source] for source in sources}
    return found | ({"paths"} if (paths["pass_at"] == at).any() else set())


def others_of(stream: str) -> set[str]:
    """What is there without a stream: only the devices' rows say when the ports' rows are of."""
    return {"paths"} if stream == "devices" else {"devices", "ports", "paths"} - {stream}


def test_each_pass_of_an_hour_has_what_is_due(cloud: Cloud) -> None:
    passes = taken(cloud, START, START + HOUR)
    assert passes.missed == {}
    assert [had(passes, START + n * 5 * MINUTE) for n in range(12)] == [
        *({"devices", "ports", "paths"}, {"devices"}, {"devices", "paths"}, {"devices"}),
        *({"devices", "paths"}, {"devices"}, {"devices", "ports", "paths"}, {"devices"}),
        *({"devices", "paths"}, {"devices"}, {"devices", "paths"}, {"devices"}),
    ]


@pytest.mark.parametrize("stream", PATHS_OF)
def test_a_stream_that_fails_leaves_the_others_and_the_next_pass_alone(cloud, stream: str) -> None:
    cloud.misbehave(PATHS_OF[stream], "503", times=LASTING)
    passes = taken(cloud, START, START + 30 * MINUTE)
    assert had(passes, START) == others_of(stream)
    assert set(passes.missed) == {(START, stream)}
    assert "try again later" in passes.missed[START, stream]
    later = START + 10 * MINUTE
    assert had(passes, later) == {"devices", "paths"}
    assert len(passes.taken) == 6


@pytest.mark.proof
@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("stream", PATHS_OF)
def test_a_bad_answer_is_whole_rows_or_a_sentence(cloud: Cloud, stream: str, how: str) -> None:
    times = LASTING if how in HICCUPS else 1
    cloud.misbehave(PATHS_OF[stream], how, times=times, seconds=1.5)
    passes = taken(cloud, START, START + 10 * MINUTE)
    others = others_of(stream)
    if how == "429 without Retry-After":  # the hour's calls: what came before it is had
        others = {"devices": set(), "ports": {"devices"}, "paths": {"devices", "ports"}}[stream]
    if not passes.missed:
        assert others <= had(passes, START)
    else:
        assert had(passes, START) == others
    assert how not in HARMLESS or not passes.missed
    for sentence in passes.missed.values():
        assert sentence.endswith(".")
        assert "\n" not in sentence


def test_a_short_retry_after_is_waited_for_and_the_stream_is_had(cloud: Cloud) -> None:
    cloud.misbehave(PATHS_OF["paths"], "429", times=LASTING)
    passes = taken(cloud, START, START + 5 * MINUTE)
    assert passes.missed == {}
    assert had(passes, START) == {"devices", "ports", "paths"}
    assert cloud.clock.now() == START + POLLED_AFTER + timedelta(seconds=2)
    assert cloud.calls()[PATHS_OF["paths"]] == LASTING + 1


def test_waiting_is_real_under_the_real_clock() -> None:
    before = RealClock().now()
    RealClock().wait(0.05)
    assert RealClock().now() - before >= timedelta(seconds=0.05)


def test_without_retry_after_the_rest_of_the_poll_is_not_requested_and_the_next_is(cloud) -> None:
    cloud.misbehave(PATHS_OF["devices"], "429 without Retry-After")
    passes = taken(cloud, START + 25 * MINUTE, START + 35 * MINUTE)
    assert passes.missed.keys() == {(START + 25 * MINUTE, "devices")}
    cloud.misbehave(PATHS_OF["devices"], "429 without Retry-After")
    before = cloud.calls()
    with pytest.raises(MistTransientError, match="used up"):
        taken(cloud, START + HOUR, START + HOUR + 5 * MINUTE)
    after = cloud.calls()
    requested = {path: number - before[path] for path, number in after.items()}
    assert requested == {PATHS_OF["devices"]: 1, PATHS_OF["ports"]: 0, PATHS_OF["paths"]: 0}


def test_an_hour_that_is_used_up_is_left_alone_until_the_cloud_says(fleet: Fleet) -> None:
    """Ten calls an hour: devices, ports, paths at 0; then devices, and paths each second poll."""
    with serve(fleet, now=START, hourly_limit=10) as cloud:
        passes = taken(cloud, START, START + HOUR + 10 * MINUTE)
        spent = cloud.calls()
    minutes = {((at - START) // MINUTE, stream) for at, stream in passes.missed}
    assert minutes == {
        *((30, "ports"), (30, "paths"), (40, "paths"), (50, "paths")),
        *((minute, "devices") for minute in range(30, 60, 5)),
    }
    assert sum(spent.values()) == 10 + 1 + 4  # one is refused; two passes of the next hour
    assert had(passes, START + HOUR) == {"devices", "ports", "paths"}


def test_a_stream_that_is_refused_is_requested_once_and_the_others_go_on(cloud: Cloud) -> None:
    cloud.misbehave(PATHS_OF["paths"], "403")
    passes = taken(cloud, START, START + 30 * MINUTE)
    assert cloud.calls()[PATHS_OF["paths"]] == 1
    assert {stream for _, stream in passes.missed} == {"paths"}
    assert had(passes, START + 10 * MINUTE) == {"devices"}


def test_an_answer_of_a_wrong_shape_costs_one_pass(cloud: Cloud) -> None:
    cloud.misbehave(PATHS_OF["paths"], "wrong JSON type")
    passes = taken(cloud, START, START + 30 * MINUTE)
    assert set(passes.missed) == {(START, "paths")}
    assert "has not the known shape" in passes.missed[START, "paths"]
    assert had(passes, START + 10 * MINUTE) == {"devices", "paths"}


def test_where_nothing_was_had_the_refusal_is_reported_before_what_may_pass(cloud: Cloud) -> None:
    cloud.misbehave(PATHS_OF["devices"], "503", times=LASTING)
    for stream in ("ports", "paths"):
        cloud.misbehave(PATHS_OF[stream], "403")
    with pytest.raises(MistPermanentError, match="no right"):
        taken(cloud, START, START + 5 * MINUTE)


def test_what_is_left_of_the_hour_is_known_or_it_is_none(cloud: Cloud) -> None:
    session, clock = session_with(cloud), SimulatorClock(cloud.url)
    budget = allowance(session, clock, reserve=0)
    assert budget is not None
    before = budget.left
    take_passes(session, [START], clock, lambda _: None)
    assert before - budget.left == 3
    cloud.clock.advance_to(START + HOUR)
    assert budget.left == 5000
    cloud.misbehave("/api/v1/self/usage", "500", times=LASTING)
    assert allowance(session, clock, reserve=0) is None


def test_events_wait_for_a_short_retry_after(cloud: Cloud) -> None:
    cloud.clock.advance_to(START + 2 * HOUR)
    cloud.misbehave(f"{ORG}/devices/events/search", "429", times=LASTING)
    clock = SimulatorClock(cloud.url)
    assert len(take_events(session_with(cloud), START, START + 2 * HOUR, clock)) > 0


def scored(cloud: Cloud, hours: list[datetime], reserve: int = 0) -> Scores:
    clock = SimulatorClock(cloud.url)
    return take_scores(session_with(cloud), hours, clock, reserve, lambda *_: None)


def test_an_hour_of_scores_that_fails_is_left_for_the_next_run(cloud: Cloud) -> None:
    cloud.clock.advance_to(START + 5 * HOUR)
    hours = [START + n * HOUR for n in range(4)]
    cloud.misbehave(SCORES, "503", times=LASTING)
    found = scored(cloud, hours)
    assert list(found.left) == hours[:1]
    assert set(found.frame["hour"]) == set(hours[1:])


def test_scores_that_are_refused_are_requested_once_and_all_left(cloud: Cloud) -> None:
    cloud.clock.advance_to(START + 5 * HOUR)
    cloud.misbehave(SCORES, "403")
    hours = [START + n * HOUR for n in range(4)]
    assert list(scored(cloud, hours).left) == hours
    assert cloud.calls()[SCORES] == 1


def test_scores_stop_before_the_reserve(fleet: Fleet) -> None:
    with serve(fleet, now=START + 9 * HOUR, hourly_limit=10) as cloud:
        hours = [START + n * HOUR for n in range(8)]
        found = scored(cloud, hours, reserve=4)
        assert sum(cloud.calls().values()) == 6
    assert list(found.left) == hours[5:]
    assert "4 are reserved for live polls; go on at 10:00 UTC" in found.left[hours[5]]


def test_scores_older_than_mist_stores_are_refused_before_any_request(cloud: Cloud) -> None:
    cloud.clock.advance_to(START + timedelta(days=20))
    with pytest.raises(UsageError, match="14 days of scores"):
        scored(cloud, [START + timedelta(days=19), START])
    assert cloud.calls().get(SCORES, 0) == 0
