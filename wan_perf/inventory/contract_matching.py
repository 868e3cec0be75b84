"""Contracts matched to the circuits of an inventory.

Belongs here: the circuit of a contract, and conflicts of two contracts for one circuit.
Keep out: the contract file (`policy.contracts`), what a contract's figures mean (`kpi`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from wan_perf.policy.name_matching import closest, folded
from wan_perf.schema.port_names import without_unit_0

if TYPE_CHECKING:
    from wan_perf.policy.contracts import Contract

Row = dict[str, Any]

_SITE_COLUMNS = (
    *("site_id", "site_name", "site_groups", "country_code", "time_zone", "latitude"),
    "longitude",
)
_GATEWAY_COLUMNS = ("gateway_mac", "gateway_device_id", "gateway_name", "gateway_model")
_NAMES_OFFERED = 50
"""Unknown names for which the closest one is looked up: comparing names is slow."""


@dataclass
class Contracted:
    """An inventory with its contracts.

    Attributes:
        rows: Rows of the inventory, each with its contract in force; rows for contracted ports that
            Mist does not know are added.
        contracts: A row for each contract and circuit that it is for, in force or not.
        sentences: One for each contract in force without a circuit, or whose circuit has no port in
            Mist.
    """

    rows: list[Row] = field(default_factory=list)
    contracts: list[Row] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)


@dataclass
class _Circuit:
    """A circuit of a gateway: its rows, and the contracts matched to it."""

    rows: list[Row]
    contracts: "list[Contract]" = field(default_factory=list)

    def at_once(self, contract: "Contract") -> "Contract | None":
        """A contract of the circuit whose validity overlaps that of the given one."""
        return next((other for other in self.contracts if contract.overlaps(other)), None)

    def names(self) -> set[str]:
        """The names of its ports, its aggregate and its interfaces, folded."""
        named = ("port_id", "circuit_port_id", "interface")
        return {folded(row[name]) for row in self.rows for name in named if row.get(name)}

    @property
    def wan_name(self) -> str:
        return folded(self.rows[0].get("wan_name"))


@dataclass
class _Site:
    """A site: its rows without a circuit, and its circuits."""

    rows: list[Row] = field(default_factory=list)
    circuits: list[_Circuit] = field(default_factory=list)

    def all_rows(self) -> Iterator[Row]:
        yield from self.rows
        for circuit in self.circuits:
            yield from circuit.rows


def add_contracts(rows: Iterable[Row], contracts: "Sequence[Contract]", at: datetime) -> Contracted:
    """Match contracts to circuits.

    The site is matched by id, else by name; the circuit by the contract's port id as port,
    aggregate, interface or else WAN name, or by the contract's WAN name. Each port of the circuit
    has the contract. Names are compared folded (`name_matching`). A circuit has one contract at a
    time: the first that matches it alone, by port before by WAN. A contract that matches several
    circuits is assigned to the one without another contract. A contract whose port Mist does not
    know has a circuit of its own.

    Args:
        rows: Rows of the inventory, without contracts.
        contracts: All rows of the contract file.
        at: Instant of the inventory, naive UTC; decides which contracts are in force.
    """
    spare, sites = _by_site(rows)
    found = Contracted(rows=spare)
    matched = []
    for contract, site in _with_site(contracts, sites, at, found):
        matched.append((_circuits(contract, site), contract, site))
    for circuits, contract, site in sorted(matched, key=_match_order):
        # A contract placed before may have added the circuit of this port.
        _place(contract, circuits or _circuits(contract, site), site, at, found)
    for site in sites.values():
        for circuit in site.circuits:
            _copy_contracts(circuit, at, found)
        found.rows += site.all_rows()
    return found


def _by_site(rows: Iterable[Row]) -> tuple[list[Row], dict[str, _Site]]:
    """The rows without a site; the others by site id."""
    spare: list[Row] = []
    sites: dict[str, _Site] = defaultdict(_Site)
    circuits: dict[tuple[Any, ...], _Circuit] = {}
    for row in rows:
        site_id = row.get("site_id")
        if not site_id:
            spare.append(row)
        elif not row.get("port_id"):
            sites[site_id].rows.append(row)
        else:
            key = (site_id, row.get("gateway_mac"), row["circuit_port_id"])
            if key not in circuits:
                circuits[key] = _Circuit([])
                sites[site_id].circuits.append(circuits[key])
            circuits[key].rows.append(row)
    return spare, sites


def _with_site(
    contracts: "Sequence[Contract]", sites: dict[str, _Site], at: datetime, found: Contracted
) -> "Iterator[tuple[Contract, _Site]]":
    """The contracts whose site Mist knows; a sentence for each of the others in force."""
    by_id = {folded(site_id): site for site_id, site in sites.items()}
    by_name: dict[str, list[_Site]] = defaultdict(list)
    for site in sites.values():
        by_name[folded(next(site.all_rows()).get("site_name"))].append(site)
    offered: dict[str, str | None] = {}
    for contract in contracts:
        if contract.site_id:
            known = by_id.get(folded(contract.site_id))
            of_contract = [known] if known else []
        else:
            of_contract = by_name.get(folded(contract.site_name), [])
        if len(of_contract) == 1:
            yield contract, of_contract[0]
        elif contract.has_ended(at):
            continue  # a closed site is not reported
        elif of_contract:
            found.sentences.append(
                f"{_where(contract)} is the name of {len(of_contract)} sites in Mist; give site_id."
            )
        else:
            names = _site_names(sites, contract.site_id)
            if contract.site not in offered and len(offered) < _NAMES_OFFERED:
                offered[contract.site] = closest(contract.site, names)
            found.sentences.append(
                f"{_where(contract)} is no site in Mist{_suggestion(offered.get(contract.site))}; "
                "correct the name or remove the row."
            )


def _site_names(sites: dict[str, _Site], site_id: str | None) -> list[str]:
    if site_id:
        return list(sites)
    return [next(site.all_rows()).get("site_name") or "" for site in sites.values()]


def _where(contract: "Contract") -> str:
    return f"Contract file, line {contract.line}: site {contract.site!r}"


def _suggestion(name: str | None) -> str:
    return f" (did you mean {name!r}?)" if name else ""


def _match_order(matched: "tuple[list[_Circuit], Contract, _Site]") -> tuple[bool, bool]:
    circuits, contract, _ = matched
    return len(circuits) > 1, contract.port_id is None


def _place(
    contract: "Contract", circuits: list[_Circuit], site: _Site, at: datetime, found: Contracted
) -> None:
    """Assign a contract to its circuit or a new one; a sentence if that is ambiguous or taken."""
    if not circuits:
        site.circuits.append(_Circuit([_unknown_port(contract, site)], [contract]))
        if contract.holds_at(at):
            found.sentences.append(_no_port(contract, site))
        return
    free = [circuit for circuit in circuits if not circuit.at_once(contract)]
    if len(free) == 1:
        free[0].contracts.append(contract)
        return
    where = f"Contract file, line {contract.line}: port {contract.port!r} of site {contract.site!r}"
    if free:
        found.sentences.append(
            f"{where} could be any of {len(free)} circuits; give port_id or wan_name of one."
        )
        return
    other = circuits[0].at_once(contract)
    line = other.line if other else 0
    found.sentences.append(f"{where} has the contract in line {line}; remove one of them.")


def _no_port(contract: "Contract", site: _Site) -> str:
    names = {
        name
        for circuit in site.circuits[:-1]
        for row in circuit.rows
        for name in (row.get("circuit_port_id"), row.get("wan_name"))
        if name and (row.get("is_seen") or row.get("is_configured"))
    }
    what = "gateway" if not any(row.get("gateway_mac") for row in site.all_rows()) else "port"
    known = f" {contract.port!r}" if what == "port" else ""
    hint = _suggestion(closest(contract.port, names)) if what == "port" else ""
    return (
        f"{_where(contract)} has no {what}{known} in Mist{hint}; the circuit is listed without "
        "measurements."
    )


def _circuits(contract: "Contract", site: _Site) -> list[_Circuit]:
    """The circuits of a site that match a contract."""
    wan_name = folded(contract.wan_name)
    if not contract.port_id:
        return [circuit for circuit in site.circuits if circuit.wan_name == wan_name]
    port = folded(without_unit_0(contract.port_id))
    by_port = [circuit for circuit in site.circuits if port in circuit.names()]
    if len(by_port) > 1 and wan_name:
        return [circuit for circuit in by_port if circuit.wan_name == wan_name] or by_port
    return by_port or [circuit for circuit in site.circuits if circuit.wan_name == port]


def _unknown_port(contract: "Contract", site: _Site) -> Row:
    """A row for a contracted port that is neither configured nor seen.

    It has a gateway only if the site has just one. The port id of a WAN without known port is its
    name, as with conductor-managed ports in Mist: two of them at one site are two rows.
    """
    of_site = list(site.all_rows())
    gateways = {mac: row for row in of_site if (mac := row.get("gateway_mac"))}
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


def _copy_contracts(circuit: _Circuit, at: datetime, found: Contracted) -> None:
    """Copy the contract in force to the circuit's rows, and list all its contracts."""
    first = circuit.rows[0]
    who = {name: first.get(name) for name in ("site_id", "gateway_mac", "circuit_port_id")}
    for contract in circuit.contracts:
        columns = _columns(contract)
        found.contracts.append({**who, **columns, "contract_line": contract.line})
        if contract.holds_at(at):
            for row in circuit.rows:
                row.update(columns)


def _columns(contract: "Contract") -> Row:
    return {
        "contract_circuit_id": contract.circuit_id,
        "contract_down_mbps": contract.bandwidth_down_mbps,
        "contract_up_mbps": contract.bandwidth_up_mbps,
        "contract_role": contract.role,
        "contract_role_rank": contract.role_rank,
        "contract_provider": contract.provider,
        "contract_medium": contract.medium,
        "contract_on_demand": contract.on_demand,
        "contract_valid_from": contract.valid_from,
        "contract_valid_to": contract.valid_to,
    }
