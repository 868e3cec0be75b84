"""Which ports of a gateway are one circuit, by what is configured and what is reported."""

from typing import Any

import msgspec
import pytest

from wan_perf.inventory.circuit_members import configured_circuits
from wan_perf.mist.endpoints.records.configuration import Template
from wan_perf_tests.support.mist.estates import MAC, estate, rows_of

WAN: dict[str, Any] = {"port_usage": "wan", "up": True}
RETH: dict[str, Any] = {"usage": "wan", "name": "wan0", "redundant": True}
AE: dict[str, Any] = {"usage": "wan", "name": "wan0", "aggregated": True}

Found = set[tuple[str, str, str | None, bool]]


def template(ports: dict[str, Any], **more: Any) -> Template:
    return msgspec.convert({"id": "T", "port_config": ports, **more}, Template)


def ports_of(
    config: dict[str, Any],
    first: dict[str, Any],
    ports: tuple[str, ...] = (),
    second: dict[str, Any] | None = None,
) -> Found:
    """(circuit, port, interface, is it the aggregate) of each row of one gateway."""
    owned = estate(
        templates=[{"id": "T", "port_config": config}],
        gateways=[{"mac": MAC, "if_stat": first, "if2_stat": second}],
        ports=[{"mac": MAC, "port_id": port, "port_usage": "wan"} for port in ports],
    )
    names = ("circuit_port_id", "port_id", "interface", "is_aggregate")
    found = [tuple(row[name] for name in names) for row in rows_of(owned)]
    assert len(set(found)) == len(found)
    return set(found)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ports", "circuits"),
    [
        pytest.param(
            {"ge-0/0/0,ge-5/0/0": {**RETH, "reth_idx": 0}},
            {"reth0": ("ge-0/0/0", "ge-5/0/0")},
            id="a list with a number of its aggregate",
        ),
        pytest.param(
            {
                "ge-0/0/0": {**RETH, "reth_idx": "1"},
                "ge-5/0/0": {**RETH, "reth_idx": "1"},
            },
            {"reth1": ("ge-0/0/0", "ge-5/0/0")},
            id="a node each, with one number",
        ),
        pytest.param(
            {"ge-0/0/0,ge-7/0/0": RETH},
            {"ge-0/0/0": ("ge-0/0/0", "ge-7/0/0")},
            id="redundant without number: the first port names it",
        ),
        pytest.param(
            {"ge-0/0/0": RETH, "ge-7/0/0": RETH},
            {"ge-0/0/0": ("ge-0/0/0", "ge-7/0/0")},
            id="a node each, redundant, with one WAN name",
        ),
        pytest.param(
            {"ge-0/0/4-5": {**AE, "ae_idx": "0"}},
            {"ae0": ("ge-0/0/4", "ge-0/0/5")},
            id="an aggregate over a range",
        ),
        pytest.param(
            {"ge-0/0/4,ge-0/0/5": {**RETH, "reth_idx": -1}},
            {"ge-0/0/4": ("ge-0/0/4", "ge-0/0/5")},
            id="-1: the gateway chooses the number",
        ),
        pytest.param(
            {"ge-0/0/4,ge-0/0/5": {**AE, "ae_idx": "{{ae}}"}},
            {"ge-0/0/4": ("ge-0/0/4", "ge-0/0/5")},
            id="a variable is no number",
        ),
        pytest.param(
            {"ge-0/0/4,ge-0/0/5": {"usage": "wan", "name": "wan0", "ae_idx": "0"}},
            {"ge-0/0/4": ("ge-0/0/4",), "ge-0/0/5": ("ge-0/0/5",)},
            id="a list without flag is two circuits",
        ),
    ],
)
def test_configured_circuits(ports: dict[str, Any], circuits: dict[str, tuple[str, ...]]) -> None:
    found = configured_circuits(template(ports))
    assert {circuit.name: circuit.members for circuit in found} == circuits


