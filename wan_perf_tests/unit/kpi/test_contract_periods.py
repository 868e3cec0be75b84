"""When each row of the contract file holds, and which circuit it is of."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from wan_perf.kpi.dimensions.sites_and_circuits import circuit_port, dim_circuit
from wan_perf.schema.tables import DIM_CONTRACT, RAW_INVENTORY
from wan_perf_tests.support.kpi.engine import Query, unbound
from wan_perf_tests.support.kpi.rows import GATEWAY, PORT, Row
from wan_perf_tests.support.kpi.snapshots import DAYS, wan_port

EVER = datetime(1970, 1, 1)
MARCH = DAYS[0]
JANUARY, FEBRUARY = datetime(2026, 1, 1), datetime(2026, 2, 1)
LATER = datetime(2026, 6, 1)


@cache
def queries() -> tuple[Query, Query]:
    raw = unbound(RAW_INVENTORY), unbound(DIM_CONTRACT)
    return Query(dim_circuit(*raw)), Query(circuit_port(*raw))


def dated(
    mbps: float | None,
    begin: datetime | None,
    end: datetime | None,
    circuit_id: str | None = "C1",
    day: int = 0,
    port: str = PORT,
    **more: Any,
) -> Row:
    """A row of the contract file, matched to the port in the snapshot of that day."""
    return {
        "taken_at": DAYS[day],
        "site_id": "S1",
        "gateway_mac": GATEWAY,
        "circuit_port_id": port,
        "contract_circuit_id": circuit_id,
        "contract_down_mbps": mbps,
        "contract_valid_from": begin,
        "contract_valid_to": end,
        **more,
    }


def shown(day: int, mbps: float | None = None, circuit_id: str | None = None, **more: Any) -> Row:
    """The port in the snapshot of that day, up, with the contract in force then."""
    contract = {"contract_circuit_id": circuit_id, "contract_down_mbps": mbps}
    return wan_port(day, **{"was_up": True, "port_speed_mbps": 1000.0, **contract, **more})


def circuits(inventory: list[Row], contracts: list[Row]) -> list[Row]:
    found = queries()[0].rows(raw_inventory=inventory, dim_contract=contracts)
    return sorted(found, key=lambda row: (row["valid_from"], row["circuit_id"]))


def rates(inventory: list[Row], *contracts: Row) -> list[tuple]:
    return [
        (row["circuit_id"], row["bandwidth_mbps"], row["valid_from"], row["valid_to"])
        for row in circuits(inventory, list(contracts))
    ]


IN_FORCE = shown(0, 2.0, "C1")
"""The first snapshot, of March: the newest row of the file is in force."""


@pytest.mark.parametrize(
    ("contracts", "expected"),
    [
        pytest.param(
            [(1.0, None, FEBRUARY), (2.0, FEBRUARY, None)],
            [(1.0, EVER, FEBRUARY), (2.0, FEBRUARY, None)],
            id="a change before the first snapshot",
        ),
        pytest.param(
            [(1.0, None, JANUARY), (0.9, JANUARY, FEBRUARY), (2.0, FEBRUARY, None)],
            [(1.0, EVER, JANUARY), (0.9, JANUARY, FEBRUARY), (2.0, FEBRUARY, None)],
            id="three rows: the middle one holds",
        ),
        pytest.param(
            [(1.0, None, JANUARY), (2.0, FEBRUARY, None)],
            [(1.0, EVER, JANUARY), (1000.0, JANUARY, FEBRUARY), (2.0, FEBRUARY, None)],
            id="a gap: the port's speed",
        ),
        pytest.param(
            [(2.0, FEBRUARY, None)],
            [(1000.0, EVER, FEBRUARY), (2.0, FEBRUARY, None)],
            id="before the first row: the port's speed",
        ),
        pytest.param(
            [(2.0, None, LATER), (5.0, LATER, None)],
            [(2.0, EVER, LATER), (5.0, LATER, None)],
            id="a row that begins after the newest snapshot",
        ),
        pytest.param(
            [(2.0, None, LATER)], [(2.0, EVER, LATER), (1000.0, LATER, None)], id="a row that ends"
        ),
        pytest.param(
            [(2.0, datetime(1950, 1, 1), None)], [(2.0, EVER, None)], id="older than time"
        ),
        pytest.param(
            [(1.0, datetime(1950, 1, 1), datetime(1960, 1, 1)), (2.0, FEBRUARY, None)],
            [(1000.0, EVER, FEBRUARY), (2.0, FEBRUARY, None)],
            id="over before time began",
        ),
    ],
)
def test_every_row_holds_in_its_dates(contracts: list[tuple], expected: list[tuple]):
    """The circuit keeps the contract's id in gaps: it is the same line."""
    found = rates([IN_FORCE], *(dated(*row) for row in contracts))
    assert found == [("C1", *row) for row in expected]


def test_the_newest_file_decides_over_what_snapshots_showed():
    """Until day 2 the file had 2 Mbit/s; then it says that it was 1 until day 1 and 3 since."""
    inventory = [shown(0, 2.0, "C1"), shown(1, 2.0, "C1"), shown(2, 3.0, "C1")]
    found = rates(inventory, dated(1.0, None, DAYS[1], day=2), dated(3.0, DAYS[1], None, day=2))
    assert found == [("C1", 1.0, EVER, DAYS[1]), ("C1", 3.0, DAYS[1], None)]


def test_a_contract_without_dates_holds_since_the_snapshot_that_shows_it():
    """An edited rate does not rewrite the past: the file does not say since when."""
    found = rates([shown(0, 2.0, "C1"), shown(1, 3.0, "C1")], dated(3.0, None, None, day=1))
    assert found == [("C1", 2.0, EVER, DAYS[1]), ("C1", 3.0, DAYS[1], None)]


