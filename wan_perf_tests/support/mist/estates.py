"""A small estate, written down as Mist would say it."""

from datetime import datetime
from typing import Any

import msgspec

from wan_perf.inventory.snapshot import Estate, snapshot
from wan_perf.mist.endpoints.records.configuration import Template
from wan_perf.mist.endpoints.records.devices import Device
from wan_perf.mist.endpoints.records.sites import Site, SiteGroup
from wan_perf.mist.endpoints.records.statistics import Gateway, Port
from wan_perf.policy.contracts import Contract

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
        "profiles": [],
        "gateways": [{"mac": MAC, "site_id": "s1", "if_stat": SEEN}],
        "ports": [{"mac": MAC, "port_id": "ge-0/0/0", "port_usage": "wan", "speed": 1000}],
        **more,
    }
    kinds: dict[str, Any] = {
        "sites": Site,
        "groups": SiteGroup,
        "devices": Device,
        "templates": Template,
        "profiles": Template,
        "gateways": Gateway,
        "ports": Port,
    }
    return Estate(
        **{
            name: [msgspec.convert(row, kinds[name]) for row in rows]
            for name, rows in given.items()
        }
    )


def rows_and_sentences(
    owned: Estate, *contracts: Contract
) -> tuple[list[dict[str, Any]], list[str]]:
    frame, sentences = snapshot(owned, TAKEN_AT, list(contracts))
    known: Any = frame.astype(object).where(frame.notna(), None)
    return known.to_dict("records"), sentences


def rows_of(owned: Estate, *contracts: Contract) -> list[dict[str, Any]]:
    rows, sentences = rows_and_sentences(owned, *contracts)
    assert sentences == []
    return rows
