"""Answers validate against Mist's own description, but where the live API is known to differ."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

jsonschema = pytest.importorskip("jsonschema")
referencing = pytest.importorskip("referencing")

DESCRIPTION = Path(__file__).parents[3] / "shared" / "data" / "mist.openapi.json"

ANSWERS = [
    ("/api/v1/self", "admin"),
    ("/api/v1/self/usage", "api_usage"),
    ("{o}/sites", "sites"),
    ("{o}/sitegroups", "sitegroups"),
    ("{o}/inventory?type=ap", "inventory_list"),
    ("{o}/inventory?type=gateway&unassigned=false", "inventory_list"),
    ("{o}/gatewaytemplates", "gateway_templates"),
    ("{o}/stats/devices?type=gateway", "stats_devices"),
    ("{o}/stats/devices?type=ap", "stats_devices"),
    ("{o}/devices/events/search?device_type=all&limit=1000", "response_device_events_search"),
    ("{o}/devices/events/search?device_type=gateway&limit=7", "response_device_events_search"),
    ("{o}/sites?limit=none", "response_http400"),
]


@pytest.fixture(scope="module")
def validator():
    """Give a validator for a named component schema."""
    if not DESCRIPTION.exists():
        pytest.skip(
            "the API description is not beside the project: ../shared/data/mist.openapi.json"
        )
    document = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    resource = referencing.Resource(document, referencing.jsonschema.DRAFT202012)
    registry = referencing.Registry().with_resource("urn:mist", resource)

    def of(component: str):
        assert component in document["components"]["schemas"], component
        reference = {"$ref": f"urn:mist#/components/schemas/{component}"}
        return jsonschema.Draft202012Validator(reference, registry=registry)

    return of


@pytest.fixture(scope="module")
def busy(fleet, call) -> Iterator:
    """A caller at the end of the fleet with faults, when every kind of event has happened."""
    with call(fleet, now=fleet.end) as caller:
        yield caller


@pytest.mark.parametrize(("path", "component"), ANSWERS)
def test_answers_validate(busy, validator, path, component):
    body = busy.get(path).json()
    assert body
    validator(component).validate(body)


def test_port_rows_validate_but_for_the_timestamp_that_live_rows_carry(busy, validator):
    body = busy.get("{o}/stats/ports/search", limit=1000).json()
    problems = list(validator("response_port_stats_search").iter_errors(body))
    assert {problem.message.split("(")[1] for problem in problems} == {
        "'timestamp' was unexpected)"
    }
    for row in body["results"]:
        del row["timestamp"]
    validator("response_port_stats_search").validate(body)


def test_inventory_validates_but_for_the_null_site_of_a_spare(busy, validator):
    rows = busy.get("{o}/inventory", type="gateway", limit=1000).json()
    problems = list(validator("inventory_list").iter_errors(rows))
    assert [problem.path[1] for problem in problems] == ["site_id"] * 2
    assert [problem.message for problem in problems] == ["None is not of type 'string'"] * 2


def test_a_missing_path_has_a_detail_where_the_description_says_id(busy, validator):
    body = busy.get("/api/v1/nothing").json()
    assert not validator("response_http404").is_valid(body)
    validator("response_http401").validate(body)


def test_refusals_validate(busy, validator, call):
    with call(busy.cloud.fleet, now=busy.cloud.fleet.end, hourly_limit=1) as caller:
        bodies = [caller.get("/api/v1/self").json(), caller.get("/api/v1/self").json()]
        validator("response_http429").validate(bodies[1])
        caller.session.headers["Authorization"] = "none"
        validator("response_http401").validate(caller.get("/api/v1/self").json())
        assert list(bodies[1]) == ["detail"]
