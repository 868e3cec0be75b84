"""Stores, gateways, templates and contracts agree with each other."""

import csv
import io
from collections import Counter
from zoneinfo import ZoneInfo

from wan_perf.simulator.api import configuration, inventory


def contract_rows(fleet) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(fleet.contracts_csv())))


def test_shares_of_one_two_and_three_wan_ports(fleet):
    assert Counter(len(g.wan_ports) for g in fleet.gateways) == {1: 4, 2: 30, 3: 6}
    assert all(len(g.ports) == len(g.wan_ports) + 2 for g in fleet.gateways)


def test_every_region_and_time_zone_is_known(fleet):
    assert Counter(site.region for site in fleet.sites) == dict.fromkeys(
        ("West", "Central", "South", "East"), 10
    )
    assert all(ZoneInfo(site.timezone).key.startswith("America/") for site in fleet.sites)


def test_macs_and_identifiers_are_unique(fleet):
    macs = [g.mac for g in fleet.gateways] + [s.access_point_mac for s in fleet.sites]
    macs += [s.mac for s in fleet.spares]
    macs += [p.mac for g in fleet.gateways for p in g.ports]
    assert len(set(macs)) == len(macs)
    assert all(len(mac) == 12 and int(mac, 16) for mac in macs)
    assert fleet.gateways[0].device_id == f"00000000-0000-0000-1000-{fleet.gateways[0].mac}"


def test_a_template_configures_the_wan_ports_that_its_gateways_have(fleet):
    templates = {t["id"]: t["port_config"] for t in configuration.gateway_templates(fleet)}
    assert len(templates) == 3
    for site, gateway in zip(inventory.sites(fleet), fleet.gateways, strict=True):
        config = templates[site["gatewaytemplate_id"]]
        configured = {
            port_id: (port["name"], port["wan_type"])
            for port_id, port in config.items()
            if port["usage"] == "wan"
        }
        assert configured == {
            p.port_id: (p.line.wan_name, p.line.wan_type) for p in gateway.wan_ports
        }


def test_a_template_never_caps_what_its_lines_send(fleet):
    templates = {t["id"]: t["port_config"] for t in configuration.gateway_templates(fleet)}
    capped = 0
    for site, gateway in zip(inventory.sites(fleet), fleet.gateways, strict=True):
        for port in gateway.wan_ports:
            shaping = templates[site["gatewaytemplate_id"]][port.port_id].get("traffic_shaping")
            if shaping:
                capped += 1
                assert shaping["max_tx_kbps"] >= port.line.provisioned_mbps[1] * 1000
    assert capped


def test_preferences_rise_with_the_rank_and_lte_is_backup(fleet):
    for template in configuration.gateway_templates(fleet):
        wan = [port for port in template["port_config"].values() if port["usage"] == "wan"]
        preferences = [port["vpn_paths"]["stores-hub"]["preference"] for port in wan]
        assert preferences == sorted(set(preferences))
        assert all(port.get("lte_backup", False) is (port["wan_type"] == "lte") for port in wan)


def test_every_site_is_in_the_groups_of_its_region_and_type(fleet):
    names = {group["id"]: group for group in inventory.sitegroups(fleet)}
    for site, row in zip(fleet.sites, inventory.sites(fleet), strict=True):
        groups = [names[group_id] for group_id in row["sitegroup_ids"]]
        assert [g["name"] for g in groups] == [f"Region-{site.region}", f"Type-{site.store_type}"]
        assert all(site.site_id in g["site_ids"] for g in groups)


def test_a_tenth_of_the_circuits_has_no_contract(fleet):
    assert len(contract_rows(fleet)) == 82 - 8
    assert len({row["circuit_id"] for row in contract_rows(fleet)}) == 74


def test_a_contract_names_the_port_or_the_wan_name(fleet):
    rows = contract_rows(fleet)
    assert all(bool(row["port_id"]) != bool(row["wan_name"]) for row in rows)
    assert sum(bool(row["port_id"]) for row in rows) == 37
    assert all(row["site_name"] and not row["site_id"] for row in rows)


def test_some_contracts_have_one_figure_and_lte_is_on_demand(fleet):
    rows = contract_rows(fleet)
    assert 5 <= sum(row["bandwidth_up_mbps"] == "" for row in rows) <= 35
    assert {row["on_demand"] for row in rows if row["medium"] == "lte"} == {"true"}
    assert {row["on_demand"] for row in rows if row["medium"] != "lte"} == {"false"}
    assert {row["role"] for row in rows if row["role_rank"] == "1"} == {"primary"}
    assert {row["role"] for row in rows if row["role_rank"] != "1"} == {"secondary"}


def test_a_port_can_carry_its_line_at_the_worst_congestion(fleet):
    for gateway in fleet.gateways:
        for port in gateway.wan_ports:
            assert port.speed_mbps >= 1.1 * port.line.provisioned_mbps[0]