def test_another_id_from_a_date_on_is_another_circuit():
    found = rates(
        [shown(0, 2.0, "C2")], dated(1.0, None, FEBRUARY, "C1"), dated(2.0, FEBRUARY, None, "C2")
    )
    assert found == [("C1", 1.0, EVER, FEBRUARY), ("C2", 2.0, FEBRUARY, None)]
    ports = queries()[1].rows(
        raw_inventory=[shown(0, 2.0, "C2")],
        dim_contract=[dated(1.0, None, FEBRUARY, "C1"), dated(2.0, FEBRUARY, None, "C2")],
    )
    assert sorted((p["circuit_id"], p["port_id"], p["valid_from"]) for p in ports) == [
        ("C1", PORT, EVER),
        ("C2", PORT, FEBRUARY),
    ]


def test_a_contract_dated_back_takes_the_circuit_from_its_date_on():
    """For two snapshots nobody contracted the port; on day 2 the file says: since day 1."""
    inventory = [shown(0), shown(1), shown(2, 5.0, "C1")]
    found = rates(inventory, dated(5.0, DAYS[1], None, day=2))
    assert found == [("S1:ge-0/0/0", 1000.0, EVER, DAYS[1]), ("C1", 5.0, DAYS[1], None)]


def test_a_contract_from_before_the_first_snapshot_with_its_port():
    """The port is in Mist since day 1, contracted since February: imported hours are of it."""
    other = wan_port(0, port="ge-0/0/9", was_up=True)
    inventory = [other, {**other, "taken_at": DAYS[1]}, shown(1, 5.0, "C1")]
    contracts = [dated(5.0, FEBRUARY, None, day=1)]
    found = [row for row in rates(inventory, *contracts) if row[0] == "C1"]
    assert found == [("C1", 5.0, FEBRUARY, None)]
    ports = queries()[1].rows(raw_inventory=inventory, dim_contract=contracts)
    assert [(p["valid_from"]) for p in ports if p["circuit_id"] == "C1"] == [FEBRUARY]


def test_a_circuit_that_moved_to_another_port_stays_on_the_first_until_then():
    """By its WAN's name the contract was on ge-0/0/0 until day 1, and is on ge-0/0/1 since."""
    second = {"port": "ge-0/0/1"}
    inventory = [
        shown(0, 2.0, "C1"),
        shown(0, was_up=False, **second),
        shown(1),
        shown(1, 2.0, "C1", **second),
    ]
    contracts = [dated(2.0, JANUARY, None, day=1, port="ge-0/0/1")]
    ports = queries()[1].rows(raw_inventory=inventory, dim_contract=contracts)
    found = [
        (p["port_id"], p["valid_from"], p["valid_to"]) for p in ports if p["circuit_id"] == "C1"
    ]
    assert sorted(found) == [("ge-0/0/0", EVER, DAYS[1]), ("ge-0/0/1", DAYS[1], None)]


def test_roles_are_those_of_the_contracts_in_force():
    """Until February B is the primary, since then A."""
    ports = [shown(0, 2.0, "A"), shown(0, 1.0, "B", port="ge-0/0/1")]
    contracts = [
        dated(2.0, None, FEBRUARY, "A", contract_role="secondary"),
        dated(2.0, FEBRUARY, None, "A", contract_role="primary"),
        dated(1.0, None, None, "B", port="ge-0/0/1"),
    ]
    found = [
        (row["circuit_id"], row["role_rank"], row["valid_from"])
        for row in circuits(ports, contracts)
    ]
    assert found == [("A", 2, EVER), ("B", 1, EVER), ("A", 1, FEBRUARY), ("B", 2, FEBRUARY)]


def test_a_primary_whose_contract_and_port_end_leaves_its_place():
    """The port of A is gone on day 1: B is the only circuit left."""
    ports = [
        shown(0, 2.0, "A", path_order=1),
        shown(0, 1.0, "B", port="ge-0/0/1", path_order=2),
        shown(1, 1.0, "B", port="ge-0/0/1", path_order=2),
    ]
    found = [
        (row["circuit_id"], row["role_rank"], row["valid_from"], row["valid_to"])
        for row in circuits(ports, [])
    ]
    assert found == [("A", 1, EVER, DAYS[1]), ("B", 2, EVER, DAYS[1]), ("B", 1, DAYS[1], None)]


def test_a_contract_without_a_gateway_is_listed_and_not_in_service():
    row = wan_port(0, port="ge-0/0/7", contract_circuit_id="C7", contract_role="primary")
    [found] = circuits([{**row, "gateway_mac": None, "gateway_name": None}], [])
    assert (found["circuit_id"], found["is_in_service"]) == ("C7", False)


def test_a_contract_that_ended_before_its_port_was_in_mist_is_listed_in_its_dates():
    """Nothing but the file knows of the port."""
    row = wan_port(0, port="ge-0/0/7", is_seen=False, was_up=None)
    found = rates([row], dated(5.0, JANUARY, FEBRUARY, port="ge-0/0/7"))
    assert found == [("C1", 5.0, JANUARY, FEBRUARY)]


def test_an_hour_alone_is_not_shorter_than_a_change():
    """Two changes within an hour are two versions; the hour's mean is time-weighted elsewhere."""
    half = FEBRUARY + timedelta(minutes=30)
    found = rates(
        [IN_FORCE],
        dated(1.0, None, FEBRUARY),
        dated(4.0, FEBRUARY, half),
        dated(2.0, half, None),
    )
    assert [row[1] for row in found] == [1.0, 4.0, 2.0]
