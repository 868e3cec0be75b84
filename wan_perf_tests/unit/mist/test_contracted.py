"""Which port of the inventory a contract is laid on."""

from datetime import datetime
from typing import Any

import pytest

from wan_perf.inventory.snapshot import contracts_of, snapshot
from wan_perf.mist.endpoints.records.sites import Site
from wan_perf.policy.contracts import Contract
from wan_perf_tests.support.mist.estates import (
    MAC,
    TAKEN_AT,
    contract,
    estate,
    rows_and_sentences,
    rows_of,
)


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
    rows, sentences = rows_and_sentences(
        estate(),
        contract(port_id="ge-0/0/7", circuit_id="C7"),
        contract(wan_name="fybre", circuit_id="C8", line=3),
    )
    assert sentences == [
        "Contract file, line 2: site 'Store 0001' has no port 'ge-0/0/7' in Mist (did you mean "
        "'ge-0/0/0'?); the circuit is listed without measurements.",
        "Contract file, line 3: site 'Store 0001' has no port 'fybre' in Mist; the circuit is "
        "listed without measurements.",
    ]
    added = [row for row in rows if row["contract_circuit_id"]]
    assert [(row["port_id"], row["wan_name"]) for row in added] == [
        ("fybre", "fybre"),
        ("ge-0/0/7", None),
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
    given = contract(port_id="ge-0/0/7", circuit_id="C7")
    rows, _ = rows_and_sentences(estate(devices=devices), given)
    (added,) = (row for row in rows if row["contract_circuit_id"])
    assert added["gateway_mac"] is None


def test_two_contracts_of_a_site_without_gateway_are_circuits_without_port() -> None:
    """A new store, or its gateway is out for repair; everything else is measured."""
    rows, sentences = rows_and_sentences(
        estate(devices=[], gateways=[], ports=[]),
        contract(port_id="ge-0/0/0", circuit_id="C1"),
        contract(port_id="ge-0/0/7", circuit_id="C2", line=3),
    )
    assert [(row["contract_circuit_id"], row["gateway_mac"]) for row in rows] == [
        ("C1", None),
        ("C2", None),
        (None, None),
    ]
    assert sentences[1] == (
        "Contract file, line 3: site 'Store 0001' has no gateway in Mist; the circuit is listed "
        "without measurements."
    )


@pytest.mark.parametrize(
    ("in_mist", "given"),
    [
        pytest.param({"name": "Store 0001 "}, {}, id="a blank at the end in Mist"),
        pytest.param({"name": "Store  0001"}, {}, id="two blanks in Mist"),
        pytest.param({"name": "STORE 0001"}, {}, id="capitals"),
        pytest.param(
            {"name": "Cafe\u0301 1"}, {"site_name": "Caf\u00e9 1"}, id="combining marks in Mist"
        ),
        pytest.param({}, {"site_id": "S1"}, id="a site id in capitals"),
        pytest.param({}, {"port_id": None, "wan_name": "WAN0 "}, id="a WAN's name in capitals"),
        pytest.param({}, {"port_id": "GE-0/0/0"}, id="a port in capitals"),
    ],
)
def test_names_are_compared_without_what_people_do_not_see(
    in_mist: dict[str, Any], given: dict[str, Any]
) -> None:
    site = {"id": "s1", "name": "Store 0001", "gatewaytemplate_id": "T"} | in_mist
    row = {"port_id": "ge-0/0/0", "circuit_id": "C1"} | given
    rows = rows_of(estate(sites=[site]), contract(**row))
    assert [row["port_id"] for row in rows if row["contract_circuit_id"]] == ["ge-0/0/0"]


def test_the_closest_name_is_offered() -> None:
    given = contract(site_name="Stroe 0001", port_id="ge-0/0/0", line=4)
    _, [sentence] = rows_and_sentences(estate(), given)
    assert sentence == (
        "Contract file, line 4: site 'Stroe 0001' is no site in Mist (did you mean 'Store 0001'?); "
        "correct the name or remove the row."
    )


def test_names_that_are_equal_but_for_case_are_ambiguous() -> None:
    owned = estate()
    owned.sites.append(Site(site_id="s2", site_name="store 0001"))
    _, [sentence] = rows_and_sentences(owned, contract(port_id="ge-0/0/0", line=4))
    assert "line 4: site 'Store 0001' is the name of 2 sites in Mist; give site_id" in sentence


def test_every_contract_is_listed_with_its_circuit_in_force_or_not() -> None:
    """One row before the snapshot, one in force, one to come; one names a WAN, the others ports."""
    march, may = datetime.fromisoformat("2026-03-01"), datetime.fromisoformat("2026-05-01")
    given = [
        contract(port_id="ge-0/0/0", bandwidth_down_mbps=1.0, valid_to=march),
        contract(wan_name="wan0", bandwidth_down_mbps=0.9, valid_from=march, valid_to=may, line=3),
        contract(port_id="ge-0/0/0.0", bandwidth_down_mbps=2.0, valid_from=may, line=4),
    ]
    frame, _ = snapshot(estate(), TAKEN_AT, given)
    found, sentences = contracts_of(frame, given)
    assert sentences == []
    assert found["contract_down_mbps"].tolist() == [1.0, 0.9, 2.0]
    assert set(found["circuit_port_id"]) == {"ge-0/0/0"}
    assert frame["contract_down_mbps"].dropna().tolist() == [0.9]


def test_a_contract_that_has_ended_is_not_missed() -> None:
    given = contract(site_name="Closed", port_id="ge-0/0/0", valid_to=TAKEN_AT)
    assert rows_and_sentences(estate(), given)[1] == []


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
