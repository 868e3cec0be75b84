"""Rows of the inventory: sites, gateways, WAN ports."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from wan_perf.inventory.snapshot import Estate, inventory, snapshot
from wan_perf.mist.client.session import MistSession
from wan_perf.policy.contracts import read_contracts
from wan_perf.schema.tables import RAW_INVENTORY
from wan_perf.simulator import Fleet
from wan_perf_tests.support.mist.estates import CONFIG, MAC, SEEN, TAKEN_AT, estate, rows_of


def test_a_row_says_site_gateway_and_port() -> None:
    lte, fibre = rows_of(estate())
    assert (fibre["site_id"], fibre["site_name"], fibre["taken_at"]) == (
        "s1",
        "Store 0001",
        pd.Timestamp(TAKEN_AT),
    )
    assert fibre["site_groups"] == "\nRegion-West\nType-Express\n"
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


def test_a_port_that_reports_the_speed_0_has_an_unknown_one() -> None:
    """It was down when the inventory was taken, or is LTE or a tunnel."""
    port = {"mac": MAC, "port_id": "ge-0/0/0", "port_usage": "wan", "speed": 0}
    assert [row["port_speed_mbps"] for row in rows_of(estate(ports=[port]))] == [None, None]


def test_of_two_rows_of_a_port_the_newer_counts_in_whatever_order() -> None:
    port = {"mac": MAC, "port_id": "ge-0/0/0", "port_usage": "wan", "speed": 100, "timestamp": 60}
    newer = {**port, "speed": 1000, "timestamp": 120}
    for rows in ([port, newer], [newer, port]):
        _, fibre = rows_of(estate(ports=rows))
        assert fibre["port_speed_mbps"] == 1000


@pytest.mark.parametrize("kbps", [0, -1, None])
def test_a_shaping_rate_that_is_none_is_unknown(kbps: int | None) -> None:
    shaping = {"enabled": True, "max_tx_kbps": kbps}
    config = {"ge-0/0/0": {**CONFIG["ge-0/0/0"], "traffic_shaping": shaping}}
    (row,) = rows_of(estate(templates=[{"id": "T", "port_config": config}]))
    assert row["shaped_up_mbps"] is None


def test_an_impossible_counter_is_no_evidence_that_a_port_was_up() -> None:
    seen = {"ge-0/0/0.0": {**SEEN["ge-0/0/0.0"], "up": False, "rx_bytes": -1, "tx_bytes": 0}}
    _, fibre = rows_of(estate(gateways=[{"mac": MAC, "site_id": "s1", "if_stat": seen}]))
    assert fibre["was_up"] is False


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


def test_the_simulated_estate_with_its_contract_file(
    simulated: MistSession, quiet_noon: datetime, fleet: Fleet, tmp_path: Path
) -> None:
    path = tmp_path / "circuits.csv"
    path.write_text(fleet.contracts_csv(), encoding="utf-8")
    contracts = read_contracts(path)
    frame, unused = inventory(simulated, quiet_noon, contracts)
    circuits: Any = fleet.truth(quiet_noon, quiet_noon)["circuits"]
    ports = frame[frame["port_id"].notna()]
    found = {(row.gateway_mac, row.port_id): row.contract_circuit_id for row in ports.itertuples()}
    assert unused == []
    assert found == {(c["gateway_mac"], c["port_id"]): c["circuit_id"] for c in circuits}
    assert not frame.duplicated(list(RAW_INVENTORY.key)).any()
    assert ports["is_configured"].all()
    assert ports["is_seen"].all()
    assert frame["site_id"].isna().sum() == 2
    assert ports["site_groups"].str.fullmatch(r"\nRegion-\w+\nType-\w+\n").all()
