"""Sites, circuits and ports from snapshots: identity, bandwidth, region, in service."""

from datetime import datetime
from functools import cache
from typing import Any

import pytest

from wan_perf.kpi.dimensions.sites_and_circuits import circuit_port, dim_circuit, dim_site
from wan_perf.schema.tables import DIM_CONTRACT, RAW_INVENTORY
from wan_perf_tests.support.kpi.bandwidths import every_way, reference_bandwidth
from wan_perf_tests.support.kpi.engine import Query, unbound
from wan_perf_tests.support.kpi.rows import GATEWAY, Row
from wan_perf_tests.support.kpi.snapshots import DAYS, wan_port

EVER = datetime(1970, 1, 1)


@cache
def queries() -> tuple[Query, Query, Query]:
    raw, contracts = unbound(RAW_INVENTORY), unbound(DIM_CONTRACT)
    return (
        Query(dim_site(raw, "Region-", "Type-")),
        Query(dim_circuit(raw, contracts)),
        Query(circuit_port(raw, contracts)),
    )


def circuits(*inventory: Row) -> list[Row]:
    found = queries()[1].rows(raw_inventory=inventory)
    return sorted(found, key=lambda row: (row["circuit_id"], row["valid_from"]))


@pytest.mark.parametrize(
    ("groups", "region", "store_type"),
    [
        pytest.param("|Region-West|Type-Express|", "West", "Express", id="one group each"),
        pytest.param("|Region-East|Region-West|", "East", "Unassigned", id="the first of several"),
        pytest.param("|Stores|", "Unassigned", "Unassigned", id="no group with the prefix"),
        pytest.param(None, "Unassigned", "Unassigned", id="no groups"),
        pytest.param("|My-Region-West|", "Unassigned", "Unassigned", id="a prefix begins the name"),
        pytest.param(
            "\nRegion-North|East\nType-A|B\n", "North|East", "A|B", id="a bar within a name"
        ),
        pytest.param("\nX|Region-West|\n", "Unassigned", "Unassigned", id="a prefix after a bar"),
        pytest.param("\nRegion-\nRegion-West\n", "West", "Unassigned", id="after an empty name"),
        pytest.param("|Region-|", "Unassigned", "Unassigned", id="a prefix alone is no name"),
    ],
)
def test_region_and_store_type(groups, region, store_type):
    [row] = queries()[0].rows(raw_inventory=[wan_port(0, groups=groups)])
    assert (row["region"], row["store_type"]) == (region, store_type)


CONTRACT = {"contract_circuit_id": "C1", "contract_down_mbps": 50.0}
VARIABLE = {"variable_down_mbps": 80.0, "variable_up_mbps": 8.0}
TESTED = {"tested_down_mbps": 61.0, "tested_up_mbps": 7.0}


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        pytest.param(
            {**CONTRACT, "shaped_up_mbps": 9.0, "port_speed_mbps": 1000.0},
            (50, None, "contract"),
            id="contract with one figure",
        ),
        pytest.param(
            {**CONTRACT, "contract_up_mbps": 10.0}, (50, 10, "contract"), id="contract with two"
        ),
        pytest.param(
            {"shaped_up_mbps": 9.0, "port_speed_mbps": 1000.0}, (1000, 9, "shaping"), id="shaping"
        ),
        pytest.param({"port_speed_mbps": 1000.0}, (1000, None, "port_speed"), id="port speed"),
        pytest.param(
            {"shaped_up_mbps": 9.0}, (None, 9, "shaping"), id="shaping alone: no download"
        ),
        pytest.param(
            {**VARIABLE, **TESTED, "shaped_up_mbps": 9.0, "port_speed_mbps": 1000.0},
            (80, 8, "site_variable"),
            id="a variable beats all but a contract",
        ),
        pytest.param(
            {**CONTRACT, **VARIABLE, **TESTED, "shaped_up_mbps": 9.0},
            (50, None, "contract"),
            id="a contract beats everything, its upload too",
        ),
        pytest.param(
            {"contract_up_mbps": 5.0, **TESTED},
            (61, 5, "contract"),
            id="a contract without download leaves that to the next",
        ),
        pytest.param(
            {"variable_down_mbps": 80.0, **TESTED, "shaped_up_mbps": 9.0},
            (80, 9, "site_variable"),
            id="each direction by the first that speaks",
        ),
        pytest.param(
            {**TESTED, "shaped_up_mbps": 9.0, "port_speed_mbps": 1000.0},
            (61, 9, "shaping"),
            id="shaping beats the test for upload, the test the port for download",
        ),
        pytest.param({**TESTED, "port_speed_mbps": 1000.0}, (61, 7, "speed_test"), id="speed test"),
        pytest.param(
            {"tested_up_mbps": 7.0, "port_speed_mbps": 1000.0},
            (1000, 7, "speed_test"),
            id="a test that received nothing",
        ),
        pytest.param({"port_speed_mbps": 0.0}, (None, None, None), id="0 is no speed"),
        pytest.param({}, (None, None, None), id="nothing known"),
    ],
)
def test_bandwidth(sentence, expected):
    [row] = circuits(wan_port(0, was_up=True, **sentence))
    assert (row["bandwidth_mbps"], row["bandwidth_up_mbps"], row["bandwidth_source"]) == expected


