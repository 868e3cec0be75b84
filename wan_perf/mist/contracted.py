"""Contracts laid on the rows of an inventory.

Belongs here: which circuit a contract is for.
Keep out: the contract file (`contracts`), what a contract's figures mean (`kpi`).
"""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from wan_perf.mist.interfaces import without_unit_0

if TYPE_CHECKING:
    from wan_perf.contracts import Contract

Row = dict[str, Any]

_SITE_COLUMNS = (
    *("site_id", "site_name", "site_groups", "country_code", "time_zone", "latitude"),
    "longitude",
)
_GATEWAY_COLUMNS = ("gateway_mac", "gateway_name", "gateway_model")


def add_contracts(rows: list[Row], contracts: "list[Contract]") -> tuple[list[Row], list[str]]:
    """The rows with their contracts, rows for contracted ports that Mist does not know, complaints.

    A contract is matched by site id, else site name. It is for one circuit, and stands on each of
    its ports: the circuit with a port, aggregate or interface of the contract's port id, else with
    a WAN of that name; or with the contract's WAN name. A circuit takes the first contract that is
    for it alone, those by port before those by WAN; one that could be for several circuits is for
    the one that no other contract takes.

    Args:
        rows: Rows of the inventory, without contracts.
        contracts: Contracts in force.

    Returns:
        The rows, and a sentence for each contract that could not be used.
    """
    by_id: dict[str, list[Row]] = defaultdict(list)
    ids_by_name: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.get("site_id"):
            by_id[row["site_id"]].append(row)
            ids_by_name[row["site_name"]].add(row["site_id"])
    complaints, sited = [], []
    for contract in contracts:
        if contract.site_id:
            ids = {contract.site_id} & by_id.keys()
        else:
            ids = ids_by_name.get(contract.site_name or "", set())
        if complaint := _no_single_site(contract, len(ids)):
            complaints.append(complaint)
        else:
            of_site = by_id[next(iter(ids))]
            sited.append((_circuits(contract, of_site), contract, of_site))
    for circuits, contract, of_site in sorted(sited, key=_certainty):
        # A port that no contract knew of may have got its row by now.
        if complaint := _lay(contract, circuits or _circuits(contract, of_site), of_site):
            complaints.append(complaint)
    spare = [row for row in rows if not row.get("site_id")]
    return [*spare, *(row for of_site in by_id.values() for row in of_site)], complaints


def _certainty(laid: tuple[list[list[Row]], "Contract", list[Row]]) -> tuple[bool, bool]:
    circuits, contract, _ = laid
    return len(circuits) > 1, contract.port_id is None


def _no_single_site(contract: "Contract", count: int) -> str | None:
    where = f"Contract file, line {contract.line}: site {contract.site!r}"
    if count == 0:
        return f"{where} is no site in Mist; correct the name or remove the row."
    if count > 1:
        return f"{where} is the name of {count} sites in Mist; give site_id."
    return None


def _lay(contract: "Contract", circuits: list[list[Row]], of_site: list[Row]) -> str | None:
    """Lay a contract on its circuit's rows, or add a row; a sentence where neither is right."""
    if not circuits:
        of_site.append({**_unknown_port(contract, of_site), **_columns(contract)})
        return None
    free = [rows for rows in circuits if "contract_line" not in rows[0]]
    if len(free) == 1:
        for row in free[0]:
            row.update(_columns(contract))
        return None
    where = f"Contract file, line {contract.line}: port {contract.port!r} of site {contract.site!r}"
    if free:
        return f"{where} could be any of {len(free)} circuits; give port_id or wan_name of one."
    line = circuits[0][0]["contract_line"]
    return f"{where} has the contract in line {line}; remove one of them."


def _circuits(contract: "Contract", of_site: list[Row]) -> list[list[Row]]:
    """The site's circuits that a contract can be for, each as its rows."""
    circuits: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in of_site:
        if row.get("port_id"):
            circuits[row["gateway_mac"], row["circuit_port_id"]].append(row)
    named = list(circuits.values())
    if not contract.port_id:
        return [rows for rows in named if rows[0].get("wan_name") == contract.wan_name]
    port = without_unit_0(contract.port_id)
    by_port = [rows for rows in named if any(port in _names(row) for row in rows)]
    if len(by_port) > 1 and contract.wan_name:
        return [rows for rows in by_port if rows[0].get("wan_name") == contract.wan_name] or by_port
    return by_port or [rows for rows in named if rows[0].get("wan_name") == port]


def _names(row: Row) -> set[str | None]:
    return {row["port_id"], row["circuit_port_id"], row.get("interface")}


def _unknown_port(contract: "Contract", of_site: list[Row]) -> Row:
    """A row for a contracted port that is neither configured nor seen.

    It names the gateway only where there is no doubt. A WAN without known port stands under its own
    name, as Mist's conductor-managed ports do: two of them at one site are two rows.
    """
    gateways = {row["gateway_mac"]: row for row in of_site if row.get("gateway_mac")}
    row = {name: of_site[0].get(name) for name in _SITE_COLUMNS}
    if len(gateways) == 1:
        gateway = next(iter(gateways.values()))
        row |= {name: gateway.get(name) for name in _GATEWAY_COLUMNS}
    return {
        **row,
        "port_id": without_unit_0(contract.port),
        "circuit_port_id": without_unit_0(contract.port),
        "is_aggregate": False,
        "wan_name": contract.wan_name,
        "is_configured": False,
        "is_seen": False,
    }


def _columns(contract: "Contract") -> Row:
    return {
        "contract_line": contract.line,
        "contract_circuit_id": contract.circuit_id,
        "contract_down_mbps": contract.bandwidth_down_mbps,
        "contract_up_mbps": contract.bandwidth_up_mbps,
        "contract_role": contract.role,
        "contract_role_rank": contract.role_rank,
        "contract_provider": contract.provider,
        "contract_medium": contract.medium,
        "contract_on_demand": contract.on_demand,
        "contract_valid_from": contract.valid_from,
    }
