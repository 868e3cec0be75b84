"""What was bought: the contract behind most lines, and the file an operator would keep of it.

Belongs here: circuit identifiers, contracted figures, the CSV.
Keep out: what the line physically carries.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from wan_perf.simulator.catalogue import STORE_TYPES, WanSlot
from wan_perf.simulator.estate import Site
from wan_perf.simulator.instants import DAY, naive_utc
from wan_perf.simulator.physics import Gateway
from wan_perf.simulator.ports import Line
from wan_perf.simulator.seeding import draws

UNCONTRACTED_SHARE = 0.1
HEADER = (
    "site_name",
    "site_id",
    "port_id",
    "wan_name",
    "circuit_id",
    "bandwidth_down_mbps",
    "bandwidth_up_mbps",
    "role",
    "role_rank",
    "provider",
    "medium",
    "on_demand",
    "valid_from",
    "valid_to",
)


@dataclass(frozen=True)
class Contract:
    """One line's contract; `names_port` says whether the file names the port or the WAN name.

    Attributes:
        bandwidth_up_mbps: None where the contract has one figure only. [Mbit/s]
        valid_from: epoch second of a UTC midnight.
    """

    circuit_id: str
    site_id: str
    site_name: str
    gateway_mac: str
    port_id: str
    line: Line
    bandwidth_down_mbps: float
    bandwidth_up_mbps: float | None
    names_port: bool
    valid_from: int


@dataclass(frozen=True)
class Bought:
    """A line that was bought for a site, and where it ends."""

    site: Site
    gateway_mac: str
    slot: WanSlot
    line: Line


def bought_lines(sites: tuple[Site, ...], gateways: tuple[Gateway, ...]) -> list[Bought]:
    """List the lines of a plain fleet: one gateway a site, one port a slot."""
    return [
        Bought(site, gateway.mac, slot, port.line)
        for site, gateway in zip(sites, gateways, strict=True)
        for port, slot in zip(gateway.wan_ports, STORE_TYPES[site.store_type].wan, strict=True)
        if port.line
    ]


def contracts(seed: int, lines: list[Bought]) -> tuple[Contract, ...]:
    """Draw the contracts of a fleet; about a tenth of the lines have none on file."""
    chance = draws(seed, "contracts")
    missing = set(chance.sample(range(len(lines)), round(len(lines) * UNCONTRACTED_SHARE)))
    drawn: list[Contract] = []
    for number, bought in enumerate(lines):
        site, slot, line = bought.site, bought.slot, bought.line
        one_figure = chance.random() < slot.kind.one_figure_share
        valid_from = site.created_at // DAY * DAY
        if number in missing:
            continue
        down, up = line.provisioned_mbps
        drawn.append(
            Contract(
                circuit_id=f"CKT-{number + 100:06d}",
                site_id=site.site_id,
                site_name=site.name,
                gateway_mac=bought.gateway_mac,
                port_id=slot.port_id,
                line=line,
                bandwidth_down_mbps=down,
                bandwidth_up_mbps=None if one_figure else up,
                # A name that says one port where there are two would be no contract.
                names_port=len(drawn) % 2 == 0 and slot.names_one_port,
                valid_from=valid_from,
            )
        )
    return tuple(drawn)


def contract_csv(drawn: Iterable[Contract]) -> str:
    """Write the contract file: one row a contract, sites by name, open-ended validity."""
    text = io.StringIO()
    rows = csv.DictWriter(text, HEADER, restval="", lineterminator="\n")
    rows.writeheader()
    for contract in drawn:
        line = contract.line
        place = (
            {"port_id": contract.port_id} if contract.names_port else {"wan_name": line.wan_name}
        )
        up = contract.bandwidth_up_mbps
        rows.writerow(
            place
            | {
                "site_name": contract.site_name,
                "circuit_id": contract.circuit_id,
                "bandwidth_down_mbps": contract.bandwidth_down_mbps,
                "bandwidth_up_mbps": "" if up is None else up,
                "role": "primary" if line.rank == 1 else "secondary",
                "role_rank": line.rank,
                "provider": line.provider,
                "medium": line.medium,
                "on_demand": "true" if line.medium == "lte" else "false",
                "valid_from": naive_utc(contract.valid_from).date().isoformat(),
            }
        )
    return text.getvalue()
