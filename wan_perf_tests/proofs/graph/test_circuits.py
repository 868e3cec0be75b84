"""Circuits and their ports of a whole fleet, as read from the cloud, against the fleet's truth.

Aggregates, clusters reported in both ways, PPPoE, VLANs, two gateways at a site, replaced gateways,
hubs, spares, ports switched off or never lit: each snapshot must show exactly the circuits that are
there, each with exactly its ports.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pandas as pd
import pytest

from wan_perf.inventory.snapshot import contracts_of, inventory
from wan_perf.kpi.dimensions.sites_and_circuits import circuit_port, dim_circuit
from wan_perf.mist.client.session import MistSession
from wan_perf.mist.collect.requests import newest_rows
from wan_perf.mist.endpoints import catalogue
from wan_perf.mist.endpoints.gateway_events import gateway_events
from wan_perf.mist.endpoints.port_samples import samples
from wan_perf.policy.contracts import read_contracts
from wan_perf.schema.tables import CIRCUIT_PORT, DIM_CIRCUIT, DIM_CONTRACT, RAW_INVENTORY
from wan_perf.simulator import Fleet, serve
from wan_perf.warehouse import DuckDBWarehouse, Warehouse
from wan_perf_tests.support.graph.expected_circuits import Expected
from wan_perf_tests.support.warehouse.snowflake import in_process, stand_in

# The stand-in copies every answer, and DuckDB warns of that.
pytestmark = [
    pytest.mark.proof,
    pytest.mark.filterwarnings("ignore:Arrow output on a DB-API result:UserWarning"),
]

START = datetime.fromisoformat("2026-03-08")
END = START + timedelta(days=4)
TAKEN = [START + timedelta(hours=hours) for hours in (12, 36, 84, 95)]
"""Before, between and after the replacements of gateways."""
OF_A_PORT = {"port_down", "port_up", "arp_unresolved", "arp_resolved"}
OF_A_PORT |= {"dhcp_unresolved", "dhcp_resolved"}

Row = dict[str, Any]


SEEDS = (3, 5)
"""Together they show every shape, and gateways replaced before, between and after the snapshots."""


@cache
def whole(seed: int) -> Fleet:
    return Fleet.whole(seed, 60, START, END)


@pytest.fixture(scope="module", params=SEEDS)
def fleet(request: pytest.FixtureRequest) -> Fleet:
    return whole(request.param)


@pytest.fixture(scope="module", params=[True, False], ids=["contract file", "no contract file"])
def expected(fleet: Fleet, request: pytest.FixtureRequest) -> Expected:
    return Expected(fleet, fleet.truth(START, START), request.param)


@pytest.fixture(scope="module")
def collected(
    fleet: Fleet, expected: Expected, tmp_path_factory: pytest.TempPathFactory
) -> tuple[pd.DataFrame, pd.DataFrame, set[str]]:
    """The snapshots, the contracts of the newest, the sentences about contracts without circuit."""
    path = tmp_path_factory.mktemp("contracts") / "circuits.csv"
    path.write_text(fleet.contracts_csv(), encoding="utf-8")
    contracts = read_contracts(path) if expected.has_contracts else []
    frames, unused = [], set()
    for at in TAKEN:
        with session(fleet, at) as cloud:
            frame, sentences = inventory(cloud, at, contracts)
        frames.append(frame)
        unused.update(sentences)
    return pd.concat(frames, ignore_index=True), contracts_of(frames[-1], contracts)[0], unused


@contextmanager
def session(fleet: Fleet, at: datetime) -> Iterator[MistSession]:
    """The fleet's cloud at an instant."""
    with serve(fleet, now=at) as cloud:
        yield MistSession(
            host="api.mist.com", org_id=cloud.org_id, token=cloud.token, base_url=cloud.url
        )


