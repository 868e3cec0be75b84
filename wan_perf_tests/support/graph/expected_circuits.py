"""Which circuits a whole fleet has at an instant, and on which ports, from the truth alone.

A port was up if its link was up for a moment since its gateway's newest boot before a snapshot, at
that snapshot or an earlier one. A circuit is listed if it is contracted or switched off or a port
of it was up.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wan_perf.simulator import Fleet

Row = dict[str, Any]


@dataclass(frozen=True)
class Expected:
    """A fleet, its truth, and whether its contract file is read."""

    fleet: Fleet
    truth: Row
    has_contracts: bool

    def circuits(self, at: datetime, taken: list[datetime]) -> list[Row]:
        """The listed circuits of the gateways that stand at a site, with their id."""
        snapshots = [epoch(t) for t in taken if t <= at]
        installed = [c for c in self.truth["circuits"] if c["held"][0] <= epoch(at) < c["held"][1]]
        return [
            {**circuit, "id": self.circuit_id(circuit), "row": self.row(circuit)}
            for circuit in installed
            if self.contract_of(circuit)
            or circuit["is_disabled"]
            or any(self.was_up(circuit, snapshot) for snapshot in snapshots)
        ]

    def row(self, circuit: Row) -> tuple:
        """The circuit's values in dim_circuit."""
        speeds = [port.speed_mbps for port in self.ports(circuit)]
        contract = self.contract_of(circuit)
        speed = max(speeds) if is_reth(circuit) else sum(speeds)
        return (
            circuit["site_id"],
            circuit["wan_name"],
            circuit["rank"],
            "primary" if circuit["rank"] == 1 else "secondary",
            "contract" if contract else "vpn_preference",
            bool(circuit["on_demand"]),
            circuit["is_disabled"],
            float(contract.bandwidth_down_mbps if contract else speed),
        )

    def members(self, circuit: Row) -> set[tuple]:
        """Rows of circuit_port: port, interface, is it the aggregate, speed."""
        logical = circuit["interface"].removesuffix(".0")
        speeds = {port.port_id: float(port.speed_mbps) for port in self.ports(circuit)}
        rows = {
            (port, logical if logical != port else None, False, speeds[port])
            for port in circuit["members"]
        }
        # Every other cluster reports each node's port and not the interface that they share.
        if len(rows) > 1 and not (is_reth(circuit) and int(circuit["gateway_mac"], 16) % 2 == 0):
            whole = max(speeds.values()) if is_reth(circuit) else sum(speeds.values())
            rows.add((circuit["port_id"], None, True, whole))
        return rows

    def circuit_id(self, circuit: Row) -> str:
        """The contract's, else site and port, with the gateway's name where there are two."""
        contract = self.contract_of(circuit)
        if contract:
            return contract.circuit_id
        gateway = f"{self.gateway(circuit).name}:" if self.is_twin(circuit) else ""
        return f"{circuit['site_id']}:{gateway}{circuit['port_id']}"

    def contract_of(self, circuit: Row) -> Any:
        """Its contract, unless the file can be read two ways."""
        on_file = self.fleet.contracts_at.get(circuit["site_id"], [])
        contract = next((c for c in on_file if c.circuit_id == circuit["circuit_id"]), None)
        if not self.has_contracts or contract in self.ambiguous():
            return None
        return contract

    def ambiguous(self) -> list[Any]:
        """Contracts by a port that two gateways of the site have, one of them without contract."""
        return [
            contract
            for site_id, contracts in self.fleet.contracts_at.items()
            for contract in contracts
            if self.fleet.site_of[site_id].layout == "Supercenter Twin"
            and contract.names_port
            and len(contracts) == 1
        ]

    def is_twin(self, circuit: Row) -> bool:
        """Whether its site has two gateways that know nothing of each other."""
        return self.fleet.site_of[circuit["site_id"]].layout == "Supercenter Twin"

    def gateway(self, circuit: Row) -> Any:
        return next(g for g in self.fleet.gateways if g.mac == circuit["gateway_mac"])

    def ports(self, circuit: Row) -> list[Any]:
        of_gateway = {port.port_id: port for port in self.gateway(circuit).ports}
        return [of_gateway[member] for member in circuit["members"]]

    def was_up(self, circuit: Row, at: float) -> bool:
        """Whether its link was up at some moment since the boot, as one of its holders saw it."""
        for gateway in self.fleet.gateways_at[circuit["site_id"]]:
            ports = gateway.circuits.get(circuit["port_id"], ())
            wan = ports[0].line.wan_name if ports and ports[0].line else None
            if wan != circuit["wan_name"] or not gateway.is_assigned(at):
                continue
            seen = gateway.reported_at(at)
            boot = seen - gateway.uptime(seen)
            down = [pieces_within(port.downs, boot, seen) for port in ports]
            if any(sum(lengths) < seen - boot for lengths in down):
                return True
        return False


def pieces_within(pieces: Any, start: float, end: float) -> list[float]:
    return [max(0.0, min(b, end) - max(a, start)) for a, b in pieces]


def is_reth(circuit: Row) -> bool:
    return circuit["port_id"].startswith("reth")


def epoch(at: datetime) -> float:
    return (at - datetime.fromisoformat("1970-01-01")).total_seconds()
