"""Bad answers on request, each as often as requested; then all is well again."""

import pytest
import requests

from wan_perf.simulator.misbehaviour import ANOTHER_ORG, REFUSALS, SKEWS_S, WAYS

ORG = "/api/v1/orgs/{org_id}"
SITES, PORTS = f"{ORG}/sites", f"{ORG}/stats/ports/search"


@pytest.fixture
def caller(calm_fleet, call):
    with call(calm_fleet) as client:
        yield client


def bad(caller, template: str, how: str, **query):
    """Give the good answer to a request, then the bad one."""
    path = template.replace(ORG, "{o}")
    good = caller.get(path, **query).json()
    caller.cloud.misbehave(template, how)
    return good, caller.get(path, **query)


@pytest.mark.parametrize("how", [way for way in WAYS if way not in ("slow", "cut body")])
def test_it_lasts_as_long_as_requested_and_strikes_one_endpoint(caller, how):
    good = caller.get("{o}/stats/ports/search", limit=5)
    caller.cloud.misbehave(PORTS, how, times=2)
    assert caller.get("{o}/sites").status_code == 200
    for _ in range(2):
        ill = caller.get("{o}/stats/ports/search", limit=5)
        assert (ill.status_code, ill.content) != (good.status_code, good.content)
    well = caller.get("{o}/stats/ports/search", limit=5)
    assert (well.status_code, well.content) == (good.status_code, good.content)


@pytest.mark.parametrize("how", REFUSALS)
def test_refusals(caller, how):
    answer = bad(caller, SITES, how)[1]
    assert answer.status_code == int(how[:3])
    assert list(answer.json()) == ["detail"]
    assert answer.headers.get("Retry-After") == ("2" if how == "429" else None)


def test_a_slow_answer_comes_too_late_or_at_last(caller):
    caller.cloud.misbehave(SITES, "slow", seconds=60)
    with pytest.raises(requests.exceptions.ReadTimeout):
        caller.session.get(caller.cloud.url + SITES.format(org_id=caller.cloud.org_id), timeout=0.3)
    good, late = bad(caller, SITES, "unknown field")
    assert late.elapsed.total_seconds() < 10
    caller.cloud.misbehave(SITES, "slow", seconds=0.3)
    late = caller.get("{o}/sites")
    assert late.elapsed.total_seconds() >= 0.3
    assert late.json() == good


def test_a_cut_body_is_a_broken_connection(caller):
    caller.cloud.misbehave(SITES, "cut body")
    with pytest.raises(requests.exceptions.RequestException):
        caller.get("{o}/sites")


def test_half_a_json_is_no_json(caller):
    answer = bad(caller, SITES, "half JSON")[1]
    assert answer.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_a_welcome_page(caller):
    answer = bad(caller, SITES, "wrong content type")[1]
    assert answer.headers["content-type"].startswith("text/html")


def test_wrong_json(caller):
    assert bad(caller, SITES, "wrong JSON type")[1].json() == "ok"


def test_missing_keys(caller):
    assert "results" not in bad(caller, PORTS, "missing key")[1].json()
    assert not {"id", "mac"} & set(bad(caller, SITES, "missing key")[1].json()[0])


def test_unknown_fields(caller):
    good, answer = bad(caller, PORTS, "unknown field", limit=3)
    rows = answer.json()["results"]
    assert all(row.pop("brand_new_field") for row in rows)
    assert rows == good["results"]


def test_nulls_everywhere(caller):
    rows = bad(caller, PORTS, "nulls", limit=3)[1].json()["results"]
    assert len(rows) == 3
    assert {value for row in rows for value in row.values()} == {None}


def test_a_row_of_nulls_among_good_ones(caller):
    good, answer = bad(caller, PORTS, "null row", limit=3)
    assert answer.json()["results"][:3] == good["results"]
    assert set(answer.json()["results"][3].values()) == {None}


def test_a_cursor_that_leads_to_itself(caller):
    body = bad(caller, PORTS, "repeated cursor", limit=3)[1].json()
    assert body["next"].endswith("/stats/ports/search?limit=3")


def test_an_empty_page_that_promises_more(caller):
    good, answer = bad(caller, PORTS, "empty page", limit=3)
    assert answer.json()["results"] == []
    assert (answer.json()["total"], "next" in answer.json()) == (good["total"], True)
    assert bad(caller, SITES, "empty page")[1].json() == []


def test_a_row_twice(caller):
    good, answer = bad(caller, PORTS, "duplicate row", limit=3)
    assert answer.json()["results"] == [*good["results"], good["results"][0]]


def test_a_row_of_somebody_else(caller):
    good, answer = bad(caller, SITES, "row of another org")
    assert answer.json()[:-1] == good
    foreign = answer.json()[-1]
    assert foreign["org_id"] == ANOTHER_ORG
    assert foreign["id"] not in {site["id"] for site in good}


@pytest.mark.parametrize(("how", "by_s"), SKEWS_S.items())
def test_a_wrong_clock(caller, how, by_s):
    good, answer = bad(caller, PORTS, how, limit=3)
    timestamps = [row["timestamp"] for row in answer.json()["results"]]
    assert timestamps == [row["timestamp"] + by_s for row in good["results"]]


def test_an_unknown_way_is_refused(caller):
    with pytest.raises(ValueError, match="'sulk' is no misbehaviour; there are: 400"):
        caller.cloud.misbehave(SITES, "sulk")
