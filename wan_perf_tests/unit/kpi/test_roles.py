"""The order of a site's circuits, and the evidence that it rests on."""

from functools import cache

import pytest

from wan_perf.kpi.dimensions.sites_and_circuits import dim_circuit
from wan_perf.schema.tables import DIM_CONTRACT, RAW_INVENTORY
from wan_perf_tests.support.kpi.engine import Query, unbound
from wan_perf_tests.support.kpi.rows import Row
from wan_perf_tests.support.kpi.snapshots import wan_port

LTE: Row = {"is_lte_backup": True}
CONTRACT = {"contract_circuit_id": "C1", "contract_down_mbps": 50.0}


@cache
def query() -> Query:
    return Query(dim_circuit(unbound(RAW_INVENTORY), unbound(DIM_CONTRACT)))


def described(*reported: Row) -> list[Row]:
    """Rows of dim_circuit for ports ge-0/0/0, ge-0/0/1 and so on of one gateway, in that order."""
    ports = [
        wan_port(0, port=f"ge-0/0/{n}", was_up=True, wan_name=f"w{n}", **port)
        for n, port in enumerate(reported)
    ]
    rows = query().rows(raw_inventory=ports)
    return sorted(rows, key=lambda row: row["wan_name"])


@pytest.mark.parametrize(
    ("sentence", "ranks", "sources"),
    [
        pytest.param([{}, {}], [None, None], [None, None], id="no evidence, no role"),
        pytest.param([{}], [1], ["only_circuit"], id="the only circuit is the primary"),
        pytest.param(
            [{"vpn_preference": 20}, {"vpn_preference": 10}],
            [2, 1],
            ["vpn_preference", "vpn_preference"],
            id="by preference",
        ),
        pytest.param(
            [{"vpn_preference": 5}, {"vpn_preference": 5}],
            [1, 1],
            ["vpn_preference", "vpn_preference"],
            id="equal preference is equal rank",
        ),
        pytest.param(
            [{"vpn_preference": 5, **LTE}, {"vpn_preference": 5}],
            [2, 1],
            ["vpn_preference", "vpn_preference"],
            id="an LTE backup comes after the others",
        ),
        pytest.param(
            [{"path_order": 2}, {"path_order": 1}],
            [2, 1],
            ["path_order", "path_order"],
            id="ordered paths where there are no VPN preferences",
        ),
        pytest.param(
            [{"path_order": 1, "vpn_preference": 9}, {"path_order": 2, "vpn_preference": 8}],
            [2, 1],
            ["vpn_preference", "vpn_preference"],
            id="VPN preferences before ordered paths",
        ),
        pytest.param(
            [{"vpn_preference": 9}, {"path_order": 1}],
            [1, None],
            ["vpn_preference", None],
            id="the two are not mixed",
        ),
        pytest.param([LTE, {}], [2, 1], ["lte_backup", "lte_backup"], id="a backup and another"),
        pytest.param(
            [LTE, {}, {}],
            [2, None, None],
            ["lte_backup", None, None],
            id="a backup is secondary, the order of the others unknown",
        ),
        pytest.param([LTE], [1], ["only_circuit"], id="a backup alone"),
        pytest.param(
            [
                {"vpn_preference": 1, "contract_role": "secondary", **CONTRACT},
                {"vpn_preference": 2, "contract_role": "primary", "contract_down_mbps": 9.0},
            ],
            [2, 1],
            ["contract", "contract"],
            id="the contract before the preference",
        ),
        pytest.param(
            [
                {"contract_role_rank": 3, "contract_role": "secondary", "contract_down_mbps": 5.0},
                {},
            ],
            [2, 1],
            ["contract", "contract"],
            id="one of two has a rank: the other is the primary",
        ),
        pytest.param(
            [{"contract_role": "secondary", "path_order": 1}, {"path_order": 2}],
            [2, 1],
            ["contract", "path_order"],
            id="only the secondary is named",
        ),
        pytest.param(
            [{"path_order": 1}, {"contract_role": "primary", "path_order": 2}],
            [2, 1],
            ["path_order", "contract"],
            id="only the primary is named",
        ),
        pytest.param(
            [{"path_order": 3}, {"path_order": 1}, {"contract_role_rank": 2, "path_order": 2}],
            [3, 1, 2],
            ["path_order", "path_order", "contract"],
            id="the others take the free places in Mist's order",
        ),
        pytest.param(
            [{"contract_role_rank": 1}, {"path_order": 1}, {"contract_role_rank": 3}, LTE],
            [1, 2, 3, 4],
            ["contract", "path_order", "contract", "lte_backup"],
            id="a free place between two that are taken",
        ),
        pytest.param(
            [{"contract_role_rank": 1}, {"contract_role_rank": 1}, {"path_order": 1}],
            [1, 1, 2],
            ["contract", "contract", "path_order"],
            id="equal ranks of the contract are active-active",
        ),
        pytest.param(
            [{"contract_role": "primary"}, {"contract_role": "primary"}, LTE],
            [1, 1, 2],
            ["contract", "contract", "lte_backup"],
            id="two primaries are active-active",
        ),
        pytest.param(
            [{"contract_role_rank": 4}, {"contract_role_rank": 7}],
            [1, 2],
            ["contract", "contract"],
            id="ranks are dense",
        ),
        pytest.param(
            [{"contract_role": "secondary", "path_order": 2}, {"contract_role": "secondary"}],
            [1, 2],
            ["contract", "contract"],
            id="two secondaries alone: Mist's order",
        ),
        pytest.param(
            [{"contract_role": "secondary"}, {"contract_role": "secondary"}],
            [1, 1],
            ["contract", "contract"],
            id="two secondaries alone that nothing orders are equal by that word",
        ),
        pytest.param(
            [{"contract_role": "secondary"}, {}, {}],
            [2, None, None],
            ["contract", None, None],
            id="which of two others is the primary is not known",
        ),
        pytest.param(
            [{"contract_role": "primary"}, {}, {}],
            [1, 2, 3],
            ["contract", "contract", "contract"],
            id="behind a named primary every circuit has a place",
        ),
        pytest.param(
            [{"contract_role": "secondary"}, {"contract_role": "secondary"}, {"path_order": 1}],
            [2, 3, 1],
            ["contract", "contract", "path_order"],
            id="two secondaries behind one that is not named",
        ),
        pytest.param(
            [{"contract_role": "primary", "is_disabled": True}, {"contract_role": "secondary"}],
            [2, 1],
            ["contract", "contract"],
            id="a primary that is switched off leaves its place",
        ),
        pytest.param(
            [
                {"contract_role": "secondary", "is_disabled": True},
                {"contract_role": "primary", "is_disabled": True},
            ],
            [2, 1],
            ["contract", "contract"],
            id="where all are switched off the contract's order stays",
        ),
        pytest.param(
            [{"contract_role": "secondary"}], [1], ["contract"], id="a secondary alone is the best"
        ),
        pytest.param(
            [{}, LTE, LTE],
            [1, 2, 3],
            ["lte_backup", "lte_backup", "lte_backup"],
            id="two backups have two places",
        ),
        pytest.param(
            [{"vpn_preference": 1, "is_disabled": True}, {"vpn_preference": 2}],
            [2, 1],
            ["vpn_preference", "vpn_preference"],
            id="what is switched off comes last",
        ),
        pytest.param(
            [{"is_disabled": True}, {}],
            [None, 1],
            [None, "only_circuit"],
            id="the only one that is on",
        ),
    ],
)
def test_role(sentence, ranks, sources):
    found = described(*sentence)
    assert [row["role_rank"] for row in found] == ranks
    assert [row["role_source"] for row in found] == sources
    words = [{None: None, 1: "primary"}.get(rank, "secondary") for rank in ranks]
    assert [row["role"] for row in found] == words


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        pytest.param({**LTE, "vpn_preference": 2}, True, id="configured as LTE backup"),
        pytest.param({"medium": "lte", "vpn_preference": 2}, True, id="by LTE, not the primary"),
        pytest.param({"medium": "lte", "vpn_preference": 0}, False, id="by LTE, the primary"),
        pytest.param({"medium": "dsl", "vpn_preference": 2}, False, id="another medium"),
        pytest.param({"medium": "lte"}, None, id="by LTE, of unknown rank"),
        pytest.param({"vpn_preference": 2}, None, id="of unknown medium"),
        pytest.param(
            {**CONTRACT, **LTE, "contract_on_demand": False}, False, id="the contract says always"
        ),
        pytest.param({**CONTRACT, "contract_on_demand": True}, True, id="the contract says so"),
        pytest.param(
            {**CONTRACT, "contract_medium": "lte", "vpn_preference": 2}, True, id="LTE by contract"
        ),
    ],
)
def test_on_demand(sentence, expected):
    _, row = described({"vpn_preference": 1}, sentence)
    assert row["is_on_demand"] is expected