def test_every_way_in_which_sources_can_speak():
    """All 256, each as a port of its own."""
    ways = every_way()
    ports = [wan_port(0, port=f"ge-0/0/{n}", was_up=True, **way) for n, way in enumerate(ways)]
    found = {row["circuit_id"]: row for row in circuits(*ports)}
    assert len(found) == 256
    for n, way in enumerate(ways):
        row = found[f"S1:ge-0/0/{n}"]
        got = (row["bandwidth_mbps"], row["bandwidth_up_mbps"], row["bandwidth_source"])
        assert got == reference_bandwidth(way), way


def test_a_contract_that_names_two_ports_is_one_circuit():
    ports = [wan_port(0, port=f"ge-0/0/{n}", was_up=True, **CONTRACT) for n in (1, 0)]
    assert [row["circuit_id"] for row in circuits(*ports)] == ["C1", "S1:ge-0/0/1"]
    carried = queries()[2].rows(raw_inventory=ports)
    assert {row["circuit_id"]: row["port_id"] for row in carried}["C1"] == "ge-0/0/0"


def test_a_contract_without_a_gateway_is_a_circuit_that_no_port_carries():
    row = wan_port(0, port=None, wan_name="fiber", gateway_mac=None, **CONTRACT)
    assert [r["circuit_id"] for r in circuits({**row, "gateway_mac": None})] == ["C1"]
    assert queries()[2].rows(raw_inventory=[{**row, "gateway_mac": None}]) == []


def test_two_gateways_at_a_site_tell_their_circuits_apart():
    ports = [
        wan_port(0, was_up=True),
        {**wan_port(0, was_up=True), "gateway_mac": "0000000000bb", "gateway_name": "gw-b"},
    ]
    assert [r["circuit_id"] for r in circuits(*ports)] == ["S1:gw-a:ge-0/0/0", "S1:gw-b:ge-0/0/0"]


def test_a_replaced_gateway_continues_its_circuit():
    new = {**wan_port(1, was_up=True), "gateway_mac": "0000000000bb", "gateway_name": "gw-b"}
    inventory = [wan_port(0, was_up=True), new]
    assert [(r["circuit_id"], r["valid_to"]) for r in circuits(*inventory)] == [
        ("S1:ge-0/0/0", None)
    ]
    ports = queries()[2].rows(raw_inventory=inventory)
    found = {r["gateway_mac"]: (r["valid_from"], r["valid_to"]) for r in ports}
    assert found == {GATEWAY: (EVER, DAYS[1]), "0000000000bb": (DAYS[1], None)}


@pytest.mark.parametrize(
    ("port", "rows"),
    [
        pytest.param({"was_up": True}, 1, id="seen up"),
        pytest.param({"was_up": False}, 0, id="never up, no contract"),
        pytest.param({"was_up": None}, 0, id="not known to have been up"),
        pytest.param({"was_up": False, **CONTRACT}, 1, id="never up, but contracted"),
        pytest.param({"was_up": True, "site_id": None}, 0, id="on no site"),
    ],
)
def test_in_service(port, rows):
    assert len(circuits({**wan_port(0), **port})) == rows


def test_a_circuit_that_is_down_when_its_gateway_boots_stays_in_service():
    [row] = circuits(wan_port(0, was_up=True), wan_port(1, was_up=False))
    assert (row["valid_from"], row["valid_to"]) == (EVER, None)


def test_a_port_that_never_was_up_is_in_service_from_the_first_time_it_is():
    [row] = circuits(wan_port(0, was_up=False), wan_port(1, was_up=True))
    assert row["valid_from"] == DAYS[1]


def test_a_circuit_that_is_down_when_its_gateway_is_replaced_stays_in_service():
    new = {**wan_port(1, was_up=False), "gateway_mac": "0000000000bb", "gateway_name": "gw-b"}
    [row] = circuits(wan_port(0, was_up=True), new)
    assert (row["circuit_id"], row["valid_to"]) == ("S1:ge-0/0/0", None)


def test_a_port_that_is_switched_off_is_listed_though_it_never_was_up():
    [row] = circuits(wan_port(0, was_up=False, is_disabled=True))
    assert row["is_disabled"] is True


