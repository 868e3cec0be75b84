"""What physically happened, for whoever checks numbers made from the API.

Belongs here: volumes, states and transitions, straight from physics.
Keep out: any rule of measuring: no thresholds, no utilization, no notion of unknown.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from wan_perf.simulator.instants import HOUR, hours_touching, overlap_seconds
from wan_perf.simulator.physics import REPORT_EVERY_S, Gateway
from wan_perf.simulator.ports import Port

if TYPE_CHECKING:
    from wan_perf.simulator.fleet import Fleet


def truth(fleet: Fleet, start: float, end: float) -> dict[str, object]:
    """Say what physically happens in the whole hours that [start, end) touches [epoch s].

    Faults, boots, silences and down intervals are given for the fleet's whole life, so that what
    reaches into the window is seen in full. Circuits without a contract have no identifier and
    no bandwidth.
    """
    hours = hours_touching(start, end)
    contracts = {(c.gateway_mac, c.port_id): c for c in fleet.contracts}
    circuits = []
    for site, gateway in zip(fleet.sites, fleet.gateways, strict=True):
        for port in gateway.wan_ports:
            contract = contracts.get((gateway.mac, port.port_id))
            circuits.append(
                {
                    "circuit_id": contract.circuit_id if contract else None,
                    "site_id": site.site_id,
                    "site_name": site.name,
                    "gateway_mac": gateway.mac,
                    "port_id": port.port_id,
                    "bandwidth_down_mbps": contract.bandwidth_down_mbps if contract else None,
                    "bandwidth_up_mbps": contract.bandwidth_up_mbps if contract else None,
                    "down": [list(down) for down in port.downs],
                    "hours": [_hour(port, hour) for hour in hours],
                }
            )
    return {
        "seed": fleet.seed,
        "start": start,
        "end": end,
        "faults": [fault.as_json() for fault in fleet.faults],
        "api_outages": [list(outage) for outage in fleet.api_outages],
        "gateways": [_gateway(gateway) for gateway in fleet.gateways],
        "circuits": circuits,
    }


def _gateway(gateway: Gateway) -> dict[str, object]:
    recorded = bool(gateway.recorded_reports)
    return {
        "mac": gateway.mac,
        "site_id": gateway.site_id,
        "boots": list(gateway.boots),
        "silences": [list(silence) for silence in gateway.silences],
        "report_phase_s": None if recorded else gateway.report_phase_s,
        "report_every_s": None if recorded else REPORT_EVERY_S,
    }


def _hour(port: Port, hour: int) -> dict[str, object]:
    rx, tx = port.bytes_between(hour, hour + HOUR)
    changes = port.transitions
    return {
        "hour": hour,
        "rx_bytes": rx,
        "tx_bytes": tx,
        "down_seconds": overlap_seconds(port.downs, hour, hour + HOUR),
        "transitions": bisect_left(changes, hour + HOUR) - bisect_left(changes, hour),
    }
