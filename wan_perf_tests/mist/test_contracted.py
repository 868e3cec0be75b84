"""Which port of the inventory a contract is laid on."""

from datetime import datetime
from typing import Any

import pytest

from wan_perf.contracts import Contract
from wan_perf.mist.inventory import snapshot
from wan_perf.mist.records import Site
from wan_perf_tests.mist.estates import MAC, TAKEN_AT, contract, estate, rows_of


@pytest.mark.parametrize(
    ("given", "port_id"),
    [
        pytest.param({"port_id": "ge-0/0/0"}, "ge-0/0/0", id="by port"),
        pytest.param({"port_id": "ge-0/0/0.0"}, "ge-0/0/0", id="by port with unit 0"),
        pytest.param({"wan_name": "wan0"}, "ge-0/0/0", id="by the WAN name that is seen"),
        pytest.param({"wan_name": "backup"}, "cl-1/0/0", id="by the WAN name configured"),
        pytest.param(
            {"port_id": "cl-1/0/0", "wan_name": "wan0"}, "cl-1/0/0", id="the port decides"
        ),
        pytest.param(
            {"site_name": "renamed", "site_id": "s1", "wan_name": "wan0"}, "ge-0/0/0", id="site id"
        ),
    ],
)
def test_a_contract_finds_its_port(given: dict[str, Any], port_id: str) -> None:
    rows = rows_of(estate(), contract(circuit_id="C1", bandwidth_down_mbps=200.0, **given))
    assert len(rows) == 2
    with_contract = [row for row in rows if row["contract_circuit_id"] == "C1"]
    assert [row["port_id"] for row in with_contract] == [port_id]
    assert with_contract[0]["contract_down_mbps"] == 200


CLUSTER: dict[str, list[dict[str, Any]]] = {
    "templates": [
        {
            "id": "T",
            "port_config": {
                "ge-0/0/0,ge-5/0/0": {
                    "usage": "wan",
                    "name": "fibre",
                    "redundant": True,
                    "reth_idx": 0,
                }
            },
        }
    ],
    "gateways": [
        {"mac": MAC, "if_stat": {"reth0.0": {"port_usage": "wan", "port_id": "reth0"}}},
    ],
    "ports": [],
}


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"port_id": "reth0"}, id="the aggregate"),
        pytest.param({"port_id": "reth0.0"}, id="the aggregate with unit 0"),
        pytest.param({"port_id": "ge-5/0/0"}, id="a member"),
        pytest.param({"port_id": "fibre"}, id="the WAN name for a port"),
        pytest.param({"wan_name": "fibre"}, id="the WAN name"),
    ],
)
def test_a_contract_stands_on_every_port_of_its_circuit(given: dict[str, Any]) -> None:
    rows = rows_of(estate(**CLUSTER), contract(circuit_id="C1", **given))
    assert {row["port_id"] for row in rows} == {"reth0", "ge-0/0/0", "ge-5/0/0"}
    assert {row["contract_circuit_id"] for row in rows} == {"C1"}


TWO_GATEWAYS: dict[str, list[dict[str, Any]]] = {
    "devices": [{"mac": mac, "site_id": "s1", "deviceprofile_id": mac} for mac in ("a", "b")],
    "profiles": [
        {"id": mac, "port_config": {"ge-0/0/0": {"usage": "wan", "name": name}}}
        for mac, name in (("a", "fibre"), ("b", "mpls"))
    ],
    "gateways": [],
    "ports": [],
}


def test_a_port_of_two_gateways_is_that_which_no_other_contract_takes() -> None:
    by_port = contract(port_id="ge-0/0/0", circuit_id="C1", line=2)
    by_name = contract(wan_name="mpls", circuit_id="C2", line=3)
    rows = rows_of(estate(**TWO_GATEWAYS), by_port, by_name)
    assert {row["gateway_mac"]: row["contract_circuit_id"] for row in rows} == {
        "a": "C1",
        "b": "C2",
    }