def test_an_aggregate_that_is_reported_stands_beside_its_members() -> None:
    config = {"ge-0/0/0,ge-5/0/0": {**RETH, "reth_idx": 0}}
    reported = {"reth0.0": {**WAN, "port_id": "reth0"}}
    assert ports_of(config, reported, ("ge-0/0/0", "ge-5/0/0")) == {
        ("reth0", "reth0", None, True),
        ("reth0", "ge-0/0/0", "reth0", False),
        ("reth0", "ge-5/0/0", "reth0", False),
    }


def test_a_cluster_that_reports_each_nodes_port_has_the_same_circuit() -> None:
    config = {"ge-0/0/0,ge-5/0/0": {**RETH, "reth_idx": 0}}
    assert ports_of(config, {"ge-0/0/0.0": WAN}, second={"ge-5/0/0.0": WAN}) == {
        ("reth0", "ge-0/0/0", "reth0", False),
        ("reth0", "ge-5/0/0", "reth0", False),
    }


def test_an_aggregate_without_number_is_known_by_its_wan() -> None:
    config = {"ge-0/0/4,ge-0/0/5": AE}
    reported = {"ae3.0": {**WAN, "port_id": "ae3", "wan_name": "wan0"}}
    assert ports_of(config, reported) == {
        ("ge-0/0/4", "ae3", None, True),
        ("ge-0/0/4", "ge-0/0/4", "ae3", False),
        ("ge-0/0/4", "ge-0/0/5", "ae3", False),
    }


@pytest.mark.parametrize(
    ("first", "second", "circuits"),
    [
        pytest.param("wan0", "wan0", {"ge-0/0/0"}, id="one WAN on both nodes"),
        pytest.param("wan0", "wan1", {"ge-0/0/0", "ge-5/0/0"}, id="two WANs"),
        pytest.param(None, None, {"ge-0/0/0", "ge-5/0/0"}, id="no names, no evidence"),
    ],
)
def test_nodes_without_configuration(
    first: str | None, second: str | None, circuits: set[str]
) -> None:
    one, other = {**WAN, "wan_name": first}, {**WAN, "wan_name": second}
    found = ports_of({}, {"ge-0/0/0.0": one}, second={"ge-5/0/0.0": other})
    assert {circuit for circuit, *_ in found} == circuits
    assert {port for _, port, *_ in found} == {"ge-0/0/0", "ge-5/0/0"}


def test_two_ports_of_one_node_with_one_wan_name_are_not_joined() -> None:
    reported = {"ge-0/0/0.0": {**WAN, "wan_name": "w"}, "ge-0/0/1.0": {**WAN, "wan_name": "w"}}
    assert {circuit for circuit, *_ in ports_of({}, reported)} == {"ge-0/0/0", "ge-0/0/1"}


@pytest.mark.parametrize(
    ("port_config", "expected"),
    [
        pytest.param(
            {"pp0.0": {**WAN, "port_id": "ge-0/0/0"}},
            {("ge-0/0/0", "ge-0/0/0", "pp0", False)},
            id="PPPoE goes with its port",
        ),
        pytest.param(
            {"ge-0/0/0.130": {**WAN, "port_id": "ge-0/0/0"}},
            {("ge-0/0/0", "ge-0/0/0", "ge-0/0/0.130", False)},
            id="the only WAN unit is the port",
        ),
        pytest.param(
            {
                "ge-0/0/0.0": {**WAN, "port_id": "ge-0/0/0", "wan_name": "dsl"},
                "pp0.0": {**WAN, "port_id": "ge-0/0/0", "wan_name": "dsl"},
            },
            {("ge-0/0/0", "ge-0/0/0", "pp0", False)},
            id="a session and its port with one WAN name are one",
        ),
        pytest.param(
            {
                "ge-0/0/0.10": {**WAN, "port_id": "ge-0/0/0", "wan_name": "a"},
                "pp0.0": {**WAN, "port_id": "ge-0/0/0", "wan_name": "b"},
            },
            {
                ("ge-0/0/0.10", "ge-0/0/0.10", None, False),
                ("pp0", "pp0", None, False),
            },
            id="two WANs over one port are two circuits",
        ),
    ],
)
def test_interfaces_over_one_port(port_config: dict[str, Any], expected: Found) -> None:
    assert ports_of({}, port_config) == expected


