"""Sites, circuits and ports from snapshots: identity, bandwidth, role, region, in service."""

from datetime import datetime
from functools import cache

import pytest

from wan_perf.kpi.dimensions import circuit_port, dim_circuit, dim_site
from wan_perf.tables import RAW_INVENTORY
from wan_perf_tests.kpi.engine import Query, unbound
from wan_perf_tests.kpi.rows import GATEWAY, Row
from wan_perf_tests.kpi.snapshots import DAYS, wan_port

EVER = datetime(1970, 1, 1)


@cache
def queries() -> tuple[Query, Query, Query]:
    raw = unbound(RAW_INVENTORY)
    return (
        Query(dim_site(raw, "Region-", "Type-")),
        Query(dim_circuit(raw)),
        Query(circuit_port(raw)),
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
        pytest.param("|Region-|", "Unassigned", "Unassigned", id="a prefix alone is no name"),
    ],
)
def test_region_and_store_type(groups, region, store_type):
    [row] = queries()[0].rows(raw_inventory=[wan_port(0, groups=groups)])
    assert (row["region"], row["store_type"]) == (region, store_type)


CONTRACT = {"contract_circuit_id": "C1", "contract_down_mbps": 50.0}


@pytest.mark.parametrize(
    ("said", "expected"),
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
        pytest.param({"shaped_up_mbps": 9.0}, (None, None, None), id="shaping without a speed"),
        pytest.param({}, (None, None, None), id="nothing known"),
    ],
)
def test_bandwidth(said, expected):
    [row] = circuits(wan_port(0, was_up=True, **said))
    assert (row["bandwidth_mbps"], row["bandwidth_up_mbps"], row["bandwidth_source"]) == expected


@pytest.mark.parametrize(
    ("first", "second", "ranks"),
    [
        pytest.param({}, {}, [None, None], id="no evidence, no role"),
        pytest.param({"vpn_preference": 20}, {"vpn_preference": 10}, [2, 1], id="by preference"),
        pytest.param({"vpn_preference": 5}, {"vpn_preference": 5}, [1, 1], id="equal preference"),
        pytest.param(
            {"vpn_preference": 5, "is_lte_backup": True},
            {"vpn_preference": 5},
            [2, 1],
            id="an LTE backup comes after the others",
        ),
        pytest.param(
            {"vpn_preference": 1, "contract_role": "secondary", **CONTRACT},
            {"vpn_preference": 2, "contract_role": "primary", "contract_down_mbps": 9.0},
            [2, 1],
            id="the contract before the preference",
        ),
        pytest.param(
            {"contract_role_rank": 3, "contract_role": "secondary", "contract_down_mbps": 5.0},
            {},
            [3, None],
            id="the contract's rank before its role",
        ),
    ],
)
def test_role(first, second, ranks):
    ports = [
        wan_port(0, port="ge-0/0/0", was_up=True, **first),
        wan_port(0, port="ge-0/0/1", was_up=True, **second),
    ]
    carried = {row["circuit_id"]: row["port_id"] for row in queries()[2].rows(raw_inventory=ports)}
    found = {carried[row["circuit_id"]]: row for row in circuits(*ports)}
    assert [found[f"ge-0/0/{n}"]["role_rank"] for n in (0, 1)] == ranks
    words = [{None: None, 1: "primary"}.get(rank, "secondary") for rank in ranks]
    assert [found[f"ge-0/0/{n}"]["role"] for n in (0, 1)] == words


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
