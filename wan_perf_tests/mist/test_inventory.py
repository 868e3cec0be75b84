"""Rows of the inventory: sites, gateways, WAN ports, contracts."""

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest

from wan_perf.contracts import Contract, read_contracts
from wan_perf.mist.inventory import Estate, inventory, snapshot
from wan_perf.mist.records import Device, Gateway, Port, Site, SiteGroup, Template
from wan_perf.mist.session import MistSession
from wan_perf.simulator import Fleet
from wan_perf.tables import RAW_INVENTORY

TAKEN_AT = datetime.fromisoformat("2026-03-01")
MAC = "aa0000000001"
CONFIG = {
    "ge-0/0/0": {
        "usage": "wan",
        "name": "fibre",
        "wan_type": "broadband",
        "traffic_shaping": {"enabled": True, "max_tx_kbps": 20500},
        "vpn_paths": {"east": {"preference": 20}, "west": {"preference": 10}, "mesh": {}},
    },
    "cl-1/0/0": {"usage": "wan", "name": "backup", "wan_type": "lte", "lte_backup": True},
    "ge-0/0/1-2": {"usage": "lan"},
}
SEEN = {
    "ge-0/0/0.0": {
        "port_usage": "wan",
        "up": True,
        "wan_name": "wan0",
        "servp_info": {"org": "Northline Cable"},
    }
}


def contract(**given: Any) -> Contract:
    names = Contract.__dataclass_fields__
    return Contract(**{**dict.fromkeys(names), "site_name": "Store 0001", "line": 2, **given})


def estate(**more: list[dict[str, Any]]) -> Estate:
    """One store with one gateway, template T configuring fibre and LTE; parts can be replaced."""
    given: dict[str, list[dict[str, Any]]] = {
        "sites": [
            {
                "id": "s1",
                "name": "Store 0001",
                "latlng": {"lat": 33.5, "lng": -112},
                "timezone": "America/Phoenix",
                "country_code": "US",
                "sitegroup_ids": ["g2", "g1", "gone"],
                "gatewaytemplate_id": "T",
            }
        ],
        "groups": [{"id": "g1", "name": "Region-West"}, {"id": "g2", "name": "Type-Express"}],
        "devices": [{"mac": MAC, "name": "gw1", "model": "SRX320", "site_id": "s1"}],
        "templates": [{"id": "T", "port_config": CONFIG}],
        "gateways": [{"mac": MAC, "site_id": "s1", "if_stat": SEEN}],
        "ports": [{"mac": MAC, "port_id": "ge-0/0/0", "port_usage": "wan", "speed": 1000}],
        **more,
    }
    kinds = {
        "sites": Site,
        "groups": SiteGroup,
        "devices": Device,
        "templates": Template,
        "gateways": Gateway,
        "ports": Port,
    }
    return Estate(
        **{name: msgspec.convert(rows, list[kinds[name]]) for name, rows in given.items()}
    )


def rows_of(owned: Estate, *contracts: Contract) -> list[dict[str, Any]]:
    frame, unused = snapshot(owned, TAKEN_AT, list(contracts))
    assert unused == []
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def test_a_row_says_site_gateway_and_port() -> None:
    lte, fibre = rows_of(estate())
    assert (fibre["site_id"], fibre["site_name"], fibre["taken_at"]) == (
        "s1",
        "Store 0001",
        pd.Timestamp(TAKEN_AT),
    )
    assert fibre["site_groups"] == "|Region-West|Type-Express|"
    assert (fibre["latitude"], fibre["longitude"]) == (33.5, -112)
    assert (fibre["time_zone"], fibre["country_code"]) == ("America/Phoenix", "US")
    assert (fibre["gateway_mac"], fibre["gateway_name"], fibre["gateway_model"]) == (
        MAC,
        "gw1",
        "SRX320",
    )
    assert (fibre["port_id"], lte["port_id"]) == ("ge-0/0/0", "cl-1/0/0")


def test_what_is_seen_counts_more_than_what_is_configured() -> None:
    lte, fibre = rows_of(estate())
    assert (fibre["wan_name"], lte["wan_name"]) == ("wan0", "backup")
    assert (fibre["medium"], lte["medium"]) == ("broadband", "lte")
    assert (fibre["provider"], lte["provider"]) == ("Northline Cable", None)
    assert (fibre["is_seen"], lte["is_seen"]) == (True, False)
    assert (fibre["is_configured"], lte["is_configured"]) == (True, True)
    assert (fibre["port_speed_mbps"], lte["port_speed_mbps"]) == (1000, None)


