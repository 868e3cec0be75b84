"""What physically happened, for whoever checks numbers made from the API.

Belongs here: volumes, states and transitions, straight from physics.
Keep out: any rule of measuring: no thresholds, no utilization, no notion of unknown. What happens
to sites and paths of a whole fleet (`truth_of_sites`).
"""

from __future__ import annotations

from bisect import bisect_left
from functools import reduce
from typing import TYPE_CHECKING

from wan_perf.simulator.instants import HOUR, Interval, hours_touching, overlap_seconds
from wan_perf.simulator.physics import REPORT_EVERY_S, Gateway
from wan_perf.simulator.ports import Port
from wan_perf.simulator.spans import intersection
from wan_perf.simulator.truth_of_sites import of_circuit, of_gateway, of_path, of_sites

if TYPE_CHECKING:
    from wan_perf.simulator.fleet import Fleet


def truth(fleet: Fleet, start: float, end: float) -> dict[str, object]:
    """Say what physically happens in the whole hours that [start, end) touches [epoch s].

    Faults, boots, telemetry gaps and down intervals are given for the fleet's whole life, so those
    that overlap the window are complete. Circuits without a contract have no identifier and no
    bandwidth. A circuit whose gateway was replaced stands once for each of the two. What never
    began or never ends has the instants 0 and 2**40.
    """
    hours = hours_touching(start, end)
    contracts = {(c.gateway_mac, c.port_id): c for c in fleet.contracts}
    circuits = []
    for gateway in fleet.gateways:
        for key, ports in gateway.circuits.items():
            life = fleet.life_of.get((gateway.mac, key))
            contract = contracts.get((life.holders[0][0] if life else gateway.mac, key))
            down = _all_down(ports)
            usable = life.usable if life else None
            circuits.append(
                {
                    "circuit_id": contract.circuit_id if contract else None,
                    "site_id": gateway.site_id,
                    "site_name": fleet.site_of[gateway.site_id].name,
                    "gateway_mac": gateway.mac,
                    "port_id": key,
                    "bandwidth_down_mbps": contract.bandwidth_down_mbps if contract else None,
                    "bandwidth_up_mbps": contract.bandwidth_up_mbps if contract else None,
                    "down": [list(interval) for interval in down],
                    "hours": [_hour(ports, down, hour, usable) for hour in hours],
                    **(of_circuit(fleet, gateway, ports, life) if life else {}),
                }
            )
    return {
        "seed": fleet.seed,
        "start": start,
        "end": end,
        "faults": [fault.as_json() for fault in fleet.faults],
        "api_outages": [list(outage) for outage in fleet.api_outages],
        "gateways": [_gateway(gateway) | of_gateway(fleet, gateway) for gateway in fleet.gateways],
        "circuits": circuits,
        "sites": of_sites(fleet),
        "paths": [of_path(path) for path in fleet.paths],
    }


def _gateway(gateway: Gateway) -> dict[str, object]:
    recorded = bool(gateway.recorded_reports)
    return {
        "mac": gateway.mac,
        "site_id": gateway.site_id,
        "boots": list(gateway.boots),
        "telemetry_gaps": [list(gap) for gap in gateway.telemetry_gaps],
        "report_phase_s": None if recorded else gateway.report_phase_s,
        "report_every_s": None if recorded else REPORT_EVERY_S,
    }


def _all_down(ports: tuple[Port, ...]) -> tuple[Interval, ...]:
    """Give when all ports of a circuit were down: an aggregate lives while one of them does."""
    return reduce(intersection, (port.downs for port in ports))


def _hour(
    ports: tuple[Port, ...],
    down: tuple[Interval, ...],
    hour: int,
    usable: tuple[Interval, ...] | None,
) -> dict[str, object]:
    volumes = [port.bytes_between(hour, hour + HOUR) for port in ports]
    changes = [edge for interval in down for edge in interval]
    row: dict[str, object] = {
        "hour": hour,
        "rx_bytes": sum(volume[0] for volume in volumes),
        "tx_bytes": sum(volume[1] for volume in volumes),
        "down_seconds": overlap_seconds(down, hour, hour + HOUR),
        "transitions": bisect_left(changes, hour + HOUR) - bisect_left(changes, hour),
    }
    if usable is not None:
        row["usable_seconds"] = overlap_seconds(usable, hour, hour + HOUR)
    return row