def test_the_profile_of_a_gateway_counts_and_not_its_sites_template() -> None:
    owned = estate(
        devices=[{"mac": MAC, "site_id": "s1", "deviceprofile_id": "P"}],
        profiles=[{"id": "P", "port_config": {"xe-0/0/1": {"usage": "wan", "name": "transit"}}}],
        gateways=[],
        ports=[],
    )
    assert [(row["port_id"], row["wan_name"]) for row in rows_of(owned)] == [
        ("xe-0/0/1", "transit")
    ]


@pytest.mark.parametrize("speaks", ["aa01", "aa02"])
def test_the_nodes_of_a_cluster_are_one_gateway(speaks: str) -> None:
    nodes = [{"mac": mac, "site_id": "s1", "vc_mac": "aa01"} for mac in ("aa01", "aa02")]
    owned = estate(devices=nodes, gateways=[{"mac": speaks, "if_stat": {}}], ports=[])
    assert {row["gateway_mac"] for row in rows_of(owned)} == {speaks}


def wan(*names: str) -> list[dict[str, str]]:
    return [{"type": "wan", "name": name} for name in names]


@pytest.mark.parametrize(
    ("preferences", "places"),
    [
        pytest.param({"p": {"strategy": "ordered", "paths": wan("b", "a")}}, (2, 1), id="ordered"),
        pytest.param({"p": {"paths": wan("a", "b")}}, (1, 2), id="ordered is Mist's default"),
        pytest.param({"p": {"strategy": "ecmp", "paths": wan("a", "b")}}, (None, None), id="ecmp"),
        pytest.param(
            {
                "p": {"strategy": "ordered", "paths": wan("a", "b")},
                "q": {"strategy": "ordered", "paths": wan("b", "a")},
            },
            (None, None),
            id="two orders that differ are no evidence",
        ),
        pytest.param(
            {"p": {"paths": wan("a", "b")}, "q": {"paths": wan("b")}},
            (1, 2),
            id="one path alone is no order",
        ),
        pytest.param(
            {"p": {"paths": [{"type": "vpn", "name": "hub", "wan_name": "b"}, *wan("a")]}},
            (2, 1),
            id="the WAN of a VPN path",
        ),
    ],
)
def test_order_of_paths(preferences: dict[str, Any], places: tuple[int | None, ...]) -> None:
    ports = {f"ge-0/0/{n}": {"usage": "wan", "name": name} for n, name in enumerate("ab")}
    found = configured_circuits(template(ports, path_preferences=preferences))
    assert tuple(circuit.path_order for circuit in found) == places


def test_statistics_of_a_clusters_own_mac_are_those_of_its_gateway() -> None:
    """The cloud gives a cluster a MAC and an id of its own, and lists the nodes under it."""
    nodes = [
        {"mac": mac, "id": f"id of {mac}", "site_id": "s1", "vc_mac": "cc01"}
        for mac in ("aa01", "aa02")
    ]
    interfaces = {"ge-0/0/0.0": {**WAN, "wan_name": "wan0"}}
    gateway = {"mac": "cc01", "id": "id of the cluster", "site_id": "s1", "if_stat": interfaces}
    ports = [{"mac": "cc01", "port_id": "ge-0/0/0", "port_usage": "wan"}]
    rows = rows_of(estate(devices=nodes, gateways=[gateway], ports=ports, templates=[]))
    names = ("gateway_mac", "gateway_device_id", "port_id")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("cc01", "id of the cluster", "ge-0/0/0")
    ]