def test_a_replaced_gateway_of_two_continues_its_circuits():
    """Gateway a has broadband, b has mpls, on ports of one name; c replaces b on the second day."""
    broadband = {"was_up": True, "wan_name": "broadband"}
    mpls = {"was_up": True, "wan_name": "mpls"}
    inventory = [
        *(wan_port(day, **broadband) for day in (0, 1)),
        {**wan_port(0, **mpls), "gateway_mac": "0000000000bb", "gateway_name": "gw-b"},
        {**wan_port(1, **mpls), "gateway_mac": "0000000000cc", "gateway_name": "gw-c"},
    ]
    found = [(r["circuit_id"], r["wan_name"], r["valid_to"]) for r in circuits(*inventory)]
    assert found == [
        ("S1:gw-a:ge-0/0/0", "broadband", None),
        ("S1:gw-b:ge-0/0/0", "mpls", None),
    ]


def test_two_gateways_with_one_wan_on_one_port_are_each_named_themselves():
    other = {"gateway_mac": "0000000000bb", "gateway_name": "gw-b"}
    ports = [wan_port(day, was_up=True, wan_name="wan0") for day in (0, 1)]
    inventory = [ports[0], ports[1], {**ports[1], **other}]
    assert {r["circuit_id"] for r in circuits(*inventory) if r["valid_to"] is None} == {
        "S1:gw-a:ge-0/0/0",
        "S1:gw-b:ge-0/0/0",
    }


def members(**given: Any) -> list[Row]:
    """An aggregate with two members of 1000 and 100 Mbit/s, the aggregate's own row first."""
    line = {"was_up": True, "circuit_port_id": "ae0", **given}
    return [
        wan_port(0, port="ae0", is_aggregate=True, **line),
        wan_port(0, port="ge-0/0/4", interface="ae0", port_speed_mbps=1000.0, **line),
        wan_port(0, port="ge-0/0/5", interface="ae0", port_speed_mbps=100.0, **line),
    ]


@pytest.mark.parametrize(
    ("is_redundant", "speed"),
    [
        pytest.param(False, 1100, id="an aggregate carries the sum"),
        pytest.param(None, 1100, id="redundancy unknown"),
        pytest.param(True, 1000, id="nodes of a cluster carry one at a time"),
    ],
)
def test_members_are_one_circuit(is_redundant, speed):
    ports = members(is_redundant=is_redundant)
    [row] = circuits(*ports)
    assert (row["circuit_id"], row["bandwidth_mbps"]) == ("S1:ae0", speed)
    names = ("circuit_id", "port_id", "interface", "is_aggregate", "port_speed_mbps")
    carried = queries()[2].rows(raw_inventory=ports)
    assert {tuple(row[name] for name in names) for row in carried} == {
        ("S1:ae0", "ae0", None, True, speed),
        ("S1:ae0", "ge-0/0/4", "ae0", False, 1000),
        ("S1:ae0", "ge-0/0/5", "ae0", False, 100),
    }


def test_the_sum_of_members_of_unknown_speed_is_unknown():
    aggregate, first, second = members()
    [row] = circuits(aggregate, first, {**second, "port_speed_mbps": None})
    assert (row["bandwidth_mbps"], row["bandwidth_source"]) == (None, None)


def test_of_members_that_were_tested_the_fastest_counts():
    aggregate, first, second = members(variable_up_mbps=20.0)
    tested = {"tested_down_mbps": 300.0, "tested_up_mbps": 30.0}
    [row] = circuits(aggregate, {**first, **tested}, {**second, "tested_down_mbps": 90.0})
    assert (row["bandwidth_mbps"], row["bandwidth_up_mbps"]) == (300, 20)
    assert row["bandwidth_source"] == "site_variable"


def test_a_contract_of_an_aggregate_names_it_once():
    ports = members(**CONTRACT)
    assert [row["circuit_id"] for row in circuits(*ports)] == ["C1"]
    assert {row["circuit_id"] for row in queries()[2].rows(raw_inventory=ports)} == {"C1"}


@pytest.mark.parametrize(
    ("off", "is_disabled"),
    [
        pytest.param([None, True, True], True, id="every member"),
        pytest.param([None, True, False], False, id="one of two"),
        pytest.param([None, True, None], False, id="one, the other unknown"),
        pytest.param([None, False, False], False, id="none"),
        pytest.param([None, None, None], None, id="nothing said"),
    ],
)
def test_an_aggregate_is_off_where_every_member_is(off, is_disabled):
    ports = [{**row, "is_disabled": flag} for row, flag in zip(members(), off, strict=True)]
    [row] = circuits(*ports)
    assert row["is_disabled"] is is_disabled