@pytest.fixture(scope="module")
def dimensions(
    collected: tuple[pd.DataFrame, pd.DataFrame, set[str]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[Row], list[Row]]:
    """Rows of dim_circuit and circuit_port: stored through both warehouses, and the same."""
    home = tmp_path_factory.mktemp("circuits")
    with in_process():
        first = described(DuckDBWarehouse(home / "wan.duckdb"), *collected[:2])
        snowflake = stand_in()
        second = described(snowflake, *collected[:2])
    assert first == second
    return first


def described(
    warehouse: Warehouse, snapshots: pd.DataFrame, contracts: pd.DataFrame
) -> tuple[list[Row], list[Row]]:
    warehouse.store(RAW_INVENTORY, snapshots)
    warehouse.store(DIM_CONTRACT, contracts)
    sources = [warehouse.lazy(table) for table in (RAW_INVENTORY, DIM_CONTRACT)]
    found = []
    for table, expression in (
        (DIM_CIRCUIT, dim_circuit(*sources)),
        (CIRCUIT_PORT, circuit_port(*sources)),
    ):
        warehouse.store(table, expression)
        rows = warehouse.query(warehouse.lazy(table)).to_dict("records")
        known = [{k: None if pd.isna(v) else v for k, v in row.items()} for row in rows]
        found.append(sorted(known, key=lambda row: [str(row[name]) for name in table.key]))
    return found[0], found[1]


def in_force(rows: list[Row], at: datetime) -> list[Row]:
    return [
        row
        for row in rows
        if row["valid_from"] <= at and (row["valid_to"] is None or at < row["valid_to"])
    ]


@pytest.mark.parametrize("at", TAKEN)
def test_every_circuit_is_listed_once_and_described(
    expected: Expected, dimensions: tuple[list[Row], list[Row]], at: datetime
):
    columns = ("site_id", "wan_name", "role_rank", "role", "role_source", "is_on_demand")
    columns += ("is_disabled", "bandwidth_mbps")
    rows = in_force(dimensions[0], at)
    found = {row["circuit_id"]: tuple(row[name] for name in columns) for row in rows}
    assert len(found) == len(rows)
    assert found == {c["id"]: c["row"] for c in expected.circuits(at, TAKEN)}


@pytest.mark.parametrize("at", TAKEN)
def test_every_circuit_has_exactly_its_ports(
    expected: Expected, dimensions: tuple[list[Row], list[Row]], at: datetime
):
    columns = ("port_id", "interface", "is_aggregate", "port_speed_mbps")
    found: dict[tuple[str, str], set[tuple]] = {}
    for row in in_force(dimensions[1], at):
        ports = found.setdefault((row["circuit_id"], row["gateway_mac"]), set())
        assert row["port_id"] not in {port[0] for port in ports}
        ports.add(tuple(row[name] for name in columns))
    assert found == {
        (c["id"], c["gateway_mac"]): expected.members(c) for c in expected.circuits(at, TAKEN)
    }


def test_the_fleets_show_every_shape():
    shown, unlit = [], 0
    for seed in SEEDS:
        expected = Expected(whole(seed), whole(seed).truth(START, START), has_contracts=True)
        shown += [(c, expected) for at in TAKEN for c in expected.circuits(at, TAKEN)]
        unlit += sum(not c["is_lit"] for c in expected.truth["circuits"])
    assert {len(expected.members(c)) for c, expected in shown} == {1, 2, 3}
    assert {"pp0.0", "reth0.0", "ae0.0", "ge-0/0/0.130"} <= {c["interface"] for c, _ in shown}
    assert any(c["is_hub"] for c, _ in shown)
    assert any(c["is_disabled"] and len(c["members"]) == 2 for c, _ in shown)
    assert any(expected.is_twin(c) for c, expected in shown)
    assert unlit > 0


def test_a_replaced_gateway_continues_every_circuit(
    expected: Expected, dimensions: tuple[list[Row], list[Row]]
):
    carried: dict[str, set[str]] = {}
    for row in dimensions[1]:
        carried.setdefault(row["circuit_id"], set()).add(row["gateway_mac"])
    before = {c["id"]: c["gateway_mac"] for c in expected.circuits(TAKEN[0], TAKEN)}
    after = {c["id"]: c["gateway_mac"] for c in expected.circuits(TAKEN[-1], TAKEN)}
    replaced = [name for name in before if before[name] != after[name]]
    assert len(replaced) > 1
    for name in replaced:
        assert carried[name] == {before[name], after[name]}


def test_only_contracts_that_can_be_read_two_ways_are_left_out(
    expected: Expected, collected: tuple[pd.DataFrame, pd.DataFrame, set[str]]
):
    doubtful = expected.ambiguous() if expected.has_contracts else []
    assert len(collected[2]) == len(doubtful)
    for contract in doubtful:
        (sentence,) = (s for s in collected[2] if contract.site_name in s)
        assert "2 circuits; give port_id or wan_name of one" in sentence


def test_samples_stand_under_the_names_of_the_ports(
    expected: Expected, dimensions: tuple[list[Row], list[Row]]
):
    """Every port has samples under its name; the rest are of ports that were never up."""
    at = TAKEN[-1]
    with session(expected.fleet, at) as cloud:
        frame = samples(
            newest_rows(cloud, catalogue.GATEWAYS, at),
            newest_rows(cloud, catalogue.PORTS, at),
            at,
            cloud.rejections,
        )
    sampled = {(row.gateway_mac, row.port_id) for row in frame.itertuples()}
    known = {(row["gateway_mac"], row["port_id"]) for row in in_force(dimensions[1], at)}
    listed = {c["gateway_mac"] + c["port_id"] for c in expected.circuits(at, TAKEN)}
    unused = {
        (c["gateway_mac"], member)
        for c in expected.truth["circuits"]
        if c["gateway_mac"] + c["port_id"] not in listed
        for member in c["members"]
    }
    assert known <= sampled
    assert sampled - known <= unused


def test_every_event_of_a_wan_port_is_of_exactly_one_circuit(
    expected: Expected, dimensions: tuple[list[Row], list[Row]]
):
    with session(expected.fleet, END) as cloud:
        events = gateway_events(cloud, START, END, END)
    of_ports = events[events["event_kind"].isin(OF_A_PORT)]
    circuits = {
        (c["gateway_mac"], name): expected.circuit_id(c)
        for c in expected.truth["circuits"]
        for name in {c["port_id"], *c["members"], c["interface"].removesuffix(".0")}
    }
    wrong, lan, wan = [], 0, set()
    for event in of_ports.itertuples():
        found = {
            row["circuit_id"]
            for row in dimensions[1]
            if row["gateway_mac"] == event.gateway_mac
            and event.port_id in (row["port_id"], row["interface"])
        }
        owner = circuits.get((event.gateway_mac, event.port_id))
        lan += owner is None
        wan.add((event.event_kind, event.port_id))
        if found != ({owner} if owner else set()):
            wrong.append((event.event_name, event.gateway_mac, event.port_id, found, owner))
    assert wrong == []
    assert lan > 0
    assert {kind for kind, _ in wan} == OF_A_PORT
    assert {"pp0", "reth0", "ge-5/0/0", "ge-0/0/0"} <= {port for _, port in wan}
