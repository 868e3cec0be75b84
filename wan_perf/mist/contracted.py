"""Contracts laid on the rows of an inventory.

Belongs here: which port a contract is for.
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

    A contract is matched by site id, else site name, and by port id, else WAN name. A row takes the
    first contract that matches it; contracts by port id come before those by WAN name.

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
    complaints = []
    for contract in sorted(contracts, key=lambda contract: contract.port_id is None):
        if contract.site_id:
            ids = {contract.site_id} & by_id.keys()
        else:
            ids = ids_by_name.get(contract.site_name or "", set())
        complaint = _no_single_site(contract, len(ids)) or _lay(contract, by_id[next(iter(ids))])
        if complaint:
            complaints.append(complaint)
    spare = [row for row in rows if not row.get("site_id")]
    return [*spare, *(row for of_site in by_id.values() for row in of_site)], complaints


def _no_single_site(contract: "Contract", count: int) -> str | None:
    where = f"Contract file, line {contract.line}: site {contract.site!r}"
    if count == 0:
        return f"{where} is no site in Mist; correct the name or remove the row."
    if count > 1:
        return f"{where} is the name of {count} sites in Mist; give site_id."
    return None


def _lay(contract: "Contract", of_site: list[Row]) -> str | None:
    """Lay a contract on its port's rows, or add a row; a sentence where it is one too many."""
    matching = [row for row in of_site if _is_for(contract, row)]
    if not matching:
        of_site.append({**_unknown_port(contract, of_site), **_columns(contract)})
        return None
    free = [row for row in matching if "contract_line" not in row]
    for row in free:
        row.update(_columns(contract))
    if free:
        return None
    return (
        f"Contract file, line {contract.line}: port {contract.port!r} of site {contract.site!r} "
        f"has the contract in line {matching[0]['contract_line']}; remove one of them."
    )


def _is_for(contract: "Contract", row: Row) -> bool:
    if contract.port_id:
        return row.get("port_id") == without_unit_0(contract.port_id)
    return row.get("port_id") is not None and row.get("wan_name") == contract.wan_name


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
    }