def test_the_wan_name_beside_the_port_says_which_gateways_port_it_is() -> None:
    given = contract(port_id="ge-0/0/0", wan_name="mpls", circuit_id="C2")
    rows = rows_of(estate(**TWO_GATEWAYS), given)
    assert {row["gateway_mac"]: row["contract_circuit_id"] for row in rows} == {
        "a": None,
        "b": "C2",
    }


def test_a_contract_that_could_be_for_two_circuits_is_for_none() -> None:
    given = contract(port_id="ge-0/0/0", circuit_id="C1", line=7)
    frame, (sentence,) = snapshot(estate(**TWO_GATEWAYS), TAKEN_AT, [given])
    assert "line 7: port 'ge-0/0/0'" in sentence
    assert "2 circuits; give port_id or wan_name of one" in sentence
    assert frame["contract_circuit_id"].isna().all()


@pytest.mark.parametrize(
    ("valid", "circuit_id"),
    [
        pytest.param((None, TAKEN_AT), None, id="ended at that instant"),
        pytest.param((TAKEN_AT, None), "C1", id="begins at that instant"),
        pytest.param((datetime.fromisoformat("2026-03-02"), None), None, id="begins later"),
    ],
)
def test_only_the_contract_in_force_counts(
    valid: tuple[datetime | None, datetime | None], circuit_id: str | None
) -> None:
    given = contract(port_id="ge-0/0/0", circuit_id="C1", valid_from=valid[0], valid_to=valid[1])
    _, fibre = rows_of(estate(), given)
    assert fibre["contract_circuit_id"] == circuit_id


def test_a_contracted_port_that_mist_does_not_know_has_a_row() -> None:
    rows = rows_of(
        estate(),
        contract(port_id="ge-0/0/7", circuit_id="C7"),
        contract(wan_name="mpls", circuit_id="C8", line=3),
    )
    added = [row for row in rows if row["contract_circuit_id"]]
    assert [(row["port_id"], row["wan_name"]) for row in added] == [
        ("ge-0/0/7", None),
        ("mpls", "mpls"),
    ]
    for row in added:
        assert (row["site_name"], row["gateway_mac"]) == ("Store 0001", MAC)
        assert (row["is_configured"], row["is_seen"], row["was_up"]) == (False, False, None)


@pytest.mark.parametrize(
    "devices", [[], [{"mac": "a", "site_id": "s1"}, {"mac": "b", "site_id": "s1"}]]
)
def test_such_a_row_names_no_gateway_where_the_site_has_not_exactly_one(
    devices: list[dict[str, Any]],
) -> None:
    rows = rows_of(estate(devices=devices), contract(port_id="ge-0/0/7", circuit_id="C7"))
    (added,) = (row for row in rows if row["contract_circuit_id"])
    assert added["gateway_mac"] is None


@pytest.mark.parametrize(
    ("contracts", "line", "says"),
    [
        pytest.param(
            [contract(site_name="Nowhere", port_id="ge-0/0/0", line=9)], 9, "no site", id="unknown"
        ),
        pytest.param(
            [contract(site_name="Twin", port_id="ge-0/0/0", line=9)], 9, "2 sites", id="two sites"
        ),
        pytest.param(
            [contract(wan_name="wan0", line=3), contract(port_id="ge-0/0/0", line=4)],
            3,
            "line 4",
            id="two contracts for one port: the port id counts more",
        ),
    ],
)
def test_a_contract_that_cannot_be_used_is_reported(
    contracts: list[Contract], line: int, says: str
) -> None:
    owned = estate()
    owned.sites.extend([Site(site_id="s8", site_name="Twin"), Site(site_id="s9", site_name="Twin")])
    _, (sentence,) = snapshot(owned, TAKEN_AT, contracts)
    assert f"line {line}:" in sentence
    assert says in sentence