def test_evidence_from_the_template() -> None:
    lte, fibre = rows_of(estate())
    assert (fibre["shaped_up_mbps"], lte["shaped_up_mbps"]) == (20.5, None)
    assert (fibre["vpn_preference"], lte["vpn_preference"]) == (10, None)
    assert (fibre["is_lte_backup"], lte["is_lte_backup"]) == (None, True)


@pytest.mark.parametrize(
    ("template_off", "port_off", "expected"),
    [(None, None, None), (True, False, True), (None, False, False), (False, True, True)],
)
def test_a_port_is_off_if_template_or_port_says_so(
    template_off: bool | None, port_off: bool | None, expected: bool | None
) -> None:
    config = {"ge-0/0/0": {"usage": "wan", "disabled": template_off}}
    port = {"mac": MAC, "port_id": "ge-0/0/0", "port_usage": "wan", "disabled": port_off}
    (row,) = rows_of(estate(templates=[{"id": "T", "port_config": config}], ports=[port]))
    assert row["is_disabled"] is expected


@pytest.mark.parametrize(
    ("interface", "port", "expected"),
    [
        pytest.param({"up": True}, {}, True, id="up now"),
        pytest.param({"up": False, "rx_bytes": 1}, {}, True, id="down, but it has carried bytes"),
        pytest.param({"up": False}, {"tx_bytes": 5}, True, id="the port's counters say so"),
        pytest.param({"up": False, "rx_bytes": 0, "tx_bytes": 0}, {"up": False}, False, id="never"),
        pytest.param({}, {}, None, id="nothing said"),
    ],
)
def test_was_up(interface: dict[str, Any], port: dict[str, Any], expected: bool | None) -> None:
    wan = {"port_usage": "wan"}
    owned = estate(
        templates=[],
        gateways=[{"mac": MAC, "if_stat": {"ge-0/0/0.0": {**wan, **interface}}}],
        ports=[{"mac": MAC, "port_id": "ge-0/0/0", **wan, **port}],
    )
    (row,) = rows_of(owned)
    assert row["was_up"] is expected


def test_units_that_are_circuits_of_their_own_share_configuration_and_speed() -> None:
    interfaces = {f"ge-0/0/0.{unit}": {"port_usage": "wan"} for unit in (130, 140)}
    first, second, _ = sorted(
        rows_of(estate(gateways=[{"mac": MAC, "if_stat": interfaces}])),
        key=lambda row: row["port_id"],
        reverse=True,
    )
    assert (second["port_id"], first["port_id"]) == ("ge-0/0/0.130", "ge-0/0/0.140")
    assert {first["port_speed_mbps"], second["port_speed_mbps"]} == {1000}
    assert {first["vpn_preference"], second["vpn_preference"]} == {10}


def test_rows_without_gateway_without_port_and_without_site() -> None:
    owned = estate(
        sites=[{"id": "s1", "name": "A"}, {"id": "s2", "name": "B"}],
        devices=[{"mac": MAC, "site_id": "s2"}, {"mac": "bb", "site_id": None}],
        gateways=[],
        ports=[],
    )
    named = [(row["site_id"], row["gateway_mac"], row["port_id"]) for row in rows_of(owned)]
    assert named == [("s1", None, None), ("s2", MAC, None), (None, "bb", None)]


def test_no_sites_give_an_empty_frame_of_the_declared_types() -> None:
    empty, _ = snapshot(Estate(), TAKEN_AT, [])
    full, _ = snapshot(estate(), TAKEN_AT, [])
    assert list(empty.columns) == list(RAW_INVENTORY.columns)
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()


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


def test_the_simulated_estate_with_its_contract_file(
    simulated: MistSession, quiet_noon: datetime, fleet: Fleet, tmp_path: Path
) -> None:
    path = tmp_path / "circuits.csv"
    path.write_text(fleet.contracts_csv(), encoding="utf-8")
    contracts = read_contracts(path)
    frame, unused = inventory(simulated, quiet_noon, contracts)
    circuits = fleet.truth(quiet_noon, quiet_noon)["circuits"]
    ports = frame[frame["port_id"].notna()]
    found = {(row.gateway_mac, row.port_id): row.contract_circuit_id for row in ports.itertuples()}
    assert unused == []
    assert found == {(c["gateway_mac"], c["port_id"]): c["circuit_id"] for c in circuits}
    assert not frame.duplicated(list(RAW_INVENTORY.key)).any()
    assert ports["is_configured"].all()
    assert ports["is_seen"].all()
    assert frame["site_id"].isna().sum() == 2
    assert ports["site_groups"].str.fullmatch(r"\|Region-\w+\|Type-\w+\|").all()
