"""Answers validate against Mist's own description, but where the live API is known to differ."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

jsonschema = pytest.importorskip("jsonschema")
referencing = pytest.importorskip("referencing")

DESCRIPTION = Path(__file__).parents[4] / "shared" / "data" / "mist.openapi.json"

ANSWERS = [
    ("/api/v1/self", "admin"),
    ("/api/v1/self/usage", "api_usage"),
    ("{o}", "org"),
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


FIELD_ANSWERS = [
    ("{o}/sites", "sites"),
    ("{o}/gatewaytemplates", "gateway_templates"),
    ("{o}/deviceprofiles?type=gateway", "deviceprofiles"),
    ("{o}/vpns", "vpns"),
    ("{o}/inventory?type=gateway&unassigned=false", "inventory_list"),
    ("{o}/stats/devices?type=gateway&limit=1000", "stats_devices"),
    ("{o}/alarms/search?duration=7d", "alarm_search_result"),
    ("{o}/insights/sites-sle?sle=wan&duration=1h", "response_org_site_sle"),
    ("/api/v1/const/insight_metrics", "const_insight_metrics"),
    ("/api/v1/const/device_events", "const_events"),
    ("{s}/setting", "site_setting"),
    ("{s}/devices/{d}", "mist_device"),
    *(
        (f"{{s}}/sle/site/{{site_id}}/metric/{metric}/{ending}", component)
        for metric in ("wan-link-health", "gateway-health", "application-health")
        for ending, component in (
            ("summary-trend?duration=7d", "sle_summary_trend"),
            ("impacted-gateways?duration=7d", "sle_impacted_gateways"),
            ("impacted-interfaces?duration=7d", "sle_impacted_interfaces"),
        )
    ),
    ("{s}/insights/device/{mac}/tx_bps?port_id=ge-0/0/0", "response_device_metrics"),
]


def of_first_store(caller, path: str) -> str:
    """Fill in the first store and its gateway."""
    gateway = caller.cloud.fleet.gateways[0]
    path = path.replace("{s}", f"/api/v1/sites/{gateway.site_id}").replace("{mac}", gateway.mac)
    return path.replace("{site_id}", gateway.site_id).replace("{d}", gateway.device_id)


@pytest.mark.parametrize(("path", "component"), FIELD_ANSWERS)
def test_answers_of_the_whole_field_validate(field, validator, path, component):
    body = field.get(of_first_store(field, path)).json()
    assert body
    validator(component).validate(body)


def test_speed_tests_validate(field, validator):
    sites = {gateway.site_id for gateway in field.cloud.fleet.gateways}
    path = "/api/v1/sites/{site_id}/synthetic_test/search?type=speedtest&duration=60d"
    bodies = [field.get(path.replace("{site_id}", site_id)).json() for site_id in sorted(sites)]
    assert {test["failed"] for body in bodies for test in body["results"]} == {True, False}
    for body in bodies:
        validator("response_synthetictest_search").validate(body)


def test_path_rows_validate_but_for_the_vpn_name_that_live_rows_carry(field, validator):
    body = field.get("{o}/stats/vpn_peers/search", limit=1000).json()
    assert not validator("vpn_peer_stat_search").is_valid(body)
    for row in body["results"]:
        assert row.pop("vpn_name") == "stores-hub"
    validator("vpn_peer_stat_search").validate(body)


def test_port_rows_of_the_field_validate(field, validator):
    body = field.get("{o}/stats/ports/search", limit=1000).json()
    assert all("timestamp" not in row for row in body["results"])
    validator("response_port_stats_search").validate(body)


@pytest.mark.proof
def test_events_of_the_field_validate_but_for_those_that_come_twice(field, validator):
    query = {"device_type": "gateway", "limit": 1000, "duration": "7d"}
    pages = field.search_pages("{o}/devices/events/search", **query)
    problems = [
        problem.validator
        for page in pages
        for problem in validator("response_device_events_search").iter_errors(page)
    ]
    assert set(problems) == {"uniqueItems"}


def test_bandwidth_has_an_array_for_each_metric_where_the_description_knows_one(field, validator):
    path = of_first_store(field, "{s}/insights/gateway/{d}/stats?port_id=ge-0/0/0&metrics=tx_bps")
    body = field.get(path).json()
    assert not validator("response_device_metrics").is_valid(body)
    body["results"] = body.pop("tx_bps")
    validator("response_device_metrics").validate(body)


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
