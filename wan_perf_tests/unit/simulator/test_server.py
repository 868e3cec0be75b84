"""Who is let in, what is refused, and the simulator's own controls."""

from datetime import datetime, timedelta

import pytest
import requests

from wan_perf.simulator import Fleet
from wan_perf.simulator.clock import Clock
from wan_perf.simulator.instants import epoch

NOON = datetime.fromisoformat("2026-03-08 12:00:00")


@pytest.fixture
def small(window) -> Fleet:
    return Fleet.seeded(seed=11, sites=2, start=window[0], end=window[1], faults=False)


@pytest.mark.parametrize("header", ["", "Token wrong", "Bearer simulator-token"])
def test_a_call_without_the_token_is_401(client, header):
    answer = requests.get(
        f"{client.cloud.url}/api/v1/self", headers={"Authorization": header}, timeout=10
    )
    assert (answer.status_code, list(answer.json())) == (401, ["detail"])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/api/v1/orgs/not-a-uuid/sites", 404, id="no organisation"),
        pytest.param(
            "/api/v1/orgs/11111111-2222-3333-4444-555555555555/sites", 403, id="somebody else's"
        ),
        pytest.param("/api/v1/nothing", 404, id="no endpoint"),
        pytest.param("{o}/sites?limit=0", 400, id="no rows asked for"),
        pytest.param("{o}/sites?page=first", 400, id="a page is a number"),
        pytest.param("{o}/inventory?type=router", 400, id="unknown type"),
        pytest.param("{o}/stats/devices?type=gateway&status=asleep", 400, id="unknown status"),
        pytest.param("{o}/stats/ports/search?up=maybe", 400, id="a boolean"),
        pytest.param("{o}/stats/ports/search?sort=mac", 400, id="an order it has not"),
        pytest.param("{o}/stats/ports/search?search_after=17", 400, id="no cursor of its own"),
        pytest.param("{o}/stats/ports/search?search_after=[1e999,1]", 400, id="an endless one"),
        pytest.param("{o}/devices/events/search?start=yesterday", 400, id="no instant"),
        pytest.param("{o}/devices/events/search?duration=1y", 400, id="no duration"),
        pytest.param("{o}/devices/events/search?start=20&end=10", 400, id="backwards"),
    ],
)
def test_a_wrong_question_is_refused_with_a_detail(client, path, status):
    answer = client.get(path)
    assert (answer.status_code, list(answer.json())) == (status, ["detail"])


def test_the_hourly_limit_holds_per_virtual_hour(call, small):
    with call(small, now=NOON + timedelta(minutes=58, seconds=47), hourly_limit=3) as caller:
        for spent in (1, 2, 3):
            answer = caller.get("/api/v1/self/usage")
            assert answer.json() == {"requests": spent, "request_limit": 3, "seconds": 3527.0}
        refused = caller.get("/api/v1/self")
        assert refused.status_code == 429
        assert refused.headers["Retry-After"] == "73"
        assert "reached the 3 API Calls per hour threshold" in refused.json()["detail"]
        caller.cloud.clock.advance_to(NOON + timedelta(hours=1))
        assert caller.get("/api/v1/self/usage").json()["requests"] == 1


def test_a_refused_token_spends_nobodys_budget(call, small):
    with call(small, hourly_limit=1) as caller:
        own = caller.session.headers.pop("Authorization")
        assert [caller.get("/api/v1/self").status_code for _ in range(3)] == [401] * 3
        caller.session.headers["Authorization"] = own
        assert caller.get("/api/v1/self").status_code == 200


def test_an_api_outage_answers_503_to_everything_but_the_controls(call, fleet):
    start, end = fleet.api_outages[0]
    at = fleet.start + timedelta(seconds=start - epoch(fleet.start))
    with call(fleet, now=at - timedelta(seconds=1)) as caller:
        seen = []
        for second in (start - 1, start, end - 1, end):
            answer = caller.session.post(
                f"{caller.cloud.url}/simulator/clock", json={"advance_to": second}, timeout=10
            )
            assert answer.json() == {"now": second, "ticking": False}
            paths = ("/api/v1/self", "{o}/sites", "/api/v1/nothing")
            seen.append([caller.get(path).status_code for path in paths])
        assert seen == [[200, 200, 404], [503] * 3, [503] * 3, [200, 200, 404]]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"advance_to": epoch(NOON)}, 200, id="standing still is allowed"),
        pytest.param({"advance_to": epoch(NOON) - 1}, 409, id="never backwards"),
        pytest.param({"advance_to": 1e30}, 400, id="no instant of the calendar"),
        pytest.param({"advance": 1}, 400, id="another word"),
        pytest.param("noon", 400, id="no object"),
    ],
)
def test_moving_the_clock(call, small, body, status):
    with call(small, now=NOON) as caller:
        url = f"{caller.cloud.url}/simulator/clock"
        answer = caller.session.post(url, json=body, timeout=10)
        assert answer.status_code == status
        assert ("detail" in answer.json()) is (status != 200)
        assert caller.get("/simulator/clock").json()["now"] == epoch(NOON)
        assert caller.cloud.clock.now() == NOON


def test_a_ticking_clock_runs_and_a_standing_one_does_not():
    ticking, standing = Clock(NOON, ticking=True), Clock(NOON)
    first = ticking.seconds()
    while ticking.seconds() == first:
        pass
    assert first < ticking.seconds() < epoch(NOON) + 60
    assert standing.now() == NOON


def test_the_clock_never_goes_back_in_python_either():
    clock = Clock(NOON)
    clock.advance_to(NOON + timedelta(hours=2))
    with pytest.raises(ValueError, match="never goes backwards"):
        clock.advance_to(NOON)
    assert clock.now() == NOON + timedelta(hours=2)


def test_calls_are_counted_by_endpoint_and_controls_are_not(call, small):
    with call(small) as caller:
        for path in ("/api/v1/self", "{o}/sites", "{o}/sites?page=x", "/simulator/clock"):
            caller.get(path)
        expected = {"/api/v1/self": 1, "/api/v1/orgs/{org_id}/sites": 2}
        assert caller.cloud.calls() == caller.get("/simulator/calls").json() == expected


def test_truth_over_http_is_the_fleets(call, small):
    start, end = epoch(NOON), epoch(NOON) + 3600
    with call(small) as caller:
        truth = caller.get("/simulator/truth", start=start, end=end).json()
        assert truth == small.truth(NOON, NOON + timedelta(hours=1))
        assert caller.get("/simulator/truth", start="noon").status_code == 400


def test_another_organisation_and_token_can_be_named(call, small):
    org_id = "11111111-2222-3333-4444-555555555555"
    with call(small, org_id=org_id, token="another") as caller:
        rows = caller.get(f"/api/v1/orgs/{org_id}/sites").json()
        assert {row["org_id"] for row in rows} == {org_id}
        assert caller.get("/api/v1/self").json()["privileges"][0]["org_id"] == org_id


def test_two_clouds_stand_side_by_side_and_leave_nothing_behind(call, small):
    with call(small) as first, call(small, now=NOON) as second:
        assert first.cloud.url != second.cloud.url
        assert first.get("/simulator/clock").json() != second.get("/simulator/clock").json()
        port = int(first.cloud.url.rsplit(":", 1)[1])
    with call(small, port=port) as again:
        assert again.get("/api/v1/self").status_code == 200
